//! Sessions, and what a login needs to know of an account.

use chrono::TimeDelta;
use serde_json::Value;
use sqlx::FromRow;
use sqlx::types::Json;

use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::events::Change;
use crate::on;
use crate::users::User;

/// A session nobody used for this long has ended (OWASP ASVS 5.0, 7.3.1).
pub const IDLE: TimeDelta = TimeDelta::days(7);
/// A session ends this long after the login, however much it is used (OWASP ASVS 5.0, 7.3.2).
pub const ABSOLUTE: TimeDelta = TimeDelta::days(30);
/// `last_seen` is written at most this often.
const SEEN_EVERY: TimeDelta = TimeDelta::minutes(1);

/// What a login is checked against.
#[derive(Clone, Debug, FromRow)]
pub struct Credentials {
    /// The account's id.
    pub id: String,
    /// As its owner writes it.
    pub username: String,
    /// PHC string.
    pub password_hash: String,
    /// What it may do.
    pub role: String,
    /// Set while the account may not come in.
    pub disabled_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct Who {
    id: String,
    username: String,
    role: String,
    preferences: Json<Value>,
    last_seen: Timestamp,
}

impl Who {
    fn user(self) -> Result<User, Error> {
        let role = self
            .role
            .parse()
            .map_err(|()| Error::bug("a role that is none"))?;
        let Json(preferences) = self.preferences;
        Ok(User {
            id: self.id,
            username: self.username,
            role,
            preferences,
        })
    }
}

/// A session as it begins.
#[derive(Clone, Debug)]
pub struct Opening<'a> {
    /// SHA-256 of the session's key, in hexadecimal: who reads the table cannot use it.
    pub key_hash: &'a str,
    /// Whose it is.
    pub user_id: &'a str,
    /// Where it was opened from.
    pub address: &'a str,
    /// The browser, as it names itself.
    pub agent: &'a str,
}

/// Whether anyone has an account yet.
///
/// # Errors
/// When the database is away.
pub async fn is_set_up(db: &Db) -> Result<bool, Error> {
    Ok(
        on!(db, conn => sqlx::query_scalar::<_, bool>("select exists (select 1 from users)")
        .fetch_one(conn)
        .await)?,
    )
}

/// The account of that name, without regard to case.
///
/// # Errors
/// When the database is away.
pub async fn credentials(db: &Db, username: &str) -> Result<Option<Credentials>, Error> {
    // PostgreSQL would refuse the question; no account has such a name.
    if username.contains('\0') {
        return Ok(None);
    }
    Ok(on!(db, conn => sqlx::query_as::<_, Credentials>(
        "select id, username, password_hash, role, disabled_at from users where lower(username) = $1",
    )
    .bind(username.to_ascii_lowercase())
    .fetch_optional(conn)
    .await)?)
}

/// The account of that id.
///
/// # Errors
/// When the database is away.
pub async fn credentials_of(db: &Db, user_id: &str) -> Result<Option<Credentials>, Error> {
    Ok(on!(db, conn => sqlx::query_as::<_, Credentials>(
        "select id, username, password_hash, role, disabled_at from users where id = $1",
    )
    .bind(user_id)
    .fetch_optional(conn)
    .await)?)
}

/// Who uses the session of this key: the one query per page for who-is-it.
///
/// # Errors
/// When the database is away.
pub async fn who(db: &Db, key_hash: &str) -> Result<Option<User>, Error> {
    let now = Timestamp::now();
    let Some(who) = owner_at(db, key_hash, now).await? else {
        return Ok(None);
    };
    if now.since(who.last_seen) > SEEN_EVERY {
        seen(db, key_hash, now).await;
    }
    who.user().map(Some)
}

/// As [`who`], for what stays open: to be open is no use of a session, and is not noted.
///
/// # Errors
/// When the database is away.
pub async fn who_still(db: &Db, key_hash: &str) -> Result<Option<User>, Error> {
    let who = owner_at(db, key_hash, Timestamp::now()).await?;
    who.map(Who::user).transpose()
}

async fn owner_at(db: &Db, key_hash: &str, now: Timestamp) -> Result<Option<Who>, Error> {
    Ok(on!(db, conn => sqlx::query_as::<_, Who>(
        "select u.id, u.username, u.role, u.preferences, s.last_seen \
         from sessions s join users u on u.id = s.user_id \
         where s.key_hash = $1 and s.expires_at > $2 and s.last_seen > $3 and u.disabled_at is null",
    )
    .bind(key_hash)
    .bind(now)
    .bind(now.plus(-IDLE))
    .fetch_optional(conn)
    .await)?)
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

/// Makes the first account, an admin.
///
/// # Errors
/// [`Error::NotFound`] where there is one already: then nothing is set up here any more.
pub async fn insert_first_admin(
    change: &mut Change,
    id: &str,
    username: &str,
    password_hash: &str,
) -> Result<(), Error> {
    // Of two who set up at once, the second waits here and then finds the first one's account.
    on!(change, conn => sqlx::query("update deployment set created_at = created_at")
        .execute(conn)
        .await
        .map(|_| ()))?;
    let now = change.now();
    let made = on!(change, conn => sqlx::query(
        "insert into users (id, username, password_hash, role, preferences, created_at, updated_at) \
         select $1, $2, $3, 'admin', $4, $5, $5 where not exists (select 1 from users)",
    )
    .bind(id)
    .bind(username)
    .bind(password_hash)
    .bind(Json(Value::Object(serde_json::Map::new())))
    .bind(now)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    if made == 0 {
        Err(Error::NotFound)
    } else {
        Ok(())
    }
}

/// Opens a session, notes the login at the account, and sweeps out what has expired.
///
/// # Errors
/// [`Error::NotFound`] where the account is gone or disabled meanwhile.
pub async fn open(change: &mut Change, opening: &Opening<'_>) -> Result<(), Error> {
    let now = change.now();
    let noted = on!(change, conn => sqlx::query(
        "update users set last_login = $2 where id = $1 and disabled_at is null",
    )
    .bind(opening.user_id)
    .bind(now)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    if noted == 0 {
        return Err(Error::NotFound);
    }
    on!(change, conn => sqlx::query("delete from sessions where expires_at < $1 or last_seen < $2")
        .bind(now)
        .bind(now.plus(-IDLE))
        .execute(conn)
        .await
        .map(|_| ()))?;
    on!(change, conn => sqlx::query(
        "insert into sessions (key_hash, user_id, address, agent, created_at, last_seen, expires_at) \
         values ($1, $2, $3, $4, $5, $5, $6)",
    )
    .bind(opening.key_hash)
    .bind(opening.user_id)
    .bind(opening.address)
    .bind(opening.agent)
    .bind(now)
    .bind(now.plus(ABSOLUTE))
    .execute(conn)
    .await
    .map(|_| ()))?;
    Ok(())
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

/// Ends one session; false where it had ended already.
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

/// Gives an account another password and ends all its sessions.
///
/// # Errors
/// When the database is away.
pub async fn set_password(
    change: &mut Change,
    user_id: &str,
    password_hash: &str,
) -> Result<(), Error> {
    let now = change.now();
    on!(change, conn => sqlx::query(
        "update users set password_hash = $2, updated_at = $3 where id = $1",
    )
    .bind(user_id)
    .bind(password_hash)
    .bind(now)
    .execute(conn)
    .await
    .map(|_| ()))?;
    close_all(change, user_id).await
}

/// Ends every session of an account.
///
/// # Errors
/// When the database is away.
pub async fn close_all(change: &mut Change, user_id: &str) -> Result<(), Error> {
    on!(change, conn => sqlx::query("delete from sessions where user_id = $1")
        .bind(user_id)
        .execute(conn)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Keeps what a person chose for how pages look.
///
/// # Errors
/// When the database is away.
pub async fn set_preferences(
    change: &mut Change,
    user_id: &str,
    preferences: &Value,
) -> Result<(), Error> {
    let now = change.now();
    on!(change, conn => sqlx::query(
        "update users set preferences = $2, updated_at = $3 where id = $1",
    )
    .bind(user_id)
    .bind(Json(preferences))
    .bind(now)
    .execute(conn)
    .await
    .map(|_| ()))?;
    Ok(())
}
