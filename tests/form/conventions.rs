//! What authors write for editors and form makers beside the standard, and where it shows.

use serde_json::{Value, json};

use crate::browser::Page;
use crate::kit::*;

/// The form of one setting, `/a`.
fn one(setting: Value) -> Page {
    open(&json!({"properties": {"a": setting}}), &json!({}))
}

/// The names of the boxes, in the order of the page.
fn order(schema: &Value) -> Vec<String> {
    open(schema, &json!({}))
        .boxes()
        .into_iter()
        .map(str::to_owned)
        .collect()
}

fn texts(names: &[&str]) -> Value {
    let each = names
        .iter()
        .map(|name| ((*name).to_owned(), json!({"type": "string"})));
    Value::Object(each.collect())
}

#[test]
fn a_title_is_the_label_and_a_key_without_one_is_made_readable() {
    let page = one(json!({"type": "string", "title": "Broker <address>"}));
    assert!(
        page.html
            .contains("for=\"cf-a\">Broker &#60;address&#62;</label>"),
        "{}",
        page.html
    );
    let page = open(
        &json!({"properties": {"maxRetries_total": {"type": "integer"}}}),
        &json!({}),
    );
    assert!(
        page.html.contains(">Max retries total</label>"),
        "{}",
        page.html
    );
}

#[test]
fn a_description_is_markdown_that_was_cleaned_and_is_tied_to_its_field() {
    let page = one(
        json!({"type": "string", "description": "Where it *is*, see [the site](https://example.com) <script>alert(1)</script>"}),
    );
    assert!(page.html.contains("<em>is</em>"), "{}", page.html);
    assert!(page.html.contains("href=\"https://example.com\""));
    assert!(!page.html.contains("<script"));
    assert!(
        page.html.contains("id=\"cf-a-help\"")
            && page.html.contains("aria-describedby=\"cf-a-help\"")
    );
}

#[test]
fn an_editors_markdown_description_goes_before_the_plain_one() {
    let page = one(
        json!({"type": "string", "description": "plain words", "markdownDescription": "`coded` words"}),
    );
    assert!(page.html.contains("<code>coded</code> words") && !page.html.contains("plain words"));
}

#[test]
fn the_first_example_is_what_an_empty_box_shows() {
    for setting in [
        json!({"type": "string", "examples": ["nas.local", "other"]}),
        json!({"type": "integer", "examples": [1883]}),
        json!({"type": "string", "maxLength": 900, "examples": ["a line"]}),
    ] {
        let shown = crate::kit::open(&json!({"properties": {"a": setting}}), &json!({}));
        let example = setting["examples"][0].to_string();
        let attribute = format!("placeholder=\"{}\"", example.trim_matches('"'));
        assert!(shown.html.contains(&attribute), "{}", shown.html);
    }
    let page = one(json!({"type": "string", "ui:placeholder": "mine", "examples": ["not this"]}));
    assert!(page.html.contains("placeholder=\"mine\"") && !page.html.contains("not this"));
    let page = one(json!({"type": "string", "ui:options": {"placeholder": "short"}}));
    assert!(page.html.contains("placeholder=\"short\""));
}

#[test]
fn settings_stand_in_the_order_their_author_gave_them() {
    assert_eq!(
        order(&json!({"properties": texts(&["c", "a", "b"])})),
        ["/c", "/a", "/b"]
    );
    for keyword in ["x-order", "order"] {
        let schema = json!({"properties": {
            "late": {"type": "string", keyword: 2}, "none": {"type": "string"}, "early": {"type": "string", keyword: 1}}});
        assert_eq!(order(&schema), ["/early", "/late", "/none"], "{keyword}");
    }
    for keyword in ["ui:order", "x-order"] {
        let schema = json!({"properties": texts(&["a", "b", "c", "d"]), keyword: ["d", "*", "a"]});
        assert_eq!(order(&schema), ["/d", "/b", "/c", "/a"], "{keyword}");
    }
}

#[test]
fn a_widget_of_the_form_makers_is_used_where_it_changes_something() {
    let area = one(json!({"type": "string", "ui:widget": "textarea"}));
    assert_eq!(area.control("/a").kind, "textarea");
    let color = open(
        &json!({"properties": {"a": {"type": "string", "ui:widget": "color"}}}),
        &json!({"a": "#00ff00"}),
    );
    assert_eq!(color.control("/a").kind, "color");
    let select = one(json!({"enum": ["a", "b"], "ui:widget": "select"}));
    assert_eq!(select.control("/a").kind, "select");
    let radio = one(json!({"enum": ["a", "b", "c", "d", "e", "f"], "ui:widget": "radio"}));
    assert_eq!(radio.control("/a").kind, "radio");
    let schema =
        json!({"properties": {"a": {"type": "string", "ui:options": {"widget": "password"}}}});
    let secret = open(&schema, &json!({"a": "5ECRET"}));
    assert_eq!(secret.control("/a").kind, "password");
    assert!(!secret.html.contains("5ECRET"));
    let hidden = one(json!({"type": "string", "ui:widget": "hidden"}));
    assert!(hidden.has("/a"), "a person may see every setting they save");
    for widget in ["updown", "range"] {
        let number = one(json!({"type": "integer", "ui:widget": widget}));
        assert_eq!(number.control("/a").kind, "number");
    }
    let read_only = one(json!({"type": "string", "ui:readonly": true}));
    assert!(!read_only.has("/a"));
}

#[test]
fn a_form_makers_help_is_plain_text_beside_the_description() {
    let page = one(
        json!({"type": "string", "description": "What it is", "ui:help": "Ask <robin> *first*"}),
    );
    assert!(
        page.html
            .contains("id=\"cf-a-hint\">Ask &#60;robin&#62; *first*</p>"),
        "{}",
        page.html
    );
    assert!(
        page.html
            .contains("aria-describedby=\"cf-a-help cf-a-hint\"")
    );
}

#[test]
fn the_labels_of_an_enum_are_shown_and_its_values_are_posted() {
    for keyword in ["enumItemLabels", "enumNames"] {
        let schema = json!({"properties": {"a": {"enum": ["lo", "hi", 3], keyword: ["Quiet", "", "Third"]}}});
        let mut page = open(&schema, &json!({}));
        assert!(page.html.contains("Quiet") && page.html.contains("Third"));
        assert!(
            page.html.contains(">hi</span>"),
            "a label that is empty is the value: {}",
            page.html
        );
        page.pick("/a", "3");
        assert_eq!(
            save(&schema, &json!({}), &page.submit()),
            json!({"a": 3}),
            "{keyword}"
        );
    }
    let schema = json!({"properties": {"a": {"type": "array", "uniqueItems": true,
        "items": {"enum": ["mon", "tue"], "enumItemLabels": ["Monday", "Tuesday"]}}}});
    assert!(open(&schema, &json!({})).html.contains("Tuesday"));
}

#[test]
fn what_is_wrong_with_a_pattern_is_said_in_the_authors_words() {
    let schema = json!({"properties": {"a": {"type": "string", "pattern": "^[a-z]+$", "patternErrorMessage": "Small letters only, please."}}});
    let mut page = open(&schema, &json!({}));
    page.fill("/a", "NO");
    let (page, complaints) = refused(&schema, &json!({}), &page.submit());
    assert_eq!(
        complaints,
        [("cf-a".into(), "Small letters only, please.".into())]
    );
    assert!(
        page.html
            .contains("id=\"cf-a-error\">Small letters only, please.")
    );
    let silent = json!({"properties": {"a": {"type": "string", "pattern": "^[a-z]+$"}}});
    let (_, complaints) = refused(&silent, &json!({}), &pairs(&[("/a", "NO")]));
    assert!(complaints[0].1.contains("^[a-z]+$"), "{complaints:?}");
}

#[test]
fn a_setting_on_its_way_out_says_so_in_the_authors_words() {
    for setting in [
        json!({"type": "string", "deprecationMessage": "Use b."}),
        json!({"type": "string", "markdownDeprecationMessage": "Use b.", "deprecated": true}),
    ] {
        let page = one(setting);
        assert!(page.html.contains(">deprecated</span>"));
        assert!(
            page.html.contains("id=\"cf-a-deprecated\">Use b."),
            "{}",
            page.html
        );
        assert!(page.html.contains("aria-describedby=\"cf-a-deprecated\""));
    }
}

#[test]
fn a_long_choice_is_searched_by_typing_and_takes_only_what_it_offers() {
    let names: Vec<String> = (0..21).map(|i| format!("zone/{i}")).collect();
    let schema = json!({"properties": {"a": {"enum": names, "default": "zone/3"}}});
    let mut page = open(&schema, &json!({}));
    assert_eq!(page.control("/a").kind, "text");
    assert!(
        page.html.contains("list=\"cf-a-choices\"")
            && page.html.contains("<datalist id=\"cf-a-choices\">")
    );
    assert_eq!(page.html.matches("<option").count(), 21);
    assert_eq!(save(&schema, &json!({}), &page.submit()), json!({}));
    page.fill("/a", "zone/20");
    assert_eq!(
        save(&schema, &json!({}), &page.submit()),
        json!({"a": "zone/20"})
    );
    page.fill("/a", "zone");
    let (page, complaints) = refused(&schema, &json!({}), &page.submit());
    assert_eq!(complaints[0].0, "cf-a");
    assert_eq!(page.control("/a").value, "zone");
    let shorter = json!({"properties": {"a": {"enum": names[..20]}}});
    assert_eq!(open(&shorter, &json!({})).control("/a").kind, "select");
}

#[test]
fn a_titled_choice_beyond_twenty_is_searched_by_its_titles() {
    let branches: Vec<Value> = (0..30)
        .map(|i| json!({"const": i, "title": format!("Room {i}")}))
        .collect();
    let schema = json!({"properties": {"a": {"oneOf": branches}}});
    let stored = json!({"a": 7});
    let mut page = open(&schema, &stored);
    assert!(page.html.contains(">Room 29</option>"));
    assert_eq!(save(&schema, &stored, &page.submit()), stored);
    page.fill("/a", "12");
    assert_eq!(save(&schema, &stored, &page.submit()), json!({"a": 12}));
    page.fill("/a", "Room 12");
    assert_eq!(
        save(&schema, &stored, &page.submit()),
        json!({"a": 12}),
        "a title is understood too"
    );
}

#[test]
fn each_format_has_the_input_type_that_fits_it_and_its_own_check() {
    for (format, kind, good, bad) in [
        ("email", "email", "a@example.com", "nobody"),
        ("uri", "url", "https://example.com", "not an address"),
        ("date", "date", "2024-02-29", "2023-02-29"),
        ("time", "time", "08:30:00", "half past eight"),
        ("ipv4", "text", "10.0.0.1", "10.0.0.256"),
        ("ipv6", "text", "fd00::1", "fd00:::1"),
        ("hostname", "text", "nas.local", "-nas-"),
        ("regex", "text", "^a+$", "(a"),
        ("uuid", "text", "123e4567-e89b-12d3-a456-426614174000", "12"),
    ] {
        let schema = json!({"$schema": "https://json-schema.org/draft/2020-12/schema",
            "properties": {"a": {"type": "string", "format": format}}});
        let mut page = open(&schema, &json!({}));
        assert_eq!(page.control("/a").kind, kind, "{format}");
        page.fill("/a", good);
        // The control of a time knows no zone.
        let stored = format!("{good}{}", if format == "time" { "Z" } else { "" });
        assert_eq!(
            save(&schema, &json!({}), &page.submit()),
            json!({"a": stored}),
            "{format}"
        );
        let (_, complaints) = refused(
            &schema,
            &json!({}),
            &pairs(&[("is:/a", "text"), ("/a", bad)]),
        );
        assert_eq!(complaints[0].0, "cf-a", "{format}");
    }
}

#[test]
fn a_time_is_in_utc_and_says_so_and_one_of_another_zone_is_text() {
    for (format, stored, kind, shown) in [
        ("time", "08:30:00Z", "time", "08:30:00"),
        ("time", "08:30:00+02:00", "text", "08:30:00+02:00"),
        (
            "date-time",
            "2024-05-06T07:08:09Z",
            "datetime-local",
            "2024-05-06T07:08:09",
        ),
        (
            "date-time",
            "2024-05-06T07:08:09-05:00",
            "text",
            "2024-05-06T07:08:09-05:00",
        ),
    ] {
        let schema = json!({"properties": {"a": {"type": "string", "format": format}}});
        let stored = json!({"a": stored});
        let page = open(&schema, &stored);
        assert_eq!(page.control("/a").kind, kind);
        assert_eq!(page.control("/a").value, shown);
        assert_eq!(
            page.html.contains("aria-describedby=\"cf-a-utc\""),
            kind != "text"
        );
        assert_eq!(save(&schema, &stored, &page.submit()), stored);
    }
}
