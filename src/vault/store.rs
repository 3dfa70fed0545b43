//! The keys that were rotated away, by their ids.

use crate::db::Db;
use crate::error::Error;
use crate::events::Change;
use crate::on;

pub(super) async fn retired(db: &Db) -> Result<Vec<String>, Error> {
    Ok(
        on!(db, conn => sqlx::query_scalar::<_, String>("select key_id from retired_keys")
        .fetch_all(conn)
        .await)?,
    )
}

/// The same, when no other change that locks is under way.
pub(super) async fn lock(change: &mut Change) -> Result<Vec<String>, Error> {
    change.lock_deployment().await?;
    Ok(
        on!(change, conn => sqlx::query_scalar::<_, String>("select key_id from retired_keys")
        .fetch_all(conn)
        .await)?,
    )
}

pub(super) async fn retire(change: &mut Change, key_id: &str) -> Result<(), Error> {
    let now = change.now();
    on!(change, conn => sqlx::query(
        "insert into retired_keys (key_id, retired_at) values ($1, $2) on conflict (key_id) do nothing",
    )
    .bind(key_id)
    .bind(now)
    .execute(conn)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// The key is the current one again.
pub(super) async fn recall(change: &mut Change, key_id: &str) -> Result<(), Error> {
    on!(change, conn => sqlx::query("delete from retired_keys where key_id = $1")
        .bind(key_id)
        .execute(conn)
        .await
        .map(|_| ()))?;
    Ok(())
}
