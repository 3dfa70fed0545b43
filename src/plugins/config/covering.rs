//! The configuration as text: `{"$secret": "<pointer>"}` stands for a secret that stays, and what
//! somebody typed is shown again without the secrets in it.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::ops::Range;

use serde_json::Value;

use super::difference::below;
use super::keeping::Fault;
use super::salvage::salvage;
use super::telling::Shown;
use crate::plugins::schema::{self, Compiled};
use crate::vault;

/// What stands for a secret that was typed and not kept.
pub const AGAIN: &str = r#"{"$secret": "type it again"}"#;

/// `typed` with the secrets of `stored`, a document with its secrets in plain, back in the places
/// where something stands for them.
///
/// # Errors
/// Where that is no place for a secret, or there is no such secret.
pub fn uncovered(compiled: &Compiled, typed: &Value, stored: &Value) -> Result<Value, Vec<Fault>> {
    let known = covered(compiled, stored);
    let places = covered(compiled, typed);
    let mut whole = typed.clone();
    let mut faults = Vec::new();
    for (at, from) in stand_ins(typed) {
        let is_data = !known.contains(&at) && stored.pointer(&at) == typed.pointer(&at);
        let secret = stored.pointer(&from).filter(|_| known.contains(&from));
        let refusal = match secret {
            _ if is_data => continue,
            None if from.starts_with('/') => "This stands for a secret that is not there.",
            None => "Type this secret again: a secret is never written into a page.",
            Some(_) if at != from && !places.contains(&at) => {
                "This stands for a secret, and here is no place for one."
            }
            Some(secret) if at != from && vault::is_sealed(secret) => {
                "This secret cannot be read, so it cannot move. Leave it where it was, or type it again."
            }
            Some(secret) => {
                if let Some(place) = whole.pointer_mut(&at) {
                    *place = secret.clone();
                }
                continue;
            }
        };
        faults.push(Fault {
            pointer: at,
            message: refusal.to_owned(),
        });
    }
    match faults.is_empty() {
        true => Ok(whole),
        false => Err(faults),
    }
}

fn covered(compiled: &Compiled, document: &Value) -> HashSet<String> {
    let shown = Shown::of(document, Some(compiled));
    shown.covered().into_iter().collect()
}

/// Where something stands for a secret, and for which.
fn stand_ins(document: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    gather(document, "", &mut found);
    found
}

fn gather(value: &Value, place: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            if let (1, Some(Value::String(from))) = (members.len(), members.get("$secret")) {
                found.push((place.to_owned(), from.clone()));
                return;
            }
            for (key, member) in members {
                gather(member, &below(place, key), found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                gather(item, &format!("{place}/{index}"), found);
            }
        }
        _ => {}
    }
}

/// The text that somebody typed as it may be shown again: each secret in it has to be typed again.
/// In a text that is no JSON, secrets are found by where they seem to stand and by their names.
pub fn redacted(
    compiled: &Compiled,
    schema: Option<&Value>,
    typed: &str,
    stored: &Value,
) -> String {
    let read = salvage(typed);
    let covered = covered(compiled, &read.value);
    let stand_ins: HashSet<String> = stand_ins(&read.value)
        .into_iter()
        .map(|(at, _)| at)
        .collect();
    let wrong_line = schema::parse_document(typed).err().map(|wrong| wrong.line);
    let names = match wrong_line {
        Some(_) => secret_names(compiled, schema, stored),
        None => HashSet::new(),
    };
    let is_secret = |place: &String| {
        (covered.contains(place) || names.contains(last(place))) && !stand_ins.contains(place)
    };
    let secret = read
        .places
        .into_iter()
        .filter(|(place, _)| is_secret(place));
    let mut ranges: Vec<Range<usize>> = secret.map(|(_, range)| range).collect();
    ranges.sort_by_key(|range| (range.start, Reverse(range.end)));
    let mut shown = String::with_capacity(typed.len());
    let mut upto = 0;
    for range in ranges {
        // One inside another is gone with it.
        if range.start >= upto {
            shown.push_str(&typed[upto..range.start]);
            shown.push_str(AGAIN);
            upto = range.end;
        }
    }
    shown.push_str(&typed[upto..]);
    without_line(shown, wrong_line, &names)
}

/// The line that could not be read is not trusted to be what it seems.
fn without_line(shown: String, wrong_line: Option<usize>, names: &HashSet<String>) -> String {
    let Some(wrong) = wrong_line else {
        return shown;
    };
    let redact = |(index, line): (usize, &str)| match line.split_once(':') {
        Some((name, said))
            if index + 1 == wrong
                && !said.contains(AGAIN)
                && names.iter().any(|secret| name.contains(secret)) =>
        {
            format!("{name}: {AGAIN}")
        }
        _ => line.to_owned(),
    };
    let lines: Vec<String> = shown.split('\n').enumerate().map(redact).collect();
    lines.join("\n")
}

/// The names of settings that the schema says are secret, or that are.
fn secret_names(compiled: &Compiled, schema: Option<&Value>, stored: &Value) -> HashSet<String> {
    let secrets = schema::secrets(compiled, stored);
    let mut names: HashSet<String> = secrets.iter().map(|at| last(at).to_owned()).collect();
    if let Some(schema) = schema {
        gather_names(schema, &mut names);
    }
    // The places of a list are no names.
    names.retain(|name| name.chars().any(|c| !c.is_ascii_digit()));
    names
}

fn gather_names(schema: &Value, names: &mut HashSet<String>) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::Object(properties)) = members.get("properties") {
                let secret = properties.iter().filter(|(_, schema)| is_marked(schema));
                names.extend(secret.map(|(name, _)| name.clone()));
            }
            members
                .values()
                .for_each(|below| gather_names(below, names));
        }
        Value::Array(items) => items.iter().for_each(|below| gather_names(below, names)),
        _ => {}
    }
}

fn is_marked(schema: &Value) -> bool {
    schema.get("writeOnly") == Some(&Value::Bool(true))
        || schema.get("format").and_then(Value::as_str) == Some("password")
}

fn last(pointer: &str) -> &str {
    pointer.rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Value {
        json!({ "properties": {
            "host": { "type": "string" },
            "token": { "type": "string", "writeOnly": true },
            "users": { "type": "array", "items": { "properties": {
                "name": { "type": "string" }, "pin": { "$ref": "#/$defs/pin" },
            } } },
            "free": {},
        }, "$defs": { "pin": { "type": "string", "format": "password" } } })
    }

    fn stored() -> Value {
        json!({
            "host": "a", "token": "s3cret-t", "users": [{ "name": "ann", "pin": "s3cret-a" }, { "pin": "s3cret-b" }],
            "old": "$sealed$v1$x", "free": { "$secret": "/x" }, "more": { "api_key": "s3cret-k" },
        })
    }

    #[test]
    fn a_secret_comes_back_where_it_was_and_where_another_may_be() {
        let compiled = Compiled::new(&schema()).unwrap();
        let text = Shown::of(&stored(), Some(&compiled)).text();
        assert!(
            !text.contains("s3cret") && !text.contains("$sealed"),
            "{text}"
        );
        let typed: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(uncovered(&compiled, &typed, &stored()), Ok(stored()));
        let swapped = json!({ "users": [{ "pin": { "$secret": "/users/1/pin" } }, { "pin": { "$secret": "/users/1/pin" } }] });
        let pins = json!({ "users": [{ "pin": "s3cret-b" }, { "pin": "s3cret-b" }] });
        assert_eq!(uncovered(&compiled, &swapped, &stored()), Ok(pins));
    }

    #[test]
    fn a_stand_in_where_no_secret_belongs_or_for_none_is_refused() {
        let compiled = Compiled::new(&schema()).unwrap();
        for wrong in [
            json!({ "host": { "$secret": "/token" } }),
            json!({ "host": { "$secret": "/host" } }),
            json!({ "free": { "deep": [{ "$secret": "/token" }] } }),
            json!({ "free": { "$secret": "/more/api_key" } }),
            json!({ "token": { "$secret": "/host" } }),
            json!({ "token": { "$secret": "/none" } }),
            json!({ "token": { "$secret": "/old" } }),
            json!({ "token": { "$secret": "type it again" } }),
        ] {
            let refused = uncovered(&compiled, &wrong, &stored()).unwrap_err();
            assert_eq!(refused.len(), 1, "{wrong}");
        }
    }

    #[test]
    fn what_was_typed_is_shown_again_without_its_secrets_and_otherwise_as_it_was() {
        let compiled = Compiled::new(&schema()).unwrap();
        let shown = |typed: &str| redacted(&compiled, Some(&schema()), typed, &stored());
        let typed = "{\n  \"host\" : \"b\",\n  \"token\":\"s3cret-new\", \"users\": [{\"pin\": \"s3cret-2\"}, {\"pin\": {\"$secret\": \"/users/1/pin\"}}],\n\t\"more\": {\"api_key\": \"s3cret\"} }";
        let again = "{\n  \"host\" : \"b\",\n  \"token\":{\"$secret\": \"type it again\"}, \"users\": [{\"pin\": {\"$secret\": \"type it again\"}}, {\"pin\": {\"$secret\": \"/users/1/pin\"}}],\n\t\"more\": {\"api_key\": {\"$secret\": \"type it again\"}} }";
        assert_eq!(shown(typed), again);
        for typed in [
            "{\"host\": \"b\" \"token\": \"s3cret\"}",
            "{\"host\": \"b\", \"token\": \"s3cret, oops\n}",
            "{\"host\": \"b\", \"token\": 's3cret'}",
            "{\"host\": \"b\", \"token\": s3cret, \"x\"}",
            "{\"host\": \"b\",\n token\": \"s3cret\"}",
            "{\"host\": \"b\", \"users\": [{\"pin\": \"s3cret\"}, {\"pin\": \"s3cret\"",
            "{\"free\": {\"host\": \"b\", \"token\": \"s3cret\", \"pin\": \"s3cret\", }}",
        ] {
            let again = shown(typed);
            assert!(!again.contains("s3cret"), "{again}");
            assert!(again.contains("\"host\": \"b\""), "{again}");
        }
        let plain = "{ \"host\": \"b\", oops }";
        assert_eq!(shown(plain), plain);
    }
}
