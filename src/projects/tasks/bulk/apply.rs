//! The rules of a single change, for many tasks in one transaction.

use super::{Bulk, Refused, Wanted, What, store};
use crate::error::Error;
use crate::events::{Change, Event};
use crate::projects::labels::{Label, store as labels};
use crate::projects::tasks::store as tasks;
use crate::projects::tasks::{Edit, Task, finishing};
use crate::projects::{changes, trash};

/// Does it; answers what happened, which is nothing where all is so already.
///
/// # Errors
/// `Ok(Err(…))` where any of them may not be so; when the database is away.
pub(super) async fn apply(
    change: &mut Change,
    bulk: &Bulk,
) -> Result<Result<Vec<Event>, Refused>, Error> {
    let ids: Vec<&str> = bulk.ids.iter().map(String::as_str).collect();
    let found = store::lock(change, &ids).await?;
    match &bulk.what {
        What::Delete if found.is_empty() => Ok(match trash::store::holds(change, &ids).await? {
            // Sent twice.
            true => Ok(Vec::new()),
            false => Err(Refused::Gone(ids.len())),
        }),
        _ if found.len() < ids.len() => Ok(Err(Refused::Gone(ids.len() - found.len()))),
        What::Delete => delete(change, &found).await.map(Ok),
        What::Change(wanted) => keep(change, &found, wanted).await,
    }
}

async fn delete(change: &mut Change, found: &[Task]) -> Result<Vec<Event>, Error> {
    let all: Vec<&Task> = found.iter().collect();
    let mut freed = finishing::freed_when_gone(change, &all).await?;
    let mut events = Vec::new();
    for task in found {
        let thrown = trash::store::throw_task(change, task).await?;
        events.push(trash::task_deleted(task, &thrown));
    }
    events.append(&mut freed);
    Ok(events)
}

async fn keep(
    change: &mut Change,
    found: &[Task],
    wanted: &Wanted,
) -> Result<Result<Vec<Event>, Refused>, Error> {
    let (add, remove) = match (
        labels::resolve(change, &wanted.add).await?,
        labels::resolve(change, &wanted.remove).await?,
    ) {
        (Ok(add), Ok(remove)) => (ids_of(add), ids_of(remove)),
        (Err(typed), _) | (_, Err(typed)) => {
            let unknown = vec![super::TaskRefused::Label(typed)];
            return Ok(Err(Refused::Unknown(unknown)));
        }
    };
    let mut freed = Vec::new();
    if let Some(status) = wanted.status {
        let all: Vec<&Task> = found.iter().collect();
        match finishing::freed_by_all(change, &all, status, &wanted.note).await? {
            Ok(events) => freed = events,
            Err(waiting) => return Ok(Err(Refused::Waits(waiting))),
        }
    }
    let mut events = Vec::new();
    for task in found {
        let edit = wanted.applied(task, &add, &remove);
        match keep_one(change, task, &edit, &wanted.note).await? {
            Ok(event) => events.extend(event),
            Err(unknown) => return Ok(Err(unknown)),
        }
    }
    events.append(&mut freed);
    Ok(Ok(events))
}

async fn keep_one(
    change: &mut Change,
    task: &Task,
    edit: &Edit,
    note: &str,
) -> Result<Result<Option<Event>, Refused>, Error> {
    if *edit == Edit::from(task) {
        return Ok(Ok(None));
    }
    let named = match tasks::name(change, edit, Some(task)).await? {
        Ok(named) => named,
        Err(unknown) => return Ok(Err(Refused::Unknown(unknown))),
    };
    let note = if edit.status == task.status() {
        ""
    } else {
        note
    };
    let events = changes::task_updated(task, edit, named.labels(), note);
    if !events.is_empty() {
        tasks::update(change, task, edit, &named).await?;
    }
    Ok(Ok(in_one(events)))
}

/// One event that says what two would: that of the status, with the other fields beside it.
fn in_one(events: Vec<Event>) -> Option<Event> {
    events.into_iter().reduce(|updated, mut moved| {
        for (name, value) in updated.into_details() {
            moved.detail(&name, value);
        }
        moved
    })
}

fn ids_of(labels: Vec<Label>) -> Vec<String> {
    labels.into_iter().map(|label| label.id).collect()
}

impl Wanted {
    fn applied(&self, task: &Task, add: &[String], remove: &[String]) -> Edit {
        let mut edit = Edit::from(task);
        edit.status = self.status.unwrap_or(edit.status);
        if let Some(assignee) = &self.assignee {
            edit.assignee.clone_from(assignee);
        }
        if let Some(due) = self.due {
            edit.due = due;
        }
        edit.labels.retain(|id| !remove.contains(id));
        for id in add {
            if !edit.labels.contains(id) {
                edit.labels.push(id.clone());
            }
        }
        edit
    }
}
