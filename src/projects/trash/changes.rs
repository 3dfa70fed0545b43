//! What happens to what was deleted, as events.

use serde_json::json;

use super::Thrown;
use super::store::Gone;
use crate::events::Event;
use crate::projects::Project;
use crate::projects::tasks::Task;

/// A project is in the trash, with its tasks.
pub fn project_deleted(project: &Project, thrown: &Thrown) -> Event {
    let details = json!({
        "name": project.name,
        "task_count": thrown.task_count,
        "restorable_until": thrown.kept_until().rfc3339(),
    });
    Event::project(&project.id, "deleted", details)
}

/// A task is in the trash.
pub fn task_deleted(task: &Task, thrown: &Thrown) -> Event {
    let details = json!({
        "name": task.name,
        "status": task.status,
        "restorable_until": thrown.kept_until().rfc3339(),
    });
    Event::task(&task.id, &task.project_id, "deleted", details)
}

/// What was in the trash is back.
pub(super) fn restored(thrown: &Thrown) -> Event {
    match thrown.is_project() {
        true => {
            let details = json!({ "name": thrown.name, "task_count": thrown.task_count });
            Event::project(&thrown.entity_id, "restored", details)
        }
        false => Event::task(
            &thrown.entity_id,
            &thrown.project_id,
            "restored",
            json!({ "name": thrown.name }),
        ),
    }
}

/// A project is gone for good.
pub(super) fn project_purged(thrown: &Thrown) -> Event {
    Event::project(
        &thrown.entity_id,
        "purged",
        json!({ "name": thrown.name, "task_count": thrown.task_count }),
    )
}

/// A task is gone for good.
pub(super) fn task_purged(gone: &Gone) -> Event {
    Event::task(
        &gone.id,
        &gone.project_id,
        "purged",
        json!({ "name": gone.name }),
    )
}
