//! What people say about a task.

mod changes;
mod form;
pub mod routes;
pub mod store;

pub use changes::commented;

use sqlx::FromRow;

use crate::db::Timestamp;
use crate::users::{Role, User};

/// What somebody said.
#[derive(Clone, Debug, FromRow)]
pub struct Comment {
    /// UUID version 7.
    pub id: String,
    /// The account that wrote it; `None` where it is gone.
    pub author_id: Option<String>,
    /// Who wrote it: as the account is called now, or was last.
    pub author: String,
    /// Markdown.
    pub text: String,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was last edited.
    pub updated_at: Timestamp,
}

impl Comment {
    /// Whether it was edited since it was written.
    pub fn is_edited(&self) -> bool {
        self.updated_at != self.created_at
    }

    /// Whether somebody may put other words there: their own only.
    pub fn may_edit(&self, user: &User) -> bool {
        user.role >= Role::Maintainer && self.author_id.as_ref() == Some(&user.id)
    }

    /// Whether somebody may take it away: their own, and an admin any.
    pub fn may_delete(&self, user: &User) -> bool {
        self.may_edit(user) || user.role >= Role::Admin
    }
}

/// The address of what somebody has to do. The list has a meaning of its own for two names.
pub fn page_of(username: &str) -> String {
    match username {
        "me" | "nobody" => format!("/tasks?assignee=@{username}"),
        name => format!("/tasks?assignee={name}"),
    }
}
