use std::time::Instant;

use serde::Serialize;

use super::{Db, Engine};
use crate::on;

/// What `/health/database` answers.
#[derive(Debug, Serialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum Health {
    /// A connection was had and answered.
    Healthy {
        /// How long that took, in milliseconds.
        connection_time_ms: f64,
        /// The pool's figures.
        #[serde(flatten)]
        pool: Pool,
    },
    /// It was not.
    Unhealthy {
        /// The class of the error; no host and no user.
        error: &'static str,
    },
}

/// The figures of the pool that answers reads.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Pool {
    /// Connections open now.
    pub pool_size: u32,
    /// Connections kept open when idle.
    pub pool_min_size: u32,
    /// The most that are ever open.
    pub pool_max_size: u32,
    /// Connections open and unused.
    pub pool_free_connections: usize,
}

impl Db {
    /// Asks the database for a sign of life.
    pub async fn health(&self) -> Health {
        let started = Instant::now();
        let answer = on!(self, conn => sqlx::query("select 1").execute(conn).await.map(|_| ()));
        match answer {
            Ok(()) => Health::Healthy {
                connection_time_ms: (started.elapsed().as_secs_f64() * 100_000.0).round() / 100.0,
                pool: self.pool(),
            },
            Err(error) => Health::Unhealthy {
                error: class(&error),
            },
        }
    }

    /// The pool's figures.
    pub fn pool(&self) -> Pool {
        macro_rules! figures {
            ($pool:expr) => {
                Pool {
                    pool_size: $pool.size(),
                    pool_min_size: $pool.options().get_min_connections(),
                    pool_max_size: $pool.options().get_max_connections(),
                    pool_free_connections: $pool.num_idle(),
                }
            };
        }
        match &self.engine {
            Engine::Postgres(pool) => figures!(pool),
            Engine::Sqlite { read, .. } => figures!(read),
        }
    }
}

/// What kind of trouble it is, in words that name no host, user or file.
pub(crate) fn class(error: &sqlx::Error) -> &'static str {
    match error {
        sqlx::Error::Io(_) => "connection failed",
        sqlx::Error::Tls(_) => "TLS failed",
        sqlx::Error::PoolTimedOut => "no connection within 5 s",
        sqlx::Error::PoolClosed => "shutting down",
        sqlx::Error::Database(refusal) => match refusal.code().as_deref() {
            Some("28P01" | "28000") => "login refused",
            Some("3D000") => "no such database",
            Some("57P03") => "starting up",
            Some(code) if code.starts_with("57P") => "shut down by its administrator",
            Some(code) if code.starts_with("53") => "out of resources",
            Some("55P03") => "no lock within 8 s",
            Some("13") => "disk full",
            _ => "refused by the database",
        },
        _ => "unexpected answer",
    }
}

/// Whether the database is away or out of room, rather than our question wrong.
pub(crate) fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(refusal) => match refusal.code().as_deref() {
            // PostgreSQL: class 08 connection, 53 resources, 57P shutdown, 58 system, 25006 read-only; and
            // 55P03, a lock that is not to be had.
            Some(code) if code.len() == 5 => ["08", "53", "55P03", "57P", "58", "25006"]
                .iter()
                .any(|class| code.starts_with(class)),
            // SQLite: the low byte is BUSY 5, READONLY 8, IOERR 10, FULL 13 or CANTOPEN 14.
            Some(code) => code
                .parse::<u32>()
                .is_ok_and(|code| matches!(code & 0xff, 5 | 8 | 10 | 13 | 14)),
            None => false,
        },
        _ => false,
    }
}
