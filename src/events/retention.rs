//! How long events are kept. What is old is removed in small batches, with pauses: what the broker has,
//! what the chain has digested, and what is of a login, of the system, or of something that is gone for
//! good. The last event of a thing stays, and so does what tells of a removal.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::FromRow;

use super::store::deployment;
use super::{Actor, Change, Event, new_id};
use crate::db::among::{among, list};
use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::hex::hex;
use crate::mqtt::chain::cuts::{self, Stub};
use crate::on;

/// How often what is old is looked for.
const EVERY: Duration = Duration::from_secs(6 * 60 * 60);
/// How soon it is looked for again where the database was away.
const AGAIN: Duration = Duration::from_secs(10 * 60);
/// How soon it is looked again whether the relay gets on.
const WAIT: Duration = Duration::from_secs(2);
/// Events that are looked at together, and removed together at most.
const BATCH: i64 = 500;
/// Between two batches, so that whoever works meanwhile gets a turn.
const PAUSE: Duration = Duration::from_millis(200);

/// An event that was looked at.
#[derive(Debug, FromRow)]
struct Seen {
    position: i64,
    is_old: bool,
    is_due: bool,
}

#[derive(Debug, FromRow)]
struct Old {
    position: i64,
    id: String,
    payload: String,
    row_print: Option<String>,
    actor_id: Option<String>,
    subject: String,
}

/// Removes what is older than that, until the task is dropped. `None`: nothing ever.
pub async fn keep_removing(db: Db, kept: Option<TimeDelta>) {
    let Some(kept) = kept else {
        return;
    };
    loop {
        let pause = match remove(&db, Timestamp::now().plus(-kept)).await {
            Ok(()) => EVERY,
            Err(error) => {
                tracing::warn!("old events were not removed: {error}");
                AGAIN
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Once through all events; while some wait for a broker that takes none, nothing is removed.
async fn remove(db: &Db, before: Timestamp) -> Result<(), Error> {
    let deployment = deployment(db).await?;
    let mut place = 0;
    loop {
        until_the_relay_gets_on(db).await?;
        let seen = look(db, place, before).await?;
        let Some(last) = seen.last().filter(|_| seen.iter().any(|seen| seen.is_old)) else {
            return Ok(());
        };
        place = last.position;
        let due: Vec<i64> = seen
            .iter()
            .filter(|seen| seen.is_due)
            .map(|seen| seen.position)
            .collect();
        if !due.is_empty() {
            cut(db, &deployment, before, &due).await?;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Until none waits, or not the same any more.
async fn until_the_relay_gets_on(db: &Db) -> Result<(), Error> {
    let mut oldest = oldest_waiting(db).await?;
    while let Some(stuck) = oldest {
        tokio::time::sleep(WAIT).await;
        oldest = oldest_waiting(db).await?.filter(|now| *now <= stuck);
    }
    Ok(())
}

/// The position of the first event that waits for the broker; 0 for one that has none yet.
async fn oldest_waiting(db: &Db) -> Result<Option<i64>, Error> {
    Ok(on!(db, conn => sqlx::query_scalar::<_, i64>(
        "select coalesce(position, 0) from outbox order by position limit 1",
    )
    .fetch_optional(conn)
    .await)?)
}

/// The next events behind a place. A thing is gone for good where its last event left no row.
async fn look(db: &Db, place: i64, before: Timestamp) -> Result<Vec<Seen>, Error> {
    Ok(on!(db, conn => sqlx::query_as::<_, Seen>(
        "select e.position, e.created_at < $2 as is_old, \
         (e.created_at < $2 and e.published_at is not null and e.event_type <> 'events_removed' \
         and e.position <= coalesce( \
         (select last_position from event_batches order by number desc limit 1), 0) \
         and (e.domain in ('auth', 'system') or exists (select 1 from entity_versions v \
         join events l on l.domain = v.domain and l.entity_id = v.entity_id and l.version = v.version \
         where v.domain = e.domain and v.entity_id = e.entity_id and v.version > e.version \
         and l.row_print = ''))) as is_due \
         from events e where e.position > $1 order by e.position limit $3",
    )
    .bind(place)
    .bind(before)
    .bind(BATCH)
    .fetch_all(conn)
    .await)?)
}

/// Removes these and tells of it, together.
async fn cut(db: &Db, deployment: &str, before: Timestamp, due: &[i64]) -> Result<(), Error> {
    let mut change = Change::begin(db, &Actor::system()).await?;
    // One node at a time.
    change.lock_deployment().await?;
    let old = old_by_their_word(&mut change, before, due).await?;
    let stubs = take(&mut change, &old).await?;
    let (Some(first), Some(last)) = (stubs.first(), stubs.last()) else {
        // Another node was faster, or none of them is as old as its row says.
        change.abandon();
        return Ok(());
    };
    let id = new_id();
    let details = json!({
        "cut": id,
        "count": stubs.len(),
        "first_position": first.position,
        "last_position": last.position,
        "before": before.rfc3339(),
        "digest": cuts::digest(&stubs),
    });
    keep(&mut change, &stubs, &id).await?;
    change
        .commit(Event::system(deployment, "events_removed", details))
        .await
}

/// Those whose payload says so too, which the chain is over: the time beside it can be changed behind
/// the application's back, and a removal would hide that.
async fn old_by_their_word(
    change: &mut Change,
    before: Timestamp,
    positions: &[i64],
) -> Result<Vec<i64>, Error> {
    let text = among!(change.is_postgres(), |these| concat!(
        "select position, payload from events where position in ",
        these!(bigint "$1")
    ));
    let asked = on!(change, conn => sqlx::query_as::<_, (i64, String)>(text)
        .bind(list(positions))
        .fetch_all(conn)
        .await)?;
    let before = before.rfc3339();
    // Texts of one length in one time zone are in the order of their times.
    let is_old = |payload: &str| {
        let event = serde_json::from_str::<Value>(payload).unwrap_or_default();
        event["timestamp"].as_str().is_some_and(|at| at < &*before)
    };
    let old = asked.into_iter().filter(|(_, payload)| is_old(payload));
    Ok(old.map(|(position, _)| position).collect())
}

async fn take(change: &mut Change, positions: &[i64]) -> Result<Vec<Stub>, Error> {
    let text = among!(change.is_postgres(), |these| concat!(
        "delete from events where position in ",
        these!(bigint "$1"),
        " returning position, id, payload, row_print, actor_id, subject"
    ));
    let mut taken = on!(change, conn => sqlx::query_as::<_, Old>(text)
        .bind(list(positions))
        .fetch_all(conn)
        .await)?;
    taken.sort_by_key(|old| old.position);
    let stubs = taken.into_iter().map(|old| Stub {
        position: old.position,
        id: old.id,
        payload_digest: hex(&Sha256::digest(old.payload)),
        row_print: old.row_print,
        actor_id: old.actor_id,
        subject: old.subject,
    });
    Ok(stubs.collect())
}

async fn keep(change: &mut Change, stubs: &[Stub], cut: &str) -> Result<(), Error> {
    let text = match change.is_postgres() {
        true => {
            "insert into cut_events \
             (position, id, payload_digest, row_print, actor_id, subject, cut_id) \
             select position, id, payload_digest, row_print, actor_id, subject, $2 \
             from json_to_recordset($1::json) as stub (position bigint, id text, \
             payload_digest text, row_print text, actor_id text, subject text)"
        }
        false => {
            "insert into cut_events \
             (position, id, payload_digest, row_print, actor_id, subject, cut_id) \
             select value->>'position', value->>'id', value->>'payload_digest', \
             value->>'row_print', value->>'actor_id', value->>'subject', $2 from json_each($1)"
        }
    };
    Ok(on!(change, conn => sqlx::query(text)
        .bind(list(stubs))
        .bind(cut)
        .execute(conn)
        .await
        .map(|_| ()))?)
}
