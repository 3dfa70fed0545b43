//! Where each event stands between the outbox and the broker's acknowledgement.
//!
//! An entity has one event on its way at a time: MQTT promises order within a topic only, and the
//! events of one entity have several topics. Different entities' events overtake each other.

use std::collections::{BTreeSet, HashSet, VecDeque};

use tokio::time::Instant;

use super::outbox::{BATCH, Unsent};
use super::refused::{Entity, Refused, entity};
use crate::faults;

/// What the broker takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Messages on their way at once.
    pub(super) in_flight: usize,
    /// Bytes of one packet.
    pub(super) packet: usize,
}

/// An event on its way.
#[derive(Debug)]
struct Flight {
    position: i64,
    id: String,
    entity: Entity,
    /// Known once it is written.
    packet_id: Option<u16>,
    since: Instant,
    is_answered: bool,
}

/// The ledger of one relay. What is delivered outlives a connection, all else begins anew with it.
#[derive(Debug)]
pub(super) struct Ledger {
    limits: Limits,
    waiting: VecDeque<Unsent>,
    flights: VecDeque<Flight>,
    busy: HashSet<Entity>,
    delivered: BTreeSet<i64>,
    pub(super) refused: Refused,
    read_to: i64,
}

impl Ledger {
    pub(super) fn new() -> Self {
        Self {
            limits: Limits {
                in_flight: 0,
                packet: 0,
            },
            waiting: VecDeque::new(),
            flights: VecDeque::new(),
            busy: HashSet::new(),
            delivered: BTreeSet::new(),
            refused: Refused::default(),
            read_to: 0,
        }
    }

    /// A new connection: all that is not acknowledged goes out again.
    pub(super) fn begin(&mut self, limits: Limits) {
        self.limits = limits;
        self.flights.clear();
        self.busy.clear();
        self.try_again();
    }

    /// Reads from the beginning, and tries again what was refused.
    pub(super) fn try_again(&mut self) {
        self.waiting.clear();
        self.read_to = 0;
        self.refused.release();
    }

    /// Whether there is room for what is to be read.
    pub(super) fn wants_more(&self) -> bool {
        self.waiting.len() < BATCH / 2
    }

    /// The position behind which to read on.
    pub(super) fn read_to(&self) -> i64 {
        self.read_to
    }

    /// Takes what was read.
    pub(super) fn read(&mut self, events: Vec<Unsent>) {
        for event in events {
            self.read_to = event.position;
            let is_under_way = self.delivered.contains(&event.position)
                || self
                    .flights
                    .iter()
                    .any(|f| f.position == event.position && !f.is_answered);
            if !is_under_way && !self.refused.holds(&entity(&event)) {
                self.waiting.push_back(event);
            }
        }
    }

    /// The next event to send, which counts as on its way from now on. Packet ids are used in turn,
    /// so that none is used twice as long as the oldest flight is among the last `in_flight`.
    pub(super) fn next(&mut self) -> Option<Unsent> {
        while self.flights.len() < self.limits.in_flight {
            let free = self
                .waiting
                .iter()
                .position(|event| !self.busy.contains(&entity(event)))?;
            let event = self.waiting.remove(free)?;
            let size = packet_size_at_most(&event);
            if size > self.limits.packet {
                let reason = format!("{size} bytes, of which it takes {}", self.limits.packet);
                self.hold(entity(&event), event.position, &event.id, &reason);
                continue;
            }
            self.busy.insert(entity(&event));
            self.delivered
                .extend(faults::delivered_early(event.position));
            self.flights.push_back(Flight {
                position: event.position,
                id: event.id.clone(),
                entity: entity(&event),
                packet_id: None,
                since: Instant::now(),
                is_answered: false,
            });
            return Some(event);
        }
        None
    }

    /// The oldest event that has no packet id yet got this one: they are written in order.
    pub(super) fn written(&mut self, packet_id: u16) {
        if let Some(flight) = self.flights.iter_mut().find(|f| f.packet_id.is_none()) {
            flight.packet_id = Some(packet_id);
        }
    }

    /// The broker's answer: none, or why it refused.
    pub(super) fn answered(&mut self, packet_id: u16, refusal: Option<&str>) {
        let answered = self
            .flights
            .iter_mut()
            .find(|f| f.packet_id == Some(packet_id) && !f.is_answered);
        let Some(flight) = answered else {
            return;
        };
        flight.is_answered = true;
        let (entity, position, id) = (flight.entity.clone(), flight.position, flight.id.clone());
        self.busy.remove(&entity);
        match refusal {
            None => {
                self.delivered.insert(position);
            }
            Some(reason) => self.hold(entity, position, &id, reason),
        }
        while self.flights.front().is_some_and(|f| f.is_answered) {
            self.flights.pop_front();
        }
    }

    fn hold(&mut self, held: Entity, position: i64, id: &str, reason: &str) {
        self.waiting.retain(|event| entity(event) != held);
        self.refused.hold(held, position, id, reason);
    }

    /// Since when the oldest event on its way has been.
    pub(super) fn oldest(&self) -> Option<Instant> {
        self.flights.front().map(|flight| flight.since)
    }

    /// What is acknowledged and not yet marked so.
    pub(super) fn delivered(&self) -> Vec<i64> {
        self.delivered.iter().copied().collect()
    }

    pub(super) fn has_delivered(&self) -> bool {
        !self.delivered.is_empty()
    }

    /// These are marked.
    pub(super) fn marked(&mut self, positions: &[i64]) {
        for position in positions {
            self.delivered.remove(position);
        }
    }
}

/// An upper bound of its PUBLISH packet's size in bytes (MQTT 5, 3.3): header 5, topic's length 2,
/// packet id 2, properties 20 (their length 1, content type 3 and 16), then topic and payload.
fn packet_size_at_most(event: &Unsent) -> usize {
    29 + event.topic().len() + event.payload.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDE: Limits = Limits {
        in_flight: 100,
        packet: 1_000,
    };

    fn event(position: i64, entity_id: &str) -> Unsent {
        Unsent {
            position,
            id: format!("event-{position}"),
            domain: "project".to_owned(),
            event_type: "updated".to_owned(),
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

    fn sent(ledger: &mut Ledger) -> Vec<i64> {
        std::iter::from_fn(|| ledger.next())
            .map(|event| event.position)
            .collect()
    }

    #[test]
    fn an_entitys_next_event_waits_for_the_acknowledgement_of_the_one_before() {
        let mut ledger = ledger(WIDE, vec![event(1, "a"), event(2, "a"), event(3, "b")]);
        assert_eq!(sent(&mut ledger), [1, 3]);
        ledger.written(1);
        ledger.written(2);
        ledger.answered(2, None);
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
    fn a_refused_event_holds_back_its_own_entity_only_until_it_is_tried_again() {
        let events = vec![event(1, "a"), event(2, "a"), event(3, "b")];
        let mut ledger = ledger(WIDE, events.clone());
        sent(&mut ledger);
        ledger.written(1);
        ledger.written(2);
        ledger.answered(1, Some("NotAuthorized"));
        ledger.answered(2, None);
        ledger.read(vec![event(4, "a"), event(5, "b")]);
        assert_eq!(sent(&mut ledger), [5]);
        ledger.try_again();
        ledger.read(events);
        assert_eq!(sent(&mut ledger), [1]);
    }

    #[test]
    fn an_event_larger_than_the_broker_takes_is_never_sent() {
        let mut big = event(1, "a");
        big.payload = "x".repeat(1_000);
        let mut ledger = ledger(WIDE, vec![big, event(2, "a"), event(3, "b")]);
        assert_eq!(sent(&mut ledger), [3]);
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
}
