//! What happened to a comment. Its text is in none of its events: what somebody takes back is gone.

use serde_json::{Value, json};

use super::Comment;
use crate::events::Event;
use crate::projects::tasks::Task;

/// Somebody said something, and named these people.
pub fn commented(task: &Task, id: &str, text: &str, mentions: &[String]) -> Event {
    let details = json!({ "comment_id": id, "length": length(text), "mentions": mentions });
    event(task, "commented", details)
}

/// Other words stand there now, and these people's names.
pub(super) fn edited(task: &Task, before: &Comment, text: &str, mentions: &[String]) -> Event {
    let details = json!({
        "comment_id": before.id,
        "old_length": length(&before.text),
        "new_length": length(text),
        "mentions": mentions,
    });
    event(task, "comment_edited", details)
}

/// A comment is gone.
pub(super) fn deleted(task: &Task, comment: &Comment) -> Event {
    let details = json!({ "comment_id": comment.id, "author": comment.author });
    event(task, "comment_deleted", details)
}

fn event(task: &Task, event_type: &'static str, mut details: Value) -> Event {
    details["name"] = task.name.as_str().into();
    Event::task(&task.id, &task.project_id, event_type, details)
}

fn length(text: &str) -> usize {
    text.chars().count()
}
