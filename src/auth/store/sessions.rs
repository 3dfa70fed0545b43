//! Sessions in the database.

use chrono::TimeDelta;
use serde_json::Value;
use sqlx::FromRow;
use sqlx::types::Json;

use crate::auth::footing::Footing;
use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::events::Change;
use crate::on;
use crate::users::{SavedView, User};

/// `last_seen` is written at most this often.
const SEEN_EVERY: TimeDelta = TimeDelta::minutes(1);

#[derive(FromRow)]
struct Who {
    id: String,
    username: String,
    role: String,
    preferences: Json<Value>,
    one_time_password: bool,
    has_second_factor: bool,
    needs_second_factor: bool,
    session_id: String,
    remembered: bool,
    created_at: Timestamp,
    last_seen: Timestamp,
    confirmed_at: Timestamp,
    expires_at: Timestamp,
    views: String,
}

/// A session as it begins, or goes on under a new key.
#[derive(Clone, Debug)]
pub struct Opening<'a> {
    /// SHA-256 of the session's key, in hexadecimal: who reads the table cannot use it.
    pub key_hash: &'a str,
    /// The id it is shown by.
    pub id: &'a str,
    /// Whose it is.
    pub user_id: &'a str,
    /// Where it was opened from.
    pub address: &'a str,
    /// The browser, as it names itself.
    pub agent: &'a str,
    /// Whether the browser keeps it when it is closed.
    pub remembered: bool,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it ends, however much it is used.
    pub expires_at: Timestamp,
}

/// A session as its owner and admins see it.
#[derive(Clone, Debug, FromRow)]
pub struct Listed {
    /// The id it is shown by.
    pub id: String,
    /// Where it was opened from.
    pub address: String,
    /// The browser, as it names itself.
    pub agent: String,
    /// Whether the browser keeps it when it is closed.
    pub remembered: bool,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_seen: Timestamp,
}

/// Who uses the session of this key, and how it stands: the one query per page for who-is-it.
///
/// # Errors
/// When the database is away.
pub async fn who(
    db: &Db,
    key_hash: &str,
    idle: TimeDelta,
) -> Result<Option<(User, Footing)>, Error> {
    let now = Timestamp::now();
    let Some(who) = owner_at(db, key_hash, now, idle).await? else {
        return Ok(None);
    };
    if now.since(who.last_seen) > SEEN_EVERY {
        seen(db, key_hash, now).await;
    }
    who.split().map(Some)
}

/// As [`who`], for what stays open: to be open is no use of a session, and is not noted.
///
/// # Errors
/// When the database is away.
pub async fn who_still(db: &Db, key_hash: &str, idle: TimeDelta) -> Result<Option<User>, Error> {
    let Some(who) = owner_at(db, key_hash, Timestamp::now(), idle).await? else {
        return Ok(None);
    };
    let (user, footing) = who.split()?;
    Ok(footing.due().is_none().then_some(user))
}

async fn owner_at(
    db: &Db,
    key_hash: &str,
    now: Timestamp,
    idle: TimeDelta,
) -> Result<Option<Who>, Error> {
    Ok(on!(db, conn => sqlx::query_as::<_, Who>(
        "select u.id, u.username, u.role, u.preferences, u.one_time_password, \
         u.totp_since is not null as has_second_factor, \
         exists (select 1 from second_factor_roles f where f.role = u.role) as needs_second_factor, \
         s.id as session_id, s.remembered, s.created_at, s.last_seen, s.confirmed_at, s.expires_at, \
         (select coalesce(string_agg(line, '\n'), '') from (select * from \
         (select v.id || '\t' || case when v.shared then 'shared' else 'private' end || '\t' \
         || v.address || '\t' || v.name as line from saved_views v where v.user_id = u.id \
         order by v.created_at, v.id limit 30) own union all select * from \
         (select v.id || '\tother\t' || v.address || '\t' || v.name from saved_views v \
         where v.shared and v.user_id <> u.id order by v.created_at, v.id limit 30) others) w) as views \
         from sessions s join users u on u.id = s.user_id \
         where s.key_hash = $1 and s.expires_at > $2 and s.last_seen > $3 and u.disabled_at is null",
    )
    .bind(key_hash)
    .bind(now)
    .bind(now.plus(-idle))
    .fetch_optional(conn)
    .await)?)
}

impl Who {
    fn split(self) -> Result<(User, Footing), Error> {
        let role = self.role.parse();
        let Json(preferences) = self.preferences;
        let user = User {
            id: self.id,
            username: self.username,
            role: role.map_err(|()| Error::bug("a role that is none"))?,
            preferences,
            views: SavedView::listed(&self.views),
        };
        let footing = Footing {
            session_id: self.session_id,
            remembered: self.remembered,
            created_at: self.created_at.micros(),
            confirmed_at: self.confirmed_at.micros(),
            expires_at: self.expires_at.micros(),
            one_time_password: self.one_time_password,
            has_second_factor: self.has_second_factor,
            needs_second_factor: self.needs_second_factor,
        };
        Ok((user, footing))
    }
}

/// A page is worth more than this note: where it cannot be written, the page is still shown.
async fn seen(db: &Db, key_hash: &str, now: Timestamp) {
    let noted = on!(db.writer(), conn => sqlx::query(
        "update sessions set last_seen = $2 where key_hash = $1",
    )
    .bind(key_hash)
    .bind(now)
    .execute(conn)
    .await
    .map(|_| ()));
    if let Err(error) = noted {
        tracing::warn!("a session's last use was not noted: {error}");
    }
}

/// Opens a session whose password was given just now.
///
/// # Errors
/// [`Error::NotFound`] where the account is gone or disabled meanwhile.
pub async fn open(change: &mut Change, opening: &Opening<'_>) -> Result<(), Error> {
    let now = change.now();
    let opened = on!(change, conn => sqlx::query(
        "insert into sessions (key_hash, id, user_id, address, agent, remembered, created_at, \
         last_seen, confirmed_at, expires_at) \
         select $1, $2, id, $4, $5, $6, $7, $8, $8, $9 from users \
         where id = $3 and disabled_at is null",
    )
    .bind(opening.key_hash)
    .bind(opening.id)
    .bind(opening.user_id)
    .bind(opening.address)
    .bind(opening.agent)
    .bind(opening.remembered)
    .bind(opening.created_at)
    .bind(now)
    .bind(opening.expires_at)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    if opened == 0 {
        Err(Error::NotFound)
    } else {
        Ok(())
    }
}

/// Whose session it is; read before it is closed, to name them in the event.
///
/// # Errors
/// When the database is away.
pub async fn owner(db: &Db, key_hash: &str) -> Result<Option<(String, String)>, Error> {
    Ok(on!(db, conn => sqlx::query_as::<_, (String, String)>(
        "select u.id, u.username from sessions s join users u on u.id = s.user_id \
         where s.key_hash = $1",
    )
    .bind(key_hash)
    .fetch_optional(conn)
    .await)?)
}

/// Ends the session of a key; false where it had ended already.
///
/// # Errors
/// When the database is away.
pub async fn close(change: &mut Change, key_hash: &str) -> Result<bool, Error> {
    Ok(
        on!(change, conn => sqlx::query("delete from sessions where key_hash = $1")
        .bind(key_hash)
        .execute(conn)
        .await
        .map(|done| done.rows_affected() > 0))?,
    )
}

/// Ends one session of an account, by the id it is shown by; false where it had ended already.
///
/// # Errors
/// When the database is away.
pub async fn close_one(change: &mut Change, user_id: &str, id: &str) -> Result<bool, Error> {
    Ok(
        on!(change, conn => sqlx::query("delete from sessions where user_id = $1 and id = $2")
        .bind(user_id)
        .bind(id)
        .execute(conn)
        .await
        .map(|done| done.rows_affected() > 0))?,
    )
}

/// Ends every session of an account but the one to be spared; answers how many.
///
/// # Errors
/// When the database is away.
pub async fn close_all(
    change: &mut Change,
    user_id: &str,
    spared: Option<&str>,
) -> Result<u64, Error> {
    Ok(
        on!(change, conn => sqlx::query("delete from sessions where user_id = $1 and id <> $2")
        .bind(user_id)
        .bind(spared.unwrap_or_default())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?,
    )
}

/// The sessions of an account that have not ended, the last used first.
///
/// # Errors
/// When the database is away.
pub async fn of_user(db: &Db, user_id: &str, idle: TimeDelta) -> Result<Vec<Listed>, Error> {
    let now = Timestamp::now();
    Ok(on!(db, conn => sqlx::query_as::<_, Listed>(
        "select id, address, agent, remembered, created_at, last_seen from sessions \
         where user_id = $1 and expires_at > $2 and last_seen > $3 \
         order by last_seen desc, id desc limit 100",
    )
    .bind(user_id)
    .bind(now)
    .bind(now.plus(-idle))
    .fetch_all(conn)
    .await)?)
}

/// Sweeps out what has ended by itself.
///
/// # Errors
/// When the database is away.
pub async fn sweep(db: &Db, idle: TimeDelta) -> Result<(), Error> {
    let now = Timestamp::now();
    on!(db.writer(), conn => sqlx::query("delete from sessions where expires_at < $1 or last_seen < $2")
        .bind(now)
        .bind(now.plus(-idle))
        .execute(conn)
        .await
        .map(|_| ()))?;
    Ok(())
}
