//! Whether tasks may be done, and who can go on then, by whatever way somebody says so: one rule for a page,
//! a board and a change of many.

use super::blockers::store as blockers;
use super::{Refused, Status, Task};
use crate::error::Error;
use crate::events::{Change, Event};
use crate::projects::changes;

/// The events of the tasks that can go on when the status of `task`, whose project was locked, becomes
/// `status`. A `note` says why it is done before what it waits for.
///
/// # Errors
/// `Ok(Err(…))`: it waits for others, and nothing says why it is done all the same; when the database is
/// away.
pub async fn freed(
    change: &mut Change,
    task: &Task,
    status: Status,
    note: &str,
) -> Result<Result<Vec<Event>, Refused>, Error> {
    let freed = freed_by_all(change, &[task], status, note).await?;
    Ok(freed.map_err(|waiting| {
        let others = waiting.into_iter().map(|(_, other)| other);
        Refused::Waits(others.collect())
    }))
}

/// As [`freed`], of tasks that become so together: what waits for another among them does not wait.
///
/// # Errors
/// `Ok(Err(…))`: the names of those that wait for others, each with that of the other; when the database is
/// away.
pub async fn freed_by_all(
    change: &mut Change,
    tasks: &[&Task],
    status: Status,
    note: &str,
) -> Result<Result<Vec<Event>, Vec<(String, String)>>, Error> {
    let open = open_among(tasks);
    if status != Status::Done || open.is_empty() {
        return Ok(Ok(Vec::new()));
    }
    blockers::lock(change).await?;
    let waiting = blockers::waiting(change, &open).await?;
    if !waiting.is_empty() && note.is_empty() {
        return Ok(Err(waiting));
    }
    unblocked_by(change, &open).await.map(Ok)
}

/// The events of the tasks that can go on when these, whose projects were locked, are done or gone.
///
/// # Errors
/// When the database is away.
pub async fn freed_when_gone(change: &mut Change, tasks: &[&Task]) -> Result<Vec<Event>, Error> {
    blockers::lock(change).await?;
    unblocked_by(change, &open_among(tasks)).await
}

async fn unblocked_by(change: &mut Change, open: &[&str]) -> Result<Vec<Event>, Error> {
    let freed = blockers::freed_by(change, open).await?;
    Ok(freed.iter().map(changes::unblocked).collect())
}

/// The ids of those that are not done.
fn open_among<'a>(tasks: &[&'a Task]) -> Vec<&'a str> {
    let open = tasks.iter().filter(|task| task.status() != Status::Done);
    open.map(|task| task.id.as_str()).collect()
}
