//! The tasks of a project.

pub mod routes;
pub mod store;

use sqlx::FromRow;

use crate::db::Timestamp;
use crate::named::named;

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

/// A task.
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
}
