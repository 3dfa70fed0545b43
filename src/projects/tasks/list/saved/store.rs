//! Saved views in the database. What the side bar shows comes with who is asking.

use sqlx::FromRow;

use super::{Edit, MOST};
use crate::db::Db;
use crate::error::Error;
use crate::events::Change;
use crate::on;
use crate::users::SavedView;

/// A view, and whose it is.
#[derive(Clone, Debug, FromRow)]
pub struct Kept {
    id: String,
    name: String,
    address: String,
    shared: bool,
    /// The id of their account.
    pub user_id: String,
    /// Their user name.
    pub owner: String,
}

impl Kept {
    /// As it stands in the side bar of the account of this id.
    pub fn seen_by(&self, user_id: &str) -> SavedView {
        SavedView {
            id: self.id.clone(),
            name: self.name.clone(),
            address: self.address.clone(),
            is_shared: self.shared,
            is_own: self.user_id == user_id,
        }
    }
}

/// Somebody's own views, and what others share.
///
/// # Errors
/// When the database is away.
pub async fn all(db: &Db, user_id: &str) -> Result<Vec<Kept>, Error> {
    Ok(on!(db, conn => sqlx::query_as::<_, Kept>(
        "select * from (select v.id, v.name, v.address, v.shared, v.user_id, u.username as owner \
         from saved_views v join users u on u.id = v.user_id where v.user_id = $1 \
         order by v.created_at, v.id limit $2) own union all \
         select * from (select v.id, v.name, v.address, v.shared, v.user_id, u.username as owner \
         from saved_views v join users u on u.id = v.user_id where v.shared and v.user_id <> $1 \
         order by v.created_at, v.id limit $2) others",
    )
    .bind(user_id)
    .bind(MOST)
    .fetch_all(conn)
    .await)?)
}

/// Makes a view. `false` where one of that id is there already, or they have as many as one may.
///
/// # Errors
/// When the database is away.
pub async fn insert(change: &mut Change, user_id: &str, view: &SavedView) -> Result<bool, Error> {
    let now = change.now();
    let rows = on!(change, conn => sqlx::query(
        "insert into saved_views (id, user_id, name, address, shared, created_at) \
         select $1, $2, $3, $4, $5, $6 from users where id = $2 \
         and (select count(*) from saved_views where user_id = $2) < $7 \
         on conflict (id) do nothing",
    )
    .bind(&view.id)
    .bind(user_id)
    .bind(&view.name)
    .bind(&view.address)
    .bind(view.is_shared)
    .bind(now)
    .bind(MOST)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Reads a view that this account may change, so that nobody else changes it until the commit: its own,
/// and where it is an admin's what others share.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn lock(
    change: &mut Change,
    id: &str,
    user_id: &str,
    is_admin: bool,
) -> Result<Kept, Error> {
    Ok(on!(change, conn => sqlx::query_as::<_, Kept>(
        "update saved_views set name = name where id = $1 and (user_id = $2 or ($3 and shared)) \
         returning id, name, address, shared, user_id, '' as owner",
    )
    .bind(id)
    .bind(user_id)
    .bind(is_admin)
    .fetch_one(conn)
    .await)?)
}

/// Changes a view that was locked.
///
/// # Errors
/// When the database is away.
pub async fn update(change: &mut Change, id: &str, edit: &Edit) -> Result<(), Error> {
    on!(change, conn => sqlx::query("update saved_views set name = $2, shared = $3 where id = $1")
        .bind(id)
        .bind(&edit.name)
        .bind(edit.is_shared)
        .execute(conn)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Removes a view that was locked.
///
/// # Errors
/// When the database is away.
pub async fn delete(change: &mut Change, id: &str) -> Result<(), Error> {
    on!(change, conn => sqlx::query("delete from saved_views where id = $1")
        .bind(id)
        .execute(conn)
        .await
        .map(|_| ()))?;
    Ok(())
}
