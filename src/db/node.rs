use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use sqlx::{Connection, PgConnection};

use super::{Db, Engine};

/// `pg_try_advisory_lock` takes one number for everyone on the database: "taylor" in ASCII.
const ADVISORY_LOCK: i64 = 0x7461_796c_6f72;
/// How long the lock of a predecessor that was just killed may linger.
const PATIENCE: Duration = Duration::from_secs(3);

/// Held while this process serves the database: shared by nodes that can work together, exclusive
/// for one that cannot (its own broker, or a key of its own on PostgreSQL).
#[derive(Debug)]
pub enum NodeLock {
    /// An advisory lock lives as long as its connection.
    Postgres(Box<PgConnection>),
    /// A file lock lives as long as its handle.
    Sqlite(File),
}

impl Db {
    /// Takes the lock, or answers `None` when another process holds one that excludes this.
    ///
    /// # Errors
    /// When the database or the data folder cannot be reached.
    pub async fn node_lock(
        &self,
        folder: &Path,
        shared: bool,
    ) -> Result<Option<NodeLock>, sqlx::Error> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            if let Some(lock) = self.try_node_lock(folder, shared).await? {
                return Ok(Some(lock));
            }
            if tokio::time::Instant::now() > deadline {
                return Ok(None);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn try_node_lock(
        &self,
        folder: &Path,
        shared: bool,
    ) -> Result<Option<NodeLock>, sqlx::Error> {
        match &self.engine {
            Engine::Postgres(pool) => {
                let mut connection = PgConnection::connect_with(&pool.connect_options()).await?;
                let statement = if shared {
                    "select pg_try_advisory_lock_shared($1)"
                } else {
                    "select pg_try_advisory_lock($1)"
                };
                let taken: bool = sqlx::query_scalar(statement)
                    .bind(ADVISORY_LOCK)
                    .fetch_one(&mut connection)
                    .await?;
                Ok(taken.then(|| NodeLock::Postgres(Box::new(connection))))
            }
            Engine::Sqlite { .. } => {
                let file = File::create(folder.join("node.lock"))?;
                let taken = if shared {
                    file.try_lock_shared()
                } else {
                    file.try_lock()
                };
                match taken {
                    Ok(()) => Ok(Some(NodeLock::Sqlite(file))),
                    Err(TryLockError::WouldBlock) => Ok(None),
                    Err(TryLockError::Error(error)) => Err(error.into()),
                }
            }
        }
    }
}
