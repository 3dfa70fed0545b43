//! The dashboard's page.

use askama::Template;

use super::store::{ActiveProject, BlockedTask, Figures, Group, UnwellPlugin};
use crate::events::Domain;
use crate::events::store::Recorded;
use crate::page::Layout;
use crate::users::Role;

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
    role: Role,
    seen: Seen,
}

/// The statuses of projects, in the order of their life.
const STATUSES: [&str; 5] = ["planning", "active", "on_hold", "completed", "archived"];

impl DashboardPage {
    /// For someone of that role.
    pub fn new(layout: Layout, role: Role, seen: Seen) -> Self {
        Self { layout, role, seen }
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

    /// What changes this page when it changes.
    fn live(&self) -> String {
        let domains = Domain::ALL
            .into_iter()
            .filter(|domain| domain.visible_to(self.role));
        let names: Vec<&str> = domains.map(Domain::as_str).collect();
        names.join(" ")
    }
}

impl UnwellPlugin {
    /// Why it is on this list, beside its status.
    fn trouble(&self) -> String {
        let mut troubles = Vec::new();
        match self.security_violations {
            ..=0 => {}
            1 => troubles.push("1 violation".to_owned()),
            several => troubles.push(format!("{several} violations")),
        }
        if self.security_score < 80 {
            troubles.push(format!("score {} of 100", self.security_score));
        }
        troubles.join(", ")
    }
}
