//! Where a consumer gets what it missed.

use serde_json::Value;

use crate::harness::Database;

/// An event of the replay, as its bytes stand there.
pub struct Replayed {
    pub position: i64,
    pub topic: String,
    pub payload: String,
}

/// The one place that knows how missed events are asked for: here, from the table of events.
#[derive(Clone, Debug)]
pub struct Replay(Database);

impl Replay {
    pub fn of(database: &Database) -> Self {
        Self(database.clone())
    }

    /// All events behind a position, in order.
    pub async fn after(&self, position: i64) -> Vec<Replayed> {
        let rows = self
            .0
            .rows(&format!(
                "select position, domain, event_type, payload from events \
                 where position > {position} order by position"
            ))
            .await;
        rows.iter()
            .map(|row| {
                let topic = format!(
                    "tracker/events/{}/{}",
                    row.text("domain"),
                    row.text("event_type")
                );
                Replayed {
                    position: row.int("position"),
                    topic,
                    payload: row.text("payload").to_owned(),
                }
            })
            .collect()
    }
}
