//! What the broker does not take, and whose later events wait behind it.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use super::outbox::Unsent;

/// After this long, what was refused is tried again: somebody may have changed the broker's rules.
const AGAIN_AFTER: Duration = Duration::from_secs(60);
/// A broker that refuses the events of so many has something against all.
const MOST: usize = 100;

/// Domain and id: events of one entity go out one after the other.
pub(super) type Entity = (String, String);

/// The first refused event of each entity, by position.
#[derive(Debug, Default)]
pub(super) struct Refused {
    now: HashMap<Entity, i64>,
    /// Those of the last time, which the log knows already.
    before: HashMap<Entity, i64>,
    since: Option<Instant>,
}

impl Refused {
    /// Whether this entity's events wait behind a refused one.
    pub(super) fn holds(&self, entity: &Entity) -> bool {
        self.now.contains_key(entity)
    }

    /// Holds the entity back from here on.
    pub(super) fn hold(&mut self, entity: Entity, position: i64, id: &str, reason: &str) {
        if self.before.get(&entity) != Some(&position) {
            tracing::error!(
                event = id,
                reason,
                "the broker refused an event; it and the later ones of {}/{} wait",
                entity.0,
                entity.1
            );
        }
        self.since.get_or_insert_with(Instant::now);
        self.now.insert(entity, position);
    }

    /// Whether the broker has something against all.
    pub(super) fn is_everything(&self) -> bool {
        self.now.len() >= MOST
    }

    /// When to try them again.
    pub(super) fn again_at(&self) -> Option<Instant> {
        self.since.map(|since| since + AGAIN_AFTER)
    }

    /// Lets all go, to be tried again.
    pub(super) fn release(&mut self) {
        self.since = None;
        if !self.now.is_empty() {
            self.before = std::mem::take(&mut self.now);
        }
    }
}

/// Of an event.
pub(super) fn entity(event: &Unsent) -> Entity {
    (event.domain.clone(), event.entity_id.clone())
}
