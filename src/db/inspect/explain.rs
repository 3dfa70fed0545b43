use std::ops::DerefMut;

use sqlx::{Acquire, AssertSqlSafe, PgConnection, Postgres};

use super::postgres::{OURS, statements_view};
use super::{Reading, reading};
use crate::error::Error;
use crate::events::new_id;

/// A statement and how PostgreSQL would go about it.
#[derive(Debug)]
pub struct Explained {
    /// Its id.
    pub queryid: i64,
    /// With `$1` for values.
    pub query: String,
    /// Line by line, or why there is none.
    pub plan: Reading<Vec<String>>,
}

/// Whether it is of a kind that has a plan.
fn is_plannable(query: &str) -> bool {
    let word: String = without_comments(query)
        .trim_start_matches(|c: char| c == '(' || c.is_whitespace())
        .chars()
        .take_while(char::is_ascii_alphabetic)
        .collect();
    ["select", "insert", "update", "delete", "with"]
        .iter()
        .any(|kind| word.eq_ignore_ascii_case(kind))
}

fn without_comments(query: &str) -> &str {
    let mut rest = query.trim_start();
    loop {
        let behind = match rest.get(..2) {
            Some("--") => rest.split_once('\n').map(|(_, behind)| behind),
            Some("/*") => rest.split_once("*/").map(|(_, behind)| behind),
            _ => return rest,
        };
        rest = behind.unwrap_or_default().trim_start();
    }
}

/// Explains a statement that PostgreSQL remembers of us, without running it.
///
/// Its text has `$1` for values. Only PostgreSQL 16 explains such a text directly, so it is prepared
/// and its generic plan shown, in a transaction that may write nothing and is rolled back.
///
/// # Errors
/// When the database is away.
pub(super) async fn explain<'c, A>(pool: A, queryid: i64) -> Result<Option<Explained>, Error>
where
    A: Acquire<'c, Database = Postgres>,
{
    let mut connection = pool.acquire().await?;
    let connection: &mut PgConnection = connection.deref_mut();
    let Some(query) = remembered(connection, queryid).await? else {
        return Ok(None);
    };
    let plan = if is_plannable(&query) {
        reading(plan(connection, &query).await)?
    } else {
        Err("Only statements that read or change rows have a plan.".to_owned())
    };
    Ok(Some(Explained {
        queryid,
        query,
        plan,
    }))
}

async fn remembered(connection: &mut PgConnection, queryid: i64) -> Result<Option<String>, Error> {
    let Some(view) = statements_view(&mut *connection).await? else {
        return Ok(None);
    };
    let found = sqlx::query_scalar(AssertSqlSafe(format!(
        "select query from {view} {OURS} and queryid = $1 limit 1"
    )))
    .bind(queryid)
    .fetch_optional(connection)
    .await;
    Ok(reading(found)?.ok().flatten())
}

async fn plan(connection: &mut PgConnection, query: &str) -> Result<Vec<String>, sqlx::Error> {
    let name = format!("explain_{}", new_id().replace('-', "_"));
    let mut tx = connection.begin().await?;
    let lines = plan_as(&mut tx, &name, query).await;
    tx.rollback().await?;
    // A prepared statement outlives the transaction; where it was not made, there is none to drop.
    let prepared = run(connection, &format!("deallocate {name}")).await;
    if let (Ok(_), Err(error)) = (&lines, prepared) {
        tracing::warn!("a prepared statement stays behind: {error}");
    }
    lines
}

async fn plan_as(
    connection: &mut PgConnection,
    name: &str,
    query: &str,
) -> Result<Vec<String>, sqlx::Error> {
    for setting in [
        "set transaction read only",
        "set local statement_timeout = '2s'",
        "set local lock_timeout = '500ms'",
        "set local plan_cache_mode = force_generic_plan",
    ] {
        run(connection, setting).await?;
    }
    // PREPARE takes one statement that reads or changes rows, and the extended protocol one command.
    run(connection, &format!("prepare {name} as {query}")).await?;
    let values: i32 = sqlx::query_scalar(
        "select cardinality(parameter_types) from pg_prepared_statements where name = $1",
    )
    .bind(name)
    .fetch_one(&mut *connection)
    .await?;
    let nulls = vec!["null"; usize::try_from(values).unwrap_or_default()].join(", ");
    let values = if nulls.is_empty() {
        nulls
    } else {
        format!("({nulls})")
    };
    sqlx::query_scalar(AssertSqlSafe(format!("explain execute {name}{values}")))
        .persistent(false)
        .fetch_all(connection)
        .await
}

async fn run(connection: &mut PgConnection, command: &str) -> Result<(), sqlx::Error> {
    sqlx::query(AssertSqlSafe(command.to_owned()))
        .persistent(false)
        .execute(connection)
        .await
        .map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::is_plannable;

    #[test]
    fn only_what_reads_or_changes_rows_has_a_plan() {
        for query in [
            "select 1",
            "  /* who */ -- why\n SELECT 1",
            "(select 1) union (select 2)",
            "with a as (select 1) select * from a",
            "insert into t values ($1)",
            "update t set a = $1",
            "delete from t",
        ] {
            assert!(is_plannable(query), "{query}");
        }
        for query in [
            "",
            "begin",
            "selection",
            "-- select",
            "/* select",
            "truncate t",
            "drop table t",
        ] {
            assert!(!is_plannable(query), "{query}");
        }
    }
}
