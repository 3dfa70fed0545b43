//! What the broker does not take, and whose later events wait behind it.
//!
//! The first event of a thing that is refused is tried again, three times in all, and is a dead letter
//! then: kept in the database, and for people to decide on. The later events of its thing wait behind
//! it, because a consumer that hears them without it would build on what it does not know; whoever
//! would rather go on says so. Where the broker refuses the events of many things and takes none, events
//! on other topics than those are tried alone; where it takes none of these either, it has something
//! against all: then it counts as away, and there are no dead letters. The topics of what it refused
//! before it took another are no part of that: such as those of plugins, by a rule of the broker's.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use tokio::time::Instant;

use super::letters::Letter;
use super::outbox::Unsent;

/// The pauses behind the first refusal and the second; the third is the last.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(5)];
/// Of so many things one event each was refused, and none taken in between: the broker may refuse all.
const ALL: usize = 5;

/// Domain and id: events of one entity go out one after the other.
pub(super) type Entity = (String, String);

/// An event that goes out.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) position: i64,
    pub(super) id: String,
    pub(super) entity: Entity,
    pub(super) topic: String,
}

/// An event that the broker refused.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) event: Sent,
    /// For a person.
    pub(super) reason: String,
}

#[derive(Debug)]
struct Held {
    refusal: Refusal,
    tries: i64,
    /// `None` where it was tried for the last time.
    again_at: Option<Instant>,
}

/// Which entities wait, and behind what.
#[derive(Debug, Default)]
pub(super) struct Refused {
    held: HashMap<Entity, Held>,
    /// Those under way again: how often they were refused.
    tries: HashMap<i64, i64>,
    /// The dead letters of the database, by their entity.
    dead: HashMap<Entity, i64>,
    /// What was refused since the last event was taken, and on which topic.
    in_a_row: BTreeMap<i64, String>,
    /// Topics on which it refused something before it took another: it has something against these.
    by_themselves: BTreeSet<String>,
    last_reason: String,
}

impl Refused {
    /// Whether this entity's events wait behind a refused one.
    pub(super) fn holds(&self, entity: &Entity) -> bool {
        self.held.contains_key(entity) || self.dead.contains_key(entity)
    }

    /// The broker refused it. Its own size never changes, so that is the last word.
    pub(super) fn refuse(&mut self, refusal: Refusal, is_too_large: bool) {
        let event = &refusal.event;
        let tries = self.tries.remove(&event.position).unwrap_or_default() + 1;
        if !is_too_large && !self.by_themselves.contains(&event.topic) {
            self.in_a_row.insert(event.position, event.topic.clone());
            self.last_reason.clone_from(&refusal.reason);
        }
        let pause = usize::try_from(tries - 1).ok().and_then(|n| PAUSES.get(n));
        let pause = pause.filter(|_| !is_too_large);
        let held = Held {
            again_at: pause.map(|pause| Instant::now() + *pause),
            tries,
            refusal,
        };
        self.held.insert(held.refusal.event.entity.clone(), held);
    }

    /// The broker took an event.
    pub(super) fn taken(&mut self, event: &Sent) {
        let refused = std::mem::take(&mut self.in_a_row);
        self.by_themselves.extend(refused.into_values());
        self.by_themselves.remove(&event.topic);
        self.tries.remove(&event.position);
    }

    /// Why the broker takes nothing, where it seems to have something against all.
    pub(super) fn everything(&self) -> Option<&str> {
        (self.in_a_row.len() >= ALL).then_some(self.last_reason.as_str())
    }

    /// Whether an event on this topic can still say that the broker does not refuse all.
    pub(super) fn lets_go(&self, topic: &str) -> bool {
        self.everything().is_none() || self.in_a_row.values().all(|refused| refused != topic)
    }

    /// None of them is special: lets all go. Answers those that are dead letters already.
    pub(super) fn forgive(&mut self) -> Vec<i64> {
        self.held.clear();
        self.tries.clear();
        let dead = self.dead.values().copied();
        let forgiven = dead.filter(|position| self.in_a_row.contains_key(position));
        let forgiven = forgiven.collect();
        // One more refusal says that nothing has changed.
        while self.in_a_row.len() >= ALL {
            self.in_a_row.pop_last();
        }
        forgiven
    }

    /// When to try again what was not tried often enough.
    pub(super) fn again_at(&self) -> Option<Instant> {
        self.held.values().filter_map(|held| held.again_at).min()
    }

    /// Lets go what is to be tried again by now; answers whether there was any.
    pub(super) fn try_again(&mut self, now: Instant) -> bool {
        let due = self
            .held
            .extract_if(|_, held| held.again_at.is_some_and(|at| at <= now));
        let due: Vec<Held> = due.map(|(_, held)| held).collect();
        for held in &due {
            self.tries.insert(held.refusal.event.position, held.tries);
        }
        !due.is_empty()
    }

    /// What is to become a dead letter, unless the broker refuses all.
    pub(super) fn letters(&self) -> Vec<Letter> {
        if self.everything().is_some() {
            return Vec::new();
        }
        let last = self.held.values().filter(|held| held.again_at.is_none());
        last.map(|held| Letter {
            refusal: held.refusal.clone(),
            tries: held.tries,
        })
        .collect()
    }

    /// These stand in the database.
    pub(super) fn buried(&mut self, letters: Vec<Letter>) {
        for Letter { refusal, tries } in letters {
            let Refusal { event, reason } = refusal;
            tracing::error!(
                event = event.id,
                reason,
                tries,
                "the broker refused an event for the last time; see /events/refused"
            );
            self.held.remove(&event.entity);
            self.dead.insert(event.entity, event.position);
        }
    }

    /// The dead letters as the database has them; answers whether one of before is gone.
    pub(super) fn know(&mut self, dead: HashMap<Entity, i64>) -> bool {
        let before = std::mem::replace(&mut self.dead, dead);
        let is_gone = |(entity, position)| self.dead.get(entity) != Some(position);
        before.iter().any(is_gone)
    }

    pub(super) fn has_dead(&self) -> bool {
        !self.dead.is_empty()
    }
}

/// Of an event.
pub(super) fn entity(event: &Unsent) -> Entity {
    (event.domain.clone(), event.entity_id.clone())
}
