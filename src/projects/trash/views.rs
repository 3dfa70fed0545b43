//! The page of the trash.

use askama::Template;

use super::{Refused, Thrown};
use crate::page::{Cursor, Layout, Paged};

/// What was deleted, and can be restored.
#[derive(Template)]
#[template(path = "trash/list.html", blocks = ["trash"])]
pub struct TrashPage {
    layout: Layout,
    thrown: Vec<Thrown>,
    why: Option<&'static str>,
    here: String,
    newest: Option<String>,
    older: Option<String>,
}

impl TrashPage {
    /// One page of it.
    pub fn new(layout: Layout, thrown: Paged<Thrown>, before: &Cursor) -> Self {
        let at = |place: &Cursor| format!("/trash{}", place.query());
        Self {
            layout,
            why: None,
            here: at(before),
            newest: (!before.is_start()).then(|| at(&Cursor::start())),
            older: thrown.older.as_ref().map(at),
            thrown: thrown.rows,
        }
    }

    /// With why something was not restored.
    pub fn with(self, why: Refused) -> Self {
        Self {
            why: Some(why.told()),
            ..self
        }
    }

    /// The day on which something is removed for good.
    fn last_day(&self, thrown: &Thrown) -> String {
        let day = thrown.kept_until().day_in(self.layout.zone());
        day.format("%-d %B %Y").to_string()
    }
}
