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
    if status == plugin.status() {
        change.abandon();
        return Ok(Outcome::Unchanged);
    }
    if let Some(from) = from.filter(|from| *from != plugin.status) {
        let why = format!("It is {} and not {from}.", plugin.status);
        return Ok(Outcome::Refused(why));
    }
    store::set_status(&mut change, &plugin.id, status).await?;
    change
        .commit(changes::status_changed(&plugin, status))
        .await?;
    Ok(Outcome::Set)
}
