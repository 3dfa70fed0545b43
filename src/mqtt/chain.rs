//! The chain over all events: each batch of positions is digested onto the batch before, so that a
//! row which was changed, removed or put in between later does not fit any more.

pub mod cuts;

use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::FromRow;

use super::lease::{Term, is_ours};
use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::hex::{hex, unhex};
use crate::on;

/// Where the head of the chain is published, retained: a copy that stands outside the database.
pub(super) const TOPIC: &str = "tracker/audit/head";
/// How many events a batch holds at most.
pub(super) const BATCH: usize = 500;

/// A batch as it is kept.
#[derive(Clone, Debug, FromRow, PartialEq, Eq)]
pub struct Batch {
    /// 1, 2, 3 …
    pub number: i64,
    /// The position of its first event.
    pub first_position: i64,
    /// The position of its last event.
    pub last_position: i64,
    /// SHA-256 over the batch before and its own events, in hexadecimal.
    pub digest: String,
}

#[derive(Clone, Debug, FromRow)]
struct Digested {
    position: i64,
    id: String,
    /// Of one that was removed: `None`, and its digest.
    payload: Option<String>,
    payload_digest: Option<String>,
    row_print: Option<String>,
    cut_id: Option<String>,
    domain: String,
    event_type: String,
    entity_id: String,
    subject: String,
    version: i64,
    actor_id: Option<String>,
    actor: String,
    trace_id: String,
    created_at: Option<Timestamp>,
}

impl Digested {
    fn payload_digest(&self) -> Vec<u8> {
        match (&self.payload, &self.payload_digest) {
            (Some(payload), _) => Sha256::digest(payload.as_bytes()).to_vec(),
            (None, digest) => digest.as_deref().and_then(unhex).unwrap_or_default(),
        }
    }

    /// Whether the columns that pages read and filter by say what the payload says. What is left of an
    /// event has none of them.
    fn agrees_with_itself(&self) -> bool {
        let Some(payload) = &self.payload else {
            return true;
        };
        let Ok(payload) = serde_json::from_str::<Value>(payload) else {
            return false;
        };
        let says = |name: &str, value: &str| payload[name].as_str() == Some(value);
        says("id", &self.id)
            && says("event_type", &self.event_type)
            && says(&format!("{}_id", self.domain), &self.entity_id)
            && says("actor", &self.actor)
            && says("trace_id", &self.trace_id)
            && self
                .created_at
                .is_some_and(|at| says("timestamp", &at.rfc3339()))
            && payload["version"].as_i64() == Some(self.version)
    }
}

/// What is digested of each event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    /// Position, id, payload and the print of its row: so batches began.
    Payload,
    /// And what no payload has: whose account it was, and on whose page it is shown.
    Everything,
}

/// What a look at the whole chain found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every batch fits; the last of them, and how many events came after it.
    Whole(Option<Batch>, i64),
    /// The first batch that does not fit.
    Broken(Batch),
}

/// The digest of the batch behind the one of `before`.
fn digest(before: &str, events: &[Digested], over: Over) -> String {
    let mut batch = Sha256::new().chain_update(before);
    for event in events {
        batch.update(format!("\n{} {} ", event.position, event.id));
        batch.update(event.payload_digest());
        if let Some(print) = &event.row_print {
            batch.update(format!(" {print}"));
        }
        if over == Over::Everything {
            let who = event.actor_id.as_deref().unwrap_or_default();
            batch.update(format!(" by {who} of {}", event.subject));
        }
    }
    hex(&batch.finalize())
}

/// Digests the next events into a batch; `None` where there are none, or the lease is another node's.
pub(super) async fn extend(db: &Db, term: &Term) -> Result<Option<Batch>, sqlx::Error> {
    let head = head(db).await?;
    let (number, after, before) = head.map_or((0, 0, String::new()), |head| {
        (head.number, head.last_position, head.digest)
    });
    let events = events(db, after, i64::MAX).await?;
    let (Some(first), Some(last)) = (events.first(), events.last()) else {
        return Ok(None);
    };
    let batch = Batch {
        number: number + 1,
        first_position: first.position,
        last_position: last.position,
        digest: digest(&before, &events, Over::Everything),
    };
    Ok(keep(db, term, &batch).await?.then_some(batch))
}

async fn keep(db: &Db, term: &Term, batch: &Batch) -> Result<bool, sqlx::Error> {
    on!(db.writer(), conn => sqlx::query(concat!(
        "insert into event_batches (number, first_position, last_position, digest, created_at) \
         select $3, $4, $5, $6, $7 where ",
        is_ours!(),
        " on conflict (number) do nothing"
    ))
    .bind(&*term.holder)
    .bind(term.epoch)
    .bind(batch.number)
    .bind(batch.first_position)
    .bind(batch.last_position)
    .bind(&batch.digest)
    .bind(Timestamp::now())
    .execute(conn)
    .await
    .map(|done| done.rows_affected() > 0))
}

/// The last batch.
pub(super) async fn head(db: &Db) -> Result<Option<Batch>, sqlx::Error> {
    on!(db, conn => sqlx::query_as::<_, Batch>(
        "select number, first_position, last_position, digest from event_batches \
         order by number desc limit 1",
    )
    .fetch_optional(conn)
    .await)
}

async fn events(db: &Db, after: i64, up_to: i64) -> Result<Vec<Digested>, sqlx::Error> {
    on!(db, conn => sqlx::query_as::<_, Digested>(
        "select position, id, payload, null as payload_digest, row_print, null as cut_id, domain, \
         event_type, entity_id, subject, version, actor_id, actor, trace_id, created_at \
         from events where position > $1 and position <= $2 \
         union all select position, id, null, payload_digest, row_print, cut_id, '', '', '', subject, 0, \
         actor_id, '', '', null from cut_events \
         where position > $1 and position <= $2 order by position limit $3",
    )
    .bind(after)
    .bind(up_to)
    .bind(BATCH as i64 + i64::from(up_to != i64::MAX))
    .fetch_all(conn)
    .await)
}

/// Reads the whole chain again.
///
/// # Errors
/// When the database is away.
pub async fn verify(db: &Db) -> Result<Verdict, Error> {
    let mut before: Option<Batch> = None;
    loop {
        match check(db, before.as_ref()).await? {
            Some((batch, true)) => before = Some(batch),
            Some((batch, false)) => return Ok(Verdict::Broken(batch)),
            None => {
                let after = before.as_ref().map_or(0, |batch| batch.last_position);
                let waiting = count_behind(db, after).await?;
                return Ok(Verdict::Whole(before, waiting));
            }
        }
    }
}

/// The batch behind `before`, and whether it fits; `None` behind the last.
///
/// # Errors
/// When the database is away.
pub async fn check(db: &Db, before: Option<&Batch>) -> Result<Option<(Batch, bool)>, Error> {
    let (number, after, digest_before) = before.map_or((0, 0, ""), |batch| {
        (batch.number, batch.last_position, batch.digest.as_str())
    });
    let Some(batch) = behind(db, number).await? else {
        return Ok(None);
    };
    let events = events(db, after, batch.last_position).await?;
    let fits = batch.number == number + 1
        && events.first().map(|event| event.position) == Some(batch.first_position)
        && events.iter().all(Digested::agrees_with_itself)
        && [Over::Everything, Over::Payload]
            .into_iter()
            .any(|over| digest(digest_before, &events, over) == batch.digest)
        && cuts::are_told(db, &events).await?;
    Ok(Some((batch, fits)))
}

async fn behind(db: &Db, number: i64) -> Result<Option<Batch>, sqlx::Error> {
    on!(db, conn => sqlx::query_as::<_, Batch>(
        "select number, first_position, last_position, digest from event_batches \
         where number > $1 order by number limit 1",
    )
    .bind(number)
    .fetch_optional(conn)
    .await)
}

async fn count_behind(db: &Db, position: i64) -> Result<i64, sqlx::Error> {
    on!(db, conn => sqlx::query_scalar::<_, i64>(
        "select count(*) from events where position > $1 or position is null",
    )
    .bind(position)
    .fetch_one(conn)
    .await)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(position: i64, id: &str, payload: &str) -> Digested {
        Digested {
            position,
            id: id.to_owned(),
            payload: Some(payload.to_owned()),
            payload_digest: None,
            row_print: None,
            cut_id: None,
            domain: "task".to_owned(),
            event_type: "created".to_owned(),
            entity_id: "t".to_owned(),
            subject: "p".to_owned(),
            version: 1,
            actor_id: Some("u".to_owned()),
            actor: "sam".to_owned(),
            trace_id: "0".to_owned(),
            created_at: Some(Timestamp::now()),
        }
    }

    #[test]
    fn a_digest_changes_with_everything_it_is_over() {
        let events = || vec![event(1, "a", "{}"), event(2, "b", "{}")];
        let digest = |before: &str, events: &[Digested]| digest(before, events, Over::Everything);
        let known = digest("", &events());
        assert_eq!(known, digest("", &events()));
        assert_ne!(known, digest("0", &events()));
        assert_ne!(known, digest("", &events()[..1]));
        for other in [
            event(3, "b", "{}"),
            event(2, "c", "{}"),
            event(2, "b", "{ }"),
        ] {
            assert_ne!(known, digest("", &[event(1, "a", "{}"), other]));
        }
        assert_ne!(
            known,
            digest("", &[event(2, "b", "{}"), event(1, "a", "{}")])
        );
        let mut cut = events();
        cut[0].payload_digest = Some(hex(&Sha256::digest("{}")));
        cut[0].payload = None;
        assert_eq!(known, digest("", &cut), "what is left of it will do");
        cut[0].payload_digest = Some(hex(&Sha256::digest("{ }")));
        assert_ne!(known, digest("", &cut));
        let changes: [fn(&mut Digested); 3] = [
            |event| event.row_print = Some("0f".to_owned()),
            |event| event.actor_id = None,
            |event| event.subject = "q".to_owned(),
        ];
        for change in changes {
            let mut changed = events();
            change(&mut changed[1]);
            assert_ne!(known, digest("", &changed), "{changed:?}");
        }
    }
}
