//! The page of refused events.

use askama::Template;

use super::Letter;
use crate::events::{Sentence, topic};
use crate::page::Layout;
use crate::users::Role;

/// What the broker refused.
#[derive(Template)]
#[template(path = "events/refused.html", blocks = ["letters"])]
pub struct RefusedPage {
    layout: Layout,
    decides: bool,
    waiting: Vec<Row>,
    given_up: Vec<Row>,
}

struct Row {
    letter: Letter,
    sentence: Sentence,
}

impl Row {
    fn topic(&self) -> String {
        let event = &self.letter.event;
        topic(&event.domain, &event.event_type)
    }

    /// What waits behind it, in words.
    fn behind(&self) -> String {
        match self.letter.behind {
            0 => "Nothing waits behind it yet.".to_owned(),
            1 => "One later event of the same thing waits behind it.".to_owned(),
            1000.. => "1,000 or more later events of the same thing wait behind it.".to_owned(),
            n => format!("{n} later events of the same thing wait behind it."),
        }
    }

    fn tries(&self) -> String {
        match self.letter.tries {
            1 => "once".to_owned(),
            2 => "twice".to_owned(),
            n => format!("{n} times"),
        }
    }
}

impl RefusedPage {
    /// For someone of that role.
    pub fn new(layout: Layout, role: Role, letters: Vec<Letter>) -> Self {
        let rows = letters.into_iter().map(|letter| Row {
            sentence: letter.event.sentence(),
            letter,
        });
        let (waiting, given_up) = rows.partition(|row| row.letter.given_up_at.is_none());
        Self {
            layout,
            decides: role >= Role::Maintainer,
            waiting,
            given_up,
        }
    }
}
