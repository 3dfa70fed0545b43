//! Secrets of configurations: sealed on disk, never shown, and put under another key.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::process::Command;

use crate::harness::{Browser, Engine, PASSWORD, SOON, TestApp};

const PLUGIN: &str = "/plugins/nas-backup";
const CONFIG: &str = "/plugins/nas-backup/config";
const TEXT: &str = "/plugins/nas-backup/config/json";
const SCHEMA: &str = "/plugins/nas-backup/config/schema";
const MERGE: &str = "/plugins/nas-backup/config/merge";
const VERSIONS: &str = "/plugins/nas-backup/versions";
const FORM_OF_TEXT: &str = "form[action$='/config/json']";
const FORM: &str = "form[action$='/config']";

fn manifest(version: &str, secret: Value) -> String {
    json!({
        "id": "nas-backup", "name": "NAS backup", "version": version, "type": "data", "author": "R", "description": "D",
        "config_schema": { "type": "object", "properties": {
            "host": { "type": "string", "maxLength": 10 },
            "token": secret,
            "users": { "type": "array", "items": { "type": "object", "properties": {
                "name": { "type": "string" }, "password": { "type": "string", "format": "password", "minLength": 3 },
            } } },
        } },
    })
    .to_string()
}

fn token() -> Value {
    json!({ "type": "string", "writeOnly": true })
}

async fn with_secrets(app: &TestApp) -> Browser {
    let admin = app.setup_admin().await;
    set_secrets(&admin).await;
    admin
}

async fn set_secrets(admin: &Browser) {
    admin
        .post(
            "/plugins",
            &[("manifest_text", &manifest("1.0.0", token()))],
        )
        .await
        .status(303);
    let document = json!({ "host": "nas.lab", "token": "hunter2-one", "users": [{ "name": "ann", "password": "hunter2-two" }] });
    admin
        .post(MERGE, &[("document", &document.to_string())])
        .await
        .see(PLUGIN);
}

/// What the two see who type secrets, rightly and wrongly, and look everywhere afterwards.
async fn everything_seen(admin: &Browser, viewer: &Browser) -> String {
    admin
        .post(CONFIG, &[("/token", "hunter2-three")])
        .await
        .see(PLUGIN);
    let page = admin.get(CONFIG).await.status(200);
    let wrong = [
        ("/token", "hunter2-four"),
        ("/host", "much too long a host"),
    ];
    let mut seen = admin.submit(&page, FORM, &wrong).await.status(422).text;
    admin
        .post(&format!("{VERSIONS}/1/restoration"), &[])
        .await
        .see(PLUGIN);
    for (address, document) in [
        (
            MERGE,
            r#"{"token": "hunter2-five", "host": "much too long a host"}"#,
        ),
        (MERGE, r#"{"token": "hunter2-six", oops}"#),
        (
            TEXT,
            r#"{"token": "hunter2-seven", "host": "much too long a host"}"#,
        ),
        (TEXT, r#"{"token": "hunter2-eight", oops}"#),
        (
            TEXT,
            r#"{"host": {"$secret": "/token"}, "users": [{"password": "hunter2-nine"}]}"#,
        ),
    ] {
        let page = admin.post(address, &[("document", document)]).await;
        seen += &page.status(422).text;
    }
    for path in [
        PLUGIN,
        "/plugins",
        VERSIONS,
        "/events",
        "/",
        "/plugins/nas-backup/versions/1",
        "/plugins/nas-backup/versions/2",
        "/plugins/nas-backup/versions/compare?from=1&to=2",
        "/plugins/nas-backup/versions/compare?from=defaults&to=3",
        "/plugins?criteria=%7B%22token%22%3A%22hunter2-one%22%7D",
    ] {
        seen += &admin.get(path).await.status(200).text;
        seen += &viewer.get(path).await.status(200).text;
        let part = admin.getting(path).header("HX-Request-Type", "partial");
        seen += &admin.send(part).await.text;
    }
    for tab in [CONFIG, TEXT, SCHEMA] {
        seen += &admin.get(tab).await.status(200).text;
    }
    seen
}

async fn config(app: &TestApp) -> Value {
    app.rows("select config from plugins").await[0].json("config")
}

/// All that is on disk, or in PostgreSQL's tables.
async fn dump(app: &TestApp) -> String {
    let mut text = String::new();
    for table in ["plugins", "plugin_config_versions", "events"] {
        for row in app.rows(&format!("select * from {table}")).await {
            text.push_str(&format!("{row:?}\n"));
        }
    }
    for file in std::fs::read_dir(app.data_dir()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap_or_default();
        text.push_str(&String::from_utf8_lossy(&bytes));
    }
    text
}

fn rotation(app: &TestApp) -> Command {
    let mut command = Command::from(app.command(&["secrets", "rotate"]));
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

pub(crate) async fn rotate(app: &TestApp) -> String {
    let done = rotation(app).output().await.unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    String::from_utf8(done.stdout).unwrap()
}

/// A save that keeps the secrets only works where they can be opened and fit their schema.
async fn can_read(browser: &Browser, host: &str) {
    let page = browser.get(CONFIG).await.status(200);
    assert!(!page.text.contains("cannot be read"), "{}", page.text);
    browser
        .submit(&page, FORM, &[("/host", host)])
        .await
        .see(PLUGIN);
}

stories! {
    async fn a_secret_is_in_no_page_event_version_table_or_file(app) {
        let admin = with_secrets(&app).await;
        let mut seen = everything_seen(&admin, &app.user("viewer").await).await;
        for event in app.events().await {
            seen += &event.to_string();
        }
        let asked = "hunter2-one%22%7D";
        let typed_by_the_searcher = seen.matches("hunter2-one").count() - seen.matches(asked).count();
        let typed = "{&#34;token&#34;:&#34;hunter2-one&#34;}";
        assert_eq!(typed_by_the_searcher, seen.matches(typed).count(), "only the box of the search repeats what was typed into it");
        for secret in ["hunter2-two", "hunter2-three", "hunter2-four", "hunter2-five", "hunter2-six", "hunter2-seven", "hunter2-eight", "hunter2-nine", "$sealed$"] {
            assert!(!seen.contains(secret), "{secret} was shown");
        }
        let dump = dump(&app).await;
        assert!(!dump.contains("hunter2"));
        assert!(dump.contains("$sealed$v1$"));
        let page = admin.get(CONFIG).await;
        assert!(page.text.contains("by sam."), "it says who set it");
    }

    async fn a_search_neither_guesses_a_secret_nor_names_its_sealed_text(app) {
        let admin = with_secrets(&app).await;
        let sealed = config(&app).await["token"].as_str().unwrap().to_owned();
        for criteria in [json!({ "token": "hunter2-one" }), json!({ "token": {} }), json!({ "users": [{ "password": "hunter2-two" }] })] {
            let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("criteria", &criteria.to_string()).finish();
            assert!(!admin.get(&format!("/plugins?{query}")).await.status(200).has("#plugin-nas-backup"), "{criteria}");
        }
        for (name, value) in [("criteria", json!({ "token": sealed }).to_string()), ("config./token", sealed.clone()), ("has", sealed.clone())] {
            let query = url::form_urlencoded::Serializer::new(String::new()).append_pair(name, &value).finish();
            admin.get(&format!("/plugins?{query}")).await.status(422);
        }
    }

    async fn a_sealed_text_that_somebody_posts_is_only_text(app) {
        let admin = with_secrets(&app).await;
        let sealed = config(&app).await["users"][0]["password"].as_str().unwrap().to_owned();
        let before = config(&app).await;
        for document in [json!({ "host": sealed }), json!({ "more": { "deep": [sealed] } })] {
            admin.post(MERGE, &[("document", &document.to_string())]).await.status(422);
        }
        assert_eq!(config(&app).await, before);
        admin.post(CONFIG, &[("/token", &sealed)]).await.see(PLUGIN);
        let after = config(&app).await;
        assert_ne!(after["token"], json!(sealed), "it was sealed as any other text");
    }

    async fn with_another_key_it_starts_names_the_secrets_and_overwrites_none(app) {
        with_secrets(&app).await;
        let before = config(&app).await;
        app.stop().await;
        let (key, away) = (app.data_dir().join("secret.key"), app.data_dir().join("away"));
        std::fs::rename(&key, &away).unwrap();
        app.restart().await;
        let admin = app.log_in("sam", PASSWORD).await;
        let page = admin.get(PLUGIN).await.status(200);
        assert!(page.text.contains("cannot be read") && page.text.contains("/users/0/password"), "{}", page.text);
        let page = admin.get(CONFIG).await.status(200);
        assert!(page.text.contains("cannot be read with the present key"));
        admin.submit(&page, FORM, &[]).await.see(PLUGIN);
        let text = admin.get(TEXT).await.status(200);
        admin.submit(&text, FORM_OF_TEXT, &[]).await.see(PLUGIN);
        assert_eq!(config(&app).await, before, "nothing was overwritten");
        let moved = json!({ "users": [{ "password": { "$secret": "/token" } }] });
        let refused = admin.post(TEXT, &[("document", &moved.to_string())]).await.status(422);
        assert!(refused.text.contains("so it cannot move"), "{}", refused.text);
        admin.submit(&page, FORM, &[("/host", "b.lab")]).await.see(PLUGIN);
        let after = config(&app).await;
        assert_eq!((&after["token"], &after["users"]), (&before["token"], &before["users"]));
        app.stop().await;
        std::fs::rename(&away, &key).unwrap();
        app.restart().await;
        let admin = app.log_in("sam", PASSWORD).await;
        assert!(!admin.get(PLUGIN).await.text.contains("cannot be read"));
        can_read(&admin, "c.lab").await;
    }

    async fn all_secrets_go_under_a_new_key_while_the_server_runs(app) {
        let admin = with_secrets(&app).await;
        admin.post(CONFIG, &[("/token", "hunter2-three")]).await.see(PLUGIN);
        let before = config(&app).await;
        let key = std::fs::read(app.data_dir().join("secret.key")).unwrap();
        let said = rotate(&app).await;
        assert!(said.contains("2 secrets in use and 4 in earlier versions"), "{said}");
        assert_ne!(std::fs::read(app.data_dir().join("secret.key")).unwrap(), key);
        let after = config(&app).await;
        assert_ne!(after["token"], before["token"]);
        let event = app.events_of("system", "secrets_rotated").await.remove(0);
        assert_eq!(event["details"], json!({ "secrets": 2, "secrets_in_versions": 4, "second_factors": 0, "unreadable": 0 }));
        can_read(&admin, "b.lab").await;
        assert_eq!(config(&app).await["token"], after["token"], "the running server has taken the new key up");
        let page = admin.get(&format!("{VERSIONS}/compare?from=2&to=3")).await.status(200);
        assert_eq!(page.select("tbody tr").len(), 1, "sealed anew is not changed: {}", page.text);
        admin.post(CONFIG, &[("/token", "hunter2-four")]).await.see(PLUGIN);
        app.restart().await;
        can_read(&app.log_in("sam", PASSWORD).await, "c.lab").await;
    }

    async fn a_rotation_killed_at_any_moment_loses_nothing_and_the_next_finishes_it(app) {
        let admin = with_secrets(&app).await;
        for number in 0..30 {
            admin.post(CONFIG, &[("/token", &format!("hunter2-{number}"))]).await.see(PLUGIN);
        }
        for round in 0..8_u64 {
            let mut child = rotation(&app).spawn().unwrap();
            tokio::time::sleep(Duration::from_millis(5 + round * 12)).await;
            let _ = child.start_kill();
            child.wait().await.unwrap();
            can_read(&admin, &format!("k{round}.lab")).await;
        }
        rotate(&app).await;
        assert!(!app.data_dir().join("secret.key.next").exists());
        can_read(&admin, "end.lab").await;
        app.restart().await;
        let admin = app.log_in("sam", PASSWORD).await;
        assert!(!admin.get(PLUGIN).await.text.contains("cannot be read"));
        admin.post(&format!("{VERSIONS}/1/restoration"), &[]).await.see(PLUGIN);
        let versions = app.count("plugin_config_versions").await;
        admin.post(CONFIG, &[("/token", "hunter2-one")]).await.see(PLUGIN);
        assert_eq!(app.count("plugin_config_versions").await, versions, "the first secret is what it was");
    }

    async fn a_secret_of_a_later_schema_is_sealed_and_one_of_an_earlier_is_not_uncovered(app) {
        let admin = app.setup_admin().await;
        let plain = json!({ "type": "string" });
        admin.post("/plugins", &[("manifest_text", &manifest("1.0.0", plain.clone()))]).await.status(303);
        admin.post(CONFIG, &[("/token", "hunter2-one")]).await.see(PLUGIN);
        assert!(dump(&app).await.contains("hunter2-one"));
        admin.post("/plugins", &[("manifest_text", &manifest("2.0.0", token()))]).await.status(303);
        let rows = format!("{:?}{:?}", app.rows("select config from plugins").await, app.rows("select config from plugin_config_versions").await);
        assert!(!rows.contains("hunter2-one"), "{rows}");
        assert!(!admin.get(&format!("{VERSIONS}/1")).await.text.contains("hunter2"));
        admin.post("/plugins", &[("manifest_text", &manifest("3.0.0", plain))]).await.status(303);
        for path in [PLUGIN, CONFIG, VERSIONS, "/plugins/nas-backup/versions/1"] {
            assert!(!admin.get(path).await.status(200).text.contains("hunter2"), "{path}");
        }
    }
}

programs! {
    async fn a_secret_is_in_no_line_of_the_log_however_much_is_logged(place) {
        let mut process = place.start(&[("TAYLORDASH_LOG", "trace")]);
        let admin = place.set_up(&mut process).await;
        let fields = [("username", "ann"), ("role", "viewer"), ("password", PASSWORD)];
        admin.post("/users", &fields).await.status(303);
        let viewer = Browser::new(&process.origin().await);
        viewer.post("/login", &[("username", "ann"), ("password", PASSWORD)]).await.see("/");
        set_secrets(&admin).await;
        everything_seen(&admin, &viewer).await;
        admin.get("/no/such/page").await.status(404);
        process.signal("TERM").await;
        process.end(SOON).await;
        let logged = process.logged();
        assert!(logged.contains("/no/such/page"), "it logs what it is asked for: {logged}");
        let lines = logged.lines().filter(|line| line.contains("hunter2") || line.contains("$sealed$v1$"));
        // The search for a secret is an address: whoever types one there has written it into the log.
        let told: Vec<&str> = lines.filter(|line| !line.contains("criteria=")).collect();
        assert!(told.is_empty(), "{told:#?}");
    }
}
