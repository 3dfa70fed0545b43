//! Every route for everyone who may come along. The routes are read from the table itself, so that
//! one which this file does not know fails.

use std::collections::BTreeSet;

use super::id_of;
use crate::harness::{Browser, PASSWORD, TestApp};

const TABLE: &str = include_str!("../../../src/routes.rs");

/// Who a route is for, at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Anyone,
    SignedIn,
    Maintainer,
    Admin,
}

use Who::{Admin, Anyone, Maintainer, SignedIn};

const ROUTES: &[(&str, &str, Who)] = &[
    ("GET", "/health/live", Anyone),
    ("GET", "/health/ready", Anyone),
    ("GET", "/health/database", Anyone),
    ("GET", "/setup", Anyone),
    ("POST", "/setup", Anyone),
    ("GET", "/login", Anyone),
    ("POST", "/login", Anyone),
    ("GET", "/", SignedIn),
    ("GET", "/events", SignedIn),
    ("GET", "/events/stream", SignedIn),
    ("GET", "/events/refused", SignedIn),
    ("POST", "/events/{id}/delivery", Maintainer),
    ("POST", "/events/{id}/omission", Maintainer),
    ("GET", "/events/replays", Maintainer),
    ("POST", "/events/replays", Maintainer),
    ("POST", "/events/replays/{id}/stop", Maintainer),
    ("GET", "/confirm", SignedIn),
    ("GET", "/account", SignedIn),
    ("GET", "/account/password", SignedIn),
    ("POST", "/account/password", SignedIn),
    ("POST", "/account/preferences", SignedIn),
    ("POST", "/account/sessions/deletion", SignedIn),
    ("POST", "/account/sessions/{session}/deletion", SignedIn),
    ("GET", "/account/second-factor", SignedIn),
    ("POST", "/account/second-factor", SignedIn),
    ("POST", "/account/second-factor/secret", SignedIn),
    ("POST", "/account/second-factor/recovery-codes", SignedIn),
    ("GET", "/account/second-factor/deletion", SignedIn),
    ("POST", "/account/second-factor/deletion", SignedIn),
    ("GET", "/plugins", SignedIn),
    ("POST", "/plugins", Admin),
    ("GET", "/plugins/new", Admin),
    ("GET", "/plugins/{id}", SignedIn),
    ("POST", "/plugins/{id}/status", Maintainer),
    ("GET", "/plugins/{id}/config", Maintainer),
    ("POST", "/plugins/{id}/config", Maintainer),
    ("GET", "/plugins/{id}/config/json", Maintainer),
    ("POST", "/plugins/{id}/config/json", Maintainer),
    ("GET", "/plugins/{id}/config/schema", Maintainer),
    ("POST", "/plugins/{id}/config/merge", Maintainer),
    ("GET", "/plugins/{id}/versions", SignedIn),
    ("GET", "/plugins/{id}/versions/compare", SignedIn),
    ("GET", "/plugins/{id}/versions/{number}", SignedIn),
    (
        "POST",
        "/plugins/{id}/versions/{number}/restoration",
        Maintainer,
    ),
    ("GET", "/plugins/{id}/deletion", Admin),
    ("POST", "/plugins/{id}/deletion", Admin),
    ("GET", "/projects", SignedIn),
    ("POST", "/projects", Maintainer),
    ("GET", "/projects/new", Maintainer),
    ("GET", "/projects/{id}", SignedIn),
    ("POST", "/projects/{id}", Maintainer),
    ("GET", "/projects/{id}/board", SignedIn),
    ("GET", "/board", SignedIn),
    ("GET", "/projects/{id}/map", SignedIn),
    ("GET", "/map", SignedIn),
    ("GET", "/projects/{id}/edit", Maintainer),
    ("GET", "/projects/{id}/deletion", Maintainer),
    ("POST", "/projects/{id}/deletion", Maintainer),
    ("GET", "/projects/{id}/tasks", SignedIn),
    ("POST", "/projects/{id}/tasks", Maintainer),
    ("GET", "/projects/{id}/tasks/export", SignedIn),
    ("GET", "/tasks", SignedIn),
    ("GET", "/tasks/export", SignedIn),
    ("GET", "/views", SignedIn),
    ("POST", "/views", SignedIn),
    ("POST", "/views/{id}", SignedIn),
    ("POST", "/views/{id}/deletion", SignedIn),
    ("POST", "/tasks/bulk", Maintainer),
    ("GET", "/tasks/{id}", SignedIn),
    ("POST", "/tasks/{id}", Maintainer),
    ("POST", "/tasks/{id}/blockers", Maintainer),
    (
        "POST",
        "/tasks/{id}/blockers/{blocker}/deletion",
        Maintainer,
    ),
    ("POST", "/tasks/{id}/place", Maintainer),
    ("POST", "/tasks/{id}/ticks", Maintainer),
    ("POST", "/tasks/{id}/comments", Maintainer),
    ("POST", "/tasks/{id}/comments/{comment}", Maintainer),
    (
        "POST",
        "/tasks/{id}/comments/{comment}/deletion",
        Maintainer,
    ),
    ("POST", "/tasks/{id}/deletion", Maintainer),
    ("GET", "/labels", SignedIn),
    ("POST", "/labels", Maintainer),
    ("POST", "/labels/{id}", Maintainer),
    ("GET", "/labels/{id}/deletion", Maintainer),
    ("POST", "/labels/{id}/deletion", Maintainer),
    ("GET", "/trash", SignedIn),
    ("POST", "/trash/{id}/restoration", Maintainer),
    ("GET", "/users", Admin),
    ("POST", "/users", Admin),
    ("GET", "/users/new", Admin),
    ("GET", "/users/second-factor", Admin),
    ("POST", "/users/second-factor", Admin),
    ("GET", "/users/{id}", Admin),
    ("POST", "/users/{id}", Admin),
    ("GET", "/users/{id}/deletion", Admin),
    ("POST", "/users/{id}/deletion", Admin),
    ("GET", "/users/{id}/sessions", Admin),
    ("POST", "/users/{id}/sessions/deletion", Admin),
    ("POST", "/users/{id}/sessions/{session}/deletion", Admin),
    ("GET", "/audit", Admin),
    ("GET", "/audit/export", Admin),
    ("GET", "/audit/notes", Admin),
    ("POST", "/audit/notes/sighting", Admin),
    ("GET", "/system", Admin),
    ("POST", "/system/integrity", Admin),
    ("GET", "/system/mqtt", Admin),
    ("POST", "/system/mqtt", Admin),
    ("GET", "/system/mqtt/new", Admin),
    ("GET", "/system/mqtt/{id}", Admin),
    ("POST", "/system/mqtt/{id}", Admin),
    ("POST", "/system/mqtt/{id}/password", Admin),
    ("GET", "/system/mqtt/{id}/deletion", Admin),
    ("POST", "/system/mqtt/{id}/deletion", Admin),
    // Last: it ends the session of whoever comes along.
    ("POST", "/logout", SignedIn),
];

/// Fields that decide over something, in some form or in the tables alone.
const DECIDING: &[&str] = &[
    "role",
    "disabled",
    "owner",
    "user_id",
    "project_id",
    "plugin_id",
    "permissions",
    "password_hash",
    "totp_secret",
    "security_score",
    "task_count",
    "created_at",
    "updated_at",
];

/// Whether the form that is sent there has this field.
fn has(path: &str, field: &str) -> bool {
    match path {
        "/users" | "/users/{id}" => matches!(field, "role" | "disabled"),
        "/users/second-factor" => field == "role",
        _ => false,
    }
}

/// Method and path of each route, as the table of the application has them.
fn routes_of(table: &str) -> BTreeSet<(String, String)> {
    table
        .split(".route(")
        .skip(1)
        .map(|rest| {
            let mut quoted = rest.split('"');
            let path = quoted.nth(1).unwrap().to_owned();
            let handler = quoted.next().unwrap().trim_start_matches(',').trim();
            let method = handler.split('(').next().unwrap().to_uppercase();
            (method, path)
        })
        .collect()
}

/// The status that `browser` gets, and where it leads; a stream is not read to its end.
async fn ask(browser: &Browser, method: &str, path: &str) -> (u16, String) {
    let path = path
        .replace("{id}", "no-such-id")
        .replace("{session}", "no-such-session")
        .replace("{number}", "1");
    let request = match method {
        "GET" => browser.getting(&path),
        _ => browser.posting(&path).form(&[("x", "y")]),
    };
    let answer = request.send().await.unwrap();
    let location = answer.headers().get("Location");
    let location = location.and_then(|location| location.to_str().ok());
    (
        answer.status().as_u16(),
        location.unwrap_or_default().to_owned(),
    )
}

/// Fails where the answer is not the one for somebody who `is`, on a route for who `may`.
fn judge(route: &str, name: &str, may: Who, is: Who, answer: &(u16, String)) {
    let (status, location) = answer;
    let sent_to_login = *status == 303 && location.starts_with("/login?next=");
    let said = format!("{route} as {name}: {status} {location}");
    assert!(*status < 500, "{said}");
    if is == Anyone && may > Anyone {
        // A stream cannot show a login page, and one that brings a form along is no redirect.
        let is_form = route.starts_with("POST");
        let is_shut = (route == "GET /events/stream" || is_form) && *status == 401;
        assert!(sent_to_login || is_shut, "{said}");
    } else if is < may {
        assert_eq!(*status, 403, "{said}");
    } else {
        assert!(
            !sent_to_login && !matches!(status, 401 | 403 | 405),
            "{said}"
        );
    }
}

async fn everyone(app: &TestApp) -> Vec<(&'static str, Who, Browser)> {
    let admin = app.setup_admin().await;
    let viewer = app.user("viewer").await;
    let maintainer = app.user("maintainer").await;
    let disabled = app.named_user("disabled", "admin").await;
    let path = format!("/users/{}", id_of(app, "disabled").await);
    admin.post(&path, &[("disabled", "true")]).await.see(&path);
    app.named_user("gone", "admin").await;
    let ended = app.log_in("gone", PASSWORD).await;
    let path = format!("/users/{}/sessions", id_of(app, "gone").await);
    admin
        .post(&format!("{path}/deletion"), &[])
        .await
        .see(&path);
    vec![
        ("nobody", Anyone, app.browser()),
        ("a disabled admin", Anyone, disabled),
        ("an admin whose session has ended", Anyone, ended),
        ("a viewer", SignedIn, viewer),
        ("a maintainer", Maintainer, maintainer),
        ("an admin", Admin, admin),
    ]
}

/// How many rows each table has.
async fn rows_of_all(app: &TestApp) -> Vec<(String, i64)> {
    let tables = match app.engine() {
        crate::harness::Engine::Sqlite => {
            "select name from sqlite_master where type = 'table' order by name"
        }
        crate::harness::Engine::Postgres => {
            "select tablename as name from pg_tables where schemaname = 'public' order by 1"
        }
    };
    let mut counts = Vec::new();
    for table in app.rows(tables).await {
        let name = table.text("name").to_owned();
        if name == "event_batches" || name.starts_with("watch_") {
            // The relay's and the watch's, in their own time.
            continue;
        }
        let count = app.count(&name).await;
        counts.push((name, count));
    }
    counts
}

#[test]
fn every_route_of_the_table_is_in_the_matrix_and_the_other_way_round() {
    let known: BTreeSet<(String, String)> = ROUTES
        .iter()
        .map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned()))
        .collect();
    assert_eq!(known.len(), ROUTES.len(), "a route stands here twice");
    assert_eq!(routes_of(TABLE), known);
    // Static files are the only addresses that come from elsewhere.
    assert_eq!(TABLE.matches("web::scope(").count(), 1);
    assert!(TABLE.contains("web::scope(\"/static\")"));
    assert_eq!(TABLE.matches(".service(").count(), 2);
    let unknown = TABLE.replacen(".route(", ".route(\"/secret\", get().to(x))\n.route(", 1);
    assert_ne!(
        routes_of(&unknown),
        known,
        "a route that is not known is not seen"
    );
}

stories! {
    async fn every_route_lets_in_who_may_and_nobody_else(app) {
        let everyone = everyone(&app).await;
        for (method, path, may) in ROUTES {
            for (name, is, browser) in &everyone {
                let answer = ask(browser, method, path).await;
                judge(&format!("{method} {path}"), name, *may, *is, &answer);
            }
        }
    }

    async fn no_form_takes_a_field_that_decides_elsewhere_or_another_id(app) {
        let admin = app.setup_admin().await;
        let before = rows_of_all(&app).await;
        for (_, path, _) in ROUTES.iter().filter(|(method, _, _)| *method == "POST") {
            let address = path.replace("{id}", "one").replace("{session}", "one").replace("{number}", "1");
            for field in DECIDING.iter().filter(|field| !has(path, field)) {
                let said = admin.post(&address, &[(field, "two"), ("name", "x")]).await;
                assert!(said.status == 400 && said.text.contains(field), "{path} {field}: {}", said.status);
            }
            let said = admin.post(&address, &[("id", "two")]).await;
            assert!(said.status == 400 && said.text.contains("id is another"), "{path}: {}", said.status);
        }
        assert_eq!(rows_of_all(&app).await, before);
        admin.get("/account").await.status(200);
    }

    async fn looking_changes_nothing(app) {
        let admin = app.setup_admin().await;
        admin.get("/account").await.status(200);
        let before = rows_of_all(&app).await;
        assert!(before.len() > 10, "{before:?}");
        for (_, path, _) in ROUTES.iter().filter(|(_, path, _)| *path != "/events/stream") {
            let path = path.replace("{id}", &id_of(&app, "sam").await).replace("{session}", "x").replace("{number}", "1");
            admin.get(&path).await;
            let head = reqwest::Client::new().head(admin.url(&path)).header("Cookie", admin.cookie_header());
            head.send().await.unwrap();
        }
        assert_eq!(rows_of_all(&app).await, before);
        admin.get("/account").await.status(200);
    }
}
