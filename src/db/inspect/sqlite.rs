//! What SQLite says of its file.

use std::fs;

use sqlx::{AssertSqlSafe, FromRow, SqliteExecutor};

use super::Size;
use crate::db::Count;
use crate::error::Error;

/// Where counting the rows of a table stops.
const ENOUGH: i64 = 100_000;

/// All of it.
#[derive(Debug)]
pub struct SqliteReport {
    /// Of the library.
    pub version: String,
    /// Pages and journal.
    pub pages: Pages,
    /// The file.
    pub file: File,
    /// The log beside it that is folded in from time to time.
    pub wal: Size,
    /// By name.
    pub tables: Vec<(String, Count)>,
}

/// A file.
#[derive(Debug)]
pub struct File {
    /// Where it is.
    pub path: String,
    /// How large.
    pub size: Size,
}

/// How the file is made up.
#[derive(Debug, FromRow)]
pub struct Pages {
    /// Pages in all.
    pub page_count: i64,
    /// How large each is.
    pub page_size: Size,
    /// Pages that hold nothing, to be used again.
    pub freelist_count: i64,
    /// `wal`
    pub journal_mode: String,
}

/// Reads all of it.
///
/// # Errors
/// When the file cannot be read.
pub async fn report(pool: impl SqliteExecutor<'_> + Copy) -> Result<SqliteReport, Error> {
    let version = sqlx::query_scalar("select sqlite_version()")
        .fetch_one(pool)
        .await?;
    let pages = sqlx::query_as(
        "select page_count, page_size, freelist_count, journal_mode from pragma_page_count, \
         pragma_page_size, pragma_freelist_count, pragma_journal_mode",
    )
    .fetch_one(pool)
    .await?;
    let path: String =
        sqlx::query_scalar("select file from pragma_database_list where name = 'main'")
            .fetch_one(pool)
            .await?;
    Ok(SqliteReport {
        version,
        pages,
        wal: length(&format!("{path}-wal")),
        file: File {
            size: length(&path),
            path,
        },
        tables: tables(pool).await?,
    })
}

/// 0 where there is none.
fn length(path: &str) -> Size {
    let length = fs::metadata(path).map(|file| file.len());
    Size(length.map_or(0, |length| i64::try_from(length).unwrap_or(i64::MAX)))
}

async fn tables(pool: impl SqliteExecutor<'_> + Copy) -> Result<Vec<(String, Count)>, Error> {
    let names: Vec<String> = sqlx::query_scalar(
        "select name from sqlite_schema where type = 'table' and name not like 'sqlite%' \
         order by name",
    )
    .fetch_all(pool)
    .await?;
    let counts: Vec<String> = names
        .iter()
        .map(|name| {
            let name = name.replace('"', "\"\"");
            format!("select count(*) from (select 1 from \"{name}\" limit {ENOUGH})")
        })
        .collect();
    let counted: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(counts.join(" union all ")))
        .fetch_all(pool)
        .await?;
    let counts = counted
        .into_iter()
        .map(|counted| Count::up_to(ENOUGH, counted));
    Ok(names.into_iter().zip(counts).collect())
}

/// Reads the whole file; nothing where all is well, else up to 100 sentences of SQLite's.
///
/// # Errors
/// When the file cannot be read at all.
pub async fn integrity(pool: impl SqliteExecutor<'_>) -> Result<Vec<String>, Error> {
    let mut lines: Vec<String> = sqlx::query_scalar("pragma integrity_check(100)")
        .fetch_all(pool)
        .await?;
    lines.retain(|line| line != "ok");
    Ok(lines)
}
