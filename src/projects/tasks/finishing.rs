//! Whether a task may be done, by whatever way somebody says so.

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
    if status != Status::Done || task.status() == Status::Done {
        return Ok(Ok(Vec::new()));
    }
    blockers::lock(change).await?;
    let open = blockers::open(change, &task.id).await?;
    if !open.is_empty() && note.is_empty() {
        return Ok(Err(Refused::Waits(open)));
    }
    let freed = blockers::freed_by(change, &task.id).await?;
    Ok(Ok(freed.iter().map(changes::unblocked).collect()))
}
