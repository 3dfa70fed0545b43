//! The same questions to SQLite and to a real PostgreSQL.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, PgConnection, SqliteConnection};

use super::dice::Dice;
use super::{Condition, Filter, Search, Typed};
use crate::db::dialect::assembled;
use crate::db::number;

const DOCUMENTS: usize = 400;
const CRITERIA: usize = 300;

struct Engines {
    postgres: PgConnection,
    sqlite: SqliteConnection,
}

impl Engines {
    async fn with(documents: &[Value]) -> Self {
        let url = std::env::var("TEST_POSTGRES_URL").expect(
            "TEST_POSTGRES_URL is not set: run the tests with tests/run, it starts a PostgreSQL of its own",
        );
        let mut postgres = PgConnection::connect(&url).await.unwrap();
        let options = SqliteConnectOptions::new()
            .in_memory(true)
            .collation(number::COLLATION, number::compare);
        let mut sqlite = SqliteConnection::connect_with(&options).await.unwrap();
        let table = "create temporary table plugins (id bigint primary key, config jsonb not null)";
        sqlx::query(table).execute(&mut postgres).await.unwrap();
        let table = "create table plugins (id integer primary key, config text not null) strict";
        sqlx::query(table).execute(&mut sqlite).await.unwrap();
        for (id, document) in documents.iter().enumerate() {
            let id = i64::try_from(id).unwrap();
            sqlx::query("insert into plugins values ($1, $2::jsonb)")
                .bind(id)
                .bind(document.to_string())
                .execute(&mut postgres)
                .await
                .unwrap();
            sqlx::query("insert into plugins values ($1, $2)")
                .bind(id)
                .bind(document.to_string())
                .execute(&mut sqlite)
                .await
                .unwrap();
        }
        Self { postgres, sqlite }
    }

    /// What both find; fails where they differ.
    async fn find(&mut self, search: &Search) -> BTreeSet<i64> {
        let on_postgres = Condition::on_postgres(search, 1);
        let on_sqlite = Condition::on_sqlite(search, 1);
        let text = format!("select id from plugins where {}", on_postgres.text);
        let mut query = sqlx::query_scalar::<_, i64>(assembled(text));
        for value in on_postgres.values {
            query = query.bind(value);
        }
        let expected: BTreeSet<i64> = query
            .persistent(false)
            .fetch_all(&mut self.postgres)
            .await
            .unwrap()
            .into_iter()
            .collect();
        let text = format!("select id from plugins where {}", on_sqlite.text);
        let mut query = sqlx::query_scalar::<_, i64>(assembled(text));
        for value in on_sqlite.values {
            query = query.bind(value);
        }
        let found = query
            .persistent(false)
            .fetch_all(&mut self.sqlite)
            .await
            .unwrap_or_else(|error| panic!("{error}: {search:?}"));
        assert_eq!(
            found.into_iter().collect::<BTreeSet<_>>(),
            expected,
            "{search:?}"
        );
        expected
    }
}

fn search(filter: Filter) -> Search {
    Search {
        filters: vec![filter],
    }
}

fn documents(dice: &mut Dice) -> Vec<Value> {
    (0..DOCUMENTS)
        .map(|_| {
            if dice.one_in(10) {
                dice.value(3)
            } else {
                dice.object(3)
            }
        })
        .collect()
}

#[tokio::test]
async fn sqlite_contains_exactly_what_postgres_contains() {
    let mut dice = Dice(0x7461_796c_6f72);
    let documents = documents(&mut dice);
    let mut engines = Engines::with(&documents).await;
    let mut hits = 0;
    for _ in 0..CRITERIA {
        let criteria = match dice.below(4) {
            0 => dice.value(3),
            _ => {
                let document = &documents[dice.below(DOCUMENTS)];
                dice.part(document)
            }
        };
        hits += engines
            .find(&search(Filter::Contains(criteria)))
            .await
            .len();
    }
    let pairs = DOCUMENTS * CRITERIA;
    assert!(
        hits * 100 > pairs && hits * 2 < pairs,
        "{hits} of {pairs} say too little"
    );
}

#[tokio::test]
async fn the_corners_of_containment_are_the_same() {
    let values = [
        "{}",
        "[]",
        "null",
        "0",
        "\"a\"",
        "[[]]",
        "[{}]",
        "[null]",
        "[[1]]",
        "[1, 1]",
        "[1]",
        "{\"a\": {}}",
        "{\"a\": []}",
        "{\"a\": null}",
        "{\"a\": [1, [1, 2]]}",
        "{\"a\": [{\"b\": 1, \"c\": 2}, {\"b\": 2}]}",
        "[\"a\", [\"a\"]]",
        "{\"a\": {\"b\": {\"c\": [[[{\"d\": 1}]]]}}}",
        "[{\"b\": 1}, {\"c\": 2}]",
        "[{\"b\": 1, \"c\": 2}]",
        "{\"a\": 1}",
        "[true, false]",
        "[false]",
    ]
    .map(|text| serde_json::from_str::<Value>(text).unwrap());
    let mut engines = Engines::with(&values).await;
    for criteria in &values {
        let found = engines
            .find(&search(Filter::Contains(criteria.clone())))
            .await;
        assert!(!found.is_empty(), "{criteria} contains itself");
    }
}

#[tokio::test]
async fn keys_places_and_enabled_are_found_alike_and_as_json_pointer_says() {
    let mut dice = Dice(42);
    let documents = documents(&mut dice);
    let mut engines = Engines::with(&documents).await;
    let mut hits = 0;
    for _ in 0..200 {
        engines.find(&search(Filter::Has(dice.key()))).await;
        let (mut parts, mut scalar) = (vec![dice.key()], dice.scalar());
        if !dice.one_in(4) {
            let document = &documents[dice.below(DOCUMENTS)];
            (parts, scalar) = dice.place_in(document, scalar);
        }
        let place: String = parts
            .iter()
            .map(|part| format!("/{}", part.replace('~', "~0").replace('/', "~1")))
            .collect();
        let found = engines
            .find(&search(Filter::At(parts, vec![scalar.clone()])))
            .await;
        let expected = documents.iter().enumerate().filter(|(_, document)| {
            let there = document.pointer(&place);
            there.is_some_and(|there| crate::plugins::schema::same(there, &scalar))
        });
        let expected: BTreeSet<i64> = expected.map(|(id, _)| i64::try_from(id).unwrap()).collect();
        assert_eq!(found, expected, "{place} {scalar}");
        hits += found.len();
    }
    assert!(hits > 100, "{hits} hits say too little");
    let enabled = engines.find(&search(Filter::Enabled(true))).await;
    let disabled = engines.find(&search(Filter::Enabled(false))).await;
    assert_eq!(enabled.len() + disabled.len(), DOCUMENTS);
}

#[tokio::test]
async fn the_largest_search_that_is_taken_is_answered() {
    let deep = format!("{}1{}", "[".repeat(15), "]".repeat(15));
    let wide = json!((0..199).map(|n| json!(n)).collect::<Vec<_>>()).to_string();
    let keys: Map<String, Value> = (0..199).map(|n| (format!("k{n}"), json!(n))).collect();
    let keys = Value::Object(keys).to_string();
    let mixed = "{\"a\":[".repeat(7) + "1" + &"]}".repeat(7);
    let mut engines = Engines::with(&[
        wide.parse().unwrap(),
        deep.parse().unwrap(),
        keys.parse().unwrap(),
        mixed.parse().unwrap(),
    ])
    .await;
    for criteria in [deep, wide, keys, mixed] {
        let typed = Typed {
            criteria,
            has: vec!["x".repeat(1000); 10],
            places: vec![("/1/2/3/x".into(), "1".into()); 9],
            ..Typed::default()
        };
        engines.find(&typed.read().unwrap()).await;
        let only = Typed {
            criteria: typed.criteria,
            ..Typed::default()
        };
        assert_eq!(engines.find(&only.read().unwrap()).await.len(), 1);
    }
}

#[tokio::test]
async fn among_ten_thousand_plugins_postgres_searches_by_its_index() {
    let mut engines = Engines::with(&[]).await;
    let postgres = &mut engines.postgres;
    for statement in [
        "insert into plugins select n, jsonb_build_object('port', n, 'enabled', n % 2 = 0, 'settings', \
         jsonb_build_object('theme', 'dark', 'rooms', jsonb_build_array('r' || n % 700, 'hall'))) \
         from generate_series(1, 10000) as n",
        "alter table plugins add column created_at timestamptz not null default now()",
        "update plugins set created_at = now() - id * interval '1 minute'",
        "create index idx_plugins_created_at on plugins (created_at desc, id desc)",
        "create index idx_plugins_config on plugins using gin (config)",
        "insert into plugins values (10001, '{\"only\": {\"here\": [1]}}')",
        "analyze plugins",
    ] {
        sqlx::query(statement)
            .execute(&mut *postgres)
            .await
            .unwrap();
    }
    let place = |pointer: &str, value: &str| Typed {
        places: vec![(pointer.to_owned(), value.to_owned())],
        ..Typed::default()
    };
    let criteria = |criteria: &str| Typed {
        criteria: criteria.to_owned(),
        ..Typed::default()
    };
    let has = Typed {
        has: vec!["only".to_owned()],
        ..Typed::default()
    };
    let rare = criteria("{\"port\": 77}");
    let room = criteria("{\"settings\": {\"rooms\": [\"r7\"]}}");
    for typed in [
        rare,
        room,
        has,
        place("/port", "77"),
        place("/settings/rooms/0", "r7"),
    ] {
        let condition = Condition::on_postgres(&typed.read().unwrap(), 1);
        let text = format!(
            "explain select id from plugins where (created_at, id) < (now(), 0) and {} \
             order by created_at desc, id desc limit 51",
            condition.text
        );
        let mut query = sqlx::query_scalar::<_, String>(assembled(text)).persistent(false);
        for value in condition.values {
            query = query.bind(value);
        }
        let plan = query.fetch_all(&mut *postgres).await.unwrap().join("\n");
        assert!(
            plan.contains("Bitmap Index Scan on idx_plugins_config"),
            "{typed:?}\n{plan}"
        );
    }
}
