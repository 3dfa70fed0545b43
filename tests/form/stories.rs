//! One story per promise of the form.

use serde_json::{Value, json};
use taylordash::plugins::schema::{SecretChange, check, conceal, reveal, same};

use crate::kit::*;

fn flat() -> Value {
    json!({
        "type": "object",
        "required": ["host"],
        "properties": {
            "host": {"type": "string", "title": "Host", "description": "Where it *is*", "minLength": 1, "pattern": "^[a-z.]+$"},
            "port": {"type": "integer", "default": 1883, "minimum": 1, "maximum": 65535},
            "ratio": {"type": "number", "minimum": 0},
            "tls": {"type": "boolean", "default": true},
            "debug": {"type": "boolean"},
            "level": {"enum": ["info", "warn", "error"], "default": "info"},
            "motto": {"type": "string"}
        }
    })
}

#[test]
fn an_untouched_form_changes_nothing_and_keeps_what_it_does_not_know() {
    let stored =
        json!({"host": "nas.local", "debug": false, "motto": "", "other": {"deep": [1, 2.50]}});
    let page = open(&flat(), &stored);
    assert!(same(&save(&flat(), &stored, &page.submit()), &stored));
    assert!(
        !page.html.contains("2.50"),
        "what is not mentioned is not shown"
    );
}

#[test]
fn what_is_typed_is_saved_as_its_type() {
    let stored = json!({"host": "nas", "x": 1});
    let mut page = open(&flat(), &stored);
    page.fill("/host", "printer.local");
    page.fill("/port", "8080");
    page.fill("/ratio", "0.50");
    page.tick("/tls", false);
    page.tick("/debug", true);
    page.pick("/level", "warn");
    let saved = save(&flat(), &stored, &page.submit());
    assert_eq!(
        saved.to_string(),
        json!({"host": "printer.local", "x": 1})
            .to_string()
            .trim_end_matches('}')
            .to_owned()
            + r#","port":8080,"ratio":0.50,"tls":false,"debug":true,"level":"warn"}"#
    );
}

#[test]
fn a_cleared_optional_text_is_absent_and_an_empty_one_stays() {
    let stored = json!({"host": "a", "motto": "hm"});
    let mut page = open(&flat(), &stored);
    page.fill("/motto", "");
    assert_eq!(save(&flat(), &stored, &page.submit()), json!({"host": "a"}));
    let stored = json!({"host": "a", "motto": ""});
    assert_eq!(
        save(&flat(), &stored, &open(&flat(), &stored).submit()),
        stored
    );
}

#[test]
fn a_default_is_shown_and_not_written_unless_chosen() {
    let stored = json!({"host": "a"});
    let page = open(&flat(), &stored);
    assert!(page.control("/tls").checked);
    assert!(page.html.contains("Default: <code>1883</code>"));
    assert_eq!(save(&flat(), &stored, &page.submit()), stored);
    let page = press(&flat(), &stored, &page, "set /tls");
    assert_eq!(
        save(&flat(), &stored, &page.submit()),
        json!({"host": "a", "tls": true})
    );
    let page = press(&flat(), &stored, &page, "unset /tls");
    assert_eq!(save(&flat(), &stored, &page.submit()), stored);
}

#[test]
fn a_script_posts_only_what_it_sets() {
    let stored = json!({"host": "a", "tls": false, "x": [1]});
    let saved = save(
        &flat(),
        &stored,
        &pairs(&[("/port", "8080"), ("/debug", "true"), ("/level", "error")]),
    );
    assert!(same(
        &saved,
        &json!({"host": "a", "tls": false, "x": [1], "port": 8080, "debug": true, "level": "error"})
    ));
    let (_, complaints) = refused(&flat(), &stored, &pairs(&[("/prot", "8080")]));
    assert_eq!(complaints[0].1, "prot: There is no such setting here.");
    let (_, complaints) = refused(&flat(), &stored, &pairs(&[("/port", "eighty")]));
    assert_eq!(
        complaints[0],
        (
            "cf-port".into(),
            "This is not a number. Write it like 12 or 0.5.".into()
        )
    );
}

#[test]
fn a_refused_form_comes_back_with_every_word_and_a_message_at_each_field() {
    let stored = json!({"host": "a"});
    let mut page = open(&flat(), &stored);
    page.fill("/host", "NOT <OK>");
    page.fill("/motto", "\"quoted\" & <b>bold</b>");
    page.tick("/debug", true);
    let mut posted = page.submit();
    for pair in posted.iter_mut().filter(|pair| pair.0 == "/port") {
        pair.1 = "twelve".into();
    }
    let (page, complaints) = refused(&flat(), &stored, &posted);
    assert_eq!(
        complaints
            .iter()
            .map(|line| line.0.as_str())
            .collect::<Vec<_>>(),
        ["cf-host", "cf-port"]
    );
    assert_eq!(page.control("/host").value, "NOT <OK>");
    assert_eq!(page.control("/port").value, "twelve");
    assert_eq!(page.control("/motto").value, "\"quoted\" & <b>bold</b>");
    assert!(page.control("/debug").checked);
    assert!(page.html.contains("autofocus"));
    assert_eq!(page.html.matches("aria-invalid").count(), 2);
}

fn tree() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": "#/$defs/node",
        "$defs": {"node": {
            "type": "object",
            "required": ["name"],
            "properties": {
                "name": {"type": "string"},
                "left": {"$ref": "#/$defs/node"},
                "children": {"type": "array", "items": {"$ref": "#/$defs/node"}}
            }
        }}
    })
}

#[test]
fn a_recursive_schema_shows_the_depth_of_its_data_and_a_way_to_add() {
    let stored = json!({"name": "root", "children": [{"name": "a", "hidden": 1}, {"name": "b", "hidden": 2}]});
    let page = open(&tree(), &stored);
    assert!(same(&save(&tree(), &stored, &page.submit()), &stored));
    assert!(
        page.has_button("set /left")
            && page.has_button("add /children")
            && page.has_button("set /children/1/left")
    );
    let page = press(&tree(), &stored, &page, "set /left");
    let mut page = press(&tree(), &stored, &page, "add /children");
    page.fill("/left/name", "l");
    page.fill("/children/2/name", "c");
    let page = press(&tree(), &stored, &page, "up /children/2");
    let page = press(&tree(), &stored, &page, "remove /children/0");
    assert!(same(
        &save(&tree(), &stored, &page.submit()),
        &json!({"name": "root", "left": {"name": "l"}, "children": [{"name": "c"}, {"name": "b", "hidden": 2}]})
    ));
}

#[test]
fn a_moved_and_a_copied_item_takes_along_what_the_form_does_not_show() {
    let schema = json!({"properties": {"list": {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "integer"}}}}}});
    let stored = json!({"list": [{"a": 1, "x": "one"}, {"a": 2, "x": "two"}]});
    let page = press(&schema, &stored, &open(&schema, &stored), "down /list/0");
    let page = press(&schema, &stored, &page, "duplicate /list/0");
    let mut page = press(&schema, &stored, &page, "remove /list/2");
    page.fill("/list/1/a", "3");
    assert!(same(
        &save(&schema, &stored, &page.submit()),
        &json!({"list": [{"a": 2, "x": "two"}, {"a": 3, "x": "two"}]})
    ));
}

#[test]
fn a_map_has_rows_that_can_be_added_renamed_and_removed() {
    let schema = json!({"properties": {"env": {"type": "object", "additionalProperties": {"type": "string"}}}});
    let stored = json!({"env": {"PATH": "/bin", "HOME": "/root", "a/b~c": ""}});
    let page = open(&schema, &stored);
    assert_eq!(save(&schema, &stored, &page.submit()), stored);
    let mut page = press(&schema, &stored, &page, "add-row /env");
    page.fill("key:/env/+1", "LANG");
    page.fill("/env/+1", "C");
    page.fill("key:/env/HOME", "HOUSE");
    let page = press(&schema, &stored, &page, "remove /env/PATH");
    assert!(same(
        &save(&schema, &stored, &page.submit()),
        &json!({"env": {"HOUSE": "/root", "a/b~c": "", "LANG": "C"}})
    ));
    let mut page = press(&schema, &stored, &page, "add-row /env");
    page.fill("key:/env/+2", "LANG");
    page.fill("/env/+2", "kept");
    let (page, complaints) = refused(&schema, &stored, &page.submit());
    assert!(
        complaints
            .iter()
            .any(|line| line.1 == "This name is there twice."),
        "{complaints:?}"
    );
    assert_eq!(page.control("/env/+2").value, "kept");
}

fn login() -> Value {
    json!({
        "type": "object",
        "properties": {"auth": {"oneOf": [
            {"title": "Password", "type": "object", "required": ["type", "user"], "additionalProperties": false,
             "properties": {"type": {"const": "password"}, "user": {"type": "string", "minLength": 1}}},
            {"title": "Key", "type": "object", "required": ["type", "file"], "additionalProperties": false,
             "properties": {"type": {"const": "key"}, "file": {"type": "string"}}},
            {"title": "None", "type": "string", "const": "none"}
        ]}}
    })
}

#[test]
fn a_branch_is_recognised_chosen_and_left_without_losing_a_word() {
    let stored = json!({"auth": {"type": "key", "file": "/k"}});
    let mut page = open(&login(), &stored);
    assert_eq!(
        page.control("branch:/auth").value,
        "/properties/auth/oneOf/1"
    );
    assert_eq!(save(&login(), &stored, &page.submit()), stored);
    page.pick("branch:/auth", "/properties/auth/oneOf/0");
    let mut page = press(&login(), &stored, &page, "choose /auth");
    page.fill("/auth/user", "bob");
    assert_eq!(
        save(&login(), &stored, &page.submit()),
        json!({"auth": {"type": "password", "user": "bob"}})
    );
    page.pick("branch:/auth", "/properties/auth/oneOf/1");
    let mut page = press(&login(), &stored, &page, "choose /auth");
    assert_eq!(page.control("/auth/file").value, "/k");
    page.pick("branch:/auth", "/properties/auth/oneOf/0");
    let page = press(&login(), &stored, &page, "choose /auth");
    assert_eq!(page.control("/auth/user").value, "bob");
}

#[test]
fn choosing_a_branch_for_something_absent_makes_it_there() {
    let stored = json!({});
    let mut page = open(&login(), &stored);
    assert_eq!(page.control("branch:/auth").value, "");
    assert_eq!(save(&login(), &stored, &page.submit()), stored);
    page.pick("branch:/auth", "/properties/auth/oneOf/0");
    let (page, complaints) = refused(&login(), &stored, &page.submit());
    assert_eq!(
        complaints,
        [("cf-auth-user".into(), "Please fill this in.".into())]
    );
    assert!(page.has("/auth/user"));
}

#[test]
fn fields_follow_the_data_as_it_stands() {
    let schema = json!({
        "type": "object",
        "properties": {"mode": {"enum": ["a", "b"]}},
        "if": {"properties": {"mode": {"const": "b"}}, "required": ["mode"]},
        "then": {"properties": {"depth": {"type": "integer"}}, "required": ["depth"]},
        "else": {"properties": {"width": {"type": "integer"}}},
        "dependentRequired": {"width": ["unit"]}
    });
    let mut schema2020 = schema.clone();
    schema2020["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    let stored = json!({"mode": "a", "unit": "m", "width": 3});
    let mut page = open(&schema2020, &stored);
    assert!(page.has("/width") && !page.has("/depth"));
    page.pick("/mode", "b");
    let mut page = press(&schema2020, &stored, &page, "show ");
    assert!(page.has("/depth") && !page.has("/width"));
    page.fill("/depth", "7");
    assert_eq!(
        save(&schema2020, &stored, &page.submit()),
        json!({"mode": "b", "unit": "m", "depth": 7})
    );
    page.pick("/mode", "a");
    let page = press(&schema2020, &stored, &page, "show ");
    assert_eq!(page.control("/width").value, "3");
}

fn vault() -> Value {
    json!({
        "type": "object",
        "properties": {
            "password": {"type": "string", "writeOnly": true, "minLength": 3},
            "pin": {"type": "integer", "format": "password"},
            "accounts": {"type": "array", "items": {"type": "object", "properties": {
                "user": {"type": "string"}, "token": {"type": "string", "format": "password"}}}},
            "free": {"properties": {"in": {"type": "object", "not": {"required": ["x"]}}}, "type": ["object", "string"]}
        }
    })
}

#[test]
fn a_secret_is_kept_replaced_or_removed_and_never_rendered() {
    let stored = json!({"password": "S3CRET-a", "pin": 987654321, "accounts": [{"user": "a", "token": "S3CRET-b"}, {"user": "b", "token": "S3CRET-c"}]});
    let mut page = open(&vault(), &stored);
    assert!(!page.html.contains("S3CRET") && !page.html.contains("987654321"));
    let unchanged = saved(&vault(), &stored, &page.submit());
    assert!(same(&unchanged.value, &stored));
    assert!(
        unchanged.secrets.iter().all(
            |change| matches!(change, SecretChange::Kept { pointer, from } if pointer == from)
        )
    );
    page.fill("/pin", "12");
    page.tick("remove:/password", true);
    let page = press(&vault(), &stored, &page, "remove /accounts/0");
    assert!(
        !page.html.contains("\"12\""),
        "a typed secret is not repeated"
    );
    let after = saved(&vault(), &stored, &page.submit());
    assert!(same(
        &after.value,
        &json!({"pin": 987654321, "accounts": [{"user": "b", "token": "S3CRET-c"}]})
    ));
    assert!(after.secrets.contains(&SecretChange::Kept {
        pointer: "/accounts/0/token".into(),
        from: "/accounts/1/token".into()
    }));
    assert!(after.secrets.contains(&SecretChange::Removed {
        from: "/password".into()
    }));
    let mut page = page;
    page.fill("/pin", "12");
    let after = saved(&vault(), &stored, &page.submit());
    assert_eq!(after.value["pin"], json!(12));
    assert!(after.secrets.contains(&SecretChange::Replaced {
        pointer: "/pin".into()
    }));
}

#[test]
fn a_forged_origin_does_not_bring_a_secret_into_the_open() {
    let schema = json!({"properties": {
        "password": {"type": "string", "writeOnly": true},
        "list": {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string"}}}},
        "slots": {"type": "array", "items": [{"writeOnly": true}, {"type": "string"}]}
    }});
    let stored = json!({"password": "S3CRET", "list": [{"a": "x"}], "slots": ["S3CRET", "plain"]});
    for (name, from) in [
        ("/list/0", "/password"),
        ("/slots/1", "/slots/0"),
        ("/list/0", ""),
    ] {
        let list = &name[..name.len() - 2];
        let forged = pairs(&[
            (&format!("is:{list}"), "list"),
            (&format!("row:{list}"), &name[name.len() - 1..]),
            (&format!("from:{name}"), from),
            (&format!("is:{name}"), "fixed"),
        ]);
        let page = match taylordash::plugins::schema::post(&compiled(&schema), &stored, &forged) {
            taylordash::plugins::schema::Answer::Save(saved) => {
                assert!(
                    !saved.value[&list[1..]].to_string().contains("S3CRET") || list == "/slots",
                    "{}",
                    saved.value
                );
                open(&schema, &saved.value)
            }
            taylordash::plugins::schema::Answer::Refuse(form)
            | taylordash::plugins::schema::Answer::Show(form) => page(&form),
        };
        assert!(!page.html.contains("S3CRET"), "{name} from {from}");
    }
}

#[test]
fn the_json_tab_hides_secrets_and_puts_them_back() {
    let stored = json!({"password": "S3CRET", "accounts": [{"user": "a", "token": "S3CRET-b"}]});
    let compiled = compiled(&vault());
    let shown = conceal(&compiled, &stored);
    assert!(!shown.to_string().contains("S3CRET"));
    assert_eq!(reveal(&compiled, &shown, &stored), stored);
    let moved = json!({"accounts": [{"user": "n"}, {"user": "a", "token": {"$secret": "/accounts/0/token"}}]});
    assert_eq!(
        reveal(&compiled, &moved, &stored)["accounts"][1]["token"],
        "S3CRET-b"
    );
    let stolen = json!({"free": {"$secret": "/password"}});
    assert_eq!(reveal(&compiled, &stolen, &stored), stolen);
}

#[test]
fn what_has_no_control_is_edited_as_json_and_checked_like_the_rest() {
    let schema = json!({"properties": {"any": true, "mixed": {"type": ["string", "number"]}, "not": {"not": {"type": "null"}}}});
    let stored = json!({"any": {"b": [1.50, "x\r\ny"]}, "mixed": 5, "extra": 1});
    let mut page = open(&schema, &stored);
    assert!(same(&save(&schema, &stored, &page.submit()), &stored));
    page.fill("/any", "{\"a\": 1,\n \"b\"}");
    let (page, complaints) = refused(&schema, &stored, &page.submit());
    assert_eq!(
        complaints,
        [(
            "cf-any".into(),
            "Line 2, column 5: Expected a colon after the name.".into()
        )]
    );
    assert_eq!(page.control("/any").value, "{\"a\": 1,\n \"b\"}");
}

#[test]
fn values_that_html_would_change_get_a_control_that_keeps_them() {
    let schema = json!({"properties": {
        "line": {"type": "string"}, "lead": {"type": "string", "maxLength": 500}, "cr": {"type": "string"},
        "big": {"type": "integer"}, "huge": {"type": "number"}, "color": {"type": "string", "format": "color"}, "none": {"type": "string", "format": "color"},
        "at": {"type": "string", "format": "date-time"}, "zoned": {"type": "string", "format": "date-time"}, "mail": {"type": "string", "format": "email"}
    }});
    let stored: Value = serde_json::from_str(r##"{"line": "a\nb", "lead": "\n\n x", "cr": "a\rb\r\n", "big": 123456789012345678901234567890,
        "huge": 1e400, "color": "#AABBCC", "at": "2024-05-06T07:08:00Z", "zoned": "2024-05-06T07:08:00+02:00", "mail": "a@b.c"}"##).unwrap();
    let page = open(&schema, &stored);
    let back = save(&schema, &stored, &page.submit());
    assert_eq!(back.to_string(), stored.to_string());
}

#[test]
fn a_schema_that_is_not_fit_is_refused_with_the_place_and_the_reason() {
    let refused = |schema: Value| {
        check(&schema)
            .unwrap_err()
            .into_iter()
            .map(|problem| (problem.pointer, problem.message))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        refused(json!({"properties": {"a": {"type": "strnig"}}}))[0].0,
        "/properties/a/type"
    );
    let remote = refused(json!({"properties": {"a": {"$ref": "https://example.com/x.json"}}}));
    assert_eq!(remote[0].0, "/properties/a/$ref");
    assert!(remote[0].1.contains("never fetched"));
    assert!(
        refused(json!({"properties": {"a": {"$ref": "#/definitions/b"}}}))[0]
            .1
            .contains("leads to nothing")
    );
    let looks = refused(
        json!({"properties": {"a": {"pattern": "^(?!x)"}}, "patternProperties": {"(a)\\1": {}}}),
    );
    assert_eq!(
        looks
            .iter()
            .map(|problem| problem.0.as_str())
            .collect::<std::collections::BTreeSet<_>>(),
        ["/patternProperties/(a)\\1", "/properties/a/pattern"].into()
    );
    assert!(refused(json!({"definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"allOf": [{"$ref": "#/definitions/a"}]}}}))[0].1.contains("without end"));
    assert!(refused(json!({"$ref": "#"}))[0].1.contains("without end"));
    assert!(refused(json!({"$schema": "https://example.com/mine"}))[0].0 == "/$schema");
    assert!(
        refused(json!({"enum": ["x".repeat(300_000)]}))[0]
            .1
            .contains("256 KiB")
    );
    let deep = (0..200).fold(json!({}), |inside, _| json!({"items": inside}));
    assert!(refused(deep)[0].1.contains("levels deep"));
    assert!(check(&json!({"properties": {"a": {"$ref": "#"}}})).is_ok());
}

#[test]
fn a_schema_that_doubles_at_every_level_still_makes_a_form() {
    let mut defs = serde_json::Map::new();
    for i in 0..40 {
        let next = json!({"$ref": format!("#/definitions/d{}", i + 1)});
        defs.insert(
            format!("d{i}"),
            json!({"type": "object", "properties": {"l": next, "r": next}}),
        );
    }
    defs.insert("d40".into(), json!({"type": "string"}));
    let schema = json!({"properties": {"a": {"$ref": "#/definitions/d0"}}, "definitions": defs});
    let page = open(&schema, &json!({}));
    assert!(page.controls.len() < 20_000);
    assert_eq!(save(&schema, &json!({}), &page.submit()), json!({}));
}

#[test]
fn a_read_only_place_and_a_constant_cannot_be_changed_by_a_post() {
    let schema = json!({"required": ["kind"], "properties": {
        "id": {"type": "string", "readOnly": true}, "kind": {"const": "lamp"}, "old": {"type": "string", "deprecated": true}}});
    let stored = json!({"id": "7", "kind": "lamp", "old": "x"});
    let page = open(&schema, &stored);
    assert!(page.html.contains("on its way out"));
    let mut posted = page.submit();
    assert_eq!(save(&schema, &stored, &posted), stored);
    posted.extend(pairs(&[
        ("/id", "8"),
        ("is:/id", "text"),
        ("/kind", "bomb"),
        ("is:/kind", "text"),
    ]));
    assert_eq!(save(&schema, &stored, &posted), stored);
}

#[test]
fn checkboxes_keep_the_order_that_was_stored() {
    let schema = json!({"properties": {"days": {"type": "array", "uniqueItems": true, "items": {"enum": ["mon", "tue", "wed"]}}}});
    let stored = json!({"days": ["wed", "mon"]});
    let mut page = open(&schema, &stored);
    assert_eq!(save(&schema, &stored, &page.submit()), stored);
    let tue = page
        .controls
        .iter_mut()
        .find(|control| control.value == "tue")
        .unwrap();
    tue.checked = true;
    assert_eq!(
        save(&schema, &stored, &page.submit()),
        json!({"days": ["wed", "mon", "tue"]})
    );
    let page = open(&schema, &json!({"days": []}));
    assert_eq!(
        save(&schema, &json!({"days": []}), &page.submit()),
        json!({"days": []})
    );
    assert_eq!(
        save(&schema, &json!({}), &open(&schema, &json!({})).submit()),
        json!({})
    );
}

#[test]
fn null_absent_and_set_are_told_apart() {
    let schema = json!({"properties": {
        "a": {"type": ["string", "null"]}, "b": {"type": ["integer", "null"]}, "c": {"type": ["boolean", "null"]},
        "d": {"type": ["object", "null"], "properties": {"x": {"type": "string"}}}, "e": {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}]}}});
    for stored in [
        json!({}),
        json!({"a": null, "b": null, "c": null, "d": null, "e": null}),
        json!({"a": "", "b": 0, "c": false, "d": {}, "e": []}),
    ] {
        let page = open(&schema, &stored);
        assert_eq!(save(&schema, &stored, &page.submit()), stored);
    }
    let stored = json!({"a": null, "d": null});
    let mut page = open(&schema, &stored);
    page.fill("/a", "typed");
    let mut page = press(&schema, &stored, &page, "set /d");
    page.fill("/d/x", "y");
    page.tick("null:/b", true);
    assert_eq!(
        save(&schema, &stored, &page.submit()),
        json!({"a": "typed", "d": {"x": "y"}, "b": null})
    );
}

#[test]
fn nothing_is_one_of_several_kinds() {
    let schema = json!({"properties": {"features": {"anyOf": [
        {"type": "null"},
        {"type": "boolean"},
        {"type": "array", "title": "Some", "items": {"type": "string"}}
    ]}}});
    let stored = json!({"features": null});
    let mut page = open(&schema, &stored);
    assert!(!page.has("/features"), "no JSON editor for nothing");
    assert_eq!(save(&schema, &stored, &page.submit()), stored);
    let some = "/properties/features/anyOf/2";
    page.pick("branch:/features", some);
    assert_eq!(
        save(&schema, &stored, &page.submit()),
        json!({"features": []}),
        "choosing a kind is enough"
    );
    let page = press(&schema, &stored, &page, "choose /features");
    let mut page = press(&schema, &stored, &page, "add /features");
    page.fill("/features/0", "a");
    assert_eq!(
        save(&schema, &stored, &page.submit()),
        json!({"features": ["a"]})
    );
    let page = press(&schema, &stored, &page, "null /features");
    assert_eq!(
        save(&schema, &json!({"features": ["x"]}), &page.submit()),
        stored
    );
    let page = press(
        &schema,
        &json!({}),
        &open(&schema, &json!({})),
        "null /features",
    );
    assert_eq!(save(&schema, &json!({}), &page.submit()), stored);
}

#[test]
fn a_document_that_is_a_single_value_has_a_control_of_its_own() {
    for (schema, stored, typed) in [
        (json!({"type": "string"}), json!("a"), json!("b")),
        (
            json!({"type": "string", "maxLength": 900}),
            json!("a\nb"),
            json!("b"),
        ),
        (json!({"type": "integer"}), json!(7), json!(8)),
        (
            json!({"enum": ["a", "b", "c", "d", "e"]}),
            json!("a"),
            json!("b"),
        ),
    ] {
        let mut page = open(&schema, &stored);
        assert_eq!(save(&schema, &stored, &page.submit()), stored);
        let text = typed
            .as_str()
            .map_or_else(|| typed.to_string(), str::to_owned);
        if page.control("config").kind == "select" {
            page.pick("config", &text);
        } else {
            page.fill("config", &text);
        }
        assert_eq!(save(&schema, &stored, &page.submit()), typed);
    }
}

#[test]
fn an_object_that_may_hold_nothing_is_an_empty_section() {
    let schema = json!({"properties": {"css": {"type": "object", "additionalProperties": false}}});
    for stored in [json!({}), json!({"css": {}})] {
        let page = open(&schema, &stored);
        assert!(!page.html.contains("cf-json"), "no JSON editor for it");
        assert_eq!(save(&schema, &stored, &page.submit()), stored);
    }
    let page = press(&schema, &json!({}), &open(&schema, &json!({})), "set /css");
    assert_eq!(
        save(&schema, &json!({}), &page.submit()),
        json!({"css": {}})
    );
}
