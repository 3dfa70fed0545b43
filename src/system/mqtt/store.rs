//! The accounts in the database.

use sqlx::FromRow;

use super::{Edit, MOST, Refused, Secret};
use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::events::Change;
use crate::on;

/// An account of a plugin or a device.
#[derive(Clone, Debug, FromRow)]
pub struct Account {
    /// UUID version 7.
    pub id: String,
    /// What it logs in with; unique without regard to case, also among people's accounts.
    pub name: String,
    /// What it is for.
    pub purpose: String,
    /// The filters of what it may hear, one on each line.
    pub reads: String,
    /// The filters of what it may say, one on each line.
    pub writes: String,
    /// Whose commands theirs are: the user's id.
    pub user_id: Option<String>,
    /// The user's name.
    pub acts_as: String,
    /// Set while it may not come in.
    pub disabled_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Since when it has its password.
    pub renewed_at: Timestamp,
    /// SHA-256 of its password, in hexadecimal.
    pub(super) secret_hash: String,
}

impl Account {
    /// Whether it may come in.
    pub fn is_active(&self) -> bool {
        self.disabled_at.is_none()
    }
}

macro_rules! accounts {
    ($rest:literal) => {
        concat!(
            "select a.id, a.name, a.purpose, a.reads, a.writes, a.user_id, \
             coalesce(u.username, '') as acts_as, a.disabled_at, a.created_at, a.updated_at, \
             a.renewed_at, a.secret_hash from mqtt_accounts a left join users u on u.id = a.user_id ",
            $rest
        )
    };
}

/// The one of an id.
const ONE: &str = accounts!("where a.id = $1");

/// All of them, by name.
///
/// # Errors
/// When the database is away.
pub async fn all(db: &Db) -> Result<Vec<Account>, Error> {
    Ok(
        on!(db, conn => sqlx::query_as::<_, Account>(accounts!("order by a.name_key limit $1"))
            .bind(MOST)
            .fetch_all(conn)
            .await)?,
    )
}

/// One of them.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find(db: &Db, id: &str) -> Result<Account, Error> {
    Ok(on!(db, conn => sqlx::query_as::<_, Account>(ONE)
        .bind(id)
        .fetch_one(conn)
        .await)?)
}

/// The one of that name.
///
/// # Errors
/// When the database is away.
pub async fn named(db: &Db, name: &str) -> Result<Option<Account>, Error> {
    Ok(
        on!(db, conn => sqlx::query_as::<_, Account>(accounts!("where a.name_key = $1"))
            .bind(name.to_ascii_lowercase())
            .fetch_optional(conn)
            .await)?,
    )
}

/// Reads an account so that nobody else changes it until the commit.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn lock(change: &mut Change, id: &str) -> Result<Account, Error> {
    on!(change, conn => sqlx::query("update mqtt_accounts set name = name where id = $1")
        .bind(id)
        .execute(conn)
        .await
        .map(|_| ()))?;
    Ok(on!(change, conn => sqlx::query_as::<_, Account>(ONE)
        .bind(id)
        .fetch_one(conn)
        .await)?)
}

/// Makes an account. `Ok(Ok(false))` where one of that id is already there.
///
/// # Errors
/// `Ok(Err(…))` where it may not be; when the database is away.
pub async fn insert(
    change: &mut Change,
    id: &str,
    edit: &Edit,
    secret: &Secret,
) -> Result<Result<bool, Refused>, Error> {
    let acting = match acting(change, edit).await? {
        Ok(acting) => acting,
        Err(refused) => return Ok(Err(refused)),
    };
    if user(change, &edit.name).await?.is_some() {
        return Ok(Err(Refused::Taken));
    }
    let now = change.now();
    let rows = on!(change, conn => sqlx::query(
        "insert into mqtt_accounts (id, name, name_key, purpose, reads, writes, user_id, \
         secret_hash, disabled_at, created_at, updated_at, renewed_at) \
         select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $10 from deployment \
         where (select count(*) from mqtt_accounts) < $11 on conflict do nothing",
    )
    .bind(id)
    .bind(&edit.name)
    .bind(edit.name.to_ascii_lowercase())
    .bind(&edit.purpose)
    .bind(&edit.reads)
    .bind(&edit.writes)
    .bind(acting)
    .bind(&secret.hash)
    .bind((!edit.is_active).then_some(now))
    .bind(now)
    .bind(MOST)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    if rows == 1 {
        return Ok(Ok(true));
    }
    let in_the_way = on!(change, conn => sqlx::query_scalar::<_, String>(
        "select id from mqtt_accounts where id = $1 or name_key = $2",
    )
    .bind(id)
    .bind(edit.name.to_ascii_lowercase())
    .fetch_all(conn)
    .await)?;
    Ok(match in_the_way {
        all if all.iter().any(|other| other == id) => Ok(false),
        all if all.is_empty() => Err(Refused::Full),
        _ => Err(Refused::Taken),
    })
}

/// Changes an account that was [locked](lock).
///
/// # Errors
/// `Ok(Err(…))` where it may not be; when the database is away.
pub async fn update(
    change: &mut Change,
    before: &Account,
    edit: &Edit,
) -> Result<Result<(), Refused>, Error> {
    let acting = match acting(change, edit).await? {
        Ok(acting) => acting,
        Err(refused) => return Ok(Err(refused)),
    };
    let is_renamed = !edit.name.eq_ignore_ascii_case(&before.name);
    if is_renamed && user(change, &edit.name).await?.is_some() {
        return Ok(Err(Refused::Taken));
    }
    let now = change.now();
    let disabled_at = match edit.is_active {
        true => None,
        false => before.disabled_at.or(Some(now)),
    };
    let done = on!(change, conn => sqlx::query(
        "update mqtt_accounts set name = $2, name_key = $3, purpose = $4, reads = $5, writes = $6, \
         user_id = $7, disabled_at = $8, updated_at = $9 where id = $1",
    )
    .bind(&before.id)
    .bind(&edit.name)
    .bind(edit.name.to_ascii_lowercase())
    .bind(&edit.purpose)
    .bind(&edit.reads)
    .bind(&edit.writes)
    .bind(acting)
    .bind(disabled_at)
    .bind(now)
    .execute(conn)
    .await
    .map(|_| ()));
    match done {
        Err(sqlx::Error::Database(refusal)) if refusal.is_unique_violation() => {
            Ok(Err(Refused::Taken))
        }
        done => Ok(Ok(done?)),
    }
}

/// Gives an account that was [locked](lock) another password.
///
/// # Errors
/// When the database is away.
pub async fn renew(change: &mut Change, id: &str, secret: &Secret) -> Result<(), Error> {
    let now = change.now();
    on!(change, conn => sqlx::query(
        "update mqtt_accounts set secret_hash = $2, renewed_at = $3, updated_at = $3 where id = $1",
    )
    .bind(id)
    .bind(&secret.hash)
    .bind(now)
    .execute(conn)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// Removes an account that was [locked](lock).
///
/// # Errors
/// When the database is away.
pub async fn delete(change: &mut Change, id: &str) -> Result<(), Error> {
    on!(change, conn => sqlx::query("delete from mqtt_accounts where id = $1")
        .bind(id)
        .execute(conn)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Whether the first account is still to be made; from now on it is not.
///
/// # Errors
/// When the database is away.
pub async fn begin(change: &mut Change) -> Result<bool, Error> {
    let now = change.now();
    let begun = on!(change, conn => sqlx::query(
        "update deployment set reader_made_at = $1 where reader_made_at is null",
    )
    .bind(now)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(begun > 0)
}

/// The id of the user that it acts as.
async fn acting(
    change: &mut Change,
    edit: &Edit,
) -> Result<Result<Option<String>, Refused>, Error> {
    if edit.acts_as.is_empty() {
        return Ok(Ok(None));
    }
    let user = user(change, &edit.acts_as).await?;
    Ok(user.map(Some).ok_or(Refused::Nobody))
}

/// The id of the user of that name.
async fn user(change: &mut Change, name: &str) -> Result<Option<String>, Error> {
    Ok(on!(change, conn => sqlx::query_scalar::<_, String>(
        "select id from users where lower(username) = $1",
    )
    .bind(name.to_ascii_lowercase())
    .fetch_optional(conn)
    .await)?)
}
