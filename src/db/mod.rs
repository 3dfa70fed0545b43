//! The database: SQLite in the data folder, or PostgreSQL. The only room that knows there are two.
//!
//! A query is written once and run with [`on!`]; what truly differs between the engines is in
//! [`dialect`].

pub(crate) mod among;
mod connect;
mod count;
pub mod dialect;
mod health;
pub mod inspect;
mod mark;
mod node;
pub(crate) mod number;
mod timestamp;

pub use connect::{ConnectError, connect};
pub use count::Count;
pub use health::{Health, Pool};
pub(crate) use health::{class, is_away};
pub use mark::Mark;
pub use node::NodeLock;
pub use timestamp::Timestamp;

use std::sync::{Arc, Mutex, PoisonError};

use sqlx::{PgConnection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool, Transaction};
use tokio::sync::broadcast;

use crate::events::Notice;

/// A pool of connections, and the bell that rings after each commit.
#[derive(Clone, Debug)]
pub struct Db {
    engine: Engine,
    bell: broadcast::Sender<Notice>,
    rung: Arc<Mutex<Mark>>,
}

#[derive(Clone, Debug)]
enum Engine {
    Postgres(PgPool),
    /// One connection writes, any number read: SQLite lets only one writer in, and waiting for a
    /// connection is fairer than waiting for its lock.
    Sqlite {
        write: SqlitePool,
        read: SqlitePool,
    },
}

/// A transaction that writes. Dropped without a commit, it is rolled back.
#[derive(Debug)]
pub enum Tx {
    /// On PostgreSQL.
    Postgres(Transaction<'static, Postgres>),
    /// On SQLite, begun with `begin immediate`.
    Sqlite(Transaction<'static, Sqlite>),
}

/// One of two things, by engine: what [`on!`] matches on.
#[derive(Debug)]
pub enum Arm<P, S> {
    /// The PostgreSQL side.
    Postgres(P),
    /// The SQLite side.
    Sqlite(S),
}

/// Runs one expression against the connection of whichever engine is behind `$target`
/// (a `&Db`, a `&mut Tx` or a `&mut Change`).
#[macro_export]
macro_rules! on {
    ($target:expr, $conn:ident => $body:expr) => {
        match $target.arms() {
            $crate::db::Arm::Postgres($conn) => $body,
            $crate::db::Arm::Sqlite($conn) => $body,
        }
    };
}

/// How many notices a slow listener may lag behind before it is told to look at everything again.
const BELL_CAPACITY: usize = 1024;

impl Db {
    fn new(engine: Engine) -> Self {
        let (bell, _) = broadcast::channel(BELL_CAPACITY);
        // Counted from the clock, so that no mark of an earlier run is taken for one of this run.
        let start = u64::try_from(Timestamp::now().micros()).unwrap_or_default();
        Self {
            engine,
            bell,
            rung: Arc::new(Mutex::new(Mark::starting_at(start))),
        }
    }

    /// The pool to read from.
    pub fn arms(&self) -> Arm<&PgPool, &SqlitePool> {
        match &self.engine {
            Engine::Postgres(pool) => Arm::Postgres(pool),
            Engine::Sqlite { read, .. } => Arm::Sqlite(read),
        }
    }

    /// The pool that may write outside a [`Change`](crate::events::Change): the relay's marks, a
    /// session's last_seen. What a person did goes through a Change.
    pub fn writer(&self) -> Writer<'_> {
        Writer(self)
    }

    /// Begins a transaction that writes.
    ///
    /// # Errors
    /// When no connection is to be had in time.
    pub async fn begin(&self) -> Result<Tx, sqlx::Error> {
        Ok(match &self.engine {
            Engine::Postgres(pool) => Tx::Postgres(pool.begin().await?),
            // A deferred transaction that writes later gets SQLITE_BUSY at once.
            Engine::Sqlite { write, .. } => Tx::Sqlite(write.begin_with("begin immediate").await?),
        })
    }

    /// The same database over connections of its own, for the work that goes on when the server's
    /// workers are gone: a connection to PostgreSQL dies with the runtime that opened it, and each
    /// worker has its own.
    pub fn apart(&self) -> Self {
        let engine = match &self.engine {
            Engine::Postgres(pool) => Engine::Postgres(connect::apart(pool)),
            sqlite => sqlite.clone(),
        };
        Self {
            engine,
            ..self.clone()
        }
    }

    /// Whether the engine is PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        matches!(self.engine, Engine::Postgres(_))
    }

    /// Hears of every commit from now on, this node's and (on PostgreSQL) the others'.
    pub fn listen(&self) -> broadcast::Receiver<Notice> {
        self.bell.subscribe()
    }

    /// Tells this process's listeners.
    pub fn ring(&self, mut notice: Notice) {
        // Held until the notice is out, so that listeners hear the marks in their order.
        let mut rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        *rung = rung.after(&notice.news);
        notice.mark = *rung;
        // Nobody listening is no error.
        let _ = self.bell.send(notice);
    }

    /// The mark of the last notice. Whoever read the mark, then looked, then finds it unchanged, has
    /// missed nothing.
    pub fn mark(&self) -> Mark {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes every connection; SQLite folds its log into the file.
    pub async fn close(&self) {
        match &self.engine {
            Engine::Postgres(pool) => pool.close().await,
            Engine::Sqlite { write, read } => {
                read.close().await;
                write.close().await;
            }
        }
    }
}

/// See [`Db::writer`].
#[derive(Debug)]
pub struct Writer<'a>(&'a Db);

impl Writer<'_> {
    /// The pool to write through.
    pub fn arms(&self) -> Arm<&PgPool, &SqlitePool> {
        match &self.0.engine {
            Engine::Postgres(pool) => Arm::Postgres(pool),
            Engine::Sqlite { write, .. } => Arm::Sqlite(write),
        }
    }
}

impl Tx {
    /// The connection the transaction runs on.
    pub fn arms(&mut self) -> Arm<&mut PgConnection, &mut SqliteConnection> {
        match self {
            Tx::Postgres(tx) => Arm::Postgres(&mut **tx),
            Tx::Sqlite(tx) => Arm::Sqlite(&mut **tx),
        }
    }

    /// Makes it last.
    ///
    /// # Errors
    /// When the database could not promise that.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Tx::Postgres(tx) => tx.commit().await,
            Tx::Sqlite(tx) => tx.commit().await,
        }
    }
}
