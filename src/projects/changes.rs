//! What happened to a project or a task, from what it was and what it is now.

use serde_json::{Map, Value, json};

use super::form::Shown;
use super::store::NewProject;
use super::tasks::store::NewTask;
use super::tasks::{self, Task};
use super::{Edit, Project, Status};
use crate::events::Event;

/// A project was made with its tasks.
pub fn created(new: &NewProject) -> Vec<Event> {
    let details = json!({
        "name": new.edit.name,
        "status": new.edit.status.as_str(),
        "task_count": new.tasks.len(),
    });
    let mut events = vec![Event::project(&new.id, "created", details)];
    events.extend(new.tasks.iter().map(|task| task_created(task, &new.id)));
    events
}

/// A task was made.
pub fn task_created(new: &NewTask, project_id: &str) -> Event {
    let details = json!({ "name": new.edit.name, "status": new.edit.status.as_str() });
    Event::task(&new.id, project_id, "created", details)
}

/// One event for each kind of change; none where nothing changed.
pub fn updated(before: &Project, after: &Edit<Status>) -> Vec<Event> {
    kinds(before.into(), after)
        .into_iter()
        .map(|(kind, details)| Event::project(&before.id, kind, details))
        .collect()
}

/// As [`updated`], of a task.
pub fn task_updated(before: &Task, after: &Edit<tasks::Status>) -> Vec<Event> {
    kinds(before.into(), after)
        .into_iter()
        .map(|(kind, details)| Event::task(&before.id, &before.project_id, kind, details))
        .collect()
}

/// A project is gone, with its tasks.
pub fn deleted(project: &Project, tasks: &[Task]) -> Vec<Event> {
    let details = json!({ "name": project.name, "task_count": tasks.len() });
    let mut events: Vec<Event> = tasks.iter().map(task_deleted).collect();
    events.push(Event::project(&project.id, "deleted", details));
    events
}

/// A task is gone.
pub fn task_deleted(task: &Task) -> Event {
    let details = json!({ "name": task.name, "status": task.status });
    Event::task(&task.id, &task.project_id, "deleted", details)
}

fn kinds<S: ToString>(before: Shown<'_>, after: &Edit<S>) -> Vec<(&'static str, Value)> {
    let mut kinds = Vec::new();
    let mut changes = Map::new();
    if before.name != after.name {
        changes.insert(
            "name".to_owned(),
            json!({ "old": before.name, "new": after.name }),
        );
    }
    if before.description != after.description {
        let lengths = json!({
            "old_length": before.description.chars().count(),
            "new_length": after.description.chars().count(),
        });
        changes.insert("description".to_owned(), lengths);
    }
    if !changes.is_empty() {
        let details = json!({ "name": after.name, "changes": changes });
        kinds.push(("updated", details));
    }
    let status = after.status.to_string();
    if before.status != status {
        let details = json!({ "old_status": before.status, "new_status": status });
        kinds.push(("status_changed", details));
    }
    kinds
}
