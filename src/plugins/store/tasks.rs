//! The tasks that are about a plugin.

use sqlx::FromRow;

use crate::db::Db;
use crate::error::Error;
use crate::on;

/// How many a plugin's page shows.
pub const SHOWN: usize = 10;

/// An open task about a plugin.
#[derive(Clone, Debug, FromRow)]
pub struct OpenTask {
    /// UUID version 7.
    pub id: String,
    /// One line.
    pub name: String,
    /// The name of its status.
    pub status: String,
}

/// The newest open tasks about a plugin, and one more where there are others.
///
/// # Errors
/// When the database is away.
pub async fn about(db: &Db, id: &str) -> Result<Vec<OpenTask>, Error> {
    Ok(on!(db, conn => sqlx::query_as::<_, OpenTask>(
        "select id, name, status from live_tasks where about_id = $1 and status <> 'done' \
         order by created_at desc, id desc limit $2",
    )
    .bind(id)
    .bind(SHOWN as i64 + 1)
    .fetch_all(conn)
    .await)?)
}
