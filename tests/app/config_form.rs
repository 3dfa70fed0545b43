//! What a configuration's form tells a browser: how long a text may be, and what depends on what.

use serde_json::{Value, json};

use crate::harness::{Answer, Browser, TestApp};

const PLUGIN: &str = "/plugins/porch-light";
const CONFIG: &str = "/plugins/porch-light/config";
const FORM: &str = "form#config";

async fn with_schema(app: &TestApp, schema: Value) -> Browser {
    let admin = app.setup_admin().await;
    let manifest = json!({
        "id": "porch-light", "name": "Porch light", "version": "1.0.0", "type": "data", "author": "R", "description": "D",
        "config_schema": schema,
    });
    admin
        .post("/plugins", &[("manifest_text", &manifest.to_string())])
        .await
        .status(303);
    admin
}

fn limits(page: &Answer, name: &str) -> (Vec<String>, Vec<String>) {
    let control = format!("[name='{name}']");
    (
        page.attributes(&control, "minlength"),
        page.attributes(&control, "maxlength"),
    )
}

stories! {
    async fn a_limit_on_the_length_of_a_text_stops_no_text_that_is_right(app) {
        let short = json!({ "type": "string", "maxLength": 3 });
        let admin = with_schema(&app, json!({ "properties": {
            "name": { "type": "string", "minLength": 2, "maxLength": 20 },
            "about": { "type": "string", "maxLength": 300 },
            "endless": { "type": "string", "maxLength": 4_000_000_000_u32 },
            "port": { "type": "integer" },
            "mode": { "enum": ["brief", "long"] },
            "either": { "oneOf": [{ "type": "string", "title": "Word", "maxLength": 5 }, { "type": "string", "title": "Text", "minLength": 6 }] },
            "free": { "type": "object", "additionalProperties": short },
            "inner": { "properties": { "code": { "type": "string" }, "sure": short }, "if": { "properties": { "on": { "const": true } } }, "then": { "properties": { "code": short } } },
        } })).await;
        let page = admin.get(CONFIG).await.status(200);
        assert_eq!(limits(&page, "/name"), (vec!["2".to_owned()], vec!["40".to_owned()]));
        assert_eq!(limits(&page, "/about"), (vec![], vec!["600".to_owned()]));
        for name in ["/endless", "/either", "/inner/code", "/inner/sure", "/port"] {
            assert!(page.has(&format!("[name='is:{name}']")), "{name}");
            assert_eq!(limits(&page, name), (vec![], vec![]), "{name}: it holds only as the data stands, or is more than a browser counts");
        }
        // As long as it may be, in characters that a browser counts twice.
        let longest = "🏠".repeat(20);
        assert_eq!(longest.encode_utf16().count(), 40);
        admin.submit(&page, FORM, &[("/name", &longest)]).await.see(PLUGIN);
        let page = admin.get(CONFIG).await;
        assert_eq!(page.attributes("[name='/name']", "value"), [longest.as_str()]);
        let page = admin.submit(&page, FORM, &[("/name", &format!("{longest}🏠"))]).await.status(422);
        assert!(page.problem("cf-name").contains("at most 20 characters"));
        assert_eq!(page.attributes("[name='/name']", "value"), [format!("{longest}🏠")]);
    }

    async fn a_setting_says_where_others_depend_on_it_and_asking_takes_no_focus(app) {
        let admin = with_schema(&app, json!({ "properties": { "lamp": {
            "properties": { "mode": { "enum": ["off", "timer", "sun", "moon", "x"] }, "other": { "type": "string" } },
            "if": { "properties": { "mode": { "const": "timer" } }, "required": ["mode"] },
            "then": { "properties": { "minutes": { "type": "integer" } } },
            "dependentRequired": { "minutes": ["other"] },
        } } })).await;
        let page = admin.get(CONFIG).await.status(200);
        assert_eq!(page.attributes("[data-decides=cf-lamp]", "id"), ["cf-lamp-mode-field"]);
        assert_eq!(page.attributes("#cf-lamp_apply", "hx-trigger"), ["apply"]);
        assert_eq!(page.attributes("#cf-lamp_apply", "hx-vals"), [r#"{"action":"apply /lamp"}"#]);
        let token = page.attributes("#cf-lamp-mode option", "value").remove(2);
        for (action, focus) in [("apply /lamp", vec![]), ("show /lamp", vec!["cf-lamp".to_owned()])] {
            let page = admin.submit(&page, FORM, &[("/lamp/mode", &token), ("action", action)]).await.status(200);
            assert!(page.has("label[for='cf-lamp-minutes']"), "{}", page.text);
            assert_eq!(page.attributes("[data-decides=cf-lamp]", "id"), ["cf-lamp-mode-field", "cf-lamp-minutes-field"]);
            assert_eq!(page.attributes("[autofocus]", "id"), focus, "{action}");
        }
        assert_eq!(app.count("plugin_config_versions").await, 0);
    }
}
