//! The tasks of a project.

pub mod blockers;
pub mod bulk;
pub mod comments;
mod desk;
mod due;
pub(in crate::projects) mod finishing;
mod form;
pub mod list;
mod place;
mod priority;
pub mod routes;
pub mod store;
pub mod switching;
pub(in crate::projects) mod views;

pub use due::{Due, end_of};
pub use form::{Refused, note};
pub use place::list_at;
pub use priority::Priority;

use chrono::NaiveDate;
use sqlx::FromRow;

use crate::db::Timestamp;
use crate::named::named;
use crate::projects::labels::Label;

/// How a task stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Status {
    /// Not begun.
    #[default]
    Pending,
    /// Being worked on.
    InProgress,
    /// Cannot go on.
    Blocked,
    /// Done.
    Done,
}

impl Status {
    /// All, in the order of a task's life.
    pub const ALL: [Self; 4] = [Self::Pending, Self::InProgress, Self::Blocked, Self::Done];

    /// As it stands in the database, in forms and in events.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InProgress => "in_progress",
            Self::Blocked => "blocked",
            Self::Done => "done",
        }
    }

    /// As a person reads it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::InProgress => "in progress",
            other => other.as_str(),
        }
    }
}

named!(Status);

/// A task, with the names that its things have now.
#[derive(Clone, Debug, FromRow)]
pub struct Task {
    /// UUID version 7.
    pub id: String,
    /// The project it belongs to.
    pub project_id: String,
    /// One line.
    pub name: String,
    /// Markdown.
    pub description: String,
    /// The name of a [`Status`].
    pub status: String,
    /// The rank of a [`Priority`].
    pub priority: i32,
    due_at: Option<Timestamp>,
    due_day: Option<NaiveDate>,
    /// The user name of who is to do it.
    pub assignee: Option<String>,
    /// The id of the plugin it is about.
    pub about: Option<String>,
    /// That plugin's name.
    pub about_name: Option<String>,
    /// How many open tasks it waits for.
    pub waits_for: i64,
    labels: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Task {
    /// How it stands.
    pub fn status(&self) -> Status {
        // The table's check lets nothing else in.
        self.status.parse().unwrap_or_default()
    }

    /// How much it matters.
    pub fn priority(&self) -> Priority {
        Priority::ranked(self.priority)
    }

    /// Its labels, by their names.
    pub fn labels(&self) -> Vec<Label> {
        Label::listed(&self.labels)
    }

    /// By when it is to be done.
    pub fn due(&self) -> Option<Due> {
        let day = self.due_day;
        self.due_at.map(|at| Due { at, day })
    }

    /// Whether that is over, and it is not done.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.status() != Status::Done && self.due_at.is_some_and(|at| at <= now)
    }
}

/// The address of a task's page.
pub fn task_page(id: &str) -> String {
    format!("/tasks/{id}")
}

/// What a task is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edit {
    /// One line.
    pub name: String,
    /// Markdown.
    pub description: String,
    /// How it stands.
    pub status: Status,
    /// How much it matters.
    pub priority: Priority,
    /// By when it is to be done.
    pub due: Option<Due>,
    /// The user name of who is to do it.
    pub assignee: Option<String>,
    /// The id of the plugin it is about.
    pub about: Option<String>,
    /// Its labels: of each the id, or the name without regard to case.
    pub labels: Vec<String>,
}

impl From<&Task> for Edit {
    fn from(task: &Task) -> Self {
        Self {
            name: task.name.clone(),
            description: task.description.clone(),
            status: task.status(),
            priority: task.priority(),
            due: task.due(),
            assignee: task.assignee.clone(),
            about: task.about.clone(),
            labels: task.labels().into_iter().map(|label| label.id).collect(),
        }
    }
}
