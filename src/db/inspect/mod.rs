//! What the database says of itself. Each engine keeps other figures, so each has a file of its own.
//! Some of it can only be asked with names put into the text, quoted.

mod explain;
mod postgres;
mod size;
mod sqlite;

use super::{Arm, Db, is_away};
use crate::error::Error;

pub use explain::Explained;
pub use postgres::{Column, Connection, PostgresReport, Statement, Statements, Table};
pub use size::Size;
pub use sqlite::{File, Pages, SqliteReport};

/// What was read, or why this role may not read it, in a sentence.
pub type Reading<T> = Result<T, String>;

/// Figures of the engine behind the database.
#[derive(Debug)]
pub enum Report {
    /// Of PostgreSQL.
    Postgres(PostgresReport),
    /// Of SQLite.
    Sqlite(SqliteReport),
}

/// Reads them.
///
/// # Errors
/// When the database is away.
pub async fn report(db: &Db) -> Result<Report, Error> {
    Ok(match db.arms() {
        Arm::Postgres(pool) => Report::Postgres(postgres::report(pool).await?),
        Arm::Sqlite(pool) => Report::Sqlite(sqlite::report(pool).await?),
    })
}

/// The plan of a statement that PostgreSQL remembers; `None` where it does not, or keeps no such
/// statistics.
///
/// # Errors
/// When the database is away.
pub async fn explain(db: &Db, queryid: i64) -> Result<Option<Explained>, Error> {
    match db.arms() {
        Arm::Postgres(pool) => explain::explain(pool, queryid).await,
        Arm::Sqlite(_) => Ok(None),
    }
}

/// Reads the whole file and says what is wrong with it.
///
/// # Errors
/// [`Error::BadRequest`] on PostgreSQL, which has no such check; when the database is away.
pub async fn integrity(db: &Db) -> Result<Vec<String>, Error> {
    match db.arms() {
        Arm::Postgres(_) => Err(Error::BadRequest(
            "PostgreSQL looks after its own files, so there is no such check here.".to_owned(),
        )),
        Arm::Sqlite(pool) => sqlite::integrity(pool).await,
    }
}

/// What a role may not see is a sentence on the page, not an error of the page.
fn reading<T>(result: Result<T, sqlx::Error>) -> Result<Reading<T>, Error> {
    match result {
        Ok(read) => Ok(Ok(read)),
        Err(sqlx::Error::Database(refusal)) => {
            let error = sqlx::Error::Database(refusal);
            if is_away(&error) {
                return Err(error.into());
            }
            Ok(Err(refused(&error)))
        }
        Err(error) => Err(error.into()),
    }
}

fn refused(error: &sqlx::Error) -> String {
    let Some(refusal) = error.as_database_error() else {
        return "The database does not say.".to_owned();
    };
    match refusal.code().as_deref() {
        // insufficient_privilege
        Some("42501") => "The role that TaylorDash uses may not read this. Everything else works \
                          without it."
            .to_owned(),
        // object_not_in_prerequisite_state: pg_stat_statements is created, but not preloaded.
        Some("55000") => format!("The database does not say: {}.", refusal.message()),
        // undefined_column
        Some("42703") => "This takes PostgreSQL 13 or newer.".to_owned(),
        _ => format!("The database does not say: {}.", refusal.message()),
    }
}
