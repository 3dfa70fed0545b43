//! The status of a plugin, set by who sees no page.

use super::{changes, store};
use crate::commands::{Done, Outcome};
use crate::db::Db;
use crate::events::{Actor, Change};

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
    let mut change = Change::begin(db, actor).await?;
    let plugin = store::find_to_change(&mut change, id).await?;
    let status = match plugin.status().switched(to) {
        Ok(status) => status,
        Err(why) => return Ok(Outcome::Refused(why)),
    };
    if let Some(outcome) = Outcome::beforehand(&plugin.status, (from, status.as_str())) {
        change.abandon();
        return Ok(outcome);
    }
    store::set_status(&mut change, &plugin.id, status).await?;
    change
        .commit(changes::status_changed(&plugin, status))
        .await?;
    Ok(Outcome::Set)
}
