//! The dashboard's page.

use askama::Template;

use super::store::{ActiveProject, BlockedTask, Figures, Group, UnwellPlugin};
use crate::events::Recorded;
use crate::page::Layout;

/// What was read for it.
#[derive(Debug)]
pub struct Seen {
    /// Projects by status.
    pub groups: Vec<Group>,
    /// What is counted.
    pub figures: Figures,
    /// Active projects.
    pub active: Vec<ActiveProject>,
    /// Blocked tasks.
    pub blocked: Vec<BlockedTask>,
    /// Plugins that need somebody.
    pub unwell: Vec<UnwellPlugin>,
    /// What happened last.
    pub events: Vec<Recorded>,
    /// Whether the broker cannot be reached.
    pub broker_away: bool,
}

/// Everything at a glance.
#[derive(Template)]
#[template(path = "dashboard/show.html", blocks = ["glance"])]
pub struct DashboardPage {
    layout: Layout,
    seen: Seen,
}

/// The statuses of projects, in the order of their life.
const STATUSES: [&str; 5] = ["planning", "active", "on_hold", "completed", "archived"];

impl DashboardPage {
    /// From what was read.
    pub fn new(layout: Layout, seen: Seen) -> Self {
        Self { layout, seen }
    }

    /// Nothing was made here yet: the page says what to do first.
    fn is_fresh(&self) -> bool {
        self.seen.groups.is_empty() && self.seen.figures.plugins.is_zero()
    }

    /// How many projects of each status, where there are any.
    fn statuses(&self) -> Vec<(&'static str, i64)> {
        let count = |status: &str| {
            let group = self.seen.groups.iter().find(|group| group.status == status);
            group.map_or(0, |group| group.projects)
        };
        STATUSES
            .into_iter()
            .map(|status| (status, count(status)))
            .filter(|(_, count)| *count > 0)
            .collect()
    }

    fn active_count(&self) -> i64 {
        let active = self
            .seen
            .groups
            .iter()
            .find(|group| group.status == "active");
        active.map_or(0, |group| group.projects)
    }

    fn tasks_total(&self) -> i64 {
        self.seen.groups.iter().map(|group| group.tasks).sum()
    }

    fn tasks_done(&self) -> i64 {
        self.seen.groups.iter().map(|group| group.done).sum()
    }
}

impl UnwellPlugin {
    /// Whether its status alone says that it needs somebody.
    fn has_stopped(&self) -> bool {
        matches!(self.status.as_str(), "failed" | "quarantined")
    }

    /// What it did that it may not.
    fn violations(&self) -> Option<String> {
        match self.security_violations {
            ..=0 => None,
            1 => Some("1 violation".to_owned()),
            several => Some(format!("{several} violations")),
        }
    }
}
