//! Projects and their tasks.

pub mod board;
pub mod changes;
pub mod form;
pub mod labels;
pub mod map;
mod new_form;
pub mod routes;
pub mod store;
pub mod switching;
pub mod tasks;
pub mod trash;
mod views;

use sqlx::FromRow;

use crate::db::Timestamp;
use crate::named::named;

/// How a project stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Status {
    /// Not begun.
    Planning,
    /// Being worked on.
    #[default]
    Active,
    /// Waiting.
    OnHold,
    /// Done.
    Completed,
    /// Out of the way.
    Archived,
}

impl Status {
    /// All, in the order of a project's life.
    pub const ALL: [Self; 5] = [
        Self::Planning,
        Self::Active,
        Self::OnHold,
        Self::Completed,
        Self::Archived,
    ];

    /// As it stands in the database, in forms and in events.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planning => "planning",
            Self::Active => "active",
            Self::OnHold => "on_hold",
            Self::Completed => "completed",
            Self::Archived => "archived",
        }
    }

    /// As a person reads it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::OnHold => "on hold",
            other => other.as_str(),
        }
    }
}

named!(Status);

/// A project.
#[derive(Clone, Debug, FromRow)]
pub struct Project {
    /// UUID version 7.
    pub id: String,
    /// One line.
    pub name: String,
    /// Markdown.
    pub description: String,
    /// The name of a [`Status`].
    pub status: String,
    /// How many tasks it has.
    pub task_count: i64,
    /// How many of them are done.
    pub done_count: i64,
    /// How many of them are being worked on.
    pub in_progress_count: i64,
    /// How many of them cannot go on.
    pub blocked_count: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it or one of its tasks was last changed.
    pub updated_at: Timestamp,
}

impl Project {
    /// How many of its tasks stand so.
    pub fn count_of(&self, status: tasks::Status) -> i64 {
        match status {
            tasks::Status::InProgress => self.in_progress_count,
            tasks::Status::Blocked => self.blocked_count,
            tasks::Status::Done => self.done_count,
            tasks::Status::Pending => {
                self.task_count - self.in_progress_count - self.blocked_count - self.done_count
            }
        }
    }

    /// The first words of the description, without the marks of Markdown, for a list.
    pub fn summary(&self) -> String {
        summary(&self.description)
    }
}

/// What a project is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// One line.
    pub name: String,
    /// Markdown.
    pub description: String,
    /// How it stands.
    pub status: Status,
}

/// The longest summary, in characters.
const SUMMARY_MAX: usize = 120;

fn summary(markdown: &str) -> String {
    let lines = markdown
        .lines()
        .map(|line| line.trim().trim_start_matches(['#', '>', '-', '+', ' ']));
    let first = lines
        .filter(|line| line.chars().any(char::is_alphanumeric))
        .find(|line| !line.starts_with("```") && !line.starts_with('|'));
    let plain: String = first
        .unwrap_or_default()
        .chars()
        .filter(|c| !matches!(c, '*' | '`'))
        .take(SUMMARY_MAX + 1)
        .collect();
    match plain.char_indices().nth(SUMMARY_MAX) {
        Some((end, _)) => format!("{}…", whole_words(&plain[..end])),
        None => plain,
    }
}

/// Without the word at the end, which may be half of one; one long word stays as it is.
fn whole_words(text: &str) -> &str {
    text.rsplit_once(' ').map_or(text, |(words, _)| words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_the_first_line_that_says_something() {
        assert_eq!(summary("\n# **Move** `ha`\n\nrest"), "Move ha");
        assert_eq!(summary("---\n\n- [ ] one"), "[ ] one");
        assert_eq!(summary("| a | b |\n|---|---|\n\nText"), "Text");
        assert_eq!(summary(""), "");
    }

    #[test]
    fn a_long_summary_ends_between_characters() {
        let text = "ä".repeat(10_000);
        assert_eq!(summary(&text).chars().count(), SUMMARY_MAX + 1);
    }
}
