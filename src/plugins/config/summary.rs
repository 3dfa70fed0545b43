//! A configuration in lines, for whoever may look at it: secrets only say that they are set.

use std::collections::HashMap;

use serde_json::Value;

use crate::plugins::schema::field::{Choice, Control, Field};
use crate::plugins::schema::{self, Compiled};

/// Parts of a key that say that its value is a secret, where no schema says so.
const TELLING: [&str; 7] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "credential",
    "apikey",
];

/// One setting, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its place, as a JSON Pointer.
    pub pointer: String,
    /// The group it stands in, in the words of the schema: `Backup server › Sign in with`.
    pub group: String,
    /// Its name, in the words of the schema.
    pub label: String,
    /// Its value; `None` for a secret.
    pub value: Option<String>,
}

/// Settings that stand together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Empty for those that stand in none.
    pub title: String,
    /// In the order of the document.
    pub settings: Vec<Setting>,
}

/// The settings of `config`, in its order and the words of its schema. Not told is what the schema
/// says is a secret, nor what has a telling name and no schema knows.
pub fn settings(config: &Value, compiled: Option<&Compiled>) -> Vec<Setting> {
    let mut lines = Lines {
        secrets: Vec::new(),
        known: HashMap::new(),
        settings: Vec::new(),
    };
    if let Some(compiled) = compiled {
        lines.secrets = schema::secrets(compiled, config);
        lines.learn(&schema::render(compiled, config).root);
    }
    if let Value::Object(members) = config {
        for (key, member) in members {
            lines.walk(member, &below("", key), key, "");
        }
    }
    lines.settings
}

/// [`settings`], with those of one group together.
pub fn groups(config: &Value, compiled: Option<&Compiled>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for setting in settings(config, compiled) {
        match groups.last_mut() {
            Some(group) if group.title == setting.group => group.settings.push(setting),
            _ => groups.push(Group {
                title: setting.group.clone(),
                settings: vec![setting],
            }),
        }
    }
    groups
}

/// What the schema says of a place.
struct Known {
    label: String,
    /// The words of the choice that was made there.
    chosen: Option<String>,
}

struct Lines {
    secrets: Vec<String>,
    known: HashMap<String, Known>,
    settings: Vec<Setting>,
}

impl Lines {
    fn learn(&mut self, field: &Field) {
        let known = Known {
            label: field.label.clone(),
            chosen: chosen(&field.control),
        };
        self.known.insert(field.pointer.clone(), known);
        field.children().for_each(|child| self.learn(child));
    }

    fn walk(&mut self, value: &Value, place: &str, key: &str, group: &str) {
        let known = self.known.get(place);
        let label = known.map_or(key, |known| &known.label).to_owned();
        let hidden = known.is_none() && is_telling(key);
        let value = match value {
            _ if hidden || self.secrets.iter().any(|secret| secret == place) => None,
            Value::Object(members) if !members.is_empty() => {
                let group = joined(group, &label);
                for (key, member) in members {
                    self.walk(member, &below(place, key), key, &group);
                }
                return;
            }
            Value::Array(items) if items.iter().any(is_whole) || self.has_secret_in(place) => {
                let group = joined(group, &label);
                for (index, item) in items.iter().enumerate() {
                    let number = (index + 1).to_string();
                    self.walk(item, &below(place, &index.to_string()), &number, &group);
                }
                return;
            }
            value => Some(
                known
                    .and_then(|known| known.chosen.clone())
                    .unwrap_or_else(|| words(value)),
            ),
        };
        self.settings.push(Setting {
            pointer: place.to_owned(),
            group: group.to_owned(),
            label,
            value,
        });
    }

    fn has_secret_in(&self, place: &str) -> bool {
        let inside = format!("{place}/");
        self.secrets
            .iter()
            .any(|secret| secret.starts_with(&inside))
    }
}

fn chosen(control: &Control) -> Option<String> {
    match control {
        Control::Radio(choices) | Control::Select(choices) | Control::Checks { choices, .. } => {
            let chosen = choices.iter().filter(|choice| choice.chosen);
            let labels: Vec<&str> = chosen.map(|Choice { label, .. }| label.as_str()).collect();
            (!labels.is_empty()).then(|| labels.join(", "))
        }
        _ => None,
    }
}

fn is_whole(value: &Value) -> bool {
    value.is_object() || value.is_array()
}

fn below(place: &str, key: &str) -> String {
    format!("{place}/{}", key.replace('~', "~0").replace('/', "~1"))
}

fn joined(group: &str, label: &str) -> String {
    match group {
        "" => label.to_owned(),
        group => format!("{group} › {label}"),
    }
}

fn is_telling(key: &str) -> bool {
    let bare: String = key
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    TELLING.iter().any(|part| bare.contains(part))
}

fn words(value: &Value) -> String {
    match value {
        Value::Null => "not set".to_owned(),
        Value::Bool(true) => "on".to_owned(),
        Value::Bool(false) => "off".to_owned(),
        Value::String(text) if text.is_empty() => "empty text".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "empty list".to_owned(),
        Value::Array(items) => items.iter().map(words).collect::<Vec<_>>().join(", "),
        Value::Object(_) => "empty".to_owned(),
        Value::Number(number) => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_configuration_is_told_in_the_words_of_its_schema() {
        let schema = json!({ "properties": {
            "port": { "type": "integer", "title": "Port" },
            "mode": { "title": "Mode", "oneOf": [{ "const": "a", "title": "Always" }, { "const": "n", "title": "Never" }] },
            "keep": { "type": "object", "title": "Retention", "properties": { "daily": { "type": "integer", "title": "Daily" } } },
        } });
        let compiled = Compiled::new(&schema).unwrap();
        let config = json!({ "port": 8007, "mode": "n", "keep": { "daily": 7 }, "on": true, "tags": ["a", "b"] });
        let told: Vec<_> = settings(&config, Some(&compiled))
            .into_iter()
            .map(|one| (one.group, one.label, one.value.unwrap_or_default()))
            .collect();
        let expected = [
            ("", "Port", "8007"),
            ("", "Mode", "Never"),
            ("Retention", "Daily", "7"),
            ("", "on", "on"),
            ("", "tags", "a, b"),
        ];
        let expected =
            expected.map(|(group, label, value)| (group.into(), label.into(), value.into()));
        assert_eq!(told, expected);
    }

    #[test]
    fn a_secret_is_never_told_whether_the_schema_or_only_its_name_says_so() {
        let schema = json!({ "properties": {
            "key": { "type": "string", "writeOnly": true },
            "list": { "type": "array", "items": { "type": "string", "format": "password" } },
            "whole": { "type": "array", "writeOnly": true, "items": { "type": "integer" } },
        } });
        let compiled = Compiled::new(&schema).unwrap();
        let config = json!({
            "key": "s3cret", "list": ["s3cret"], "whole": [70070],
            "api_token": "s3cret", "deep": [{ "userPassword": "s3cret" }],
        });
        let told = settings(&config, Some(&compiled));
        assert_eq!(told.len(), 5);
        assert!(
            told.iter().all(|setting| setting.value.is_none()),
            "{told:?}"
        );
        assert!(
            settings(&config, None)
                .iter()
                .filter(|one| one.value.is_none())
                .count()
                == 2
        );
    }
}
