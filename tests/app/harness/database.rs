use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Map, Value};
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{AssertSqlSafe, Column, Connection, PgConnection, SqliteConnection, TypeInfo, ValueRef};
use sqlx::{Row as _, query, query_scalar};
use url::Url;

use super::Engine;

/// A database of one story, seen from outside the application.
#[derive(Clone, Debug)]
pub enum Database {
    Sqlite(PathBuf),
    Postgres(Url),
}

static NEXT: AtomicU32 = AtomicU32::new(1);

impl Database {
    pub fn sqlite(data_dir: &Path) -> Self {
        Self::Sqlite(data_dir.join("taylordash.db"))
    }

    /// A new, empty database on the server of `TEST_POSTGRES_URL`.
    pub async fn fresh_postgres() -> Self {
        let mut admin = admin().await;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("story_{}_{number}", std::process::id());
        run(&mut admin, &format!("create database {name}")).await;
        let mut url = admin_url();
        url.set_path(&name);
        Self::Postgres(url)
    }

    /// Takes a PostgreSQL database off the server; a file goes with its folder.
    pub async fn drop_it(&self) {
        if let Self::Postgres(url) = self {
            let name = url.path().trim_start_matches('/');
            let mut admin = admin().await;
            run(
                &mut admin,
                &format!("drop database if exists {name} with (force)"),
            )
            .await;
        }
    }

    pub fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    /// What `DATABASE_URL` is to be.
    pub fn url(&self) -> Option<Url> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(url) => Some(url.clone()),
        }
    }

    /// What a query finds.
    pub async fn rows(&self, sql: &str) -> Vec<Row> {
        match self {
            Self::Sqlite(file) => {
                let mut connection = open(file).await;
                let found = query(AssertSqlSafe(sql)).fetch_all(&mut connection).await;
                found.expect(sql).iter().map(Row::of).collect()
            }
            Self::Postgres(url) => {
                let mut connection = PgConnection::connect(url.as_str()).await.unwrap();
                let sql = format!("select to_jsonb(found)::text from ({sql}) as found");
                let found = query_scalar::<_, String>(AssertSqlSafe(sql.as_str()))
                    .fetch_all(&mut connection)
                    .await;
                let rows = found.expect(&sql);
                rows.iter()
                    .map(|row| Row(serde_json::from_str(row).unwrap()))
                    .collect()
            }
        }
    }

    /// How the engine would run a statement of any parameters, a line for each step.
    pub async fn plan(&self, statement: &str) -> Vec<String> {
        match self {
            Self::Sqlite(_) => {
                let rows = self.rows(&format!("explain query plan {statement}")).await;
                rows.iter()
                    .map(|row| row.text("detail").to_owned())
                    .collect()
            }
            Self::Postgres(url) => {
                let mut connection = PgConnection::connect(url.as_str()).await.unwrap();
                let parameters = (1..40).rev().find(|n| statement.contains(&format!("${n}")));
                let nulls = vec!["null"; parameters.unwrap_or_default()].join(", ");
                let call = if nulls.is_empty() {
                    String::new()
                } else {
                    format!("({nulls})")
                };
                run(&mut connection, "set plan_cache_mode = force_generic_plan").await;
                // A small table is read whole for good reasons. So it is only where no index will do.
                run(&mut connection, "set enable_seqscan = off").await;
                run(&mut connection, &format!("prepare asked as {statement}")).await;
                let plan = query_scalar::<_, String>(AssertSqlSafe(format!(
                    "explain execute asked{call}"
                )));
                plan.fetch_all(&mut connection).await.expect(statement)
            }
        }
    }

    /// Changes something behind the application's back.
    pub async fn execute(&self, sql: &str) {
        match self {
            Self::Sqlite(file) => {
                let mut connection = open(file).await;
                let done = query(AssertSqlSafe(sql)).execute(&mut connection).await;
                done.expect(sql);
            }
            Self::Postgres(url) => {
                let mut connection = PgConnection::connect(url.as_str()).await.unwrap();
                run(&mut connection, sql).await;
            }
        }
    }
}

/// A row, by the names of its columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Row(Map<String, Value>);

impl Row {
    fn of(row: &SqliteRow) -> Self {
        let columns = row.columns().iter();
        Self(
            columns
                .map(|column| (column.name().to_owned(), cell(row, column.ordinal())))
                .collect(),
        )
    }

    pub fn get(&self, column: &str) -> &Value {
        self.0
            .get(column)
            .unwrap_or_else(|| panic!("no column {column} in {self:?}"))
    }

    pub fn text(&self, column: &str) -> &str {
        self.get(column)
            .as_str()
            .unwrap_or_else(|| panic!("{column} is no text in {self:?}"))
    }

    pub fn int(&self, column: &str) -> i64 {
        self.get(column)
            .as_i64()
            .unwrap_or_else(|| panic!("{column} is no number in {self:?}"))
    }

    pub fn is_null(&self, column: &str) -> bool {
        self.get(column).is_null()
    }

    /// JSON, whether the engine keeps it as such or as text.
    pub fn json(&self, column: &str) -> Value {
        match self.get(column) {
            Value::String(text) => serde_json::from_str(text).expect("the column holds JSON"),
            value => value.clone(),
        }
    }
}

fn cell(row: &SqliteRow, index: usize) -> Value {
    let kind = {
        let raw = row.try_get_raw(index).unwrap();
        if raw.is_null() {
            "NULL".to_owned()
        } else {
            raw.type_info().name().to_owned()
        }
    };
    match kind.as_str() {
        "NULL" => Value::Null,
        "INTEGER" | "BOOLEAN" => row.get_unchecked::<i64, _>(index).into(),
        "REAL" => row.get_unchecked::<f64, _>(index).into(),
        _ => row.get_unchecked::<String, _>(index).into(),
    }
}

async fn open(file: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10));
    SqliteConnection::connect_with(&options).await.unwrap()
}

async fn run(connection: &mut PgConnection, sql: &str) {
    let done = query(AssertSqlSafe(sql)).execute(connection).await;
    done.expect(sql);
}

async fn admin() -> PgConnection {
    PgConnection::connect(admin_url().as_str())
        .await
        .expect("the PostgreSQL of TEST_POSTGRES_URL answers")
}

/// The throwaway server, as someone who may make databases there.
pub fn admin_url() -> Url {
    let url = std::env::var("TEST_POSTGRES_URL").expect(
        "TEST_POSTGRES_URL is not set: run the tests with tests/run, it starts a PostgreSQL of its own",
    );
    Url::parse(&url).expect("TEST_POSTGRES_URL is an address")
}
