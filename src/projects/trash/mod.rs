//! What was deleted: kept for 30 days with all that hangs on it, and gone for good behind that.

mod changes;
mod emptying;
pub mod routes;
pub mod store;
mod views;

pub use changes::{project_deleted, task_deleted};
pub use emptying::keep_emptying;

use chrono::TimeDelta;
use sqlx::FromRow;

use crate::db::Timestamp;

/// How long what was deleted can be restored.
pub const KEPT: TimeDelta = TimeDelta::days(30);

/// Something that was deleted at once: a task, or a project with the tasks that it had then.
#[derive(Clone, Debug, FromRow)]
pub struct Thrown {
    /// UUID version 7.
    pub id: String,
    /// `task` or `project`.
    pub kind: String,
    /// The id of the thing.
    pub entity_id: String,
    /// The task's project; of a project its own id.
    pub project_id: String,
    /// As the thing was called.
    pub name: String,
    /// How many tasks it is.
    pub task_count: i64,
    /// Who deleted it.
    pub actor: String,
    /// When.
    pub created_at: Timestamp,
}

impl Thrown {
    /// Whether it is a project.
    pub fn is_project(&self) -> bool {
        self.kind == "project"
    }

    /// Until when it can be restored.
    pub fn kept_until(&self) -> Timestamp {
        self.created_at.plus(KEPT)
    }
}

/// Why something stays in the trash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// A task's project is there too.
    WithoutProject,
    /// Its time is over: it is being removed.
    TooLate,
}

impl Refused {
    /// What to do instead.
    pub fn told(self) -> &'static str {
        match self {
            Self::WithoutProject => {
                "The project of this task is in the trash too. Restore the project first; the task stays here until then."
            }
            Self::TooLate => {
                "Its 30 days are over, and it is being removed. It cannot be restored any more."
            }
        }
    }
}
