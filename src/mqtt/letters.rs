//! Dead letters: events that the broker does not take, as the relay keeps them.

use std::collections::HashMap;

use super::lease::{Term, is_ours};
use super::refused::{Entity, Refusal};
use crate::db::among::{among, list};
use crate::db::{Db, Timestamp, dialect};
use crate::events::Notice;
use crate::on;

/// An event that was tried for the last time.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    pub(super) refusal: Refusal,
    pub(super) tries: i64,
}

/// The first dead letter of each entity whose later events wait behind it.
pub(super) async fn held(db: &Db) -> Result<HashMap<Entity, i64>, sqlx::Error> {
    let rows = on!(db, conn => sqlx::query_as::<_, (String, String, i64)>(
        "select domain, entity_id, position from dead_letters where given_up_at is null",
    )
    .fetch_all(conn)
    .await)?;
    let keyed = rows.into_iter();
    Ok(keyed
        .map(|(domain, id, position)| ((domain, id), position))
        .collect())
}

/// Keeps them, and tells open pages; does nothing where the lease is another node's.
pub(super) async fn bury(db: &Db, term: &Term, letters: &[Letter]) -> Result<(), sqlx::Error> {
    let mut tx = db.begin().await?;
    let now = Timestamp::now();
    for Letter { refusal, tries } in letters {
        on!(tx, conn => sqlx::query(concat!(
            "insert into dead_letters \
             (event_id, position, domain, entity_id, reason, tries, refused_at) \
             select $3, $4, $5, $6, $7, $8, $9 where ",
            is_ours!(),
            " on conflict do nothing"
        ))
        .bind(&*term.holder)
        .bind(term.epoch)
        .bind(&refusal.event.id)
        .bind(refusal.event.position)
        .bind(&refusal.event.entity.0)
        .bind(&refusal.event.entity.1)
        .bind(&refusal.reason)
        .bind(tries)
        .bind(now)
        .execute(conn)
        .await
        .map(|_| ()))?;
    }
    tx.commit().await?;
    dialect::tell(db, Notice::delivery()).await
}

/// Takes back those that turned out to be like all others, and tells open pages; does nothing where the
/// lease is another node's.
pub(super) async fn take_back(db: &Db, term: &Term, positions: &[i64]) -> Result<(), sqlx::Error> {
    let statement = among!(db.is_postgres(), |these| concat!(
        "delete from dead_letters where given_up_at is null and position in ",
        these!(bigint "$3"),
        " and ",
        is_ours!()
    ));
    on!(db.writer(), conn => sqlx::query(statement)
        .bind(&*term.holder)
        .bind(term.epoch)
        .bind(list(positions))
        .execute(conn)
        .await
        .map(|_| ()))?;
    dialect::tell(db, Notice::delivery()).await
}
