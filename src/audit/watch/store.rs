//! What the watch keeps, and where it is.

use serde_json::Value;
use sqlx::types::Json;

use super::note::{Alarm, Note};
use super::rules::{Habit, Happened};
use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::events::rows::Misfit;
use crate::events::{Change, new_id};
use crate::on;

/// Up to where events were looked at, and where to begin so that what happened within the span before
/// is counted too: that is known already, and raises nothing twice.
///
/// # Errors
/// When the database is away.
pub async fn beginning(db: &Db, span: chrono::TimeDelta) -> Result<i64, Error> {
    Ok(on!(db, conn => sqlx::query_scalar::<_, i64>(
        "select coalesce((select min(e.position) - 1 from events e where e.position is not null \
         and e.created_at >= $1 and e.position <= p.position), p.position) \
         from watch_place p where p.name = 'events'",
    )
    .bind(Timestamp::now().plus(-span))
    .fetch_one(conn)
    .await)?)
}

/// The events behind a position.
///
/// # Errors
/// When the database is away.
pub async fn behind(db: &Db, position: i64, limit: i64) -> Result<Vec<Happened>, Error> {
    Ok(on!(db, conn => sqlx::query_as::<_, Happened>(
        "select position, id, domain, event_type, entity_id, actor_id, actor, payload, created_at \
         from events where position > $1 order by position limit $2",
    )
    .bind(position)
    .bind(limit)
    .fetch_all(conn)
    .await)?)
}

/// Notes how far the watch has looked. Of two nodes the one that is further counts.
///
/// # Errors
/// When the database is away.
pub async fn advance(db: &Db, position: i64) -> Result<(), Error> {
    on!(db.writer(), conn => sqlx::query(
        "update watch_place set position = $1 where name = 'events' and position < $1",
    )
    .bind(position)
    .execute(conn)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// Makes nodes that notice something at once do so one after the other.
///
/// # Errors
/// When the database is away.
pub async fn take_turn(change: &mut Change) -> Result<(), Error> {
    on!(change, conn => sqlx::query(
        "update watch_place set position = position where name = 'events'",
    )
    .execute(conn)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// Keeps a note; `None` where the same was noted before, or the like within the time before.
///
/// # Errors
/// When the database is away.
pub async fn note(
    change: &mut Change,
    alarm: &Alarm,
    quiet: chrono::TimeDelta,
) -> Result<Option<String>, Error> {
    let (id, now) = (new_id(), change.now());
    let noted = on!(change, conn => sqlx::query(
        "insert into watch_notes (id, kind, subject, mark, details, happened_at, created_at) \
         select $1, $2, $3, $4, $5, $6, $7 where not exists (select 1 from watch_notes \
         where kind = $2 and subject = $3 and happened_at > $8 and happened_at <= $6) \
         on conflict (kind, subject, mark) do nothing",
    )
    .bind(&id)
    .bind(alarm.kind.as_str())
    .bind(&alarm.subject)
    .bind(&alarm.mark)
    .bind(Json(&alarm.details))
    .bind(alarm.at)
    .bind(now)
    .bind(alarm.at.plus(-quiet))
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok((noted > 0).then_some(id))
}

/// When somebody works, as far as it is known.
///
/// # Errors
/// When the database is away.
pub async fn habit(db: &Db, user_id: &str) -> Result<Option<Habit>, Error> {
    Ok(on!(db, conn => sqlx::query_as::<_, Habit>(
        "select first_at, night_at from watch_habits where user_id = $1",
    )
    .bind(user_id)
    .fetch_optional(conn)
    .await)?)
}

/// Keeps when somebody works; what is known of later stays.
///
/// # Errors
/// When the database is away.
pub async fn set_habit(db: &Db, user_id: &str, habit: Habit) -> Result<(), Error> {
    on!(db.writer(), conn => sqlx::query(
        "insert into watch_habits (user_id, first_at, night_at) values ($1, $2, $3) \
         on conflict (user_id) do update set night_at = excluded.night_at \
         where watch_habits.night_at is null or watch_habits.night_at < excluded.night_at",
    )
    .bind(user_id)
    .bind(habit.first_at)
    .bind(habit.night_at)
    .execute(conn)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// Keeps that a row does not fit; false where that is known.
///
/// # Errors
/// When the database is away.
pub async fn misfit(change: &mut Change, misfit: &Misfit) -> Result<bool, Error> {
    Ok(on!(change, conn => sqlx::query(
        "insert into watch_misfits (domain, entity_id, found) values ($1, $2, $3) \
         on conflict (domain, entity_id) do update set found = excluded.found \
         where watch_misfits.found <> excluded.found",
    )
    .bind(misfit.kind.as_str())
    .bind(&misfit.id)
    .bind(&misfit.found)
    .execute(conn)
    .await
    .map(|done| done.rows_affected() > 0))?)
}

/// The newest notes: those that nobody has seen, or those that somebody has.
///
/// # Errors
/// When the database is away.
pub async fn notes(db: &Db, are_seen: bool, limit: i64) -> Result<Vec<Note>, Error> {
    Ok(on!(db, conn => sqlx::query_as::<_, Note>(
        "select id, kind, subject, details, happened_at, seen_at, seen_by from watch_notes \
         where (seen_at is not null) = $1 order by created_at desc, id desc limit $2",
    )
    .bind(are_seen)
    .bind(limit)
    .fetch_all(conn)
    .await)?)
}

/// Notes that somebody saw it; its kind, or `None` where somebody did before.
///
/// # Errors
/// When the database is away.
pub async fn see(change: &mut Change, id: &str) -> Result<Option<String>, Error> {
    let (now, who) = (change.now(), change.actor().name.clone());
    Ok(on!(change, conn => sqlx::query_scalar::<_, String>(
        "update watch_notes set seen_at = $2, seen_by = $3 where id = $1 and seen_at is null \
         returning kind",
    )
    .bind(id)
    .bind(now)
    .bind(who)
    .fetch_optional(conn)
    .await)?)
}

/// What an event of a note tells everybody: nothing of whom, or from where.
pub fn told(id: &str, kind: &str) -> Value {
    serde_json::json!({ "note_id": id, "kind": kind })
}
