#![allow(clippy::unwrap_used)]

use clap::Parser;

use super::*;
use crate::config::{Cli, Night, Time};

fn rules(change: impl Fn(&mut Watch)) -> Rules {
    let mut thresholds = Cli::parse_from(["taylordash"]).config.watch;
    change(&mut thresholds);
    Rules::new(thresholds)
}

/// At so many seconds after 2026-11-23T12:00:00Z.
fn event(domain: &str, event_type: &str, seconds: i64, details: Value) -> Happened {
    let noon = 1_795_435_200;
    Happened {
        position: seconds,
        id: format!("e{seconds}"),
        domain: domain.to_owned(),
        event_type: event_type.to_owned(),
        entity_id: "u1".to_owned(),
        actor_id: Some("u1".to_owned()),
        actor: "sam".to_owned(),
        payload: json!({ "details": details }).to_string(),
        created_at: Timestamp::from_micros((noon + seconds) * 1_000_000).unwrap(),
    }
}

/// The seconds at which there was an alarm.
fn alarms(rules: &mut Rules, events: &[Happened]) -> Vec<i64> {
    let raised = events.iter().filter(|event| rules.judge(event).is_some());
    raised.map(|event| event.position).collect()
}

#[test]
fn failures_and_denials_count_with_how_often_and_only_within_the_span() {
    for kind in ["login_failed", "denied"] {
        let rules = || {
            rules(|watch| {
                watch.failures = 5;
                watch.denials = 5;
                watch.span = TimeDelta::seconds(60);
            })
        };
        let failed = |seconds, times| event("auth", kind, seconds, json!({ "times": times }));
        let quick: Vec<_> = (0..5).map(|n| failed(n, 1)).collect();
        assert_eq!(alarms(&mut rules(), &quick), [4]);
        assert!(alarms(&mut rules(), &quick[..4]).is_empty());
        assert_eq!(alarms(&mut rules(), &[failed(0, 1), failed(50, 4)]), [50]);
        assert!(alarms(&mut rules(), &[failed(0, 1), failed(60, 4)]).is_empty());
        let many: Vec<_> = (0..9).map(|n| failed(n, 1)).collect();
        assert_eq!(alarms(&mut rules(), &many), [4], "it begins anew");
    }
    let mut off = rules(|watch| watch.failures = 0);
    let flood = event("auth", "login_failed", 0, json!({ "times": 1_000_000 }));
    assert!(off.judge(&flood).is_none());
}

#[test]
fn deletions_count_for_each_person() {
    let mut rules = rules(|watch| watch.deletions = 3);
    let by = |actor: &str, seconds| Happened {
        actor_id: Some(actor.to_owned()),
        ..event("task", "deleted", seconds, json!({}))
    };
    let events = [by("a", 0), by("b", 1), by("a", 2), by("b", 3), by("a", 4)];
    assert_eq!(alarms(&mut rules, &events), [4]);
}

#[test]
fn a_new_address_is_told_unless_that_is_off() {
    let login = |is_new: bool| event("auth", "logged_in", 0, json!({ "new_address": is_new }));
    assert!(rules(|_| {}).judge(&login(true)).is_some());
    assert!(rules(|_| {}).judge(&login(false)).is_none());
    let mut off = rules(|watch| watch.address = Time(None));
    assert!(off.judge(&login(true)).is_none());
}

#[test]
fn a_change_at_night_is_told_of_who_never_works_then() {
    let time = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").unwrap();
    let noon = event("project", "updated", 0, json!({}));
    let habit = |days_here: i64, nights_ago: Option<i64>| {
        Some(Habit {
            first_at: noon.created_at.plus(-TimeDelta::days(days_here)),
            night_at: nights_ago.map(|days| noon.created_at.plus(-TimeDelta::days(days))),
        })
    };
    let told = |rules: &Rules, known| rules.habit(&noon, known).and_then(|(_, alarm)| alarm);
    let at_noon = rules(|watch| watch.night = Night(Some((time("11:30"), time("12:30")))));
    assert!(told(&at_noon, habit(14, None)).is_some());
    assert!(
        told(&at_noon, habit(13, None)).is_none(),
        "too new to have habits"
    );
    assert!(told(&at_noon, habit(200, Some(89))).is_none(), "works then");
    assert!(
        told(&at_noon, habit(200, Some(90))).is_some(),
        "did so long ago"
    );
    assert!(told(&at_noon, None).is_none());
    let over_midnight = rules(|watch| watch.night = Night(Some((time("23:00"), time("05:00")))));
    assert!(told(&over_midnight, habit(14, None)).is_none());
    let auckland = rules(|watch| {
        watch.night = Night(Some((time("23:00"), time("05:00"))));
        watch.zone = chrono_tz::Pacific::Auckland;
    });
    let alarm = told(&auckland, habit(14, None)).unwrap();
    assert_eq!(alarm.details["time"], "01:00 (Pacific/Auckland)");
    let off = rules(|watch| watch.night = Night(None));
    assert!(told(&off, habit(14, None)).is_none());
    let (known, _) = at_noon.habit(&noon, habit(14, None)).unwrap();
    assert_eq!(at_noon.habit(&noon, Some(known)), None, "once a night");
}
