//! What waits for a password or a code: requests that were being sent, logins that were begun.

use chrono::TimeDelta;
use sqlx::FromRow;

use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::on;

/// How long a request is kept for its password.
pub const KEPT_FOR: TimeDelta = TimeDelta::minutes(10);
/// How long a begun login waits for its code.
const BEGUN_FOR: TimeDelta = TimeDelta::minutes(5);
/// How many codes may be tried for one begun login.
const TRIES: i64 = 5;

/// A request as it is kept: where it goes may be shown, what it holds is sealed.
#[derive(Clone, Debug, FromRow)]
pub struct Row {
    /// Path and query.
    pub address: String,
    /// Of the body.
    pub content_type: String,
    /// The body.
    pub sealed: Vec<u8>,
}

/// A login whose password fitted.
#[derive(Clone, Debug, FromRow)]
pub struct Begun {
    /// Whose it is.
    pub user_id: String,
    /// Whether the browser is to keep the session when it is closed.
    pub remembered: bool,
}

/// Keeps a request in the place of the one that the session kept before.
///
/// # Errors
/// When the database is away.
pub async fn keep(db: &Db, session_id: &str, row: &Row) -> Result<(), Error> {
    on!(db.writer(), conn => sqlx::query(
        "insert into kept_requests (session_id, address, content_type, sealed, created_at) \
         values ($1, $2, $3, $4, $5) on conflict (session_id) do update set \
         address = $2, content_type = $3, sealed = $4, created_at = $5",
    )
    .bind(session_id)
    .bind(&row.address)
    .bind(&row.content_type)
    .bind(&row.sealed)
    .bind(Timestamp::now())
    .execute(conn)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// What the session keeps, if anything.
///
/// # Errors
/// When the database is away.
pub async fn find(db: &Db, session_id: &str) -> Result<Option<Row>, Error> {
    Ok(on!(db, conn => sqlx::query_as::<_, Row>(
        "select address, content_type, sealed from kept_requests \
         where session_id = $1 and created_at > $2",
    )
    .bind(session_id)
    .bind(Timestamp::now().plus(-KEPT_FOR))
    .fetch_optional(conn)
    .await)?)
}

/// Keeps it no longer.
///
/// # Errors
/// When the database is away.
pub async fn forget(db: &Db, session_id: &str) -> Result<(), Error> {
    on!(db.writer(), conn => sqlx::query("delete from kept_requests where session_id = $1")
        .bind(session_id)
        .execute(conn)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Notes that the password fitted, and waits for the code.
///
/// # Errors
/// When the database is away.
pub async fn begin(db: &Db, ticket_hash: &str, begun: &Begun) -> Result<(), Error> {
    on!(db.writer(), conn => sqlx::query(
        "insert into begun_logins (ticket_hash, user_id, remembered, expires_at) \
         values ($1, $2, $3, $4)",
    )
    .bind(ticket_hash)
    .bind(&begun.user_id)
    .bind(begun.remembered)
    .bind(Timestamp::now().plus(BEGUN_FOR))
    .execute(conn)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// The login of that ticket, one try spent; `None` where it was too late or once too often.
///
/// # Errors
/// When the database is away.
pub async fn try_begun(db: &Db, ticket_hash: &str) -> Result<Option<Begun>, Error> {
    Ok(on!(db.writer(), conn => sqlx::query_as::<_, Begun>(
        "update begun_logins set tries = tries + 1 \
         where ticket_hash = $1 and expires_at > $2 and tries < $3 returning user_id, remembered",
    )
    .bind(ticket_hash)
    .bind(Timestamp::now())
    .bind(TRIES)
    .fetch_optional(conn)
    .await)?)
}

/// The login of that ticket is done; false where it was used already.
///
/// # Errors
/// When the database is away.
pub async fn end_begun(db: &Db, ticket_hash: &str) -> Result<bool, Error> {
    Ok(
        on!(db.writer(), conn => sqlx::query("delete from begun_logins where ticket_hash = $1")
        .bind(ticket_hash)
        .execute(conn)
        .await
        .map(|done| done.rows_affected() > 0))?,
    )
}

/// Forgets what waited for too long.
///
/// # Errors
/// When the database is away.
pub async fn sweep(db: &Db) -> Result<(), Error> {
    let now = Timestamp::now();
    on!(db.writer(), conn => sqlx::query("delete from kept_requests where created_at < $1")
        .bind(now.plus(-KEPT_FOR))
        .execute(conn)
        .await
        .map(|_| ()))?;
    on!(db.writer(), conn => sqlx::query("delete from begun_logins where expires_at < $1")
        .bind(now)
        .execute(conn)
        .await
        .map(|_| ()))?;
    Ok(())
}
