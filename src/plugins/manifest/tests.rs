use serde_json::json;

use super::*;

const V1: &str = include_str!("../../../tests/fixtures/plugins/v1-weather-widget.json");

fn least() -> Value {
    json!({ "id": "power-meter", "name": "Power meter", "version": "1.0.0", "type": "data" })
}

/// The mistakes in the least manifest with `key` set to `value`.
fn faults_with(key: &str, value: Value) -> Vec<(String, String)> {
    let mut manifest = least();
    manifest[key] = value;
    faults(&manifest.to_string())
}

fn faults(text: &str) -> Vec<(String, String)> {
    let faults = Manifest::read(text).err().unwrap_or_default();
    faults
        .into_iter()
        .map(|fault| (fault.pointer, fault.message))
        .collect()
}

fn places(faults: &[(String, String)]) -> Vec<&str> {
    faults.iter().map(|(place, _)| place.as_str()).collect()
}

#[test]
fn a_manifest_for_taylordash_v1_is_accepted_as_it_is() {
    let manifest = Manifest::read(V1).unwrap();
    assert_eq!(manifest.kind, Kind::Ui);
    assert_eq!(
        manifest.repository.as_deref(),
        Some("https://github.com/taylordash-plugins/weather-widget")
    );
    assert_eq!(manifest.permissions.len(), 3);
    assert_eq!(manifest.install_path(), "plugins/weather-widget/1.4.2");
    assert_eq!(manifest.first_status(), Status::Active);
    assert_eq!(manifest.text, V1);
    for key in ["api_endpoints", "allowed_origins", "install_hooks", "entry"] {
        assert!(manifest.document.get(key).is_some(), "{key} is kept");
    }
}

#[test]
fn everything_that_is_wrong_is_told_at_once_each_at_its_place() {
    let text = r#"{
  "id": "No Good",
  "version": "1.0",
  "type": "gadget",
  "repository": "http://example.org/x",
  "permissions": ["projects:read", 7, "", "projects:read"],
  "entry_point": "../../etc/passwd",
  "dependencies": { "mqtt-core": "latest" },
  "taylordash_version": ">=99",
  "config_schema": []
}"#;
    let faults = Manifest::read(text).unwrap_err();
    let told: Vec<_> = faults
        .iter()
        .map(|fault| (fault.pointer.as_str(), fault.line))
        .collect();
    assert_eq!(
        told,
        [
            ("/id", 2),
            ("/name", 0),
            ("/version", 3),
            ("/type", 4),
            ("/repository", 5),
            ("/entry_point", 7),
            ("/taylordash_version", 9),
            ("/permissions/1", 6),
            ("/permissions/2", 6),
            ("/permissions/3", 6),
            ("/dependencies/mqtt-core", 8),
            ("/config_schema", 10),
        ]
    );
    assert!(faults[6].message.contains("needs TaylorDash >=99"));
}

#[test]
fn an_id_is_3_to_50_small_letters_digits_and_dashes() {
    for id in ["abc", "9-9", "---", &"x".repeat(50)] {
        assert!(faults_with("id", json!(id)).is_empty(), "{id}");
    }
    let long = "x".repeat(51);
    for id in [
        "", "ab", &long, "Abc", "a_b", "a b c", "äöü", "a/b", "../etc", "abc\n", "new",
    ] {
        assert_eq!(places(&faults_with("id", json!(id))), ["/id"], "{id:?}");
    }
}

#[test]
fn what_is_no_json_object_is_told_with_its_place() {
    for (text, told) in [
        ("", "Choose a manifest file"),
        (" \n", "Choose a manifest file"),
        ("[]", "A manifest is an object"),
        ("null", "A manifest is an object"),
        ("{\n  \"id\": \"abc\"\n  \"name\": 1 }", "Line 3, column 3"),
        (r#"{"id":"abc","id":"abd"}"#, "twice"),
        (r#"{"name":"a\u0000b"}"#, "U+0000"),
        (r#"{"name":"\ud800"}"#, "Line 1"),
        (r#"{"$serde_json::private::Number":"x"}"#, "Line 1"),
        ("PK\u{3}\u{4}", "Line 1, column 1"),
    ] {
        let faults = faults(text);
        assert_eq!(faults.len(), 1, "{text:?}: {faults:?}");
        assert!(faults[0].1.contains(told), "{text:?}: {faults:?}");
    }
    let deep = format!("{}{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    assert!(faults(&deep)[0].1.contains("deep"));
}

#[test]
fn old_and_new_names_of_a_key_may_stand_together_only_if_they_agree() {
    assert!(faults_with("kind", json!("data")).is_empty());
    assert_eq!(places(&faults_with("kind", json!("ui"))), ["/kind"]);
    let mut manifest = least();
    manifest["entry"] = json!("a.js");
    manifest["entry_point"] = json!("b.js");
    assert_eq!(places(&faults(&manifest.to_string())), ["/entry"]);
}

#[test]
fn a_path_or_an_address_that_leads_elsewhere_is_refused() {
    for path in [
        "/etc/passwd",
        "a/../../b",
        "..",
        "C:\\x",
        "a\\..\\b",
        "",
        " ",
        "file:///x",
    ] {
        assert_eq!(
            places(&faults_with("entry_point", json!(path))),
            ["/entry_point"],
            "{path:?}"
        );
    }
    for path in ["main.js", "./dist/main.js", "a..b/c"] {
        assert!(
            faults_with("entry_point", json!(path)).is_empty(),
            "{path:?}"
        );
    }
    for address in [
        "javascript:alert(1)",
        "http://example.org",
        "https://",
        "https://u:p@example.org",
        "https://a b",
        "git@example.org:x",
        "",
    ] {
        assert_eq!(
            places(&faults_with("repository", json!(address))),
            ["/repository"],
            "{address}"
        );
    }
    assert_eq!(
        places(&faults_with("homepage", json!("javascript:alert(1)"))),
        ["/homepage"]
    );
    assert!(faults_with("homepage", json!("http://plugin.lab/")).is_empty());
}

#[test]
fn only_a_taylordash_that_will_do_takes_the_plugin() {
    let ours = env!("CARGO_PKG_VERSION");
    for requirement in [
        "*",
        &format!("^{ours}"),
        ">=0.1, <99",
        ">=0.0.1 <99.0.0",
        "^1.0",
        "1.0.0",
    ] {
        assert!(
            faults_with("taylordash_version", json!(requirement)).is_empty(),
            "{requirement}"
        );
    }
    for requirement in [">=99", "^98.1", "soon", ""] {
        let faults = faults_with("taylordash_version", json!(requirement));
        assert_eq!(places(&faults), ["/taylordash_version"], "{requirement}");
    }
}

#[test]
fn dependencies_are_ids_or_ids_with_requirements() {
    let list = json!(["mqtt-core", "zigbee-bridge"]);
    let object = json!({ "mqtt-core": "^1.2", "zigbee-bridge": ">=1, <3" });
    assert!(faults_with("dependencies", list.clone()).is_empty());
    assert!(faults_with("dependencies", object.clone()).is_empty());
    assert_eq!(
        dependencies(&json!({ "dependencies": list }))[1].id,
        "zigbee-bridge"
    );
    assert_eq!(
        dependencies(&json!({ "dependencies": object }))[0].requirement,
        "^1.2"
    );
    assert_eq!(
        places(&faults_with("dependencies", json!(["No"]))),
        ["/dependencies/0"]
    );
    assert_eq!(
        places(&faults_with("dependencies", json!("mqtt-core"))),
        ["/dependencies"]
    );
}

#[test]
fn a_number_that_a_database_cannot_keep_is_refused() {
    for number in ["1e99999", "-1e-99999", "1e99999999999999999999"] {
        let text = least()
            .to_string()
            .replacen('{', &format!("{{\"x\":[{number}],"), 1);
        assert_eq!(places(&faults(&text)), ["/x/0"], "{number}");
    }
    let text = least().to_string().replacen(
        '{',
        "{\"x\":[1e300, 0.1, 123456789012345678901234567890],",
        1,
    );
    assert!(faults(&text).is_empty());
}

#[test]
fn a_plugin_starts_switched_off_only_if_it_needs_to_be_configured_first() {
    let status = |schema: Value| {
        let mut manifest = least();
        manifest["config_schema"] = schema;
        Manifest::read(&manifest.to_string())
            .unwrap()
            .first_status()
    };
    let property =
        json!({ "host": { "type": "string" }, "port": { "type": "integer", "default": 80 } });
    assert_eq!(status(json!({ "properties": property })), Status::Active);
    assert_eq!(
        status(json!({ "properties": property, "required": ["port"] })),
        Status::Active
    );
    assert_eq!(
        status(json!({ "properties": property, "required": ["port", "host"] })),
        Status::Disabled
    );
    assert_eq!(status(json!({ "required": ["token"] })), Status::Disabled);
    assert_eq!(
        Manifest::read(&least().to_string()).unwrap().first_status(),
        Status::Active
    );
}

#[test]
fn a_byte_order_mark_and_unknown_keys_do_no_harm() {
    let text = format!(
        "\u{feff}{}",
        json!({ "id": "abc", "name": "A", "version": "1.0.0", "type": "ui", "x-mine": [1] })
    );
    let manifest = Manifest::read(&text).unwrap();
    assert_eq!(manifest.document["x-mine"], json!([1]));
}
