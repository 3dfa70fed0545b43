//! Plugins: installed from a manifest, configured, switched on and off, removed.

use futures_util::future::join_all;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::harness::{Answer, Browser, TestApp};

const V1: &str = include_str!("../fixtures/plugins/v1-weather-widget.json");

fn manifest(id: &str, version: &str) -> Value {
    json!({
        "id": id,
        "name": format!("The {id}"),
        "version": version,
        "type": "data",
        "author": "Robin K.",
        "description": "Counts what the house uses.",
        "permissions": ["projects:read", "network:meter.lab:502"],
    })
}

async fn install(browser: &Browser, manifest: &Value) -> Answer {
    let text = manifest.to_string();
    browser.post("/plugins", &[("manifest_text", &text)]).await
}

async fn installed(app: &TestApp, id: &str) -> Browser {
    let admin = app.setup_admin().await;
    let address = format!("/plugins/{id}");
    install(&admin, &manifest(id, "1.0.0")).await.see(&address);
    admin
}

/// Sends a file as the form's page does.
async fn upload(browser: &Browser, once: &str, file: Vec<u8>, text: &str) -> Answer {
    let form = Form::new()
        .text("once", once.to_owned())
        .part("manifest", Part::bytes(file).file_name("manifest.json"))
        .text("manifest_text", text.to_owned());
    browser
        .send(browser.posting("/plugins").multipart(form))
        .await
}

/// A plugin with settings of each flat kind, a nested one and a secret.
fn configurable() -> Value {
    let mut manifest = manifest("nas-backup", "1.0.0");
    manifest["config_schema"] = json!({
        "type": "object",
        "required": ["host"],
        "properties": {
            "host": { "type": "string", "title": "Host", "pattern": "^[a-z.]+$", "description": "Where the NAS is." },
            "port": { "type": "integer", "title": "Port", "minimum": 1, "maximum": 65535, "default": 8007 },
            "rate": { "type": "number", "title": "Rate", "minimum": 0 },
            "enabled": { "type": "boolean", "title": "Enabled", "default": true },
            "mode": { "type": "string", "title": "Mode", "enum": ["full", "changed", "off"] },
            "token": { "type": "string", "title": "Token", "writeOnly": true },
            "keep": { "type": "object", "title": "Keep", "properties": { "daily": { "type": "integer", "title": "Daily" } } },
        },
    });
    manifest
}

async fn config(app: &TestApp) -> Value {
    app.rows("select config from plugins").await[0].json("config")
}

async fn with_configurable(app: &TestApp) -> Browser {
    let admin = app.setup_admin().await;
    install(&admin, &configurable())
        .await
        .see("/plugins/nas-backup");
    admin
}

const CONFIG: &str = "/plugins/nas-backup/config";
const CONFIG_FORM: &str = "form[action$='/config']";

stories! {
    async fn a_configuration_is_filled_in_and_saved_with_its_event(app) {
        let admin = with_configurable(&app).await;
        assert_eq!(app.rows("select status from plugins").await[0].text("status"), "disabled", "it needs a host first");
        assert!(admin.get("/plugins/nas-backup").await.text.contains("has to be configured before it can work"));
        let friend = app.user("maintainer").await;
        let page = friend.get(CONFIG).await.status(200);
        let typed = [("/host", "nas.lab"), ("/rate", "1.50"), ("/mode", "changed"), ("/token", "s3cret-token"), ("/keep/daily", "7")];
        let saved = friend.submit(&page, CONFIG_FORM, &typed).await.see("/plugins/nas-backup");
        let config = config(&app).await;
        assert_eq!((&config["host"], &config["mode"], &config["keep"]["daily"]), (&json!("nas.lab"), &json!("changed"), &json!(7)));
        assert_eq!(config["rate"].to_string(), "1.50", "a number keeps its digits");
        assert_eq!(config["token"], "s3cret-token");
        assert!(config.get("port").is_none(), "a default that nobody chose is not written");
        let events = app.events_of("plugin", "config_changed").await;
        assert_eq!(events.len(), 1);
        assert_eq!(events[0]["details"]["config_version"], 1);
        assert!(events[0]["details"]["changed"].as_array().unwrap().contains(&json!("/token")));
        let page = friend.follow(&saved).await;
        assert!(page.text.contains("nas.lab") && page.text.contains("set, never shown"));
        for browser in [&admin, &friend, &app.user("viewer").await] {
            for path in ["/plugins/nas-backup", "/plugins"] {
                assert!(!browser.get(path).await.status(200).text.contains("s3cret"), "{path}");
            }
        }
        assert!(!friend.get(CONFIG).await.text.contains("s3cret"));
        for event in app.events().await {
            assert!(!event.to_string().contains("s3cret"), "{event}");
        }
    }

    async fn a_configuration_that_is_sent_back_as_it_was_changes_nothing(app) {
        let admin = with_configurable(&app).await;
        let kept = r#"{"host": "nas.lab", "token": "s3cret", "enabled": false, "mine": {"deep": [1, null]}, "keep": {"daily": 7, "x": 1.10}}"#;
        app.database().execute(&format!("update plugins set config = '{kept}'")).await;
        let before = app.rows("select config, updated_at from plugins").await.remove(0);
        let page = admin.get(CONFIG).await.status(200);
        let answer = admin.submit(&page, CONFIG_FORM, &[]).await.see("/plugins/nas-backup");
        assert!(admin.follow(&answer).await.text.contains("Nothing was changed"));
        let after = app.rows("select config, updated_at from plugins").await.remove(0);
        assert_eq!(after.json("config"), before.json("config"));
        assert_eq!(after.text("updated_at"), before.text("updated_at"));
        assert!(app.events_of("plugin", "config_changed").await.is_empty());
        admin.submit(&page, CONFIG_FORM, &[("/keep/daily", "8")]).await.status(303);
        let config = config(&app).await;
        assert_eq!(config["mine"], json!({ "deep": [1, null] }));
        assert_eq!(config["keep"]["daily"], 8);
        assert_eq!(config["keep"]["x"].to_string(), "1.10");
        assert_eq!(config["token"], "s3cret");
        assert_eq!(app.events_of("plugin", "config_changed").await[0]["details"]["changed"], json!(["/keep/daily"]));
    }

    async fn a_configuration_with_mistakes_comes_back_with_a_message_at_each(app) {
        let admin = with_configurable(&app).await;
        let page = admin.get(CONFIG).await.status(200);
        let typed = [("/host", "NAS!"), ("/port", "70000"), ("/rate", "fast"), ("/mode", "never"), ("/token", "s3cret")];
        let page = admin.submit(&page, CONFIG_FORM, &typed).await.status(422);
        for field in ["cf-host", "cf-port", "cf-rate", "cf-mode"] {
            assert!(!page.problem(field).is_empty(), "{field}: {}", page.text);
        }
        assert_eq!(page.attributes("[name='/host']", "value"), ["NAS!"]);
        assert_eq!(page.attributes("[name='/port']", "value"), ["70000"]);
        assert!(!page.text.contains("s3cret"), "a secret is not sent back");
        assert_eq!(config(&app).await, json!({}));
        assert!(app.events_of("plugin", "config_changed").await.is_empty());
    }

    async fn a_script_sets_one_place_and_everything_else_stays(app) {
        let admin = with_configurable(&app).await;
        app.database().execute(r#"update plugins set config = '{"host": "nas.lab", "mine": 1}'"#).await;
        admin.post(CONFIG, &[("/port", "8080")]).await.see("/plugins/nas-backup");
        assert_eq!(config(&app).await, json!({ "host": "nas.lab", "mine": 1, "port": 8080 }));
        admin.post(CONFIG, &[("/port", "0")]).await.status(422);
        admin.post(CONFIG, &[("/port", "8080")]).await.see("/plugins/nas-backup");
        assert_eq!(app.events_of("plugin", "config_changed").await.len(), 1);
    }

    async fn the_second_of_two_who_edit_at_once_sees_what_the_first_saved(app) {
        let admin = with_configurable(&app).await;
        let friend = app.user("maintainer").await;
        admin.post(CONFIG, &[("/host", "nas.lab")]).await.status(303);
        let (first, second) = (admin.get(CONFIG).await, friend.get(CONFIG).await);
        admin.submit(&first, CONFIG_FORM, &[("/port", "1111"), ("/token", "first-secret")]).await.status(303);
        let page = friend.submit(&second, CONFIG_FORM, &[("/port", "2222"), ("/rate", "3")]).await.status(422);
        let told = page.select("[role=alert]").join(" ");
        assert!(told.contains("sam saved this configuration"), "{told}");
        for word in ["1111", "2222", "Port", "Rate"] {
            assert!(told.contains(word), "{word} is not in {told}");
        }
        assert!(!page.text.contains("first-secret"));
        assert_eq!(page.attributes("[name='/port']", "value"), ["2222"], "what was typed is still there");
        assert_eq!(config(&app).await["port"], 1111);
        friend.submit(&page, CONFIG_FORM, &[]).await.see("/plugins/nas-backup");
        let config = config(&app).await;
        assert_eq!((&config["port"], &config["rate"]), (&json!(2222), &json!(3)));
        assert_eq!(config["token"], "first-secret", "a secret that the other set is not lost");
        assert_eq!(app.events_of("plugin", "config_changed").await.len(), 3);
    }

    async fn switching_a_plugin_does_not_stand_in_the_way_of_who_configures_it(app) {
        let admin = with_configurable(&app).await;
        let page = admin.get(CONFIG).await.status(200);
        admin.post("/plugins/nas-backup/status", &[("status", "active")]).await.status(303);
        admin.submit(&page, CONFIG_FORM, &[("/host", "nas.lab")]).await.see("/plugins/nas-backup");
    }

    async fn sixteen_scripts_that_set_a_place_each_lose_none(app) {
        let admin = with_configurable(&app).await;
        let mut wide = configurable();
        let properties: serde_json::Map<String, Value> = (0..16).map(|n| (format!("p{n}"), json!({ "type": "integer" }))).collect();
        wide["config_schema"] = json!({ "type": "object", "properties": properties });
        install(&admin, &wide).await.status(303);
        let fields: Vec<(String, String)> = (0..16).map(|n| (format!("/p{n}"), n.to_string())).collect();
        let posts = fields.iter().map(|(name, value)| async {
            admin.post(CONFIG, &[(name.as_str(), value.as_str())]).await.see("/plugins/nas-backup");
        });
        join_all(posts).await;
        let config = config(&app).await;
        for n in 0..16 {
            assert_eq!(config[format!("p{n}")], n);
        }
        let mut versions: Vec<i64> = app.events_of("plugin", "config_changed").await.iter()
            .filter_map(|event| event["details"]["config_version"].as_i64()).collect();
        versions.sort_unstable();
        assert_eq!(versions, (1..=16).collect::<Vec<i64>>());
    }

    async fn what_nobody_should_type_into_a_configuration_is_no_failure_of_ours(app) {
        let admin = with_configurable(&app).await;
        let deep = "[".repeat(100_000);
        for (name, value) in [("/host", "\0"), ("/mine", "\0"), ("/a\0b", "1"), ("/rate", "1e999999"), ("/rate", "9".repeat(5000).as_str()), ("/rate", "NaN"),
            ("/port", "99999999999999999999999"), ("/", "x"), ("//", "x"), ("/~9", "x"), ("/keep", deep.as_str()), ("is:/host", "list"), ("row:/host", "9"),
            ("action", "add /keep"), ("action", "remove /"), ("action", "up /x/99999999999999999999"), ("seen", "-1"), ("seen", "x"), ("seen", "\0"),
            ("branch:/host", "#/nothing"), ("/host", "<script>alert(1)</script>"), ("/__proto__/x", "1")] {
            let answer = admin.post(CONFIG, &[(name, value)]).await;
            assert!(matches!(answer.status, 200 | 303 | 422), "{name}: {} {}", answer.status, answer.text);
            assert!(!answer.text.contains("<script>alert"));
        }
        admin.get("/plugins/nas-backup").await.status(200);
        admin.get(CONFIG).await.status(200);
    }

    async fn a_plugin_without_a_schema_has_nothing_to_configure(app) {
        let admin = installed(&app, "power-meter").await;
        let page = admin.get("/plugins/power-meter/config").await.status(200);
        assert!(page.text.contains("nothing to configure"));
        admin.post("/plugins/power-meter/config", &[("/port", "1")]).await.status(422);
        app.user("viewer").await.get("/plugins/power-meter/config").await.status(403);
        admin.get("/plugins/no-such/config").await.status(404);
        admin.post("/plugins/no-such/config", &[]).await.status(404);
    }

    async fn a_schema_with_mistakes_is_refused_when_it_is_installed(app) {
        let admin = app.setup_admin().await;
        let mut wrong = configurable();
        wrong["config_schema"]["properties"]["port"]["type"] = json!("int");
        wrong["config_schema"]["properties"]["host"]["pattern"] = json!("(");
        let page = install(&admin, &wrong).await.status(422);
        assert!(page.select(".problems li").join(" ").contains("/config_schema/properties/port/type"), "{}", page.text);
        assert_eq!(app.count("plugins").await, 0);
    }

    async fn a_manifest_for_v1_is_installed_from_its_file(app) {
        let admin = app.setup_admin().await;
        let page = admin.get("/plugins/new").await.status(200);
        let once = page.attributes("[name=once]", "value").remove(0);
        let answer = upload(&admin, &once, V1.into(), "").await.see("/plugins/weather-widget");
        let page = admin.follow(&answer).await.status(200);
        assert_eq!(page.select("h1"), ["Weather widget"]);
        assert_eq!(page.select(".notice-success"), ["Installed."]);
        for told in ["1.4.2", "Taylor Nguyen", "plugins/weather-widget/1.4.2", "dist/widget.js", "never run", "Look at projects", &once] {
            assert!(page.text.contains(told), "{told}");
        }
        let row = app.rows("select * from plugins").await.remove(0);
        for (column, value) in [("type", "ui"), ("kind", "ui"), ("status", "active"), ("version", "1.4.2"),
            ("repository_url", "https://github.com/taylordash-plugins/weather-widget"),
            ("install_path", "plugins/weather-widget/1.4.2"), ("installation_id", once.as_str()), ("manifest_text", V1)] {
            assert_eq!(row.text(column), value, "{column}");
        }
        assert_eq!(row.json("manifest"), serde_json::from_str::<Value>(V1).unwrap());
        assert_eq!(row.json("permissions"), json!(["projects:read", "events:subscribe", "network:api.open-meteo.com"]));
        assert_eq!(row.json("config"), json!({}));
        assert_eq!((row.int("security_score"), row.int("security_violations")), (100, 0));
        let event = app.events_of("plugin", "installed").await.remove(0);
        assert_eq!((&event["plugin_id"], &event["details"]["version"]), (&json!("weather-widget"), &json!("1.4.2")));
    }

    async fn a_file_goes_before_the_text_beneath_it(app) {
        let admin = app.setup_admin().await;
        let file = manifest("from-file", "1.0.0").to_string().into_bytes();
        let text = manifest("from-text", "1.0.0").to_string();
        upload(&admin, "", file, &text).await.see("/plugins/from-file");
        upload(&admin, "", Vec::new(), &text).await.see("/plugins/from-text");
    }

    async fn a_manifest_with_mistakes_is_shown_again_with_the_place_of_each(app) {
        let admin = app.setup_admin().await;
        let text = "{\n \"id\": \"Not Good\",\n \"name\": \"<script>alert(1)</script>\",\n \"type\": \"gadget\",\n \"permissions\": [1]\n}";
        let page = admin.post("/plugins", &[("manifest_text", text)]).await.status(422);
        let told = page.select(".problems li").join("\n");
        for place in ["/id (line 2)", "/version: This is missing", "/type (line 4)", "/permissions/0 (line 5)"] {
            assert!(told.contains(place), "{place} is not in {told}");
        }
        assert!(page.select("textarea")[0].contains("Not Good"), "what was typed is kept");
        assert!(!page.text.contains("<script>alert"));
        let page = admin.post("/plugins", &[("manifest_text", "{\"id\": \"abc\",\n  oops}")]).await.status(422);
        assert!(page.problem("manifest_text").starts_with("Line 2, column 3"), "{}", page.problem("manifest_text"));
        assert_eq!(app.count("plugins").await, 0);
        assert!(app.events_of("plugin", "installed").await.is_empty());
    }

    async fn what_is_no_manifest_is_refused_in_words(app) {
        let admin = app.setup_admin().await;
        let deep = "[".repeat(200_000);
        let long = manifest("long-name", "1.0.0").to_string().replace("The long-name", &"x".repeat(10_000));
        for text in ["", " ", "[]", "7", "{}", "null", &deep, &long, "{\"id\":\"abc\",\"id\":\"abd\"}",
            "{\"name\":\"\\u0000\"}", "\0", "{\"a\":1e999999}", "😀", "\u{202e}"] {
            let page = admin.post("/plugins", &[("manifest_text", text)]).await.status(422);
            assert!(!page.problem("manifest_text").is_empty(), "{}", &text[..text.len().min(40)]);
        }
        let page = upload(&admin, "", vec![0x50, 0x4b, 3, 4, 0xff, 0xfe], "").await.status(422);
        assert!(page.problem("manifest_text").contains("not text in UTF-8"));
        assert_eq!(app.count("plugins").await, 0);
    }

    async fn a_manifest_of_more_than_a_mebibyte_is_too_large(app) {
        let admin = app.setup_admin().await;
        let mut large = manifest("large", "1.0.0");
        large["x"] = json!("x".repeat(1 << 20));
        let page = upload(&admin, "", large.to_string().into_bytes(), "").await.status(413);
        assert_eq!(page.select("h1"), ["That is too much at once"]);
        install(&admin, &large).await.status(413);
        large["x"] = json!("x".repeat(1 << 19));
        install(&admin, &large).await.see("/plugins/large");
    }

    async fn another_version_keeps_the_configuration_and_the_status(app) {
        let admin = installed(&app, "power-meter").await;
        admin.post("/plugins/power-meter/status", &[("status", "disabled")]).await.status(303);
        app.database().execute("update plugins set config = '{\"port\": 502}'").await;
        let before = app.rows("select * from plugins").await.remove(0);
        let mut newer = manifest("power-meter", "1.1.0");
        newer["permissions"] = json!(["projects:read", "events:publish"]);
        install(&admin, &newer).await.see("/plugins/power-meter");
        let after = app.rows("select * from plugins").await.remove(0);
        assert_eq!(after.text("version"), "1.1.0");
        assert_eq!(after.text("status"), "disabled");
        assert_eq!(after.json("config"), json!({ "port": 502 }));
        assert_eq!(after.text("install_path"), "plugins/power-meter/1.1.0");
        assert_ne!(after.text("installation_id"), before.text("installation_id"));
        for column in ["created_at", "installed_at"] {
            assert_eq!(after.text(column), before.text(column), "{column}");
        }
        assert_ne!(after.text("last_updated"), before.text("last_updated"));
        let event = app.events_of("plugin", "updated").await.remove(0);
        assert_eq!(event["details"]["old_version"], "1.0.0");
        assert_eq!(event["details"]["new_version"], "1.1.0");
        assert_eq!(event["details"]["permissions_added"], json!(["events:publish"]));
    }

    async fn the_same_form_sent_twice_installs_once(app) {
        let admin = app.setup_admin().await;
        let once = "01936f00-0000-7000-8000-000000000001";
        let text = manifest("power-meter", "1.0.0").to_string();
        let fields = [("once", once), ("manifest_text", text.as_str())];
        let answers = join_all((0..8).map(|_| admin.post("/plugins", &fields))).await;
        for answer in answers {
            answer.see("/plugins/power-meter");
        }
        admin.post("/plugins", &fields).await.see("/plugins/power-meter");
        assert_eq!(app.count("plugins").await, 1);
        assert_eq!(app.events_of("plugin", "installed").await.len(), 1);
        assert!(app.events_of("plugin", "updated").await.is_empty());
        let newer = manifest("power-meter", "2.0.0").to_string();
        admin.post("/plugins", &[("once", once), ("manifest_text", &newer)]).await.see("/plugins/power-meter");
        assert_eq!(app.rows("select version from plugins").await[0].text("version"), "2.0.0", "another manifest from the same form counts");
    }

    async fn installing_one_plugin_many_times_at_once_leaves_one_row_and_an_event_for_each(app) {
        let admin = app.setup_admin().await;
        let manifests: Vec<Value> = (0..16).map(|n| manifest("power-meter", &format!("1.0.{n}"))).collect();
        for answer in join_all(manifests.iter().map(|manifest| install(&admin, manifest))).await {
            answer.see("/plugins/power-meter");
        }
        assert_eq!(app.count("plugins").await, 1);
        assert_eq!(app.events_of("plugin", "installed").await.len(), 1);
        assert_eq!(app.events_of("plugin", "updated").await.len(), 15);
    }

    async fn a_plugin_is_switched_off_and_on_with_an_event_for_each(app) {
        installed(&app, "power-meter").await;
        let friend = app.user("maintainer").await;
        let page = friend.get("/plugins/power-meter").await.status(200);
        let form = "form[action$='/status']";
        friend.submit(&page, form, &[]).await.see("/plugins/power-meter");
        assert_eq!(app.rows("select status from plugins").await[0].text("status"), "disabled");
        friend.submit(&page, form, &[]).await.see("/plugins/power-meter");
        let page = friend.get("/plugins/power-meter").await;
        assert!(page.text.contains("Nothing was changed"));
        friend.submit(&page, form, &[]).await.see("/plugins/power-meter");
        let events = app.events_of("plugin", "status_changed").await;
        let details: Vec<&Value> = events.iter().map(|event| &event["details"]).collect();
        assert_eq!(details, [
            &json!({ "old_status": "active", "new_status": "disabled" }),
            &json!({ "old_status": "disabled", "new_status": "active" }),
        ]);
        assert_eq!(events[1]["version"], 3);
    }

    async fn a_status_that_nobody_may_choose_is_refused_in_words(app) {
        let admin = installed(&app, "power-meter").await;
        for status in ["", "quarantined", "failed", "ACTIVE", "on\0", "' or 1=1 --", "<b>"] {
            let page = admin.post("/plugins/power-meter/status", &[("status", status)]).await.status(422);
            assert!(page.select("[role=alert]").join(" ").contains("Choose one of: active, disabled"), "{status}");
        }
        app.database().execute("update plugins set status = 'quarantined'").await;
        let page = admin.post("/plugins/power-meter/status", &[("status", "active")]).await.status(422);
        assert!(page.select("[role=alert]").join(" ").contains("in quarantine"));
        assert!(!page.has("form[action$='/status']"), "a switch that does nothing is not shown");
        assert!(app.events_of("plugin", "status_changed").await.is_empty());
        admin.post("/plugins/no-such/status", &[("status", "active")]).await.status(404);
    }

    async fn a_removed_plugin_is_gone_and_its_events_stay(app) {
        let admin = installed(&app, "power-meter").await;
        let page = admin.get("/plugins/power-meter/deletion").await.status(200);
        assert_eq!(app.count("plugins").await, 1, "asking removes nothing");
        admin.submit(&page, "form[action$='/deletion']", &[]).await.see("/plugins");
        admin.get("/plugins/power-meter").await.status(404);
        admin.submit(&page, "form[action$='/deletion']", &[]).await.status(404);
        assert_eq!(app.count("plugins").await, 0);
        let events = app.events_of("plugin", "deleted").await;
        assert_eq!(events.len(), 1);
        assert_eq!(events[0]["details"], json!({ "name": "The power-meter", "version": "1.0.0" }));
        install(&admin, &manifest("power-meter", "1.0.0")).await.see("/plugins/power-meter");
        assert_eq!(app.events_of("plugin", "installed").await[1]["version"], 3, "its events count on");
    }

    async fn the_list_shows_what_a_plugins_json_says_and_nothing_else_counts_as_enabled(app) {
        let admin = app.setup_admin().await;
        let configs = [
            ("json-true", r#"{"enabled": true, "settings": {"theme": "dark"}}"#, true, "dark"),
            ("text-true", r#"{"enabled": "true"}"#, true, ""),
            ("one", r#"{"enabled": 1, "settings": {"theme": 7}}"#, false, ""),
            ("text-yes", r#"{"enabled": "yes", "settings": "dark"}"#, false, ""),
            ("upper", r#"{"enabled": "TRUE"}"#, false, ""),
            ("off", r#"{"enabled": false}"#, false, ""),
            ("list", r#"{"enabled": [true], "settings": ["theme"]}"#, false, ""),
            ("object", r#"{"enabled": {"enabled": true}}"#, false, ""),
            ("nothing", "{}", false, ""),
            ("null", r#"{"enabled": null, "settings": null}"#, false, ""),
            ("array", "[true]", false, ""),
        ];
        for (id, config, _, _) in configs {
            let id = format!("plugin-{id}");
            install(&admin, &manifest(&id, "1.0.0")).await.status(303);
            app.database().execute(&format!("update plugins set config = '{config}' where id = '{id}'")).await;
        }
        let page = admin.get("/plugins").await.status(200);
        for (id, config, enabled, theme) in configs {
            let cells = page.select(&format!("[id='plugin-plugin-{id}'] td"));
            let expected = match (enabled, theme) {
                (true, "") => "enabled".to_owned(),
                (true, theme) => format!("enabled, theme {theme}"),
                _ => "–".to_owned(),
            };
            assert_eq!(cells[3].trim(), expected, "{config}");
            assert_eq!(cells[4].trim(), "2 permissions");
        }
        app.database().execute("update plugins set permissions = '{}' where id = 'plugin-one'").await;
        let cells = admin.get("/plugins").await.select("[id='plugin-plugin-one'] td");
        assert_eq!(cells[4].trim(), "0 permissions");
    }

    async fn the_list_is_filtered_by_status_type_and_text(app) {
        let admin = app.setup_admin().await;
        let mut cat = manifest("cat-feeder", "1.0.0");
        cat["name"] = json!("Futterautomat Süd 50%");
        cat["type"] = json!("integration");
        install(&admin, &cat).await.status(303);
        install(&admin, &manifest("power-meter", "1.0.0")).await.status(303);
        admin.post("/plugins/power-meter/status", &[("status", "disabled")]).await.status(303);
        for (query, expected) in [
            ("", vec!["The power-meter", "Futterautomat Süd 50%"]),
            ("?status=disabled", vec!["The power-meter"]),
            ("?status=active&type=data", vec![]),
            ("?type=integration", vec!["Futterautomat Süd 50%"]),
            ("?q=S%C3%9CD", vec!["Futterautomat Süd 50%"]),
            ("?q=%25", vec!["Futterautomat Süd 50%"]),
            ("?q=_", vec![]),
            ("?q=power-meter&status=&type=&before=", vec!["The power-meter"]),
            ("?q=' or 1=1 --", vec![]),
        ] {
            let page = admin.get(&format!("/plugins{query}")).await.status(200);
            assert_eq!(page.select("tbody th a"), expected, "{query}");
        }
        for query in ["?status=gone", "?type=gadget", "?before=x", "?before=99999999999999999999.a"] {
            admin.get(&format!("/plugins{query}")).await.status(400);
        }
        admin.get(&format!("/plugins?q={}", "x".repeat(60_000))).await.status(200);
    }

    async fn a_long_list_is_paged_newest_first_without_gaps(app) {
        let admin = app.setup_admin().await;
        for n in 0..103 {
            install(&admin, &manifest(&format!("plugin-{n:03}"), "1.0.0")).await.status(303);
        }
        let mut seen = Vec::new();
        let mut address = "/plugins?type=data".to_owned();
        loop {
            let page = admin.get(&address).await.status(200);
            seen.extend(page.select("tbody th a"));
            match page.attributes("a[rel=next]", "href").pop() {
                Some(next) => address = next,
                None => break,
            }
        }
        let expected: Vec<String> = (0..103).rev().map(|n| format!("The plugin-{n:03}")).collect();
        assert_eq!(seen, expected);
    }

    async fn each_role_is_shown_and_may_do_what_is_its_own(app) {
        let admin = installed(&app, "power-meter").await;
        let (viewer, friend) = (app.user("viewer").await, app.user("maintainer").await);
        for browser in [&viewer, &friend, &admin] {
            browser.get("/plugins").await.status(200);
            browser.get("/plugins/power-meter").await.status(200);
        }
        for browser in [&viewer, &friend] {
            browser.get("/plugins/new").await.status(403);
            install(browser, &manifest("other", "1.0.0")).await.status(403);
            upload(browser, "", V1.into(), "").await.status(403);
            browser.get("/plugins/power-meter/deletion").await.status(403);
            browser.post("/plugins/power-meter/deletion", &[]).await.status(403);
            assert!(!browser.get("/plugins").await.has("a[href='/plugins/new']"));
            assert!(!browser.get("/plugins/power-meter").await.has("a[href$='/deletion']"));
        }
        viewer.post("/plugins/power-meter/status", &[("status", "disabled")]).await.status(403);
        let page = viewer.get("/plugins/power-meter").await;
        assert!(!page.has("form[action$='/status']") && !page.has("a[href$='/config']"));
        let nobody = app.browser();
        for path in ["/plugins", "/plugins/new", "/plugins/power-meter", "/plugins/power-meter/deletion"] {
            assert!(nobody.get(path).await.status(303).location().starts_with("/login?next="), "{path}");
        }
        assert_eq!(app.count("plugins where status = 'active'").await, 1);
    }

    async fn what_a_manifest_says_is_only_ever_text_on_a_page(app) {
        let admin = app.setup_admin().await;
        let mut evil = manifest("evil-one", "1.0.0");
        for key in ["name", "author", "description"] {
            evil[key] = json!("<img src=x onerror=alert(1)>\"'{{7*7}}\u{202e}");
        }
        evil["permissions"] = json!(["<script>alert(1)</script>"]);
        evil["x"] = json!("</code></pre><script>alert(1)</script>");
        install(&admin, &evil).await.see("/plugins/evil-one");
        for path in ["/plugins", "/plugins/evil-one", "/plugins/evil-one/deletion"] {
            let page = admin.get(path).await.status(200);
            assert!(!page.text.contains("<script>alert") && !page.text.contains("<img src=x"), "{path}");
        }
    }

    async fn a_part_of_a_page_is_sent_where_htmx_asks_for_it(app) {
        let admin = installed(&app, "power-meter").await;
        for (path, region) in [("/plugins?type=data", "#plugins"), ("/plugins/power-meter", "#plugin")] {
            let page = admin.get(path).await.status(200);
            assert_eq!(page.attributes(region, "hx-get"), [path]);
            let request = admin.getting(path).header("HX-Request-Type", "partial");
            let part = admin.send(request).await.status(200);
            assert!(part.text.trim_start().starts_with('<') && part.has(region) && !part.text.contains("<html"), "{path}");
        }
    }
}
