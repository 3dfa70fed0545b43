//! What PostgreSQL says of itself, as far as an ordinary role may see it.

use sqlx::{AssertSqlSafe, FromRow, PgExecutor};

use super::{Reading, Size, reading};
use crate::db::Timestamp;
use crate::error::Error;

/// All of it.
#[derive(Debug)]
pub struct PostgresReport {
    /// As the server writes it.
    pub version: String,
    /// Of the whole database.
    pub size: Reading<Size>,
    /// Ours, on all nodes.
    pub connections: Reading<Vec<Connection>>,
    /// The largest first.
    pub tables: Reading<Vec<Table>>,
    /// Of our tables.
    pub columns: Reading<Vec<Column>>,
    /// Those that took the most time, where the server counts them.
    pub statements: Statements,
}

/// A row of `pg_stat_activity`.
#[derive(Debug, FromRow)]
pub struct Connection {
    /// The server's process.
    pub pid: i32,
    /// `active`, `idle`, …
    pub state: String,
    /// Since when it is in that state.
    pub since: Option<Timestamp>,
    /// What it waits for, if anything.
    pub waits_for: String,
    /// What it does, or did last.
    pub query: String,
}

/// A row of `pg_stat_user_tables`.
#[derive(Debug, FromRow)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// About how many rows, as of the last ANALYZE and the changes since.
    pub rows: i64,
    /// Rows that wait for VACUUM.
    pub dead: i64,
    /// With indexes and long values.
    pub total: Size,
    /// The indexes alone.
    pub indexes: Size,
}

/// A row of `pg_stats`.
#[derive(Debug, FromRow)]
pub struct Column {
    /// Of which table.
    pub table_name: String,
    /// Its name.
    pub name: String,
    /// Different values; negative: the share of all rows, times -1.
    pub n_distinct: f64,
    /// How far the order on disk is the order of values, from -1 to 1.
    pub correlation: Option<f64>,
    /// The share of rows without a value.
    pub null_frac: f64,
}

/// What `pg_stat_statements` tells.
#[derive(Debug)]
pub enum Statements {
    /// The extension is not in this database.
    Off,
    /// It is, but does not answer: why.
    Unreadable(String),
    /// The slowest first.
    Listed(Vec<Statement>),
}

/// A row of `pg_stat_statements`.
#[derive(Debug, FromRow)]
pub struct Statement {
    /// Its id, the same for all values.
    pub queryid: i64,
    /// With `$1` for values.
    pub query: String,
    /// How often.
    pub calls: i64,
    /// Milliseconds in all.
    pub total: f64,
    /// Milliseconds each, on average.
    pub mean: f64,
    /// Rows in all.
    pub rows: i64,
}

/// Reads all of it.
///
/// # Errors
/// When the database is away.
pub async fn report(pool: impl PgExecutor<'_> + Copy) -> Result<PostgresReport, Error> {
    let version = sqlx::query_scalar("select current_setting('server_version')")
        .fetch_one(pool)
        .await?;
    let size = sqlx::query_scalar("select pg_database_size(current_database())")
        .fetch_one(pool)
        .await;
    Ok(PostgresReport {
        version,
        size: reading(size)?,
        connections: reading(connections(pool).await)?,
        tables: reading(tables(pool).await)?,
        columns: reading(columns(pool).await)?,
        statements: statements(pool).await?,
    })
}

async fn connections(pool: impl PgExecutor<'_>) -> Result<Vec<Connection>, sqlx::Error> {
    sqlx::query_as(
        "select pid, coalesce(state, 'hidden') as state, state_change as since, \
         coalesce(wait_event_type || ': ' || wait_event, '') as waits_for, \
         coalesce(left(query, 200), '') as query from pg_stat_activity \
         where application_name like 'taylordash%' and datname = current_database() \
         order by backend_start, pid limit 100",
    )
    .fetch_all(pool)
    .await
}

async fn tables(pool: impl PgExecutor<'_>) -> Result<Vec<Table>, sqlx::Error> {
    sqlx::query_as(
        "select relname::text as name, n_live_tup as rows, n_dead_tup as dead, \
         pg_total_relation_size(relid) as total, pg_indexes_size(relid) as indexes \
         from pg_stat_user_tables where schemaname = current_schema() \
         order by total desc, name limit 50",
    )
    .fetch_all(pool)
    .await
}

async fn columns(pool: impl PgExecutor<'_>) -> Result<Vec<Column>, sqlx::Error> {
    sqlx::query_as(
        "select tablename::text as table_name, attname::text as name, \
         n_distinct::float8 as n_distinct, correlation::float8 as correlation, \
         null_frac::float8 as null_frac from pg_stats where schemaname = current_schema() \
         order by tablename, attname limit 300",
    )
    .fetch_all(pool)
    .await
}

async fn statements(pool: impl PgExecutor<'_> + Copy) -> Result<Statements, Error> {
    let Some(view) = statements_view(pool).await? else {
        return Ok(Statements::Off);
    };
    // total_exec_time since PostgreSQL 13. Only our own, others' texts are hidden from us anyway; and
    // only what has a plan.
    let slowest = sqlx::query_as::<_, Statement>(AssertSqlSafe(format!(
        "select queryid, left(query, 2000) as query, calls, total_exec_time as total, \
         mean_exec_time as mean, rows from {view} {OURS} \
         and query ~* '^[[:space:](]*(select|insert|update|delete|with)\\y' \
         order by total_exec_time desc limit 20"
    )))
    .fetch_all(pool)
    .await;
    Ok(match reading(slowest)? {
        Ok(statements) => Statements::Listed(statements),
        Err(why) => Statements::Unreadable(why),
    })
}

/// Of our role, in our database.
pub(super) const OURS: &str = "where queryid is not null \
    and dbid = (select oid from pg_database where datname = current_database()) \
    and userid = (select oid from pg_roles where rolname = current_user)";

/// The view of `pg_stat_statements`, quoted, in whichever schema the extension was created.
pub(super) async fn statements_view(pool: impl PgExecutor<'_>) -> Result<Option<String>, Error> {
    Ok(sqlx::query_scalar(
        "select quote_ident(n.nspname) || '.pg_stat_statements' from pg_extension e \
         join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_stat_statements'",
    )
    .fetch_optional(pool)
    .await?)
}
