//! What a login needs to know of an account; sessions, second factors and failed logins.

pub mod factor;
pub mod kept;
pub mod logins;
pub mod sessions;
pub mod throttle;

use serde_json::Value;
use sqlx::FromRow;
use sqlx::types::Json;

use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::events::Change;
use crate::on;

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
    /// Whether the password is for one login.
    pub one_time_password: bool,
    /// Set while the account may not come in.
    pub disabled_at: Option<Timestamp>,
    /// Sealed; set where a second factor is in use.
    pub totp_secret: Option<String>,
    /// Whether its role takes a second factor.
    pub needs_second_factor: bool,
}

macro_rules! account {
    ($which:literal) => {
        concat!(
            "select id, username, password_hash, role, one_time_password, disabled_at, \
             case when totp_since is not null then totp_secret end as totp_secret, \
             exists (select 1 from second_factor_roles f where f.role = users.role) as needs_second_factor \
             from users where ",
            $which
        )
    };
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
    Ok(
        on!(db, conn => sqlx::query_as::<_, Credentials>(account!("lower(username) = $1"))
    .bind(username.to_ascii_lowercase())
    .fetch_optional(conn)
    .await)?,
    )
}

/// The account of that id.
///
/// # Errors
/// When the database is away.
pub async fn credentials_of(db: &Db, user_id: &str) -> Result<Option<Credentials>, Error> {
    Ok(
        on!(db, conn => sqlx::query_as::<_, Credentials>(account!("id = $1"))
    .bind(user_id)
    .fetch_optional(conn)
    .await)?,
    )
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
    change.lock_deployment().await?;
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

/// Gives an account another password and ends all its sessions. One that somebody else chose is for
/// one login: its owner must choose another there.
///
/// # Errors
/// When the database is away.
pub async fn set_password(
    change: &mut Change,
    user_id: &str,
    password_hash: &str,
    for_one_login: bool,
) -> Result<(), Error> {
    let now = change.now();
    on!(change, conn => sqlx::query(
        "update users set password_hash = $2, one_time_password = $3, updated_at = $4 where id = $1",
    )
    .bind(user_id)
    .bind(password_hash)
    .bind(for_one_login)
    .bind(now)
    .execute(conn)
    .await
    .map(|_| ()))?;
    sessions::close_all(change, user_id, None).await.map(|_| ())
}

/// Keeps the same password with more work in its hash; false where it is another by now.
///
/// # Errors
/// When the database is away.
pub async fn rehash(
    change: &mut Change,
    user_id: &str,
    before: &str,
    after: &str,
) -> Result<bool, Error> {
    Ok(on!(change, conn => sqlx::query(
        "update users set password_hash = $3 where id = $1 and password_hash = $2",
    )
    .bind(user_id)
    .bind(before)
    .bind(after)
    .execute(conn)
    .await
    .map(|done| done.rows_affected() > 0))?)
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
