//! The status of a task, set by who sees no page.

use super::{Edit, Status, finishing, store};
use crate::commands::{Done, Outcome};
use crate::db::Db;
use crate::events::{Actor, Change};
use crate::page::field::choice;
use crate::projects::changes;

/// Sets it, where it is `from` now (or nothing is said of that). A `note` says why it is done before
/// what it waits for.
///
/// # Errors
/// [`Error::NotFound`](crate::error::Error::NotFound); when the database is away.
pub async fn set_status(
    db: &Db,
    actor: &Actor,
    id: &str,
    (from, to): (Option<&str>, &str),
    note: &str,
) -> Done {
    let status = match choice(to, &Status::ALL) {
        Ok(status) => status,
        Err(why) => return Ok(Outcome::Refused(why)),
    };
    let mut change = Change::begin(db, actor).await?;
    let (_, task) = store::lock(&mut change, id).await?;
    if let Some(outcome) = Outcome::beforehand(&task.status, (from, status.as_str())) {
        change.abandon();
        return Ok(outcome);
    }
    let edit = Edit {
        status,
        ..Edit::from(&task)
    };
    let named = match store::name(&mut change, &edit, Some(&task)).await? {
        Ok(named) => named,
        Err(unknown) => {
            let why: Vec<String> = unknown.iter().map(|one| one.told().1).collect();
            return Ok(Outcome::Refused(why.join(" ")));
        }
    };
    let mut events = changes::task_updated(&task, &edit, named.labels(), note);
    match finishing::freed(&mut change, &task, status, note).await? {
        Ok(freed) => events.extend(freed),
        Err(refused) => return Ok(Outcome::Refused(refused.told().1)),
    }
    store::update(&mut change, &task, &edit, &named).await?;
    change.commit_all(events).await?;
    Ok(Outcome::Set)
}
