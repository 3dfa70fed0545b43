//! The page of events.

use askama::Template;
use serde_json::Value;

use super::{Domain, Recorded, Sentence, topic};
use crate::page::{Cursor, Layout, Paged};
use crate::users::Role;

/// All events, or those of one kind.
#[derive(Template)]
#[template(path = "events/list.html", blocks = ["feed"])]
pub struct ListPage {
    layout: Layout,
    kinds: Vec<Kind>,
    here: String,
    chosen: Option<Domain>,
    is_newest: bool,
    events: Vec<Row>,
    newest: Option<String>,
    older: Option<String>,
}

/// A choice above the list.
struct Kind {
    href: String,
    label: &'static str,
    is_chosen: bool,
}

/// An event as it is shown.
struct Row {
    recorded: Recorded,
    sentence: Sentence,
}

impl Row {
    fn topic(&self) -> String {
        topic(&self.recorded.domain, &self.recorded.event_type)
    }

    /// What goes to the broker, with lines for a person to read.
    fn payload(&self) -> String {
        let payload = &self.recorded.payload;
        serde_json::from_str::<Value>(payload)
            .and_then(|value| serde_json::to_string_pretty(&value))
            .unwrap_or_else(|_| payload.clone())
    }
}

impl ListPage {
    /// One page of them.
    pub fn new(
        layout: Layout,
        role: Role,
        chosen: Option<Domain>,
        events: Paged<Recorded>,
        before: &Cursor,
    ) -> Self {
        let here = address(chosen);
        let sign = if chosen.is_some() { '&' } else { '?' };
        Self {
            layout,
            kinds: kinds(role, chosen),
            chosen,
            is_newest: before.is_start(),
            newest: (!before.is_start()).then(|| here.clone()),
            older: events
                .older
                .as_ref()
                .map(|older| format!("{here}{sign}before={older}")),
            events: events.rows.into_iter().map(row).collect(),
            here,
        }
    }

    /// What the list shows, for the live stream; an older page stays as it is.
    fn live(&self) -> String {
        match self.chosen {
            Some(domain) => format!("{domain} delivery"),
            None => format!("{} delivery", Domain::ALL.map(Domain::as_str).join(" ")),
        }
    }
}

fn row(recorded: Recorded) -> Row {
    Row {
        sentence: recorded.sentence(),
        recorded,
    }
}

fn kinds(role: Role, chosen: Option<Domain>) -> Vec<Kind> {
    std::iter::once(None)
        .chain(Domain::visible(role).map(Some))
        .map(|domain| Kind {
            href: address(domain),
            label: domain.map_or("All", label),
            is_chosen: domain == chosen,
        })
        .collect()
}

fn address(domain: Option<Domain>) -> String {
    domain.map_or_else(
        || "/events".to_owned(),
        |domain| format!("/events?domain={domain}"),
    )
}

const fn label(domain: Domain) -> &'static str {
    match domain {
        Domain::Project => "Projects",
        Domain::Task => "Tasks",
        Domain::Plugin => "Plugins",
        Domain::User => "Users",
        Domain::Auth => "Logins",
        Domain::System => "System",
    }
}
