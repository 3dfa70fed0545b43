//! A configuration as text, its schema, and earlier versions that have to be put right.

use serde_json::{Value, json};

use crate::harness::{Answer, Browser, TestApp};

const PLUGIN: &str = "/plugins/nas-backup";
const CONFIG: &str = "/plugins/nas-backup/config";
const TEXT: &str = "/plugins/nas-backup/config/json";
const SCHEMA: &str = "/plugins/nas-backup/config/schema";
const VERSIONS: &str = "/plugins/nas-backup/versions";
const FORM: &str = "form#config";

fn manifest(version: &str, port_maximum: i64) -> String {
    json!({
        "id": "nas-backup", "name": "NAS backup", "version": version, "type": "data", "author": "R", "description": "D",
        "config_schema": { "type": "object", "properties": {
            "host": { "type": "string", "title": "Host <of> it" },
            "port": { "type": "integer", "title": "Port", "maximum": port_maximum },
            "ratio": { "type": "number" },
            "token": { "type": "string", "title": "Token", "writeOnly": true },
            "users": { "type": "array", "items": { "type": "object", "properties": {
                "name": { "type": "string" }, "pin": { "type": "string", "format": "password" },
            } } },
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

async fn write(browser: &Browser, document: &str) -> Answer {
    browser.post(TEXT, &[("document", document)]).await
}

async fn write_json(browser: &Browser, document: Value) -> Answer {
    write(browser, &document.to_string()).await
}

async fn config(app: &TestApp) -> Value {
    app.rows("select config from plugins").await[0].json("config")
}

/// What stands in the box, as a person sees it.
fn text(page: &Answer) -> String {
    let (_, fields) = page.form(FORM, &[]);
    let document = fields.into_iter().find(|(name, _)| name == "document");
    document.unwrap().1.replace("\r\n", "\n")
}

stories! {
    async fn a_configuration_has_three_tabs_that_are_links(app) {
        let admin = with_plugin(&app).await;
        let friend = app.user("maintainer").await;
        let viewer = app.user("viewer").await;
        for (path, name) in [(CONFIG, "Form"), (TEXT, "JSON"), (SCHEMA, "Schema")] {
            let page = friend.get(path).await.status(200);
            assert_eq!(page.attributes("nav.pills a", "href"), [CONFIG, TEXT, SCHEMA]);
            assert_eq!(page.select("nav.pills a[aria-current]"), [name]);
            viewer.get(path).await.status(403);
        }
        viewer.post(TEXT, &[("document", "{}")]).await.status(403);
        let page = admin.get(SCHEMA).await.status(200);
        assert!(page.text.contains("Host &#60;of&#62; it") && !page.text.contains("Host <of>"), "it is escaped");
        let shown: Value = serde_json::from_str(&page.select("pre code").remove(0)).unwrap();
        assert_eq!(shown["properties"]["port"]["maximum"], 9000);
        assert!(page.select("h2").join(" ").contains("1.0.0"));
        let bare = json!({ "id": "bare", "name": "Bare", "version": "1.0.0", "type": "data", "author": "R", "description": "D" });
        admin.post("/plugins", &[("manifest_text", &bare.to_string())]).await.status(303);
        for tab in ["", "/json", "/schema"] {
            assert!(admin.get(&format!("/plugins/bare/config{tab}")).await.status(200).text.contains("nothing to configure"));
        }
        admin.post("/plugins/bare/config/json", &[("document", "{}")]).await.status(422);
        admin.get("/plugins/none/config/schema").await.status(404);
    }

    async fn the_text_saves_the_whole_configuration_as_a_version(app) {
        let admin = with_plugin(&app).await;
        let document = r#"{"host": "a", "token": "s3cret-one", "ratio": 0.1234567890123456789012345, "free": {"deep": [1, null, ""]}}"#;
        admin.post(TEXT, &[("document", document), ("note", "By hand")]).await.see(PLUGIN);
        let sealed = config(&app).await["token"].clone();
        assert!(sealed.as_str().unwrap().starts_with("$sealed$"));
        let page = admin.get(TEXT).await.status(200);
        assert!(text(&page).contains("0.1234567890123456789012345"), "{}", text(&page));
        let shown: Value = serde_json::from_str(&text(&page)).unwrap();
        assert_eq!((&shown["token"], &shown["free"]), (&json!({ "$secret": "/token" }), &json!({ "deep": [1, null, ""] })));
        assert_eq!(page.attributes("#document", "spellcheck"), ["false"]);
        assert_eq!(page.attributes("label[for=document]", "for").len(), 1);
        let answer = admin.submit(&page, FORM, &[]).await.see(PLUGIN);
        assert!(admin.follow(&answer).await.text.contains("Nothing was changed"));
        assert_eq!(app.count("plugin_config_versions").await, 1);
        let changed = text(&page).replace("\"a\"", "\"b\"");
        admin.submit(&page, FORM, &[("document", &changed)]).await.see(PLUGIN);
        assert_eq!((&config(&app).await["host"], &config(&app).await["token"]), (&json!("b"), &sealed));
        write(&admin, "{ \"host\": \"\" }").await.see(PLUGIN);
        assert_eq!(config(&app).await, json!({ "host": "" }), "what is left out is gone, and an empty text is there");
        let event = app.events_of("plugin", "config_changed").await.pop().unwrap();
        assert_eq!(event["details"], json!({ "config_version": 3, "changed": ["/free", "/host", "/ratio", "/token"] }));
        assert!(admin.get(VERSIONS).await.text.contains("By hand"));
    }

    async fn a_mistake_in_the_text_is_told_with_its_line_and_nothing_typed_is_lost(app) {
        let admin = with_plugin(&app).await;
        let page = admin.get(TEXT).await;
        let typed = "{\n  \"host\": 5,\n  \"port\": 9001\n}";
        let page = admin.submit(&page, FORM, &[("document", typed), ("note", "mine")]).await.status(422);
        assert_eq!(text(&page), typed);
        assert_eq!(page.attributes("[name=note]", "value"), ["mine"]);
        let told = page.select("[role=alert] li");
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].starts_with("Line 2, /host: This must be a text") && told[0].contains("\"host\": 5"), "{told:?}");
        assert!(told[1].starts_with("Line 3, /port: This must be at most 9000."), "{told:?}");
        assert_eq!(page.attributes("[role=alert]:not([hidden]) a", "href"), ["#document", "#document"]);
        assert_eq!(page.attributes("#document", "aria-invalid"), ["true"]);
        assert!(page.attributes("#document", "aria-describedby")[0].starts_with("document-error"));
        assert!(!page.problem("document").is_empty());
        let deep = format!("{{\"a\": {}1{}}}", "[".repeat(200), "]".repeat(200));
        let long = format!("{{\"a\": {}}}", "1".repeat(100_000));
        for (wrong, said) in [
            ("{\n  \"host\": \"a\"\n  \"port\": 1\n}", "Line 3, character 3: Expected a comma or }"),
            ("{\"a\": 1,\n \"a\": 2}", "Line 2, character 2: “a” stands here twice."),
            ("{\"a\": \"\\u0000\"}", "Line 1, character 7: This text holds the character U+0000"),
            ("{\"a\": \"\0\"}", "Line 1, character 8"),
            (&deep, "nested too deeply"),
            (&long, "Line 1, /a"),
            ("{\"a\": 1e999999}", "Line 1, /a"),
            ("{\"a\": \"$sealed$v1$x\"}", "Line 1, /a: This begins as a sealed secret does"),
            ("[]", "The whole text: A configuration begins with {"),
            (" ", "The whole text: There is nothing here."),
            ("", "The whole text: There is nothing here."),
            ("{} {}", "Line 1, character 4: There is something after the end"),
        ] {
            let page = write(&admin, wrong).await.status(422);
            assert!(page.select("[role=alert] li").join(" ").contains(said), "{wrong}: {:?}", page.select("[role=alert] li"));
        }
        admin.post(TEXT, &[]).await.status(422);
        let note = "x".repeat(501);
        let page = admin.post(TEXT, &[("document", "{\"host\": \"a\"}"), ("note", &note)]).await.status(422);
        assert!(page.select("[role=alert]").join(" ").contains("The note is too long"));
        let huge = format!("{{\"a\": \"{}\"}}", "x".repeat(1 << 20));
        let page = write(&admin, &huge).await.status(413);
        assert!(page.has("h1"), "{}", page.text);
        assert_eq!(app.count("plugin_config_versions").await, 0);
    }

    async fn a_secret_in_the_text_is_kept_moved_copied_or_removed_and_never_uncovered(app) {
        let admin = with_plugin(&app).await;
        let one = json!({ "token": "s3cret-t", "users": [{ "name": "ann", "pin": "s3cret-a" }, { "name": "bob", "pin": "s3cret-b" }] });
        write_json(&admin, one).await.see(PLUGIN);
        let pin = |at: &str| json!({ "$secret": at });
        write_json(&admin, json!({ "token": pin("/token"), "users": [
            { "name": "bob", "pin": pin("/users/1/pin") }, { "name": "ann", "pin": pin("/users/0/pin") }, { "name": "eve", "pin": pin("/users/0/pin") },
        ] })).await.see(PLUGIN);
        write_json(&admin, json!({ "token": "s3cret-t", "users": [
            { "name": "bob", "pin": "s3cret-b" }, { "name": "ann", "pin": "s3cret-a" }, { "name": "eve", "pin": "s3cret-a" },
        ] })).await.see(PLUGIN);
        assert_eq!(app.count("plugin_config_versions").await, 2, "the secrets are what they were, in their new places");
        let before = config(&app).await;
        for wrong in [json!({ "host": pin("/token") }), json!({ "free": [pin("/token")] }), json!({ "token": pin("/host") }), json!({ "token": pin("/users/9/pin") }), json!({ "host": pin("/host") })] {
            let page = write_json(&admin, wrong.clone()).await.status(422);
            assert!(page.select("[role=alert] li").join(" ").contains("This stands for a secret"), "{wrong}: {}", page.text);
            assert!(!page.text.contains("s3cret") && !page.text.contains("$sealed"));
        }
        assert_eq!(config(&app).await, before);
        for typed in [r#"{"host": 5, "token": "s3cret-new"}"#, r#"{"host": "x", "token": "s3cret-new""#, r#"{"host": "x" "token": "s3cret-new"}"#] {
            let page = write(&admin, typed).await.status(422);
            assert!(!page.text.contains("s3cret") && text(&page).contains("type it again"), "{}", page.text);
            assert!(text(&page).starts_with("{\"host\": "));
            let page = write(&admin, r#"{"token": {"$secret": "type it again"}}"#).await.status(422);
            assert!(page.select("[role=alert] li").join(" ").contains("Type this secret again"));
        }
        write(&admin, "{}").await.see(PLUGIN);
        assert_eq!(config(&app).await, json!({}));
    }

    async fn a_text_is_not_saved_over_what_somebody_else_saved_meanwhile(app) {
        let admin = with_plugin(&app).await;
        let friend = app.user("maintainer").await;
        write_json(&admin, json!({ "host": "nas.lab", "port": 1 })).await.see(PLUGIN);
        let mine = friend.get(TEXT).await;
        let form = friend.get(CONFIG).await;
        write_json(&admin, json!({ "host": "new.lab", "port": 1111 })).await.see(PLUGIN);
        let typed = "{\"host\": \"nas.lab\",\n \"port\": 2222}";
        let page = friend.submit(&mine, FORM, &[("document", typed), ("note", "why")]).await.status(422);
        let told = page.select("[role=alert]").join(" ");
        for word in ["sam saved", "1111", "2222", "new.lab", "as it was"] {
            assert!(told.contains(word), "{word} is not in {told}");
        }
        assert_eq!((text(&page).as_str(), page.attributes("[name=note]", "value")), (typed, vec!["why".to_owned()]));
        assert_eq!(config(&app).await["port"], 1111);
        friend.submit(&page, FORM, &[]).await.see(PLUGIN);
        assert_eq!(config(&app).await, json!({ "host": "new.lab", "port": 2222 }));
        let page = friend.submit(&form, FORM, &[("/port", "3333")]).await.status(422);
        assert!(page.select("[role=alert]").join(" ").contains("maintainer saved"), "a form and a text look out for each other");
    }

    async fn a_version_that_no_longer_fits_opens_as_a_form_to_be_put_right(app) {
        let admin = with_plugin(&app).await;
        write_json(&admin, json!({ "host": "old.lab", "port": 8800, "token": "s3cret-one" })).await.see(PLUGIN);
        let first = config(&app).await;
        write_json(&admin, json!({ "host": "b", "port": 80, "token": "s3cret-two" })).await.see(PLUGIN);
        let second = config(&app).await;
        admin.post("/plugins", &[("manifest_text", &manifest("2.0.0", 100))]).await.status(303);
        let page = admin.post(&format!("{VERSIONS}/1/restoration"), &[]).await.status(422);
        assert_eq!(page.attributes("[name='/host']", "value"), ["old.lab"]);
        assert_eq!(page.attributes("[name='/port']", "value"), ["8800"]);
        assert!(page.select("[role=alert]").join(" ").contains("This must be at most 100."), "{}", page.text);
        assert_eq!(page.attributes("[name=note]", "value"), ["Version 1 restored"]);
        assert_eq!(config(&app).await, second);
        let page = admin.submit(&page, FORM, &[("/port", "9999")]).await.status(422);
        assert!(page.text.contains("This is version 1"), "it still is what it was opened for");
        let page = admin.submit(&page, FORM, &[("action", "show ")]).await.status(200);
        admin.submit(&page, FORM, &[("/port", "90")]).await.see(PLUGIN);
        let now = config(&app).await;
        assert_eq!((&now["host"], &now["port"]), (&json!("old.lab"), &json!(90)));
        assert_eq!(now["token"], first["token"], "the secret is the old version's, sealed as it was");
        assert!(admin.get(VERSIONS).await.text.contains("Version 1 restored"));
    }

    async fn a_version_to_be_put_right_does_not_go_over_what_somebody_saved_meanwhile(app) {
        let admin = with_plugin(&app).await;
        write_json(&admin, json!({ "host": "old.lab", "port": 8800 })).await.see(PLUGIN);
        write_json(&admin, json!({ "host": "b", "port": 80 })).await.see(PLUGIN);
        admin.post("/plugins", &[("manifest_text", &manifest("2.0.0", 100))]).await.status(303);
        let page = admin.post(&format!("{VERSIONS}/1/restoration"), &[]).await.status(422);
        write_json(&admin, json!({ "host": "third.lab", "port": 80 })).await.see(PLUGIN);
        let page = admin.submit(&page, FORM, &[("/port", "90")]).await.status(422);
        let told = page.select("[role=alert]").join(" ");
        assert!(told.contains("third.lab") && told.contains("old.lab"), "{told}");
        assert_eq!(config(&app).await["host"], "third.lab");
        admin.submit(&page, FORM, &[]).await.see(PLUGIN);
        assert_eq!(config(&app).await, json!({ "host": "old.lab", "port": 90 }));
    }
}
