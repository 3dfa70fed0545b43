//! The page of events sent again.

use askama::Template;

use super::{Form, Replay};
use crate::events::Domain;
use crate::page::Layout;
use crate::users::Role;

/// What was asked for, and the form that asks.
#[derive(Template)]
#[template(path = "replays/list.html", blocks = ["replays"])]
pub struct ReplaysPage {
    layout: Layout,
    role: Role,
    replays: Vec<Replay>,
    form: Form,
}

impl ReplaysPage {
    /// With what was typed so far.
    pub fn new(layout: Layout, role: Role, replays: Vec<Replay>, form: Form) -> Self {
        Self {
            layout,
            role,
            replays,
            form,
        }
    }

    fn domains(&self) -> Vec<(&'static str, &'static str)> {
        let named = Domain::visible(self.role).map(|domain| (domain.as_str(), domain.as_str()));
        std::iter::once(("", "all")).chain(named).collect()
    }
}

impl Replay {
    fn what(&self) -> String {
        let domain = match self.domain.as_str() {
            "" => "all events".to_owned(),
            domain => format!("{domain} events"),
        };
        match self.entity_id.as_str() {
            "" => domain,
            id => format!("{domain} of {id}"),
        }
    }

    fn state(&self) -> (&'static str, String) {
        match (self.ended_at, self.problem.as_str()) {
            (None, _) => ("busy", format!("under way, at {}", self.done_position)),
            (Some(_), "") => ("good", "sent".to_owned()),
            (Some(_), problem) => ("bad", problem.to_owned()),
        }
    }
}
