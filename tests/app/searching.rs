//! Plugins found by their configuration.

use serde_json::json;

use crate::harness::{Answer, Browser, TestApp};

async fn with_plugins(app: &TestApp) -> Browser {
    let admin = app.setup_admin().await;
    for (id, config) in [
        (
            "alpha",
            json!({ "enabled": true, "port": 8080, "rooms": [{ "name": "hall", "lamps": 2 }, { "name": "attic" }] }),
        ),
        (
            "beta",
            json!({ "enabled": "true", "port": "8080", "deep": { "a/b": null } }),
        ),
        (
            "gamma",
            json!({ "enabled": 1, "port": 8081.0, "rooms": [{ "name": "hall" }] }),
        ),
        ("delta", json!({})),
    ] {
        let manifest = json!({ "id": id, "name": id, "version": "1.0.0", "type": "data", "author": "R", "description": "D",
            "config_schema": { "type": "object" } });
        admin
            .post("/plugins", &[("manifest_text", &manifest.to_string())])
            .await
            .status(303);
        let document = config.to_string();
        admin
            .post(
                &format!("/plugins/{id}/config/merge"),
                &[("document", &document)],
            )
            .await
            .status(303);
    }
    admin
}

async fn found(browser: &Browser, query: &[(&str, &str)]) -> Vec<String> {
    let mut names = rows(&ask(browser, query).await.status(200));
    names.sort_unstable();
    names
}

async fn ask(browser: &Browser, query: &[(&str, &str)]) -> Answer {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(query)
        .finish();
    browser.get(&format!("/plugins?{query}")).await
}

fn rows(page: &Answer) -> Vec<String> {
    page.select("#plugins tbody th a")
}

stories! {
    async fn plugins_are_found_by_what_their_configuration_holds(app) {
        let viewer = {
            with_plugins(&app).await;
            app.user("viewer").await
        };
        for (query, expected) in [
            (vec![("criteria", "{\"port\": 8080.0}")], vec!["alpha"]),
            (vec![("criteria", "{\"rooms\": [{\"name\": \"hall\"}]}")], vec!["alpha", "gamma"]),
            (vec![("criteria", "{\"rooms\": [{\"lamps\": 2}, {\"name\": \"attic\"}, {\"lamps\": 2}]}")], vec!["alpha"]),
            (vec![("criteria", "{\"deep\": {\"a/b\": null}}")], vec!["beta"]),
            (vec![("criteria", "{}")], vec!["alpha", "beta", "delta", "gamma"]),
            (vec![("criteria", "[]")], vec![]),
            (vec![("config./port", "8080")], vec!["alpha", "beta"]),
            (vec![("config./rooms/0/name", "hall"), ("has", "enabled")], vec!["alpha", "gamma"]),
            (vec![("config./rooms/1/name", "attic")], vec!["alpha"]),
            (vec![("config./rooms/0/name", "attic")], vec![]),
            (vec![("config./deep/a~1b", "null")], vec!["beta"]),
            (vec![("has", "rooms"), ("has", "port")], vec!["alpha", "gamma"]),
            (vec![("enabled", "true")], vec!["alpha", "beta"]),
            (vec![("enabled", "false")], vec!["delta", "gamma"]),
            (vec![("enabled", "true"), ("q", "alph"), ("has", ""), ("criteria", " ")], vec!["alpha"]),
        ] {
            assert_eq!(found(&viewer, &query).await, expected, "{query:?}");
        }
    }

    async fn a_search_that_cannot_be_understood_says_so_at_its_field(app) {
        let admin = with_plugins(&app).await;
        let deep = "[".repeat(9_000);
        for (name, value, field) in [
            ("criteria", "{port: 8080}", "#criteria-error"), ("criteria", deep.as_str(), "#criteria-error"), ("criteria", "\"\\u0000\"", "#criteria-error"),
            ("criteria", "1e999999999999", "#criteria-error"), ("has", "$sealed$v1$x", "#has-error"), ("enabled", "yes", "#enabled-error"),
            ("config.port", "1", ".field-error"), ("config./a~5", "1", ".field-error"), ("config./a", "$sealed$v1$x", ".field-error"),
        ] {
            let page = ask(&admin, &[(name, value)]).await.status(422);
            assert!(page.has(field), "{name}: {}", page.text);
            assert!(rows(&page).is_empty());
        }
        ask(&admin, &[("has", "a\0")]).await.status(400);
        let page = ask(&admin, &[("criteria", "{\"<script>alert(1)</script>\": 1}")]).await.status(200);
        assert!(!page.text.contains("<script>alert"));
    }

    async fn pages_of_a_search_are_full_and_none_is_left_out(app) {
        let admin = app.setup_admin().await;
        let config = "'{\"port\": 7, \"n\": ' || n || '}'";
        let (numbers, config) = match app.engine() {
            crate::harness::Engine::Sqlite => ("(with recursive s(n) as (select 1 union all select n + 1 from s where n < 240) select n from s)".to_owned(), config.to_owned()),
            crate::harness::Engine::Postgres => ("generate_series(1, 240) as n".to_owned(), format!("({config})::jsonb")),
        };
        let sql = format!("insert into plugins (id, name, version, type, config) \
            select 'p' || n, 'p' || n, '1.0.0', 'data', case when n % 2 = 0 then {config} else '{{}}' end from {numbers}");
        app.database().execute(&sql).await;
        let mut seen = Vec::new();
        let mut address = "/plugins?criteria=%7B%22port%22%3A7%7D".to_owned();
        let mut sizes = Vec::new();
        loop {
            let page = admin.get(&address).await.status(200);
            sizes.push(rows(&page).len());
            seen.extend(rows(&page));
            match page.attributes("a[rel=next]", "href").pop() {
                Some(next) => address = next,
                None => break,
            }
        }
        assert_eq!(sizes, [50, 50, 20]);
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 120);
    }
}

/// `tests/run ten_thousand --ignored --nocapture` prints how long a page of a search takes, from the
/// request to the whole answer. The tests' build is not optimised.
mod ten_thousand_plugins {
    use std::time::Instant;

    use super::rows;
    use crate::harness::{Engine, TestApp, tell};

    const CONFIG: &str = r#"'{"n": ' || n || ', "port": ' || (n % 100) || ', "enabled": '
        || case when n % 3 = 0 then 'true' else 'false' end
        || case when n % 1000 = 0 then ', "rare": null' else '' end
        || ', "rooms": [{"name": "' || case when n % 2 = 0 then 'hall' else 'attic' end || '"}]}'"#;

    #[test]
    #[ignore = "measures"]
    fn sqlite() {
        tell(Engine::Sqlite, measure);
    }

    #[test]
    #[ignore = "measures"]
    fn postgres() {
        tell(Engine::Postgres, measure);
    }

    async fn measure(app: TestApp) {
        let admin = app.setup_admin().await;
        fill(&app).await;
        for (query, size) in [
            ("", 50),
            ("criteria=%7B%22port%22%3A7%7D", 50),
            (
                "criteria=%7B%22rooms%22%3A%5B%7B%22name%22%3A%22hall%22%7D%5D%7D",
                50,
            ),
            ("criteria=%7B%22n%22%3A17%7D", 1),
            ("has=rare", 10),
            ("config./port=7", 50),
            ("config./rooms/0/name=attic", 50),
            ("config./n=4711", 1),
            ("enabled=true", 50),
        ] {
            let mut took = Vec::new();
            for _ in 0..30 {
                let started = Instant::now();
                let page = admin.get(&format!("/plugins?{query}")).await.status(200);
                took.push(started.elapsed().as_secs_f64() * 1e3);
                assert_eq!(rows(&page).len(), size, "{query}");
            }
            took.sort_by(f64::total_cmp);
            let (least, middle, most) = (took[0], took[15], took[29]);
            let engine = match app.engine() {
                Engine::Sqlite => "SQLite",
                Engine::Postgres => "PostgreSQL",
            };
            println!(
                "{engine:10} {query:64} min {least:6.1} ms  median {middle:6.1} ms  most {most:6.1} ms"
            );
        }
    }

    async fn fill(app: &TestApp) {
        let (numbers, config) = match app.engine() {
            Engine::Sqlite => (
                "(with recursive s(n) as (select 1 union all select n + 1 from s where n < 10000) select n from s)",
                CONFIG.to_owned(),
            ),
            Engine::Postgres => (
                "generate_series(1, 10000) as n",
                format!("({CONFIG})::jsonb"),
            ),
        };
        let sql = format!(
            "insert into plugins (id, name, version, type, config) \
             select 'p' || n, 'Plugin ' || n, '1.0.0', 'data', {config} from {numbers}"
        );
        app.database().execute(&sql).await;
        app.database().execute("analyze").await;
    }
}
