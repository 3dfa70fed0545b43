//! Versions of a configuration: history, comparing, restoring, and two people at once.

use serde_json::{Value, json};

use crate::harness::{Answer, Browser, TestApp};

const PLUGIN: &str = "/plugins/nas-backup";
const CONFIG: &str = "/plugins/nas-backup/config";
const MERGE: &str = "/plugins/nas-backup/config/merge";
const VERSIONS: &str = "/plugins/nas-backup/versions";
const FORM: &str = "form[action$='/config']";

fn manifest(version: &str, port_maximum: i64) -> String {
    json!({
        "id": "nas-backup", "name": "NAS backup", "version": version, "type": "data", "author": "R", "description": "D",
        "config_schema": { "type": "object", "properties": {
            "host": { "type": "string", "title": "Host" },
            "port": { "type": "integer", "title": "Port", "maximum": port_maximum, "default": 8007 },
            "token": { "type": "string", "title": "Token", "writeOnly": true },
            "rooms": { "type": "array", "items": { "type": "string" } },
        } },
    })
    .to_string()
}

async fn with_plugin(app: &TestApp) -> Browser {
    let admin = app.setup_admin().await;
    admin
        .post("/plugins", &[("manifest_text", &manifest("1.0.0", 9000))])
        .await
        .status(303);
    admin
}

async fn merge(browser: &Browser, document: Value) -> Answer {
    browser
        .post(MERGE, &[("document", &document.to_string())])
        .await
}

async fn config(app: &TestApp) -> Value {
    app.rows("select config from plugins").await[0].json("config")
}

/// Setting, what, before, after: one line each.
fn changes(page: &Answer) -> Vec<String> {
    let rows = page.select("table.list tbody tr");
    rows.iter()
        .map(|row| row.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

stories! {
    async fn every_save_is_a_version_and_saving_what_is_there_is_none(app) {
        let admin = with_plugin(&app).await;
        admin.post(CONFIG, &[("/host", "nas.lab"), ("/token", "s3cret-one"), ("note", "First light")]).await.see(PLUGIN);
        admin.post(CONFIG, &[("/port", "8080")]).await.see(PLUGIN);
        admin.post(CONFIG, &[("/port", "8080"), ("/token", ""), ("note", "again")]).await.see(PLUGIN);
        merge(&admin, json!({ "port": 8080.0, "token": "s3cret-one" })).await.see(PLUGIN);
        assert_eq!(app.count("plugin_config_versions").await, 2);
        let events = app.events_of("plugin", "config_changed").await;
        let details: Vec<&Value> = events.iter().map(|event| &event["details"]).collect();
        assert_eq!(details, [&json!({ "config_version": 1, "changed": ["/host", "/token"] }), &json!({ "config_version": 2, "changed": ["/port"] })]);
        let page = app.user("viewer").await.get(VERSIONS).await.status(200);
        assert_eq!(page.select("tbody th a"), ["2", "1"]);
        assert!(page.text.contains("First light") && page.text.contains("sam") && page.text.contains("/token"));
    }

    async fn any_version_is_compared_with_any_other_and_with_the_defaults(app) {
        let admin = with_plugin(&app).await;
        merge(&admin, json!({ "host": "a", "rooms": ["hall"], "token": "s3cret-one" })).await.status(303);
        merge(&admin, json!({ "host": "b", "rooms": ["hall", "attic"], "token": "s3cret-two" })).await.status(303);
        merge(&admin, json!({ "port": 99 })).await.status(303);
        let viewer = app.user("viewer").await;
        let page = viewer.get(&format!("{VERSIONS}/compare?from=1&to=3")).await.status(200);
        assert_eq!(changes(&page), [
            "Host/host changed Before: a After: b",
            "Port/port added Before: not set After: 99",
            "Rooms › Entry 2/rooms/1 added Before: not set After: attic",
            "Token/token changed Before: a secret, never shown After: a secret, never shown",
        ].map(str::to_owned).into_iter().collect::<Vec<_>>().as_slice(), "{}", page.text);
        let page = viewer.get(&format!("{VERSIONS}/compare?from=defaults&to=3")).await.status(200);
        assert!(changes(&page).contains(&"Port/port changed Before: 8007 After: 99".to_owned()), "{:?}", changes(&page));
        let page = viewer.get(&format!("{VERSIONS}/compare?from=0&to=1")).await.status(200);
        assert_eq!(changes(&page).len(), 3);
        for (address, status) in [("/compare?from=1&to=9", 404), ("/compare?from=x&to=1", 400), ("/compare?from=1", 400), ("/9", 404), ("/x", 404), ("/-1", 404), ("?before=x", 400), ("?before=-5", 200)] {
            viewer.get(&format!("{VERSIONS}{address}")).await.status(status);
        }
        viewer.get("/plugins/none/versions").await.status(404);
    }

    async fn a_version_is_restored_as_the_next_with_the_secret_it_had(app) {
        let admin = with_plugin(&app).await;
        merge(&admin, json!({ "host": "a", "token": "s3cret-one" })).await.status(303);
        let first = config(&app).await;
        merge(&admin, json!({ "host": "b", "token": "s3cret-two", "rooms": [] })).await.status(303);
        app.user("viewer").await.post(&format!("{VERSIONS}/1/restoration"), &[]).await.status(403);
        let friend = app.user("maintainer").await;
        let page = friend.get(&format!("{VERSIONS}/1")).await.status(200);
        friend.submit(&page, "form[action$='/restoration']", &[]).await.see(PLUGIN);
        assert_eq!(config(&app).await, first, "the very same sealed text is back");
        let page = friend.get(VERSIONS).await.status(200);
        assert!(page.text.contains("Version 1 restored"));
        assert_eq!(page.select("tbody th a"), ["3", "2", "1"]);
        let event = app.events_of("plugin", "config_changed").await.pop().unwrap();
        assert_eq!(event["details"], json!({ "config_version": 3, "changed": ["/host", "/rooms", "/token"] }));
        friend.post(&format!("{VERSIONS}/3/restoration"), &[]).await.see(PLUGIN);
        assert_eq!(app.count("plugin_config_versions").await, 3, "it is there already");
        friend.post(&format!("{VERSIONS}/8/restoration"), &[]).await.status(404);
    }

    async fn a_version_that_no_longer_fits_is_not_restored_and_says_why(app) {
        let admin = with_plugin(&app).await;
        merge(&admin, json!({ "port": 8800 })).await.status(303);
        merge(&admin, json!({ "port": 80 })).await.status(303);
        admin.post("/plugins", &[("manifest_text", &manifest("2.0.0", 100))]).await.status(303);
        let page = admin.post(&format!("{VERSIONS}/1/restoration"), &[]).await.status(422);
        assert!(page.select("[role=alert]").join(" ").contains("Port: This must be at most 100."), "{}", page.text);
        assert_eq!(config(&app).await, json!({ "port": 80 }));
        assert_eq!(app.events_of("plugin", "config_changed").await.len(), 2);
    }

    async fn the_second_of_two_chooses_for_each_setting_that_the_first_changed(app) {
        let admin = with_plugin(&app).await;
        let friend = app.user("maintainer").await;
        merge(&admin, json!({ "host": "nas.lab", "port": 1, "rooms": ["hall"] })).await.status(303);
        let (first, second) = (admin.get(CONFIG).await, friend.get(CONFIG).await);
        admin.submit(&first, FORM, &[("/port", "1111"), ("/host", "new.lab"), ("/token", "s3cret-one")]).await.status(303);
        let page = friend.submit(&second, FORM, &[("/port", "2222"), ("note", "mine")]).await.status(422);
        let told = page.select("[role=alert]").join(" ");
        for word in ["sam saved", "Port", "1111", "2222", "Host", "new.lab", "as it was"] {
            assert!(told.contains(word), "{word} is not in {told}");
        }
        assert!(!told.contains("rooms") && !page.text.contains("s3cret"));
        assert_eq!(config(&app).await["port"], 1111, "nothing of theirs was overwritten");
        assert_eq!(page.attributes("[name=note]", "value"), ["mine"]);
        friend.submit(&page, FORM, &[]).await.see(PLUGIN);
        let merged = config(&app).await;
        assert_eq!((&merged["port"], &merged["host"]), (&json!(2222), &json!("new.lab")));
        assert!(merged["token"].as_str().unwrap().starts_with("$sealed$"));
        let event = app.events_of("plugin", "config_changed").await.pop().unwrap();
        assert_eq!(event["details"]["changed"], json!(["/port"]));
    }

    async fn the_second_of_two_may_take_theirs_and_a_third_is_not_overlooked(app) {
        let admin = with_plugin(&app).await;
        merge(&admin, json!({ "host": "nas.lab", "port": 1 })).await.status(303);
        let page = admin.get(CONFIG).await;
        merge(&admin, json!({ "port": 1111 })).await.status(303);
        let page = admin.submit(&page, FORM, &[("/port", "2222"), ("/host", "mine.lab")]).await.status(422);
        merge(&admin, json!({ "host": "third.lab" })).await.status(303);
        let again = admin.submit(&page, FORM, &[("choose.0", "theirs")]).await.status(422);
        assert!(again.select("[role=alert]").join(" ").contains("third.lab"), "{}", again.text);
        let names = again.attributes("[value=theirs]", "name");
        assert_eq!(names.len(), 2);
        let choose: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "theirs")).collect();
        let answer = admin.submit(&again, FORM, &choose).await.see(PLUGIN);
        assert!(admin.follow(&answer).await.text.contains("Nothing was changed"));
        assert_eq!(config(&app).await, json!({ "host": "third.lab", "port": 1111 }));
    }

    async fn a_script_merges_whole_members_and_the_result_must_be_valid(app) {
        let admin = with_plugin(&app).await;
        merge(&admin, json!({ "host": "a", "mine": { "x": 1, "y": 2 }, "token": "s3cret" })).await.status(303);
        let sealed = config(&app).await["token"].clone();
        merge(&admin, json!({ "mine": { "z": 3 }, "token": { "$secret": "/token" } })).await.status(303);
        assert_eq!(config(&app).await, json!({ "host": "a", "mine": { "z": 3 }, "token": sealed }));
        for wrong in ["{", "[]", "", "{\"port\": 99999}", "{\"port\": \"x\"}", "{\"mine\": 1e999999}", "{\"mine\": \"$sealed$v1$x\"}", "{\"mine\": \"\\u0000\"}"] {
            let page = admin.post(MERGE, &[("document", wrong)]).await.status(422);
            assert!(page.has("[role=alert]"), "{wrong}");
        }
        let long = "x".repeat(501);
        admin.post(MERGE, &[("document", "{\"port\": 1}"), ("note", &long)]).await.status(422);
        assert_eq!(app.count("plugin_config_versions").await, 2);
        app.user("viewer").await.post(MERGE, &[("document", "{}")]).await.status(403);
    }

    async fn a_long_history_is_paged(app) {
        let admin = with_plugin(&app).await;
        for port in 1..=52 {
            merge(&admin, json!({ "port": port })).await.status(303);
        }
        let page = admin.get(VERSIONS).await.status(200);
        assert_eq!(page.select("tbody th a").len(), 50);
        let older = page.attributes("a[rel=next]", "href").remove(0);
        assert_eq!(admin.get(&older).await.select("tbody th a"), ["2", "1"]);
    }

    async fn what_was_put_there_by_hand_is_not_lost_by_the_first_save(app) {
        let admin = with_plugin(&app).await;
        app.database().execute("update plugins set config = '{\"host\": \"by.hand\"}'").await;
        merge(&admin, json!({ "host": "new.lab" })).await.status(303);
        let page = admin.get(&format!("{VERSIONS}/compare?from=0&to=1")).await.status(200);
        assert_eq!(changes(&page), ["Host/host changed Before: by.hand After: new.lab"]);
    }
}
