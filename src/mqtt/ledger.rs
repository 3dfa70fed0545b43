//! Where each message stands between us and the broker's acknowledgement.
//!
//! An entity has one event on its way at a time: MQTT promises order within a topic only, and the
//! events of one entity have several topics. Different entities' events overtake each other.

mod verdict;

pub(super) use verdict::{Answered, Blame};

use std::collections::{BTreeSet, HashSet, VecDeque};

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::lane::{Answer, Message, Waiting};
use super::outbox::{BATCH, Unsent};
use super::refused::{Entity, Refusal, Refused, Sent, entity};
use crate::faults;

/// Of the places for messages on their way, those that are left to what is not an event.
const EXTRAS: usize = 8;

/// What the broker takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Messages on their way at once.
    pub(super) in_flight: usize,
    /// Bytes of one packet.
    pub(super) packet: usize,
    /// Whether it keeps retained messages.
    pub(super) retains: bool,
}

/// What is on its way.
#[derive(Debug)]
enum Cargo {
    Event(Sent),
    /// Whoever sent it wants to hear of it.
    Extra(Option<oneshot::Sender<Answer>>),
}

#[derive(Debug)]
struct Flight {
    cargo: Cargo,
    /// Known once it is written.
    packet_id: Option<u16>,
    since: Instant,
    is_answered: bool,
}

/// The ledger of one relay. What is delivered or refused outlives a connection, all else begins anew
/// with it.
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
                retains: false,
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
        self.rewind();
    }

    /// So many messages may be on their way from now on.
    pub(super) fn widen(&mut self, in_flight: usize) {
        self.limits.in_flight = in_flight;
    }

    /// Whether the broker keeps retained messages.
    pub(super) fn retains(&self) -> bool {
        self.limits.retains
    }

    /// Reads from the beginning again.
    pub(super) fn rewind(&mut self) {
        self.waiting.clear();
        self.read_to = 0;
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
            let is_under_way =
                self.delivered.contains(&event.position) || self.is_flying(event.position);
            let may_go =
                !self.refused.holds(&entity(&event)) && self.refused.lets_go(&event.topic());
            if !is_under_way && may_go {
                self.waiting.push_back(event);
            }
        }
    }

    fn is_flying(&self, position: i64) -> bool {
        self.flights.iter().any(|flight| {
            !flight.is_answered
                && matches!(&flight.cargo, Cargo::Event(sent) if sent.position == position)
        })
    }

    /// The next event to send, which counts as on its way from now on. Packet ids are used in turn,
    /// so that none is used twice as long as the oldest flight is among the last `in_flight`.
    pub(super) fn next(&mut self) -> Option<Message> {
        while self.flights.len() < self.limits.in_flight {
            let free = self
                .waiting
                .iter()
                .position(|event| !self.busy.contains(&entity(event)))?;
            let event = self.waiting.remove(free)?;
            let sent = Sent {
                position: event.position,
                id: event.id.clone(),
                entity: entity(&event),
                topic: event.topic(),
            };
            let message = Message::from(event);
            let size = message.size_at_most();
            if size > self.limits.packet {
                let most = self.limits.packet;
                let reason = format!(
                    "It has {size} bytes, and the broker takes {most} at most (maximum packet size)."
                );
                self.refuse(sent, reason, true);
                continue;
            }
            self.busy.insert(sent.entity.clone());
            self.delivered
                .extend(faults::delivered_early(sent.position));
            self.depart(Cargo::Event(sent));
            return Some(message);
        }
        None
    }

    fn depart(&mut self, cargo: Cargo) {
        self.flights.push_back(Flight {
            cargo,
            packet_id: None,
            since: Instant::now(),
            is_answered: false,
        });
    }

    /// Whether there is room for a message that is no event. Only where every event that could go is
    /// on its way.
    pub(super) fn has_room(&self) -> bool {
        let extras = self
            .flights
            .iter()
            .filter(|flight| matches!(flight.cargo, Cargo::Extra(_)) && !flight.is_answered);
        self.flights.len() < self.limits.in_flight
            && extras.count() < EXTRAS.min(self.limits.in_flight)
    }

    /// Takes a message that is no event on its way; `None` where the broker would not have it.
    pub(super) fn carry(&mut self, waiting: Waiting) -> Option<Message> {
        let Waiting { message, answer } = waiting;
        let objection = if message.retain && !self.limits.retains {
            Some("the broker keeps no retained messages".to_owned())
        } else if message.size_at_most() > self.limits.packet {
            Some("it is larger than the broker takes".to_owned())
        } else {
            None
        };
        if let Some(objection) = objection {
            let _ = answer.send(Err(objection));
            return None;
        }
        self.depart(Cargo::Extra(Some(answer)));
        Some(message)
    }

    /// The oldest message that has no packet id yet got this one: they are written in order.
    pub(super) fn written(&mut self, packet_id: u16) {
        if let Some(flight) = self.flights.iter_mut().find(|f| f.packet_id.is_none()) {
            flight.packet_id = Some(packet_id);
        }
    }

    /// Whether anything is left that the broker may take, where it seems to refuse all.
    pub(super) fn has_more_to_try(&self) -> bool {
        !self.flights.is_empty() || !self.waiting.is_empty()
    }

    /// The broker's answer: none, or why it refused.
    pub(super) fn answered(&mut self, packet_id: u16, refusal: Option<String>) -> Answered {
        let answered = self
            .flights
            .iter_mut()
            .find(|f| f.packet_id == Some(packet_id) && !f.is_answered);
        let Some(flight) = answered else {
            return Answered::Nothing;
        };
        flight.is_answered = true;
        let is_taken = refusal.is_none();
        let answered = match &mut flight.cargo {
            Cargo::Extra(answer) => {
                // Nobody may be listening any more.
                let _ = answer
                    .take()
                    .map(|answer| answer.send(refusal.map_or(Ok(()), Err)));
                Answered::Extra { is_taken }
            }
            Cargo::Event(sent) => {
                let sent = sent.clone();
                self.busy.remove(&sent.entity);
                match refusal {
                    Some(reason) => self.refuse(sent, reason, false),
                    None => self.take(&sent),
                }
                Answered::Event { is_taken }
            }
        };
        while self.flights.front().is_some_and(|f| f.is_answered) {
            self.flights.pop_front();
        }
        answered
    }

    fn take(&mut self, event: &Sent) {
        self.delivered.insert(event.position);
        let had_doubts = self.refused.everything().is_some();
        self.refused.taken(event);
        if had_doubts {
            // What was left out meanwhile goes now.
            self.rewind();
        }
    }

    /// The broker ended the connection, saying so.
    pub(super) fn blame(&mut self, reason: &str) -> Blame {
        let mut flying = self.flights.iter().filter(|flight| !flight.is_answered);
        let (Some(flight), None) = (flying.next(), flying.next()) else {
            return match self.oldest() {
                Some(_) => Blame::Several,
                None => Blame::Nobody,
            };
        };
        match &flight.cargo {
            Cargo::Extra(_) => Blame::Extra,
            Cargo::Event(sent) => {
                let sent = sent.clone();
                self.refuse(sent, reason.to_owned(), false);
                Blame::Event
            }
        }
    }

    fn refuse(&mut self, event: Sent, reason: String, is_too_large: bool) {
        let refused = &mut self.refused;
        refused.refuse(Refusal { event, reason }, is_too_large);
        self.waiting
            .retain(|event| !refused.holds(&entity(event)) && refused.lets_go(&event.topic()));
    }

    /// Since when the oldest message on its way has been.
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

#[cfg(test)]
#[path = "ledger/tests.rs"]
mod tests;
