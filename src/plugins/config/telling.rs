//! Places of a configuration and what stands there, for people: secrets only say that they are some.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::difference::below;
use super::summary::is_telling;
use crate::plugins::schema::field::Field;
use crate::plugins::schema::{self, Compiled};
use crate::vault;

/// What is said in the place of a secret.
pub const SECRET: &str = "a secret, never shown";

/// A document without its secrets, and the names of its places.
#[derive(Debug)]
pub struct Shown {
    document: Value,
    labels: HashMap<String, String>,
}

impl Shown {
    /// Without what is sealed, what the schema says is a secret, and what has a telling name and no
    /// schema knows.
    pub fn of(config: &Value, compiled: Option<&Compiled>) -> Self {
        let mut labels = HashMap::new();
        let mut document = vault::mask(config);
        if let Some(compiled) = compiled {
            learn(&schema::render(compiled, config).root, "", &mut labels);
            document = schema::conceal(compiled, &document);
        }
        hide(&mut document, "", &labels);
        Self { document, labels }
    }

    /// The whole of it, as JSON in lines.
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(&self.document).unwrap_or_default()
    }

    /// The places where something stands for what is not shown.
    pub fn covered(&self) -> Vec<String> {
        let mut found = Vec::new();
        gather(&self.document, "", &mut found);
        found
    }

    /// What stands at `pointer`; `None` for nothing.
    pub fn at(&self, pointer: &str) -> Option<String> {
        self.document.pointer(pointer).map(|value| match value {
            Value::Null => "null".to_owned(),
            Value::String(text) if text.is_empty() => "empty text".to_owned(),
            Value::String(text) => text.clone(),
            value if is_hidden(value) => SECRET.to_owned(),
            value => serde_json::to_string_pretty(value).unwrap_or_default(),
        })
    }

    /// The name of a place in the words of the schema; the pointer where that has none.
    pub fn label(&self, pointer: &str) -> String {
        let label = self.labels.get(pointer).map(String::as_str);
        label.unwrap_or(pointer).to_owned()
    }
}

fn learn(field: &Field, group: &str, labels: &mut HashMap<String, String>) {
    let label = match (field.pointer.as_str(), group) {
        ("", _) => String::new(),
        (_, "") => field.label.clone(),
        (_, group) => format!("{group} › {}", field.label),
    };
    if !label.is_empty() {
        labels.insert(field.pointer.clone(), label.clone());
    }
    field
        .children()
        .for_each(|child| learn(child, &label, labels));
}

fn hide(value: &mut Value, place: &str, labels: &HashMap<String, String>) {
    match value {
        value if stands_at(value, place) => {}
        Value::Object(members) => {
            for (key, member) in members {
                let place = below(place, key);
                if is_telling(key) && !labels.contains_key(&place) {
                    *member = json!({ "$secret": place });
                } else {
                    hide(member, &place, labels);
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                hide(item, &format!("{place}/{index}"), labels);
            }
        }
        _ => {}
    }
}

fn gather(value: &Value, place: &str, found: &mut Vec<String>) {
    match value {
        value if stands_at(value, place) => found.push(place.to_owned()),
        Value::Object(members) => {
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

fn stands_at(value: &Value, place: &str) -> bool {
    is_hidden(value) && value["$secret"] == place
}

fn is_hidden(value: &Value) -> bool {
    value
        .as_object()
        .is_some_and(|members| members.len() == 1 && members.contains_key("$secret"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_told_whoever_knows_that_it_is_one() {
        let schema = json!({ "properties": {
            "key": { "type": "string", "writeOnly": true },
            "port": { "type": "integer", "title": "Port" },
            "token_lifetime": { "type": "integer" },
        } });
        let compiled = Compiled::new(&schema).unwrap();
        let config = json!({
            "key": "s3cret", "port": 1, "token_lifetime": 60, "more": { "api_token": "s3cret" },
            "was": "$sealed$v1$s3cret",
        });
        let shown = Shown::of(&config, Some(&compiled));
        assert!(!shown.text().contains("s3cret"), "{}", shown.text());
        assert_eq!(shown.document["key"], json!({ "$secret": "/key" }));
        assert_eq!(shown.covered(), ["/key", "/more/api_token", "/was"]);
        assert_eq!(shown.at("/key").as_deref(), Some(SECRET));
        assert_eq!(shown.at("/token_lifetime").as_deref(), Some("60"));
        assert_eq!(
            (shown.at("/none"), shown.label("/port")),
            (None, "Port".to_owned())
        );
        assert!(
            !Shown::of(&config, None)
                .at("/more")
                .unwrap()
                .contains("s3cret")
        );
    }
}
