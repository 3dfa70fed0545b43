use std::fs::File;
use std::io;
use std::path::Path;
use std::str::FromStr;
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, PgConnection, PgPool};

use super::{Db, Engine, number};
use crate::config::Config;

/// How long a start waits for PostgreSQL to come up.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a request waits for a connection before it is told that the database is away.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// Kibibytes (with a minus, as SQLite has it) of the database file that a reading connection keeps: all
/// that a board of a large lab reads, which SQLite's own 2 MB are not.
const READ_CACHE: &str = "-8192";
/// Connections of [`Db::apart`]: the relay writes while its lease is renewed.
const APART: u32 = 2;
/// A connection idle for longer is tried before it is handed out: the server may have restarted.
const IDLE_BEFORE_PING: Duration = Duration::from_secs(1);

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The address cannot be read; the value is not repeated, it may hold a password.
    #[error("DATABASE_URL is not a PostgreSQL address (postgres://user:password@host:5432/name)")]
    Url,
    /// Nothing answered for 30 seconds.
    #[error("PostgreSQL did not answer within 30 s ({0})")]
    Away(&'static str),
    /// The data folder cannot be used.
    #[error("the data folder cannot be used: {0}")]
    Folder(#[from] io::Error),
    /// The file or server refused us.
    #[error("the database refused: {0}")]
    Refused(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("the database schema could not be brought up to date: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
}

/// Opens the database and brings its schema up to date.
///
/// # Errors
/// See [`ConnectError`].
pub async fn connect(config: &Config) -> Result<Db, ConnectError> {
    match &config.database_url {
        Some(url) => postgres(url.as_str(), config).await,
        None => sqlite(&config.data_dir, config).await,
    }
}

async fn sqlite(folder: &Path, config: &Config) -> Result<Db, ConnectError> {
    let options = SqliteConnectOptions::new()
        .filename(folder.join("taylordash.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // An answered change is on disk.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .collation(number::COLLATION, number::compare)
        .busy_timeout(Duration::from_secs(5));
    // sqlx's own lock does nothing on SQLite, and two may start at once.
    let lock = File::create(folder.join("migrate.lock"))?;
    lock.lock()?;
    let write = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .after_release(|connection, _| {
            Box::pin(async move {
                // On a full disk SQLite rolls back by itself, and sqlx's own rollback then fails: it
                // takes the connection to be inside a transaction for good, and begins no other.
                connection.ping().await?;
                Ok(!connection.is_in_transaction())
            })
        })
        .connect_with(options.clone())
        .await?;
    sqlx::migrate!("migrations/sqlite").run(&write).await?;
    drop(lock);
    let read = SqlitePoolOptions::new()
        .min_connections(config.pool_min.min(config.pool_max))
        .max_connections(config.pool_max)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .connect_with(
            options
                .create_if_missing(false)
                .read_only(true)
                .pragma("cache_size", READ_CACHE),
        )
        .await?;
    Ok(Db::new(Engine::Sqlite { write, read }))
}

async fn postgres(url: &str, config: &Config) -> Result<Db, ConnectError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|_| ConnectError::Url)?
        .application_name("taylordash");
    let mut first = wait_for(&options).await?;
    // Of two nodes that start at once, one waits as long as the other migrates.
    sqlx::migrate!("migrations/postgres")
        .run(&mut first)
        .await?;
    first.close().await?;
    let pool = pool_options()
        .min_connections(config.pool_min.min(config.pool_max))
        .max_connections(config.pool_max)
        // Where the node that has a lock is frozen, nobody else is to wait for it for ever.
        .connect_with(options.options([("lock_timeout", "8s")]))
        .await?;
    Ok(Db::new(Engine::Postgres(pool)))
}

/// Another pool to where `pool` leads; it connects when it is first asked for a connection.
pub(super) fn apart(pool: &PgPool) -> PgPool {
    let options = pool.connect_options().as_ref().clone();
    pool_options()
        .max_connections(APART)
        .connect_lazy_with(options)
}

fn pool_options() -> PgPoolOptions {
    PgPoolOptions::new()
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > IDLE_BEFORE_PING {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
}

async fn wait_for(options: &PgConnectOptions) -> Result<PgConnection, ConnectError> {
    let started = Instant::now();
    let mut pause = Duration::from_millis(250);
    loop {
        let error = match PgConnection::connect_with(options).await {
            Ok(connection) => return Ok(connection),
            Err(error) => error,
        };
        if !may_pass(&error) {
            return Err(error.into());
        }
        let class = super::health::class(&error);
        if started.elapsed() + pause > PATIENCE {
            return Err(ConnectError::Away(class));
        }
        tracing::warn!("PostgreSQL is not up yet ({class}); trying again in {pause:?}");
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(4));
    }
}

/// Whether waiting can help: not for a wrong password or an unknown database.
fn may_pass(error: &sqlx::Error) -> bool {
    match error {
        // 57P03: cannot_connect_now, the server is starting up.
        sqlx::Error::Database(refusal) => {
            matches!(refusal.code().as_deref(), Some("57P03" | "53300"))
        }
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut => true,
        _ => false,
    }
}
