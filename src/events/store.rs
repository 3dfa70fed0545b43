//! Reading events.

use futures_util::TryStreamExt;
use sqlx::FromRow;

use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::on;
use crate::page::{Cursor, Paged};
use crate::users::Role;

use super::{Domain, new_id, topic};

/// The deployment's id, made with its database: what a system event is about.
///
/// # Errors
/// When the database is away.
pub async fn deployment(db: &Db) -> Result<String, Error> {
    on!(db.writer(), conn => sqlx::query(
        "insert into deployment (id, created_at) values ($1, $2) on conflict do nothing",
    )
    .bind(new_id())
    .bind(Timestamp::now())
    .execute(conn)
    .await
    .map(|_| ()))?;
    Ok(
        on!(db, conn => sqlx::query_scalar::<_, String>("select id from deployment")
        .fetch_one(conn)
        .await)?,
    )
}

/// An event as it is kept, with the names that its things have now.
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
    /// The entity's name now; `None` where it is gone, or has none.
    pub name: Option<String>,
    /// The name now of the project that a task's event belongs to.
    pub project_name: Option<String>,
    /// Why the broker does not take it, where it refused it for good.
    pub refusal: Option<String>,
}

/// Some events, newest first, with the names that their things have now: a look by key for each.
macro_rules! recorded {
    ($events:literal) => {
        concat!(
            "select e.id, e.domain, e.event_type, e.entity_id, e.subject, e.version, e.actor, \
             e.payload, e.created_at, e.published_at, \
             case e.domain when 'project' then p.name when 'task' then t.name \
             when 'plugin' then g.name else u.username end as name, \
             case e.domain when 'task' then p.name end as project_name, d.reason as refusal \
             from (select * from events where ",
            $events,
            " order by created_at desc, id desc limit $1) e \
             left join live_projects p on e.domain in ('project', 'task') and p.id = substr(e.subject, 9) \
             left join live_tasks t on e.domain = 'task' and t.id = e.entity_id \
             left join plugins g on e.domain = 'plugin' and g.id = e.entity_id \
             left join users u on e.domain in ('user', 'auth') and u.id = e.entity_id \
             left join dead_letters d on d.event_id = e.id \
             order by e.created_at desc, e.id desc"
        )
    };
}

/// The newest events that `role` may see, of one domain or all, one page at a time.
///
/// # Errors
/// [`Error::Forbidden`] for a domain that the role may not see; when the database is away.
pub async fn newest(
    db: &Db,
    role: Role,
    domain: Option<Domain>,
    before: &Cursor,
    limit: i64,
) -> Result<Vec<Recorded>, Error> {
    // Each its own text: with one for all, no engine can use the index of a domain.
    let text = match domain {
        Some(domain) if !domain.visible_to(role) => return Err(Error::Forbidden(Role::Admin)),
        Some(_) => recorded!("domain = $4 and (created_at, id) < ($2, $3)"),
        None if role == Role::Admin => recorded!("$4 = '' and (created_at, id) < ($2, $3)"),
        None => {
            recorded!("$4 = '' and (created_at, id) < ($2, $3) and domain not in ('user', 'auth')")
        }
    };
    Ok(on!(db, conn => sqlx::query_as::<_, Recorded>(text)
        .bind(limit)
        .bind(before.created_at())
        .bind(before.id())
        .bind(domain.map_or("", Domain::as_str))
        .fetch_all(conn)
        .await)?)
}

/// The refused events, `$1` at most; those of accounts and logins where `$2`.
pub(super) const REFUSED: &str = concat!(
    "select r.*, d.reason, d.tries, d.refused_at, d.given_up_at, d.given_up_by, \
     (select count(*) from (select 1 from events b where b.domain = r.domain \
     and b.entity_id = r.entity_id and b.version > r.version and b.published_at is null limit 1000) w) \
     as behind from (",
    recorded!(
        "id in (select event_id from dead_letters) and ($2 or domain not in ('user', 'auth'))"
    ),
    ") r join dead_letters d on d.event_id = r.id \
     order by d.given_up_at is not null, d.refused_at desc, r.id"
);

/// The newest events of one page's subject (`project/<id>`, `plugin/<id>` …).
///
/// # Errors
/// When the database is away.
pub async fn of_subject(db: &Db, subject: &str, limit: i64) -> Result<Vec<Recorded>, Error> {
    Ok(
        on!(db, conn => sqlx::query_as::<_, Recorded>(recorded!("subject = $2"))
        .bind(limit)
        .bind(subject)
        .fetch_all(conn)
        .await)?,
    )
}

/// The newest events of one entity, one page at a time.
///
/// # Errors
/// When the database is away.
pub async fn of_entity(
    db: &Db,
    domain: Domain,
    id: &str,
    before: &Cursor,
) -> Result<Paged<Recorded>, Error> {
    let rows = on!(db, conn => sqlx::query_as::<_, Recorded>(recorded!(
        "entity_id = $2 and domain = $3 and (created_at, id) < ($4, $5)"
    ))
    .bind(Paged::<Recorded>::LIMIT)
    .bind(id)
    .bind(domain.as_str())
    .bind(before.created_at())
    .bind(before.id())
    .fetch_all(conn)
    .await)?;
    Ok(Paged::new(rows, |row| {
        Cursor::after(row.created_at, &row.id)
    }))
}

/// Events that are read at once, and bytes of their payloads, but for one that is larger by itself.
const PAGE: (i64, usize) = (500, 1 << 20);

/// An event with its place in the order of all.
#[derive(Clone, Debug, FromRow)]
pub struct Placed {
    /// 1, 2, 3 … over the deployment; some may be left out.
    pub position: i64,
    /// What it is about.
    pub domain: String,
    /// What happened.
    pub event_type: String,
    /// The JSON object as it goes to the broker.
    pub payload: String,
}

impl Placed {
    /// Where it went.
    pub fn topic(&self) -> String {
        topic(&self.domain, &self.event_type)
    }
}

/// The position of the last event that has one; 0 where none has.
pub(super) const LAST_POSITION: &str = "select coalesce(max(position), 0) from events";

/// See [`LAST_POSITION`].
///
/// # Errors
/// When the database is away.
pub async fn last_position(db: &Db) -> Result<i64, Error> {
    Ok(on!(db, conn => sqlx::query_scalar::<_, i64>(LAST_POSITION)
        .fetch_one(conn)
        .await)?)
}

/// The next events behind `after`, up to `up_to`, in the order of all; as many as fit into memory
/// for one reader among many, at least one where there is one.
///
/// # Errors
/// When the database is away.
pub async fn placed(db: &Db, after: i64, up_to: i64) -> Result<Vec<Placed>, Error> {
    let mut page: Vec<Placed> = Vec::new();
    let mut bytes = 0;
    on!(db, conn => {
        let mut rows = sqlx::query_as::<_, Placed>(
            "select position, domain, event_type, payload from events \
             where position > $1 and position <= $2 order by position limit $3",
        )
        .bind(after)
        .bind(up_to)
        .bind(PAGE.0)
        .fetch(conn);
        while bytes < PAGE.1 && let Some(row) = rows.try_next().await? {
            bytes += row.payload.len();
            page.push(row);
        }
    });
    Ok(page)
}
