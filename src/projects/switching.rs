//! The status of a project, set by who sees no page.

use super::{Edit, Status, changes, store};
use crate::commands::{Done, Outcome};
use crate::db::Db;
use crate::events::{Actor, Change};
use crate::page::field::choice;

/// Sets it, where it is `from` now (or nothing is said of that).
///
/// # Errors
/// [`Error::NotFound`](crate::error::Error::NotFound); when the database is away.
pub async fn set_status(
    db: &Db,
    actor: &Actor,
    id: &str,
    (from, to): (Option<&str>, &str),
) -> Done {
    let status = match choice(to, &Status::ALL) {
        Ok(status) => status,
        Err(why) => return Ok(Outcome::Refused(why)),
    };
    let mut change = Change::begin(db, actor).await?;
    let before = store::lock(&mut change, id).await?;
    if let Some(outcome) = Outcome::beforehand(&before.status, (from, status.as_str())) {
        change.abandon();
        return Ok(outcome);
    }
    let edit = Edit {
        name: before.name.clone(),
        description: before.description.clone(),
        status,
    };
    store::update(&mut change, id, &edit).await?;
    change.commit_all(changes::updated(&before, &edit)).await?;
    Ok(Outcome::Set)
}
