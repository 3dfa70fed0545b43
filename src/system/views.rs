//! The system page.

use askama::Template;

use super::store::{Column, Explained, Report, Statements};
use super::{Check, Checks, Count, Installation, Pool};
use crate::page::Layout;

/// What was read for it.
#[derive(Debug)]
pub struct Seen {
    /// What runs here.
    pub installation: Installation,
    /// The pool that answers reads.
    pub pool: Pool,
    /// Whether the broker cannot be reached.
    pub broker_away: bool,
    /// Why, where this node knows.
    pub broker_reason: Option<String>,
    /// Events that it has not acknowledged.
    pub waiting: Count,
    /// Events that it refused, on which nobody has decided.
    pub refused: Count,
    /// What the engine says.
    pub report: Report,
    /// The statement that was asked for; the inner `None`: it is not remembered.
    pub explained: Option<Option<Explained>>,
    /// The last integrity check.
    pub last_check: LastCheck,
    /// What an admin should know of the way these pages come.
    pub advice: Option<&'static str>,
}

/// What is known of the last integrity check.
#[derive(Debug)]
pub enum LastCheck {
    /// None since the start.
    Never,
    /// One runs now.
    Running,
    /// It ended.
    Done(Check),
}

impl LastCheck {
    /// As it stands now.
    pub fn of(checks: &Checks) -> Self {
        match checks.0.try_lock() {
            Err(_) => Self::Running,
            Ok(last) => last.clone().map_or(Self::Never, Self::Done),
        }
    }
}

/// What runs here, and what the database says of itself.
#[derive(Template)]
#[template(path = "system/show.html", blocks = ["broker"])]
pub struct SystemPage {
    layout: Layout,
    seen: Seen,
}

impl SystemPage {
    /// From what was read.
    pub fn new(layout: Layout, seen: Seen) -> Self {
        Self { layout, seen }
    }

    fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
}

impl Column {
    /// How many different values, in words.
    fn distinct(&self) -> String {
        if self.n_distinct <= -1.0 {
            "all different".to_owned()
        } else if self.n_distinct < 0.0 {
            format!("{:.0} % of the rows", -self.n_distinct * 100.0)
        } else {
            format!("{:.0}", self.n_distinct)
        }
    }
}
