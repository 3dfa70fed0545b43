//! Failed logins in the database, so that all nodes count together.

use chrono::TimeDelta;

use crate::auth::throttle::{Kind, Subjects, delay};
use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::on;

/// Failures are forgotten this long after the last one.
const MEMORY: TimeDelta = TimeDelta::hours(1);
/// The most rows that are kept: of more, the oldest go.
const ROWS: i64 = 20_000;

/// How long the next try has to wait, if at all. From an address that the account signed in from
/// before, other people's failures do not count.
///
/// # Errors
/// When the database is away.
pub async fn wait(
    db: &Db,
    subjects: &Subjects,
    is_known: bool,
) -> Result<Option<TimeDelta>, Error> {
    let now = Timestamp::now();
    let until = on!(db, conn => sqlx::query_scalar::<_, Timestamp>(
        "select wait_until from login_failures where wait_until > $1 \
         and ((kind = 'account' and subject = $2 and not $3) or (kind = 'address' and subject = $4)) \
         order by wait_until desc limit 1",
    )
    .bind(now)
    .bind(subjects.of(Kind::Account))
    .bind(is_known)
    .bind(subjects.of(Kind::Address))
    .fetch_optional(conn)
    .await)?;
    Ok(until.map(|until| until.since(now)))
}

/// Counts a try as failed before it is made, so that tries at the same moment count too.
///
/// # Errors
/// When the database is away.
pub async fn count(db: &Db, subjects: &Subjects) -> Result<(), Error> {
    let now = Timestamp::now();
    let mut tx = db.begin().await?;
    for kind in Kind::ALL {
        let failures = on!(tx, conn => sqlx::query_scalar::<_, i64>(
            "insert into login_failures (kind, subject, failures, last_at, wait_until) \
             values ($1, $2, 1, $3, $3) on conflict (kind, subject) do update set \
             failures = case when login_failures.last_at < $4 then 1 \
             else login_failures.failures + 1 end, last_at = $3 returning failures",
        )
        .bind(kind.as_str())
        .bind(subjects.of(kind))
        .bind(now)
        .bind(now.plus(-MEMORY))
        .fetch_one(conn)
        .await)?;
        on!(tx, conn => sqlx::query(
            "update login_failures set wait_until = $3 where kind = $1 and subject = $2",
        )
        .bind(kind.as_str())
        .bind(subjects.of(kind))
        .bind(now.plus(delay(kind, failures)))
        .execute(conn)
        .await
        .map(|_| ()))?;
    }
    Ok(tx.commit().await?)
}

/// The try was none: the account's failures are forgotten, and the address has one fewer, so that who
/// has an account cannot wipe out what else was tried from there.
///
/// # Errors
/// When the database is away.
pub async fn forgive(db: &Db, subjects: &Subjects) -> Result<(), Error> {
    let now = Timestamp::now();
    on!(db.writer(), conn => sqlx::query(
        "update login_failures set wait_until = $3, \
         failures = case when kind = 'account' then 0 else failures - 1 end \
         where (kind = 'account' and subject = $1) or (kind = 'address' and subject = $2)",
    )
    .bind(subjects.of(Kind::Account))
    .bind(subjects.of(Kind::Address))
    .bind(now)
    .execute(conn)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// Forgets what is old, and what is too much.
///
/// # Errors
/// When the database is away.
pub async fn sweep(db: &Db) -> Result<(), Error> {
    on!(db.writer(), conn => sqlx::query(
        "delete from login_failures where last_at < $1 or last_at < (select last_at \
         from login_failures order by last_at desc limit 1 offset $2)",
    )
    .bind(Timestamp::now().plus(-MEMORY))
    .bind(ROWS)
    .execute(conn)
    .await
    .map(|_| ()))?;
    Ok(())
}
