//! The ledger by itself, without a broker.

use tokio::sync::oneshot;

use super::*;

const WIDE: Limits = Limits {
    in_flight: 100,
    packet: 1_000,
    retains: true,
};

const TAKEN: Answered = Answered::Event { is_taken: true };

fn event(position: i64, entity_id: &str) -> Unsent {
    Unsent {
        position,
        id: format!("event-{position}"),
        domain: "project".to_owned(),
        event_type: position.to_string(),
        entity_id: entity_id.to_owned(),
        payload: "{}".to_owned(),
    }
}

fn ledger(limits: Limits, events: Vec<Unsent>) -> Ledger {
    let mut ledger = Ledger::new();
    ledger.begin(limits);
    ledger.read(events);
    ledger
}

/// The positions of what goes out now: its topic ends in it here.
fn sent(ledger: &mut Ledger) -> Vec<i64> {
    std::iter::from_fn(|| ledger.next())
        .map(|message| {
            message
                .topic
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .parse()
                .unwrap_or(0)
        })
        .collect()
}

fn refusal() -> Option<String> {
    Some("NotAuthorized".to_owned())
}

fn extra() -> (Waiting, oneshot::Receiver<Answer>) {
    let (answer, answered) = oneshot::channel();
    let message = Message::retained("tracker/state/summary", "{}");
    (Waiting { message, answer }, answered)
}

#[test]
fn an_entitys_next_event_waits_for_the_acknowledgement_of_the_one_before() {
    let mut ledger = ledger(WIDE, vec![event(1, "a"), event(2, "a"), event(3, "b")]);
    assert_eq!(sent(&mut ledger), [1, 3]);
    ledger.written(1);
    ledger.written(2);
    assert_eq!(ledger.answered(2, None), TAKEN);
    assert!(sent(&mut ledger).is_empty());
    ledger.answered(1, None);
    assert_eq!(sent(&mut ledger), [2]);
    assert_eq!(ledger.delivered(), [1, 3]);
}

#[test]
fn an_unanswered_event_keeps_those_behind_it_within_the_brokers_packet_ids() {
    let limits = Limits {
        in_flight: 2,
        ..WIDE
    };
    let events = (1..=4).map(|n| event(n, &n.to_string())).collect();
    let mut ledger = ledger(limits, events);
    assert_eq!(sent(&mut ledger), [1, 2]);
    ledger.written(1);
    ledger.written(2);
    ledger.answered(2, None);
    assert!(sent(&mut ledger).is_empty());
    ledger.answered(1, None);
    assert_eq!(sent(&mut ledger), [3, 4]);
}

#[test]
fn a_refused_event_is_tried_three_times_and_holds_back_its_own_entity_only() {
    let events = vec![event(1, "a"), event(2, "a"), event(3, "b")];
    let mut ledger = ledger(WIDE, events.clone());
    for tries in 1..=3 {
        let out = sent(&mut ledger);
        assert_eq!(out.first(), Some(&1), "try {tries}");
        for packet_id in 1..=out.len() as u16 {
            ledger.written(packet_id);
        }
        ledger.answered(1, refusal());
        ledger.answered(2, None);
        ledger.read(vec![event(9, "a")]);
        assert!(sent(&mut ledger).is_empty());
        if tries < 3 {
            assert!(ledger.refused.letters().is_empty());
            assert!(!ledger.refused.try_again(Instant::now()));
            let later = Instant::now() + std::time::Duration::from_secs(6);
            assert!(ledger.refused.try_again(later));
            ledger.rewind();
            ledger.read(events.clone());
        }
    }
    let letters = ledger.refused.letters();
    assert_eq!(
        (letters[0].refusal.event.position, letters[0].tries),
        (1, 3)
    );
    ledger.refused.buried(letters);
    ledger.rewind();
    ledger.read(events.clone());
    assert!(sent(&mut ledger).is_empty(), "b is delivered, a waits");
    assert!(ledger.refused.know(std::collections::HashMap::new()));
    ledger.rewind();
    ledger.read(events);
    assert_eq!(sent(&mut ledger), [1]);
}

#[test]
fn a_broker_that_refuses_all_makes_no_dead_letters() {
    let events: Vec<Unsent> = (1..=9).map(|n| event(n, &n.to_string())).collect();
    let mut ledger = ledger(WIDE, events.clone());
    assert_eq!(sent(&mut ledger).len(), 9);
    for packet_id in 1..=9 {
        ledger.written(packet_id);
        ledger.answered(packet_id, refusal());
    }
    assert_eq!(ledger.refused.everything(), Some("NotAuthorized"));
    assert!(ledger.refused.forgive().is_empty());
    ledger.begin(WIDE);
    ledger.read(events);
    assert_eq!(sent(&mut ledger).len(), 9, "it may have changed its mind");
    ledger.written(1);
    ledger.written(2);
    ledger.written(3);
    ledger.written(4);
    ledger.written(5);
    ledger.answered(5, refusal());
    assert!(ledger.refused.everything().is_some(), "it has not");
    ledger.answered(1, None);
    assert!(ledger.refused.everything().is_none(), "it has after all");
}

#[test]
fn where_all_seems_refused_other_topics_are_tried_and_what_was_left_out_goes_when_one_is_taken() {
    // The first five are of plugins: all that is read at first.
    let mut events: Vec<Unsent> = (1..=8).map(|n| event(n, &n.to_string())).collect();
    for plugin in &mut events[..7] {
        (plugin.domain, plugin.event_type) = ("plugin".to_owned(), "1".to_owned());
    }
    let narrow = Limits {
        in_flight: 5,
        ..WIDE
    };
    let mut ledger = ledger(narrow, events.clone());
    assert_eq!(sent(&mut ledger).len(), 5);
    for packet_id in 1..=5 {
        ledger.written(packet_id);
        ledger.answered(packet_id, refusal());
    }
    assert_eq!(sent(&mut ledger), [8], "no plugin's can say anything new");
    assert!(ledger.has_more_to_try());
    ledger.written(1);
    assert_eq!(ledger.answered(1, None), TAKEN);
    assert!(ledger.refused.everything().is_none());
    assert_eq!(ledger.read_to(), 0);
    ledger.read(events);
    assert_eq!(sent(&mut ledger).len(), 2, "the plugins that were left out");
    ledger.written(2);
    ledger.written(3);
    ledger.answered(2, refusal());
    ledger.answered(3, refusal());
    assert!(!ledger.has_more_to_try());
}

#[test]
fn an_event_larger_than_the_broker_takes_is_a_dead_letter_at_once() {
    let mut big = event(1, "a");
    big.payload = "x".repeat(1_000);
    let mut ledger = ledger(WIDE, vec![big, event(2, "a"), event(3, "b")]);
    assert_eq!(sent(&mut ledger), [3]);
    let letters = ledger.refused.letters();
    assert_eq!((letters.len(), letters[0].tries), (1, 1));
    assert!(letters[0].refusal.reason.contains("takes 1000 at most"));
}

#[test]
fn a_new_connection_sends_again_what_was_not_acknowledged_and_nothing_else() {
    let events = vec![event(1, "a"), event(2, "b"), event(3, "c")];
    let mut ledger = ledger(WIDE, events.clone());
    sent(&mut ledger);
    (1..=3).for_each(|packet_id| ledger.written(packet_id));
    ledger.answered(2, None);
    ledger.begin(WIDE);
    assert_eq!(ledger.read_to(), 0);
    ledger.read(events);
    assert_eq!(sent(&mut ledger), [1, 3]);
    assert_eq!(ledger.delivered(), [2]);
}

#[test]
fn whoever_sent_something_else_hears_what_became_of_it() {
    let mut ledger = ledger(WIDE, vec![event(1, "a")]);
    sent(&mut ledger);
    let (taken, mut took) = extra();
    let (refused, mut why) = extra();
    assert!(ledger.carry(taken).is_some() && ledger.carry(refused).is_some());
    (1..=3).for_each(|packet_id| ledger.written(packet_id));
    let extra_taken = Answered::Extra { is_taken: true };
    assert_eq!(ledger.answered(2, None), extra_taken);
    ledger.answered(3, refusal());
    assert_eq!(took.try_recv(), Ok(Ok(())));
    assert_eq!(why.try_recv(), Ok(Err("NotAuthorized".to_owned())));
    assert_eq!(ledger.answered(1, None), TAKEN);
}

#[test]
fn what_is_no_event_takes_a_few_places_only() {
    let mut ledger = ledger(WIDE, Vec::new());
    let mut carried = 0;
    while ledger.has_room() {
        assert!(ledger.carry(extra().0).is_some());
        carried += 1;
    }
    assert_eq!(carried, EXTRAS);
    ledger.read((1..=200).map(|n| event(n, &n.to_string())).collect());
    assert_eq!(sent(&mut ledger).len(), 100 - EXTRAS);
}

#[test]
fn the_one_message_on_its_way_is_to_blame_where_the_broker_hangs_up() {
    let mut ledger = ledger(WIDE, vec![event(1, "a"), event(2, "b")]);
    assert_eq!(ledger.blame("x"), Blame::Nobody);
    sent(&mut ledger);
    assert_eq!(ledger.blame("x"), Blame::Several);
    ledger.written(1);
    ledger.answered(1, None);
    assert_eq!(ledger.blame("x"), Blame::Event);
    assert!(
        ledger
            .refused
            .holds(&("project".to_owned(), "b".to_owned()))
    );
}
