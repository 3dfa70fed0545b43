//! The outbox: events as the relay reads and marks them.

use sqlx::FromRow;

use super::lease::{Term, is_ours};
use crate::db::among::{among, list};
use crate::db::{Db, Timestamp};
use crate::events::topic;
use crate::{faults, on};

/// How many events are read at once.
pub(super) const BATCH: usize = 200;

/// An event that the broker has not acknowledged.
#[derive(Clone, Debug, FromRow)]
pub(super) struct Unsent {
    /// Its place in the order of all.
    pub(super) position: i64,
    /// Its own id.
    pub(super) id: String,
    pub(super) domain: String,
    pub(super) event_type: String,
    pub(super) entity_id: String,
    /// Goes out as it stands here.
    pub(super) payload: String,
}

impl Unsent {
    pub(super) fn topic(&self) -> String {
        topic(&self.domain, &self.event_type)
    }
}

/// Gives committed events their positions, in the order in which one entity's were committed;
/// answers how many got one. On SQLite they have them at insert.
///
/// In one statement, so that there is none between the count and the places. It compares the count
/// with what its own snapshot says: a predecessor's statement that the server finishes late makes it
/// do nothing, rather than give a place twice.
pub(super) async fn place(db: &Db, term: &Term) -> Result<u64, sqlx::Error> {
    if !db.is_postgres() {
        return Ok(0);
    }
    on!(db.writer(), conn => sqlx::query(
        "with unplaced as ( \
             select id, row_number() over (order by seq) as place from \
             (select id, seq from events where position is null order by seq limit 500) as first), \
         counted as (select count(*) as n from unplaced), \
         lease as ( \
             update relay_lease set last_position = last_position + counted.n from counted \
             where name = 'events' and holder = $1 and epoch = $2 and counted.n > 0 \
             and last_position = (select last_position from relay_lease where name = 'events') \
             returning last_position - counted.n as before) \
         update events set position = lease.before + unplaced.place from lease, unplaced \
         where events.id = unplaced.id",
    )
    .bind(&*term.holder)
    .bind(term.epoch)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))
}

/// The next events behind `after`, in order, without dead letters.
pub(super) async fn unsent(db: &Db, after: i64) -> Result<Vec<Unsent>, sqlx::Error> {
    let text = faults::cursor(
        "select position, id, domain, event_type, entity_id, payload from outbox \
         where position > $1 order by position limit $2",
    );
    on!(db, conn => sqlx::query_as::<_, Unsent>(text)
    .bind(after)
    .bind(BATCH as i64)
    .fetch_all(conn)
    .await)
}

/// Notes that the broker has acknowledged these, all in one commit; does nothing where the lease is
/// another node's.
pub(super) async fn mark(db: &Db, term: &Term, positions: &[i64]) -> Result<(), sqlx::Error> {
    let statement = among!(db.is_postgres(), |these| concat!(
        "update events set published_at = $3 where published_at is null and position in ",
        these!(bigint "$4"),
        " and ",
        is_ours!()
    ));
    on!(db.writer(), conn => sqlx::query(statement)
        .bind(&*term.holder)
        .bind(term.epoch)
        .bind(Timestamp::now())
        .bind(list(positions))
        .execute(conn)
        .await
        .map(|_| ()))
}
