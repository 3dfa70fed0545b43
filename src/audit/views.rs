//! The page of the trail.

use askama::Template;
use serde_json::Value;

use super::{ACTIONS, Asked, address_in};
use crate::events::Sentence;
use crate::events::store::Recorded;
use crate::page::{Cursor, Layout, Paged};

/// The trail, with its filters.
#[derive(Template)]
#[template(path = "audit/list.html")]
pub struct AuditPage {
    layout: Layout,
    trail: Trail,
}

/// Only the trail.
#[derive(Template)]
#[template(path = "audit/list.html", block = "trail")]
pub struct AuditPart {
    trail: Trail,
}

/// What both show.
struct Trail {
    asked: Asked,
    events: Vec<Row>,
    is_newest: bool,
    newest: Option<String>,
    older: Option<String>,
}

struct Row {
    id: String,
    sentence: Sentence,
    address: String,
    times: u64,
    payload: String,
    recorded: Recorded,
}

impl AuditPage {
    /// What was found.
    pub fn new(layout: Layout, asked: &Asked, found: Paged<Recorded>, before: &Cursor) -> Self {
        Self {
            layout,
            trail: Trail::new(asked, found, before),
        }
    }

    fn is_filtered(&self) -> bool {
        !self.trail.asked.query().is_empty()
    }

    fn actions(&self) -> Vec<(&'static str, String, bool)> {
        let all = ACTIONS
            .iter()
            .map(|action| (*action, action.replace('_', " ")));
        std::iter::once(("", "Anything".to_owned()))
            .chain(all)
            .map(|(value, words)| (value, words, value == self.trail.asked.action))
            .collect()
    }
}

impl AuditPart {
    /// What was found.
    pub fn new(_: Layout, asked: &Asked, found: Paged<Recorded>, before: &Cursor) -> Self {
        Self {
            trail: Trail::new(asked, found, before),
        }
    }
}

impl Trail {
    fn new(asked: &Asked, found: Paged<Recorded>, before: &Cursor) -> Self {
        let query = asked.query();
        let at = |more: &str| {
            format!(
                "/audit?{query}{}{more}",
                if query.is_empty() { "" } else { "&" }
            )
        };
        let older = found
            .older
            .as_ref()
            .map(|older| at(&format!("before={older}")));
        Self {
            asked: asked.clone(),
            events: found.rows.into_iter().map(Row::of).collect(),
            is_newest: before.is_start(),
            newest: (!before.is_start()).then(|| at("")),
            older,
        }
    }

    fn here(&self) -> String {
        format!("/audit?{}", self.asked.query())
    }

    fn export(&self, format: &str) -> String {
        let query = self.asked.query();
        let and = if query.is_empty() { "" } else { "&" };
        format!("/audit/export?{query}{and}format={format}")
    }
}

impl Row {
    fn of(recorded: Recorded) -> Self {
        let payload: Value = serde_json::from_str(&recorded.payload).unwrap_or_default();
        let details = &payload["details"];
        let address = address_in(details);
        Self {
            id: recorded.id.clone(),
            sentence: recorded.sentence(),
            address: address.to_owned(),
            times: details["times"].as_u64().unwrap_or(1),
            payload: serde_json::to_string_pretty(&payload).unwrap_or_default(),
            recorded,
        }
    }
}
