//! What happens many times in a row is one event a minute, with how often.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use crate::db::Db;
use crate::error::Error;
use crate::events::{Actor, Change, Event};

/// One event of a kind from an address in this time.
const EVERY: Duration = Duration::from_secs(60);
/// The most addresses that are counted apart.
const APART: usize = 1000;
/// What stands for all others.
const OTHERS: &str = "many";

/// What is counted together: the kind, the account if it is known, and where it comes from.
type Key = (&'static str, Option<String>, String);

/// Counts in memory: a flood costs the database one row a minute.
#[derive(Clone, Debug, Default)]
pub struct Tally(Arc<Mutex<HashMap<Key, Count>>>);

#[derive(Debug)]
struct Count {
    told: Instant,
    more: u64,
    last: Occurrence,
}

/// Something that happened to somebody from somewhere.
#[derive(Clone, Debug)]
pub struct Occurrence {
    /// The event's type.
    pub event_type: &'static str,
    /// The account, where it is known.
    pub user_id: Option<String>,
    /// Who did it.
    pub actor: Actor,
    /// The network it came from, which is counted.
    pub network: String,
    /// What else is to be said.
    pub details: Map<String, Value>,
}

impl Occurrence {
    fn event(&self, times: u64) -> Event {
        let mut details = self.details.clone();
        details.insert("times".to_owned(), times.into());
        let user_id = self.user_id.as_deref();
        Event::auth(user_id, self.event_type, Value::Object(details))
    }
}

impl Tally {
    /// Tells the first at once, and counts what follows within a minute.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn note(&self, db: &Db, occurrence: Occurrence) -> Result<(), Error> {
        let Some(times) = self.times_to_tell(&occurrence, Instant::now()) else {
            return Ok(());
        };
        let change = Change::begin(db, &occurrence.actor).await?;
        change.commit(occurrence.event(times)).await
    }

    fn times_to_tell(&self, occurrence: &Occurrence, now: Instant) -> Option<u64> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Occurrence {
            event_type,
            user_id,
            network,
            ..
        } = occurrence;
        let mut key = (*event_type, user_id.clone(), network.clone());
        if counts.len() >= APART && !counts.contains_key(&key) {
            key = (event_type, None, OTHERS.to_owned());
        }
        let Some(count) = counts.get_mut(&key) else {
            let last = occurrence.clone();
            let count = Count {
                told: now,
                more: 0,
                last,
            };
            counts.insert(key, count);
            return Some(1);
        };
        count.more += 1;
        count.last = occurrence.clone();
        if now.duration_since(count.told) < EVERY {
            return None;
        }
        count.told = now;
        Some(std::mem::take(&mut count.more))
    }

    /// Tells what was counted and not told: what is a minute old, or all of it at the end.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn flush(&self, db: &Db, all: bool) -> Result<(), Error> {
        for (occurrence, times) in self.due(all, Instant::now()) {
            let change = Change::begin(db, &occurrence.actor).await?;
            change.commit(occurrence.event(times)).await?;
        }
        Ok(())
    }

    fn due(&self, all: bool, now: Instant) -> Vec<(Occurrence, u64)> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = |count: &Count| all || now.duration_since(count.told) >= EVERY;
        counts.retain(|_, count| count.more > 0 || !is_due(count));
        let due = counts.values_mut().filter(|count| is_due(count));
        due.map(|count| {
            count.told = now;
            (count.last.clone(), std::mem::take(&mut count.more))
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(network: &str) -> Occurrence {
        Occurrence {
            event_type: "login_failed",
            user_id: None,
            actor: Actor::anonymous(),
            network: network.to_owned(),
            details: Map::new(),
        }
    }

    #[test]
    fn a_hundred_failures_are_told_at_once_and_then_once_a_minute() {
        let tally = Tally::default();
        let begin = Instant::now();
        let told: Vec<_> = (0..100)
            .filter_map(|_| tally.times_to_tell(&failure("a"), begin))
            .collect();
        assert_eq!(told, [1]);
        assert!(tally.due(false, begin).is_empty());
        let later = tally.due(false, begin + EVERY);
        assert_eq!(
            later.iter().map(|(_, times)| *times).collect::<Vec<_>>(),
            [99]
        );
        assert_eq!(tally.times_to_tell(&failure("b"), begin), Some(1));
        assert!(tally.due(true, begin + EVERY * 2).is_empty());
    }

    #[test]
    fn a_flood_from_everywhere_is_counted_together() {
        let tally = Tally::default();
        let begin = Instant::now();
        let told = (0..5000)
            .filter_map(|n: u32| tally.times_to_tell(&failure(&n.to_string()), begin))
            .count();
        assert_eq!(told, APART + 1);
    }
}
