//! Where each account signed in from.

use chrono::TimeDelta;

use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::events::Change;
use crate::on;

/// An address that nobody signed in from for so long is a new one again, unless said otherwise.
const KNOWN_FOR: TimeDelta = TimeDelta::days(90);

/// Notes a login at its account, and where it came from; whether that is a new address, which that of
/// the first login is not.
///
/// # Errors
/// [`Error::NotFound`] where the account is gone or disabled meanwhile.
pub async fn note_login(change: &mut Change, user_id: &str, network: &str) -> Result<bool, Error> {
    let now = change.now();
    let is_new = on!(change, conn => sqlx::query_scalar::<_, bool>(
        "select last_login is not null and not exists (select 1 from user_addresses \
         where user_id = $1 and address = $2) from users where id = $1",
    )
    .bind(user_id)
    .bind(network)
    .fetch_optional(conn)
    .await)?;
    let noted = on!(change, conn => sqlx::query(
        "update users set last_login = $2 where id = $1 and disabled_at is null",
    )
    .bind(user_id)
    .bind(now)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    if noted == 0 {
        return Err(Error::NotFound);
    }
    on!(change, conn => sqlx::query(
        "insert into user_addresses (user_id, address, last_at) values ($1, $2, $3) \
         on conflict (user_id, address) do update set last_at = $3",
    )
    .bind(user_id)
    .bind(network)
    .bind(now)
    .execute(conn)
    .await
    .map(|_| ()))?;
    Ok(is_new.unwrap_or_default())
}

/// Whether that account signed in from there before.
///
/// # Errors
/// When the database is away.
pub async fn knows_address(db: &Db, user_id: &str, network: &str) -> Result<bool, Error> {
    Ok(on!(db, conn => sqlx::query_scalar::<_, bool>(
        "select exists (select 1 from user_addresses where user_id = $1 and address = $2)",
    )
    .bind(user_id)
    .bind(network)
    .fetch_one(conn)
    .await)?)
}

/// Forgets addresses that nobody signed in from for long.
///
/// # Errors
/// When the database is away.
pub async fn sweep(db: &Db, known_for: Option<TimeDelta>) -> Result<(), Error> {
    on!(db.writer(), conn => sqlx::query("delete from user_addresses where last_at < $1")
        .bind(Timestamp::now().plus(-known_for.unwrap_or(KNOWN_FOR)))
        .execute(conn)
        .await
        .map(|_| ()))?;
    Ok(())
}
