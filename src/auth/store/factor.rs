//! Second factors in the database.

use sqlx::FromRow;

use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::events::Change;
use crate::on;
use crate::users::Role;

/// The second factor of an account.
#[derive(Clone, Debug, FromRow)]
pub struct Factor {
    /// Sealed; there from the moment it is set up.
    pub totp_secret: Option<String>,
    /// Set once a code of it was given.
    pub totp_since: Option<Timestamp>,
    /// How many recovery codes are left.
    pub recovery_codes: i64,
}

/// The second factor of an account.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find(db: &Db, user_id: &str) -> Result<Factor, Error> {
    Ok(on!(db, conn => sqlx::query_as::<_, Factor>(
        "select totp_secret, totp_since, \
         (select count(*) from recovery_codes r where r.user_id = u.id) as recovery_codes \
         from users u where id = $1",
    )
    .bind(user_id)
    .fetch_one(conn)
    .await)?)
}

/// Puts a secret in place that is not in use yet; false where one is in use.
///
/// # Errors
/// When the database is away.
pub async fn prepare(change: &mut Change, user_id: &str, sealed: &str) -> Result<bool, Error> {
    Ok(on!(change, conn => sqlx::query(
        "update users set totp_secret = $2, totp_step = 0 where id = $1 and totp_since is null",
    )
    .bind(user_id)
    .bind(sealed)
    .execute(conn)
    .await
    .map(|done| done.rows_affected() > 0))?)
}

/// Puts the prepared secret in use, with the time step of the code that proved it and the recovery
/// codes' hashes; false where that was done already.
///
/// # Errors
/// When the database is away.
pub async fn start(
    change: &mut Change,
    user_id: &str,
    step: i64,
    code_hashes: &[String],
) -> Result<bool, Error> {
    let now = change.now();
    let started = on!(change, conn => sqlx::query(
        "update users set totp_since = $2, totp_step = $3, updated_at = $2 \
         where id = $1 and totp_since is null and totp_secret is not null",
    )
    .bind(user_id)
    .bind(now)
    .bind(step)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    if started == 0 {
        return Ok(false);
    }
    replace_codes(change, user_id, code_hashes).await?;
    Ok(true)
}

/// Puts other recovery codes in the place of what is left.
///
/// # Errors
/// When the database is away.
pub async fn replace_codes(
    change: &mut Change,
    user_id: &str,
    code_hashes: &[String],
) -> Result<(), Error> {
    on!(change, conn => sqlx::query("delete from recovery_codes where user_id = $1")
        .bind(user_id)
        .execute(conn)
        .await
        .map(|_| ()))?;
    for code_hash in code_hashes {
        on!(change, conn => sqlx::query(
            "insert into recovery_codes (user_id, code_hash) values ($1, $2)",
        )
        .bind(user_id)
        .bind(code_hash)
        .execute(conn)
        .await
        .map(|_| ()))?;
    }
    Ok(())
}

/// Takes the second factor off an account; false where it had none.
///
/// # Errors
/// When the database is away.
pub async fn drop(change: &mut Change, user_id: &str) -> Result<bool, Error> {
    let now = change.now();
    let dropped = on!(change, conn => sqlx::query(
        "update users set totp_secret = null, totp_since = null, totp_step = 0, updated_at = $2 \
         where id = $1 and totp_secret is not null",
    )
    .bind(user_id)
    .bind(now)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    replace_codes(change, user_id, &[]).await?;
    Ok(dropped > 0)
}

/// Spends the code of a time step: each is good once (RFC 6238, 5.2). False where it, or a later
/// one, was spent already.
///
/// # Errors
/// When the database is away.
pub async fn spend_step(db: &Db, user_id: &str, step: i64) -> Result<bool, Error> {
    Ok(on!(db.writer(), conn => sqlx::query(
        "update users set totp_step = $2 where id = $1 and totp_step < $2",
    )
    .bind(user_id)
    .bind(step)
    .execute(conn)
    .await
    .map(|done| done.rows_affected() > 0))?)
}

/// Spends a recovery code; false where there is no such code.
///
/// # Errors
/// When the database is away.
pub async fn spend_code(
    change: &mut Change,
    user_id: &str,
    code_hash: &str,
) -> Result<bool, Error> {
    Ok(on!(change, conn => sqlx::query(
        "delete from recovery_codes where user_id = $1 and code_hash = $2",
    )
    .bind(user_id)
    .bind(code_hash)
    .execute(conn)
    .await
    .map(|done| done.rows_affected() > 0))?)
}

/// The sealed secrets, each with its account's id.
///
/// # Errors
/// When the database is away.
pub async fn sealed(change: &mut Change) -> Result<Vec<(String, String)>, Error> {
    Ok(on!(change, conn => sqlx::query_as::<_, (String, String)>(
        "select id, totp_secret from users where totp_secret is not null",
    )
    .fetch_all(conn)
    .await)?)
}

/// Puts the same secret in its place, sealed anew.
///
/// # Errors
/// When the database is away.
pub async fn reseal(change: &mut Change, user_id: &str, sealed: &str) -> Result<(), Error> {
    on!(change, conn => sqlx::query("update users set totp_secret = $2 where id = $1")
        .bind(user_id)
        .bind(sealed)
        .execute(conn)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The roles that take a second factor.
///
/// # Errors
/// When the database is away.
pub async fn roles(db: &Db) -> Result<Vec<Role>, Error> {
    let names = on!(db, conn => sqlx::query_scalar::<_, String>("select role from second_factor_roles")
        .fetch_all(conn)
        .await)?;
    Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
}

/// Says which roles take a second factor.
///
/// # Errors
/// When the database is away.
pub async fn set_roles(change: &mut Change, roles: &[Role]) -> Result<(), Error> {
    on!(change, conn => sqlx::query("delete from second_factor_roles")
        .execute(conn)
        .await
        .map(|_| ()))?;
    for role in roles {
        on!(change, conn => sqlx::query("insert into second_factor_roles (role) values ($1)")
            .bind(role.as_str())
            .execute(conn)
            .await
            .map(|_| ()))?;
    }
    Ok(())
}
