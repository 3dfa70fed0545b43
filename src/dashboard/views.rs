//! The dashboard's page.

use askama::Template;
use chrono_tz::Tz;

use super::burnup::Burnup;
use super::store::{ActiveProject, Day, Figures, Group, PANEL, UnwellPlugin, Urging};
use crate::db::Timestamp;
use crate::events::Recorded;
use crate::page::Layout;
use crate::projects::tasks::Due;

/// What was read for it.
#[derive(Debug)]
pub struct Seen {
    /// Projects by status.
    pub groups: Vec<Group>,
    /// What is counted.
    pub figures: Figures,
    /// Active projects.
    pub active: Vec<ActiveProject>,
    /// How many tasks these had day by day.
    pub days: Vec<Day>,
    /// Tasks that need somebody.
    pub urging: Vec<Urging>,
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

    /// What who looks is to do today.
    fn mine(&self) -> Vec<&Urging> {
        self.of_kind("mine")
    }

    /// What cannot go on, each once.
    fn stuck(&self) -> Vec<&Urging> {
        let mut stuck = self.of_kind("stuck");
        stuck.dedup_by(|one, other| one.id == other.id);
        stuck.truncate(usize::try_from(PANEL).unwrap_or_default());
        stuck
    }

    fn of_kind(&self, kind: &str) -> Vec<&Urging> {
        let urging = self.seen.urging.iter();
        urging.filter(|task| task.kind == kind).collect()
    }

    /// How a project came along.
    fn burnup(&self, id: &str) -> Option<Burnup> {
        let days = self.seen.days.iter().filter(|day| day.project_id == id);
        let days: Vec<Day> = days.cloned().collect();
        Burnup::of(&days, Timestamp::now().day_in(Tz::UTC))
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

impl Urging {
    /// By when, as who looks reads it.
    fn due(&self, layout: &Layout) -> String {
        let day = self.due_day;
        let due = self.due_at.map(|at| Due { at, day });
        due.map_or_else(String::new, |due| due.words(layout.zone()))
    }

    fn is_overdue(&self) -> bool {
        self.due_at.is_some_and(|at| at <= Timestamp::now())
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
