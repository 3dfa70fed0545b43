//! Sends events again that somebody asked for, beside the relay and slower than it can: what is new
//! goes out as it would without.
//!
//! Only the holder of the lease does it, one request after the other, each in order of position. A
//! replayed event has the id that it had and one field more, `"replayed":true`, so that nobody takes it
//! for news. How far it has come is kept after each window: whoever goes on begins there, and what was
//! on its way comes twice.

use std::time::Duration;

use sqlx::FromRow;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{sleep, timeout};

use super::lane::Message;
use super::lease::{Holding, Term, is_ours};
use super::side::{Side, WINDOW};
use super::target::Target;
use crate::db::{Db, dialect};
use crate::error::Error;
use crate::events::store::Placed;
use crate::events::{Actor, Change, Domain, Event, News, Notice, replays};
use crate::on;

/// So long between two windows: at most 200 events a second.
const PAUSE: Duration = Duration::from_millis(250);
/// The pause before the next try, where the broker or the database is away.
const RETRY: Duration = Duration::from_secs(2);
/// Requests that ring no bell here (another process on SQLite, a missed NOTIFY) are found this soon.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// Positions that are looked at in one statement, so that what is rare keeps no connection for long.
const STRETCH: i64 = 20_000;

/// What is needed to replay.
pub(super) struct Replayer {
    pub(super) db: Db,
    pub(super) target: Target,
    pub(super) deployment: String,
    pub(super) holding: Holding,
}

#[derive(Clone, Debug, FromRow)]
struct Request {
    id: String,
    domain: String,
    entity_id: String,
    last_position: i64,
    /// Those that whoever asked may see, with blanks between them.
    domains: String,
    done_position: i64,
    sent: i64,
}

/// Why a window did not go out.
enum Trouble {
    /// The broker, or the way to it; in words.
    Broker(String),
    /// The database.
    Database(Error),
}

impl From<sqlx::Error> for Trouble {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

impl From<String> for Trouble {
    fn from(reason: String) -> Self {
        Self::Broker(reason)
    }
}

impl Replayer {
    /// Works until it is dropped.
    pub(super) async fn run(mut self) {
        loop {
            let term = self.holding.held().await;
            let mut bell = self.db.listen();
            match self.work(&term).await {
                Ok(()) => wait(&mut bell).await,
                Err(trouble) => {
                    match trouble {
                        Trouble::Broker(reason) => tracing::debug!("a replay waits: {reason}"),
                        Trouble::Database(error) => tracing::warn!("a replay waits: {error}"),
                    }
                    sleep(RETRY).await;
                }
            }
        }
    }

    /// Does what is asked for, while this node holds the lease.
    async fn work(&self, term: &Term) -> Result<(), Trouble> {
        let mut side = None;
        while let Some(request) = next(&self.db).await? {
            if !self.holding.has(term) {
                return Ok(());
            }
            let side = match &mut side {
                Some(side) => side,
                none => none.insert(Side::open(self.target.dial().await?).await?),
            };
            self.window(term, side, request).await?;
        }
        Ok(())
    }

    /// The next few events of a request.
    async fn window(&self, term: &Term, side: &mut Side, request: Request) -> Result<(), Trouble> {
        let (events, done) = read(&self.db, &request).await?;
        let visible = request.domains.split(' ').collect::<Vec<_>>();
        let mut sent = 0;
        for event in events
            .iter()
            .filter(|event| visible.contains(&&*event.domain))
        {
            let message = Message::passing(event.topic(), replayed(&event.payload));
            if side.takes(&message) && self.holding.has(term) {
                side.publish(message)?;
                sent += 1;
            }
        }
        let refused = side.answers(sent).await?;
        let sent = request.sent + sent as i64;
        let kept = keep(&self.db, term, &request.id, done, sent).await?;
        dialect::tell(&self.db, Notice::delivery()).await?;
        if kept && (done >= request.last_position || refused.is_some()) {
            self.finish(&request, sent, &refused.unwrap_or_default())
                .await?;
        }
        if sent > request.sent {
            sleep(PAUSE).await;
        }
        Ok(())
    }

    async fn finish(&self, request: &Request, sent: i64, problem: &str) -> Result<(), Error> {
        let mut change = Change::begin(&self.db, &Actor::system()).await?;
        if !replays::finish(&mut change, &request.id, problem).await? {
            change.abandon();
            return Ok(());
        }
        let details = serde_json::json!({
            "replay_id": request.id,
            "sent": sent,
            "problem": problem,
        });
        let event = Event::system(&self.deployment, "replay_ended", details);
        change.commit(event).await
    }
}

/// The payload with one field more; it is an object that is never empty.
fn replayed(payload: &str) -> String {
    match payload.strip_suffix('}') {
        Some(open) => format!("{open},\"replayed\":true}}"),
        None => payload.to_owned(),
    }
}

/// Until something of the system happens, or it is time to look.
async fn wait(bell: &mut Receiver<Notice>) {
    let rung = async {
        loop {
            match bell.recv().await {
                Ok(notice) => match notice.news {
                    News::Change {
                        domain: Domain::System,
                        ..
                    }
                    | News::Anything => return,
                    News::Change { .. } | News::Delivery => {}
                },
                Err(RecvError::Lagged(_)) => return,
                Err(RecvError::Closed) => std::future::pending().await,
            }
        }
    };
    // Rung or not: it looks.
    let _ = timeout(LOOK_EVERY, rung).await;
}

async fn next(db: &Db) -> Result<Option<Request>, sqlx::Error> {
    on!(db, conn => sqlx::query_as::<_, Request>(
        "select id, domain, entity_id, last_position, domains, done_position, sent from replays \
         where ended_at is null order by created_at, id limit 1",
    )
    .fetch_optional(conn)
    .await)
}

/// The next events of a request, and the position up to which these are all.
async fn read(db: &Db, request: &Request) -> Result<(Vec<Placed>, i64), sqlx::Error> {
    let after = request.done_position;
    let up_to = request.last_position.min(after.saturating_add(STRETCH));
    let events = on!(db, conn => sqlx::query_as::<_, Placed>(
        "select position, domain, event_type, payload from events \
         where position > $1 and position <= $2 and ($3 = '' or domain = $3) \
         and ($4 = '' or entity_id = $4) order by position limit $5",
    )
    .bind(after)
    .bind(up_to)
    .bind(&request.domain)
    .bind(&request.entity_id)
    .bind(i64::from(WINDOW))
    .fetch_all(conn)
    .await)?;
    let done = match events.last() {
        Some(last) if events.len() == usize::from(WINDOW) => last.position,
        _ => up_to,
    };
    Ok((events, done))
}

/// Keeps how far a request has come; no, where it was stopped or the lease is another node's.
async fn keep(db: &Db, term: &Term, id: &str, done: i64, sent: i64) -> Result<bool, sqlx::Error> {
    on!(db.writer(), conn => sqlx::query(concat!(
        "update replays set done_position = $4, sent = $5 where id = $3 and ended_at is null and ",
        is_ours!()
    ))
    .bind(&*term.holder)
    .bind(term.epoch)
    .bind(id)
    .bind(done)
    .bind(sent)
    .execute(conn)
    .await
    .map(|done| done.rows_affected() > 0))
}

#[cfg(test)]
mod tests {
    use super::replayed;

    #[test]
    fn a_replayed_event_has_one_field_more_and_is_else_the_same_to_the_byte() {
        assert_eq!(
            replayed(r#"{"id":"1","details":{}}"#),
            r#"{"id":"1","details":{},"replayed":true}"#
        );
    }
}
