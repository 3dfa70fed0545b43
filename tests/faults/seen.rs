//! All that is known when a round is over: what was asked, what was heard, what is in the database.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::harness::{Database, Row};
use crate::journal::{Effect, Entry};
use crate::listener::Heard;

/// An event as the database has it.
#[derive(Clone, Debug)]
pub struct Kept {
    pub id: String,
    pub position: Option<i64>,
    pub domain: String,
    pub event_type: String,
    pub entity: String,
    pub version: i64,
    pub is_published: bool,
    pub payload: String,
    pub json: Value,
}

impl Kept {
    fn of(row: &Row) -> Self {
        let payload = row.text("payload").to_owned();
        Self {
            id: row.text("id").to_owned(),
            position: (!row.is_null("position")).then(|| row.int("position")),
            domain: row.text("domain").to_owned(),
            event_type: row.text("event_type").to_owned(),
            entity: row.text("entity_id").to_owned(),
            version: row.int("version"),
            is_published: !row.is_null("published_at"),
            json: serde_json::from_str(&payload).expect("a payload is JSON"),
            payload,
        }
    }

    /// As people speak of it.
    pub fn name(&self) -> String {
        format!(
            "event {} ({}/{} {}, version {})",
            self.id, self.domain, self.entity, self.event_type, self.version
        )
    }

    /// What a writer would have had to ask for to make it; `None` for what no writer makes.
    pub fn effect(&self) -> Option<Effect> {
        let details = &self.json["details"];
        let mark = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (domain, event_type, mark) = match (&*self.domain, &*self.event_type) {
            ("project", "created") => ("project", "created", mark(&details["name"])),
            ("task", "created") => ("task", "created", mark(&details["name"])),
            ("project", "updated") => (
                "project",
                "updated",
                mark(&details["changes"]["name"]["new"]),
            ),
            ("task", "updated") => ("task", "updated", mark(&details["changes"]["name"]["new"])),
            ("project", "status_changed") => {
                ("project", "status_changed", mark(&details["new_status"]))
            }
            ("task", "status_changed") => ("task", "status_changed", mark(&details["new_status"])),
            ("plugin", "status_changed") => {
                ("plugin", "status_changed", mark(&details["new_status"]))
            }
            ("plugin", "config_changed") => ("plugin", "config_changed", String::new()),
            ("project", "deleted") => ("project", "deleted", String::new()),
            ("task", "deleted") => ("task", "deleted", String::new()),
            _ => return None,
        };
        let is_new_task = domain == "task" && event_type == "created";
        let entity = if is_new_task { "" } else { &*self.entity };
        Some(Effect::new(domain, entity, event_type, &mark))
    }
}

pub struct Seen {
    pub requests: Vec<Entry>,
    pub heard: Vec<Heard>,
    /// By position, those that have none yet behind.
    pub events: Vec<Kept>,
    pub projects: BTreeMap<String, Row>,
    pub tasks: BTreeMap<String, Row>,
    pub plugins: BTreeMap<String, Row>,
    /// Made before the writers came; their effects were asked for by nobody.
    pub given: BTreeSet<String>,
}

impl Seen {
    pub async fn look(
        database: &Database,
        requests: Vec<Entry>,
        heard: Vec<Heard>,
        given: BTreeSet<String>,
    ) -> Self {
        Self {
            requests,
            heard,
            events: events(database).await,
            projects: by_id(
                database,
                "select id, name, status, task_count, trash_id from projects",
            )
            .await,
            tasks: by_id(
                database,
                "select id, project_id, name, status, trash_id from tasks",
            )
            .await,
            plugins: by_id(
                database,
                "select id, status, cast(config as text) as config from plugins",
            )
            .await,
            given,
        }
    }
}

pub async fn events(database: &Database) -> Vec<Kept> {
    let rows = database
        .rows(
            "select id, position, domain, event_type, entity_id, version, published_at, payload \
             from events order by case when position is null then 1 else 0 end, position",
        )
        .await;
    rows.iter().map(Kept::of).collect()
}

async fn by_id(database: &Database, query: &str) -> BTreeMap<String, Row> {
    let rows = database.rows(query).await;
    rows.into_iter()
        .map(|row| (row.text("id").to_owned(), row))
        .collect()
}
