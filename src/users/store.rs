//! Accounts in the database.

use serde_json::Value;
use sqlx::FromRow;
use sqlx::types::Json;

use super::Role;
use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::events::Change;
use crate::on;
use crate::page::{Cursor, Paged};

/// An account.
#[derive(Clone, Debug, FromRow)]
pub struct Account {
    /// UUID version 7.
    pub id: String,
    /// Unique without regard to case.
    pub username: String,
    /// Unique, if given.
    pub email: Option<String>,
    /// The role's name.
    pub role: String,
    /// Set while the account may not come in.
    pub disabled_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When somebody last signed in with it.
    pub last_login: Option<Timestamp>,
    /// PHC string: to tell that the password is another.
    pub(super) password_hash: String,
}

impl Account {
    /// What the account may do.
    pub fn role(&self) -> Role {
        // check_role lets nothing else in.
        self.role.parse().unwrap_or(Role::Viewer)
    }

    /// Whether it may not come in.
    pub fn is_disabled(&self) -> bool {
        self.disabled_at.is_some()
    }

    fn is_active_admin(&self) -> bool {
        self.role() == Role::Admin && !self.is_disabled()
    }
}

/// An account to be made.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// UUID version 7.
    pub id: String,
    /// Checked by [`super::username`].
    pub username: String,
    /// Checked by [`super::email`].
    pub email: Option<String>,
    /// What it may do.
    pub role: Role,
    /// PHC string.
    pub password_hash: String,
    /// Whether the password is for one login.
    pub one_time_password: bool,
    /// Whether it may not come in yet.
    pub disabled: bool,
}

/// What an account is to be.
#[derive(Clone, Debug)]
pub struct Edit {
    /// Checked by [`super::username`].
    pub username: String,
    /// Checked by [`super::email`].
    pub email: Option<String>,
    /// What it may do.
    pub role: Role,
    /// Whether it may not come in.
    pub disabled: bool,
    /// PHC string of another password, where it gets one.
    pub password_hash: Option<String>,
    /// Whether that password is for one login.
    pub one_time_password: bool,
}

impl Edit {
    /// Whether the account's sessions end by it.
    pub fn ends_sessions(&self, before: &Account) -> bool {
        self.disabled || self.password_hash.is_some() || self.role != before.role()
    }
}

/// Why an account was not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The user name or the e-mail address belongs to another account.
    Taken,
    /// There would be no admin left.
    LastAdmin,
}

/// One page of all accounts, newest first.
///
/// # Errors
/// When the database is away.
pub async fn page(db: &Db, before: &Cursor) -> Result<Paged<Account>, Error> {
    let rows = on!(db, conn => sqlx::query_as::<_, Account>(
        "select id, username, email, role, disabled_at, created_at, updated_at, last_login, \
         password_hash from users where (created_at, id) < ($1, $2) order by created_at desc, id desc limit $3",
    )
    .bind(before.created_at())
    .bind(before.id())
    .bind(Paged::<Account>::LIMIT)
    .fetch_all(conn)
    .await)?;
    Ok(Paged::new(rows, |row| {
        Cursor::after(row.created_at, &row.id)
    }))
}

/// One account.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find(db: &Db, id: &str) -> Result<Account, Error> {
    Ok(on!(db, conn => sqlx::query_as::<_, Account>(
        "select id, username, email, role, disabled_at, created_at, updated_at, last_login, \
         password_hash from users where id = $1",
    )
    .bind(id)
    .fetch_one(conn)
    .await)?)
}

/// One account, which stays as it is until the change is committed.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn lock(change: &mut Change, id: &str) -> Result<Account, Error> {
    // Two admins who demote one another at once would otherwise both succeed.
    change.lock_deployment().await?;
    Ok(on!(change, conn => sqlx::query_as::<_, Account>(
        "select id, username, email, role, disabled_at, created_at, updated_at, last_login, \
         password_hash from users where id = $1",
    )
    .bind(id)
    .fetch_one(conn)
    .await)?)
}

async fn has_other_admin(change: &mut Change, id: &str) -> Result<bool, Error> {
    Ok(on!(change, conn => sqlx::query_scalar::<_, bool>(
        "select exists (select 1 from users \
         where role = 'admin' and disabled_at is null and id <> $1)",
    )
    .bind(id)
    .fetch_one(conn)
    .await)?)
}

/// Makes an account.
///
/// # Errors
/// `Ok(Err(…))` where it may not be; `Err` when the database is away.
pub async fn insert(change: &mut Change, new: &NewAccount) -> Result<Result<(), Refused>, Error> {
    let now = change.now();
    let done = on!(change, conn => sqlx::query(
        "insert into users (id, username, email, password_hash, role, preferences, disabled_at, \
         one_time_password, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
    )
    .bind(&new.id)
    .bind(&new.username)
    .bind(&new.email)
    .bind(&new.password_hash)
    .bind(new.role.as_str())
    .bind(Json(Value::Object(serde_json::Map::new())))
    .bind(new.disabled.then_some(now))
    .bind(new.one_time_password)
    .bind(now)
    .execute(conn)
    .await
    .map(|_| ()));
    taken(done)
}

/// Changes an account that was [locked](lock). Its sessions end where its password, its role or
/// whether it may come in is another.
///
/// # Errors
/// `Ok(Err(…))` where it may not be; `Err` when the database is away.
pub async fn update(
    change: &mut Change,
    before: &Account,
    edit: &Edit,
) -> Result<Result<(), Refused>, Error> {
    let id = before.id.as_str();
    let stays_admin = edit.role == Role::Admin && !edit.disabled;
    if before.is_active_admin() && !stays_admin && !has_other_admin(change, id).await? {
        return Ok(Err(Refused::LastAdmin));
    }
    let now = change.now();
    let disabled_at = if edit.disabled {
        before.disabled_at.or(Some(now))
    } else {
        None
    };
    let done = on!(change, conn => sqlx::query(
        "update users set username = $2, email = $3, role = $4, disabled_at = $5, updated_at = $6, \
         one_time_password = case when $7 is null then one_time_password else $8 end, \
         password_hash = coalesce($7, password_hash) where id = $1",
    )
    .bind(id)
    .bind(&edit.username)
    .bind(&edit.email)
    .bind(edit.role.as_str())
    .bind(disabled_at)
    .bind(now)
    .bind(&edit.password_hash)
    .bind(edit.one_time_password)
    .execute(conn)
    .await
    .map(|_| ()));
    if let Err(refused) = taken(done)? {
        return Ok(Err(refused));
    }
    if edit.ends_sessions(before) {
        end_sessions(change, id).await?;
    }
    Ok(Ok(()))
}

/// Whoever holds one of its sessions is out at once.
async fn end_sessions(change: &mut Change, id: &str) -> Result<(), Error> {
    on!(change, conn => sqlx::query("delete from sessions where user_id = $1")
        .bind(id)
        .execute(conn)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Removes an account and its sessions; answers what it was.
///
/// # Errors
/// `Ok(Err(…))` where it may not be; [`Error::NotFound`].
pub async fn delete(change: &mut Change, id: &str) -> Result<Result<Account, Refused>, Error> {
    let before = lock(change, id).await?;
    if before.is_active_admin() && !has_other_admin(change, id).await? {
        return Ok(Err(Refused::LastAdmin));
    }
    on!(change, conn => sqlx::query("delete from users where id = $1")
        .bind(id)
        .execute(conn)
        .await
        .map(|_| ()))?;
    Ok(Ok(before))
}

fn taken(done: Result<(), sqlx::Error>) -> Result<Result<(), Refused>, Error> {
    match done {
        Ok(()) => Ok(Ok(())),
        Err(sqlx::Error::Database(refusal)) if refusal.is_unique_violation() => {
            Ok(Err(Refused::Taken))
        }
        Err(error) => Err(error.into()),
    }
}
