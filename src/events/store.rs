//! Reading events.

use sqlx::FromRow;

use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::on;
use crate::page::Cursor;
use crate::users::Role;

use super::{Domain, new_id};

/// The deployment's id, made with its database: what a system event is about.
///
/// # Errors
/// When the database is away.
pub async fn deployment(db: &Db) -> Result<String, Error> {
    on!(db.writer(), conn => sqlx::query(
        "insert into deployment (id, created_at) select $1, $2 \
         where not exists (select 1 from deployment)",
    )
    .bind(new_id())
    .bind(Timestamp::now())
    .execute(conn)
    .await
    .map(|_| ()))?;
    // Of two that start at once on PostgreSQL, both may have made one: the first stands.
    Ok(on!(db, conn => sqlx::query_scalar::<_, String>(
        "select id from deployment order by created_at, id limit 1",
    )
    .fetch_one(conn)
    .await)?)
}

/// An event as it is kept.
#[derive(Clone, Debug, FromRow)]
pub struct Recorded {
    /// The event's own id.
    pub id: String,
    /// What it is about.
    pub domain: String,
    /// What happened.
    pub event_type: String,
    /// The entity it happened to.
    pub entity_id: String,
    /// The page it belongs to.
    pub subject: String,
    /// 1, 2, 3 … per entity.
    pub version: i64,
    /// Who did it.
    pub actor: String,
    /// The JSON object as it goes to the broker.
    pub payload: String,
    /// When.
    pub created_at: Timestamp,
    /// When the broker acknowledged it.
    pub published_at: Option<Timestamp>,
}

/// The newest events that `role` may see, of one domain or all, one page at a time.
///
/// # Errors
/// When the database is away.
pub async fn newest(
    db: &Db,
    role: Role,
    domain: Option<Domain>,
    before: &Cursor,
    limit: i64,
) -> Result<Vec<Recorded>, Error> {
    Ok(on!(db, conn => sqlx::query_as::<_, Recorded>(
        "select id, domain, event_type, entity_id, subject, version, actor, payload, created_at, \
         published_at from events \
         where (created_at, id) < ($1, $2) and ($3 = '' or domain = $3) \
         and ($4 or domain in ('project', 'task', 'plugin', 'system')) \
         order by created_at desc, id desc limit $5",
    )
    .bind(before.created_at())
    .bind(before.id())
    .bind(domain.map_or("", Domain::as_str))
    .bind(role == Role::Admin)
    .bind(limit)
    .fetch_all(conn)
    .await)?)
}

/// The newest events of one page's subject (`project/<id>`, `plugin/<id>` …).
///
/// # Errors
/// When the database is away.
pub async fn of_subject(db: &Db, subject: &str, limit: i64) -> Result<Vec<Recorded>, Error> {
    Ok(on!(db, conn => sqlx::query_as::<_, Recorded>(
        "select id, domain, event_type, entity_id, subject, version, actor, payload, created_at, \
         published_at from events where subject = $1 order by created_at desc, id desc limit $2",
    )
    .bind(subject)
    .bind(limit)
    .fetch_all(conn)
    .await)?)
}
