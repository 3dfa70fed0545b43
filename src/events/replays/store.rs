//! Requests in the database; the relay's node reads and ends them.

use sqlx::FromRow;

use super::{End, OPEN, Wish};
use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::events::store::LAST_POSITION;
use crate::events::{Change, Domain};
use crate::on;
use crate::users::Role;

/// A request, and how far it has come.
#[derive(Clone, Debug, FromRow)]
pub struct Replay {
    /// UUID version 7.
    pub id: String,
    /// Empty for all.
    pub domain: String,
    /// Empty for all.
    pub entity_id: String,
    /// From this position.
    pub first_position: i64,
    /// Up to this one.
    pub last_position: i64,
    /// Up to where it has come.
    pub done_position: i64,
    /// Events that the broker took.
    pub sent: i64,
    /// Who asked.
    pub actor: String,
    /// When.
    pub created_at: Timestamp,
    /// When it came to its end, or was stopped.
    pub ended_at: Option<Timestamp>,
    /// Why it did not come to its end; empty where it did.
    pub problem: String,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It will be done: the positions.
    Between(i64, i64),
    /// It was there already.
    Before,
    /// There is no such event.
    Nothing,
    /// Too many go on.
    TooMany,
}

/// The newest requests.
///
/// # Errors
/// When the database is away.
pub async fn newest(db: &Db) -> Result<Vec<Replay>, Error> {
    Ok(on!(db, conn => sqlx::query_as::<_, Replay>(
        "select id, domain, entity_id, first_position, last_position, done_position, sent, actor, \
         created_at, ended_at, problem from replays order by created_at desc, id desc limit 20",
    )
    .fetch_all(conn)
    .await)?)
}

/// Asks for it, in the name of somebody in that role.
///
/// # Errors
/// When the database is away.
pub async fn insert(
    change: &mut Change,
    id: &str,
    wish: &Wish,
    role: Role,
) -> Result<Asked, Error> {
    let (first, last) = (first(change, wish).await?, last(change, wish).await?);
    if first > last {
        return Ok(Asked::Nothing);
    }
    let seen: Vec<&str> = Domain::visible(role).map(Domain::as_str).collect();
    let (now, actor) = (change.now(), change.actor().name.clone());
    // Those who ask at once wait for each other here, so that they count each other.
    change.lock_deployment().await?;
    let rows = on!(change, conn => sqlx::query(
        "insert into replays (id, domain, entity_id, first_position, last_position, domains, \
         done_position, actor, created_at) select $1, $2, $3, $4, $5, $6, $7, $8, $9 from deployment \
         where (select count(*) from replays where ended_at is null) < $10 on conflict do nothing",
    )
    .bind(id)
    .bind(wish.domain.map_or("", Domain::as_str))
    .bind(&wish.entity_id)
    .bind(first)
    .bind(last)
    .bind(seen.join(" "))
    .bind(first - 1)
    .bind(&actor)
    .bind(now)
    .bind(OPEN)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    if rows == 1 {
        return Ok(Asked::Between(first, last));
    }
    let is_there = on!(change, conn => sqlx::query_scalar::<_, bool>(
        "select exists (select 1 from replays where id = $1)",
    )
    .bind(id)
    .fetch_one(conn)
    .await)?;
    Ok(if is_there {
        Asked::Before
    } else {
        Asked::TooMany
    })
}

async fn first(change: &mut Change, wish: &Wish) -> Result<i64, Error> {
    match wish.from {
        None => Ok(1),
        Some(End::Position(position)) => Ok(position.max(1)),
        Some(End::Moment(at)) => {
            let found = on!(change, conn => sqlx::query_scalar::<_, i64>(
                "select position from events where created_at >= $1 and position is not null \
                 order by created_at, id limit 1",
            )
            .bind(at)
            .fetch_optional(conn)
            .await)?;
            Ok(found.unwrap_or(i64::MAX))
        }
    }
}

/// Never behind the last event there is: what comes later is no replay.
async fn last(change: &mut Change, wish: &Wish) -> Result<i64, Error> {
    let there = on!(change, conn => sqlx::query_scalar::<_, i64>(LAST_POSITION)
        .fetch_one(conn)
        .await)?;
    match wish.to {
        None => Ok(there),
        Some(End::Position(position)) => Ok(position.min(there)),
        Some(End::Moment(at)) => {
            let found = on!(change, conn => sqlx::query_scalar::<_, i64>(
                "select position from events where created_at <= $1 and position is not null \
                 order by created_at desc, id desc limit 1",
            )
            .bind(at)
            .fetch_optional(conn)
            .await)?;
            Ok(found.unwrap_or(0))
        }
    }
}

/// Stops a request that goes on or waits.
///
/// # Errors
/// When the database is away.
pub async fn stop(change: &mut Change, id: &str) -> Result<bool, Error> {
    let problem = format!("stopped by {}", change.actor().name);
    finish(change, id, &problem).await
}

/// Ends a request that goes on or waits, with what kept it from coming to its end, if anything did;
/// answers whether there was one.
///
/// # Errors
/// When the database is away.
pub async fn finish(change: &mut Change, id: &str, problem: &str) -> Result<bool, Error> {
    let now = change.now();
    let rows = on!(change, conn => sqlx::query(
        "update replays set ended_at = $2, problem = $3 where id = $1 and ended_at is null",
    )
    .bind(id)
    .bind(now)
    .bind(problem)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(rows > 0)
}
