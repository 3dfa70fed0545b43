//! Looking for events of accounts and logins.

use super::Wish;
use crate::db::Db;
use crate::error::Error;
use crate::events::store::Recorded;
use crate::on;
use crate::page::Cursor;

/// The newest of what is looked for, one page at a time. Of a person: what they did, and what was done
/// to their account.
///
/// # Errors
/// When the database is away.
pub async fn newest(
    db: &Db,
    wish: &Wish,
    before: &Cursor,
    limit: i64,
) -> Result<Vec<Recorded>, Error> {
    // The payload is text that we wrote ourselves, without a space; an address needs no escaping.
    let address = match wish.address.as_str() {
        "" => String::new(),
        address => format!("%\"address\":\"{address}\"%"),
    };
    Ok(on!(db, conn => sqlx::query_as::<_, Recorded>(
        "select e.id, e.domain, e.event_type, e.entity_id, e.subject, e.version, e.actor, e.payload, \
         e.created_at, e.published_at, u.username as name, null as project_name, null as refusal \
         from events e left join users u on u.id = e.entity_id \
         where e.domain in ('auth', 'user') and (e.created_at, e.id) < ($1, $2) \
         and e.created_at >= $3 and e.created_at < $4 and ($5 = '' or e.event_type = $5) \
         and ($6 = '' or lower(e.actor) = $6 or lower(u.username) = $6 or e.entity_id = $6) \
         and ($7 = '' or e.payload like $7) \
         order by e.created_at desc, e.id desc limit $8",
    )
    .bind(before.created_at())
    .bind(before.id())
    .bind(wish.from)
    .bind(wish.to)
    .bind(&wish.action)
    .bind(&wish.person)
    .bind(&address)
    .bind(limit)
    .fetch_all(conn)
    .await)?)
}
