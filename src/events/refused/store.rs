//! Refused events in the database. The relay writes them, people take them away.

use super::Letter as Shown;
use super::changes::Letter;
use crate::db::Db;
use crate::error::Error;
use crate::events::{Change, Domain, store};
use crate::on;
use crate::users::Role;

/// How many a page shows.
const SHOWN: i64 = 200;

/// Those that `role` may see; what waits for somebody first, the last refused first.
///
/// # Errors
/// When the database is away.
pub async fn list(db: &Db, role: Role) -> Result<Vec<Shown>, Error> {
    Ok(on!(db, conn => sqlx::query_as::<_, Shown>(store::REFUSED)
        .bind(SHOWN)
        .bind(role == Role::Admin)
        .fetch_all(conn)
        .await)?)
}

/// Lets the relay send it again.
///
/// # Errors
/// [`Error::NotFound`] for one that `role` may not see; when the database is away. `Ok(None)`: somebody
/// else was faster.
pub async fn release(change: &mut Change, role: Role, id: &str) -> Result<Option<Letter>, Error> {
    let domain = on!(change, conn => sqlx::query_scalar::<_, String>(
        "delete from dead_letters where event_id = $1 and given_up_at is null returning domain",
    )
    .bind(id)
    .fetch_optional(conn)
    .await)?;
    decided(role, id, domain)
}

/// Gives it up: the relay goes on with the next ones of its thing.
///
/// # Errors
/// As [`release`].
pub async fn give_up(change: &mut Change, role: Role, id: &str) -> Result<Option<Letter>, Error> {
    let (now, who) = (change.now(), change.actor().name.clone());
    let domain = on!(change, conn => sqlx::query_scalar::<_, String>(
        "update dead_letters set given_up_at = $2, given_up_by = $3 \
         where event_id = $1 and given_up_at is null returning domain",
    )
    .bind(id)
    .bind(now)
    .bind(&who)
    .fetch_optional(conn)
    .await)?;
    decided(role, id, domain)
}

fn decided(role: Role, id: &str, domain: Option<String>) -> Result<Option<Letter>, Error> {
    let Some(domain) = domain else {
        return Ok(None);
    };
    let domain = domain.parse::<Domain>().map_err(|()| Error::NotFound)?;
    if !domain.visible_to(role) {
        return Err(Error::NotFound);
    }
    Ok(Some(Letter {
        event_id: id.to_owned(),
        domain,
    }))
}
