//! How long a configuration form of 500 fields takes: `cargo bench --bench form`.
//!
//! One line per way: how often it was done, and the fastest, the middle and the 99th of a hundred.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "../tests/form/browser.rs"]
#[allow(dead_code)]
mod browser;

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use taylordash::plugins::schema::field::{Control, Field, Form};
use taylordash::plugins::schema::{Answer, Compiled, post, render, same, views};

const FIELDS: usize = 500;
const TIMES: usize = 300;

fn main() {
    let (schema, stored) = made();
    let compiled = Compiled::new(&schema).expect("a schema");
    let form = render(&compiled, &stored);
    let fields = count(&form.root);
    assert!(fields >= FIELDS, "the form has {fields} fields");
    let html = page(&form);
    let pairs = browser::Page::open(&html).submit();
    println!(
        "{fields} fields, {} KiB of schema, {} KiB of page, {} posted pairs",
        schema.to_string().len() / 1024,
        html.len() / 1024,
        pairs.len()
    );
    measure("compiles", TIMES / 10, || {
        black_box(Compiled::new(&schema).is_ok());
    });
    measure("renders", TIMES, || {
        black_box(page(&render(&compiled, &stored)));
    });
    measure("renders an empty one", TIMES, || {
        black_box(page(&render(&compiled, &json!({}))));
    });
    measure("posts", TIMES, || match post(&compiled, &stored, &pairs) {
        Answer::Save(saved) => assert!(same(&saved.value, &stored)),
        other => panic!("{other:?}"),
    });
    let mut wrong = pairs.clone();
    let port = wrong.iter_mut().find(|pair| pair.0 == "/area0/port");
    port.expect("a port").1 = "none".to_owned();
    measure("posts, is refused and renders", TIMES, || {
        match post(&compiled, &stored, &wrong) {
            Answer::Refuse(form) => {
                black_box(page(&form));
            }
            other => panic!("{other:?}"),
        }
    });
}

fn page(form: &Form) -> String {
    views::region(form, "/plugins/x/config")
        .unwrap()
        .to_string()
}

/// The places with a control of their own: no sections, no lists.
fn count(field: &Field) -> usize {
    let own = !matches!(field.control, Control::Section(_) | Control::List(_));
    usize::from(own) + field.children().map(count).sum::<usize>()
}

fn measure(what: &str, times: usize, mut work: impl FnMut()) {
    for _ in 0..times.div_ceil(10) {
        work();
    }
    let mut took: Vec<Duration> = (0..times)
        .map(|_| {
            let started = Instant::now();
            work();
            started.elapsed()
        })
        .collect();
    took.sort();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "{what:30} {times:4} times  min {:7.2} ms  median {:7.2} ms  p99 {:7.2} ms",
        ms(took[0]),
        ms(took[times / 2]),
        ms(took[times * 99 / 100])
    );
}

/// Twenty-one areas, each with every kind of control, lists and branches two levels deep.
fn made() -> (Value, Value) {
    let (mut areas, mut stored) = (Map::new(), Map::new());
    for i in 0..21 {
        areas.insert(format!("area{i}"), json!({"$ref": "#/$defs/area"}));
        stored.insert(format!("area{i}"), values(i));
    }
    let (mut area, rule) = (area(), rule());
    for (key, setting) in area["properties"].as_object_mut().unwrap() {
        setting["description"] = json!(format!(
            "What **{key}** is for, with a [page](https://example.com/{key}) about it."
        ));
    }
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": areas,
        "$defs": {"area": area, "rule": rule}
    });
    (schema, Value::Object(stored))
}

fn area() -> Value {
    json!({
        "type": "object", "title": "An area", "required": ["host"],
        "properties": {
            "host": {"type": "string", "title": "Host", "description": "Where it *is*", "format": "hostname"},
            "port": {"type": "integer", "default": 1883, "minimum": 1, "maximum": 65535},
            "site": {"type": "string", "format": "uri", "examples": ["https://example.com"]},
            "name": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9 ]+$"},
            "notes": {"type": "string", "maxLength": 4000},
            "since": {"type": "string", "format": "date-time"},
            "ratio": {"type": "number", "multipleOf": 0.25},
            "tls": {"type": "boolean", "default": true},
            "level": {"enum": ["debug", "info", "warn", "error", "off"], "default": "info"},
            "mode": {"enum": ["auto", "manual"]},
            "limit": {"type": ["integer", "null"]},
            "token": {"type": "string", "format": "password"},
            "days": {"type": "array", "uniqueItems": true, "items": {"enum": ["mon", "tue", "wed"]}},
            "tags": {"type": "array", "items": {"type": "string"}},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "rules": {"type": "array", "items": {"$ref": "#/$defs/rule"}}
        },
        "if": {"properties": {"mode": {"const": "manual"}}, "required": ["mode"]},
        "then": {"properties": {"step": {"type": "integer"}}, "required": ["step"]}
    })
}

fn rule() -> Value {
    json!({"oneOf": [
        {"title": "On a schedule", "type": "object", "required": ["kind", "at"],
         "properties": {"kind": {"const": "time"}, "at": {"type": "string", "format": "time"}, "weekly": {"type": "boolean"}}},
        {"title": "On a message", "type": "object", "required": ["kind", "topic"],
         "properties": {"kind": {"const": "message"}, "topic": {"type": "string"}, "qos": {"enum": [0, 1, 2]}}}
    ]})
}

fn values(i: usize) -> Value {
    json!({
        "host": format!("nas{i}.local"), "port": 8000 + i, "site": format!("https://example.com/{i}"), "name": format!("Area {i}"),
        "notes": "a line\nand another", "since": "2024-05-06T07:08:09Z", "ratio": 0.75, "tls": i.is_multiple_of(2), "level": "warn", "mode": "manual",
        "step": i, "limit": null, "token": "secret", "days": ["mon", "wed"], "tags": ["one", "two"], "labels": {"room": "attic", "floor": "2"},
        "rules": [{"kind": "time", "at": "08:30:00Z", "weekly": true}, {"kind": "message", "topic": "a/b", "qos": 1}]
    })
}
