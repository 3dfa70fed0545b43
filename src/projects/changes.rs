//! What happened to a project or a task, from what it was and what it is now.

use serde_json::{Map, Value, json};

use super::labels::Label;
use super::store::NewProject;
use super::tasks::blockers::Other;
use super::tasks::store::NewTask;
use super::tasks::{self, Due, Task};
use super::{Edit, Project};
use crate::events::Event;

/// A project was made with its tasks.
pub fn created(new: &NewProject) -> Vec<Event> {
    let details = json!({
        "name": new.edit.name,
        "status": new.edit.status.as_str(),
        "task_count": new.tasks.len(),
    });
    let mut events = vec![Event::project(&new.id, "created", details)];
    events.extend(
        new.tasks
            .iter()
            .map(|task| task_created(task, &new.id, &[])),
    );
    events
}

/// A task was made.
pub fn task_created(new: &NewTask, project_id: &str, labels: &[Label]) -> Event {
    let mut details = Map::new();
    details.insert("name".to_owned(), new.edit.name.as_str().into());
    details.insert("status".to_owned(), new.edit.status.as_str().into());
    let blank = facts(&tasks::Edit::default());
    for ((field, usual), (_, value)) in blank.into_iter().zip(facts(&new.edit)) {
        if value != usual {
            details.insert(field.to_owned(), value);
        }
    }
    if !labels.is_empty() {
        details.insert("labels".to_owned(), names(labels));
    }
    Event::task(&new.id, project_id, "created", Value::Object(details))
}

/// One event for each kind of change; none where nothing changed.
pub fn updated(before: &Project, after: &Edit) -> Vec<Event> {
    let mut changes = Map::new();
    if before.name != after.name {
        changes.insert("name".to_owned(), change(&before.name, &after.name));
    }
    if before.description != after.description {
        let lengths = json!({
            "old_length": before.description.chars().count(),
            "new_length": after.description.chars().count(),
        });
        changes.insert("description".to_owned(), lengths);
    }
    let status = (before.status.as_str(), after.status.as_str());
    kinds(&after.name, changes, status)
        .into_iter()
        .map(|(kind, details)| Event::project(&before.id, kind, details))
        .collect()
}

/// As [`updated`], of a task; each field with what it was and what it is, so that its events are its
/// history. A `note` says why its status changed.
pub fn task_updated(
    before: &Task,
    after: &tasks::Edit,
    labels: &[Label],
    note: &str,
) -> Vec<Event> {
    let was = tasks::Edit::from(before);
    let mut changes = Map::new();
    for (field, old, new) in [
        ("name", &was.name, &after.name),
        ("description", &was.description, &after.description),
    ] {
        if old != new {
            changes.insert(field.to_owned(), change(old, new));
        }
    }
    for ((field, old), (_, new)) in facts(&was).into_iter().zip(facts(after)) {
        if old != new {
            changes.insert(field.to_owned(), json!({ "old": old, "new": new }));
        }
    }
    let had = before.labels();
    if had != labels {
        let change = json!({ "old": names(&had), "new": names(labels) });
        changes.insert("labels".to_owned(), change);
    }
    let status = (was.status.as_str(), after.status.as_str());
    let mut kinds = kinds(&after.name, changes, status);
    if let Some((_, details)) = kinds.last_mut().filter(|_| !note.is_empty()) {
        details["note"] = note.into();
    }
    kinds
        .into_iter()
        .map(|(kind, details)| Event::task(&before.id, &before.project_id, kind, details))
        .collect()
}

/// A card was put elsewhere: between the tasks with the ids `beside`, above and below it. In another
/// column its status is another too, and that is what happened.
pub fn task_moved(
    task: &Task,
    status: tasks::Status,
    beside: (Option<&str>, Option<&str>),
    note: &str,
) -> Event {
    let mut details = json!({ "after": beside.0, "before": beside.1 });
    let kind = if status == task.status() {
        details["name"] = task.name.as_str().into();
        details["status"] = status.as_str().into();
        "moved"
    } else {
        details["old_status"] = task.status.as_str().into();
        details["new_status"] = status.as_str().into();
        if !note.is_empty() {
            details["note"] = note.into();
        }
        "status_changed"
    };
    Event::task(&task.id, &task.project_id, kind, details)
}

/// A task waits for another.
pub fn blocker_added(task: &Task, blocker: &Other) -> Event {
    blocker_event(task, blocker, "blocker_added")
}

/// A task waits for another no more.
pub fn blocker_removed(task: &Task, blocker: &Other) -> Event {
    blocker_event(task, blocker, "blocker_removed")
}

fn blocker_event(task: &Task, blocker: &Other, kind: &'static str) -> Event {
    let details = json!({
        "name": task.name,
        "blocker_id": blocker.id,
        "blocker_name": blocker.name,
    });
    Event::task(&task.id, &task.project_id, kind, details)
}

/// The last that a task waited for is done or gone.
pub fn unblocked(task: &Other) -> Event {
    Event::task(
        &task.id,
        &task.project_id,
        "unblocked",
        json!({ "name": task.name }),
    )
}

/// What a task has beside its text and its status, as it stands in an event.
fn facts(edit: &tasks::Edit) -> [(&'static str, Value); 4] {
    [
        ("priority", edit.priority.as_str().into()),
        ("due", edit.due.map(Due::told).into()),
        ("assignee", edit.assignee.clone().into()),
        ("about", edit.about.clone().into()),
    ]
}

fn names(labels: &[Label]) -> Value {
    labels.iter().map(|label| label.name.as_str()).collect()
}

fn change(old: &str, new: &str) -> Value {
    json!({ "old": old, "new": new })
}

fn kinds(
    name: &str,
    changes: Map<String, Value>,
    (old_status, new_status): (&str, &str),
) -> Vec<(&'static str, Value)> {
    let mut kinds = Vec::new();
    if !changes.is_empty() {
        let details = json!({ "name": name, "changes": changes });
        kinds.push(("updated", details));
    }
    if old_status != new_status {
        let details = json!({ "old_status": old_status, "new_status": new_status });
        kinds.push(("status_changed", details));
    }
    kinds
}
