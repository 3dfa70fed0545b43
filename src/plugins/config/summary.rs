//! A configuration in lines, for whoever may look at it: secrets only say that they are set.

use serde_json::Value;

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
    /// Its place, in the words of the schema: `Retention › Daily`.
    pub label: String,
    /// Its value; `None` for a secret.
    pub value: Option<String>,
}

/// The settings of `config` in its order; `schema` has their titles. The places in `secrets` are
/// not shown, nor what a telling name has and no schema knows.
pub fn settings(config: &Value, schema: Option<&Value>, secrets: &[String]) -> Vec<Setting> {
    let mut lines = Lines {
        secrets,
        settings: Vec::new(),
    };
    if config
        .as_object()
        .is_some_and(|members| !members.is_empty())
    {
        lines.walk(config, schema, String::new(), String::new());
    }
    lines.settings
}

struct Lines<'s> {
    secrets: &'s [String],
    settings: Vec<Setting>,
}

impl Lines<'_> {
    fn walk(&mut self, value: &Value, schema: Option<&Value>, place: String, label: String) {
        let value = match value {
            _ if self.secrets.contains(&place) => None,
            Value::Object(members) if !members.is_empty() => {
                for (key, member) in members {
                    let below = schema.and_then(|schema| schema.get("properties")?.get(key));
                    let title = below
                        .and_then(|below| below.get("title")?.as_str())
                        .unwrap_or(key);
                    let place = format!("{place}/{}", key.replace('~', "~0").replace('/', "~1"));
                    self.member(key, member, below, place, joined(&label, title));
                }
                return;
            }
            Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
                let below = schema.and_then(|schema| schema.get("items"));
                for (index, item) in items.iter().enumerate() {
                    let number = (index + 1).to_string();
                    self.walk(
                        item,
                        below,
                        format!("{place}/{index}"),
                        joined(&label, &number),
                    );
                }
                return;
            }
            Value::Array(items) => Some(self.items(items, &place)),
            value => Some(word(value)),
        };
        self.settings.push(Setting {
            pointer: place,
            label,
            value,
        });
    }

    fn member(
        &mut self,
        key: &str,
        member: &Value,
        schema: Option<&Value>,
        place: String,
        label: String,
    ) {
        if schema.is_none() && is_telling(key) {
            self.settings.push(Setting {
                pointer: place,
                label,
                value: None,
            });
        } else {
            self.walk(member, schema, place, label);
        }
    }

    fn items(&self, items: &[Value], place: &str) -> String {
        let words = items.iter().enumerate().map(|(index, item)| {
            match self.secrets.contains(&format!("{place}/{index}")) {
                true => "set, never shown".to_owned(),
                false => word(item),
            }
        });
        match items {
            [] => "empty list".to_owned(),
            _ => words.collect::<Vec<_>>().join(", "),
        }
    }
}

fn joined(label: &str, title: &str) -> String {
    match label {
        "" => title.to_owned(),
        label => format!("{label} › {title}"),
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

fn word(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) if text.is_empty() => "empty text".to_owned(),
        Value::String(text) => text.clone(),
        Value::Object(_) => "empty".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_configuration_is_told_with_the_titles_of_its_schema() {
        let schema = json!({ "properties": {
            "port": { "title": "Port" },
            "keep": { "title": "Retention", "properties": { "daily": { "title": "Daily" } } },
        } });
        let config =
            json!({ "port": 8007, "keep": { "daily": 7 }, "on": true, "tags": ["a", "b"] });
        let told: Vec<_> = settings(&config, Some(&schema), &[])
            .into_iter()
            .map(|setting| (setting.label, setting.value.unwrap_or_default()))
            .collect();
        let expected = [
            ("Port", "8007"),
            ("Retention › Daily", "7"),
            ("on", "yes"),
            ("tags", "a, b"),
        ];
        assert_eq!(
            told,
            expected.map(|(label, value)| (label.to_owned(), value.to_owned()))
        );
    }

    #[test]
    fn a_secret_is_never_told_whether_the_schema_or_only_its_name_says_so() {
        let config = json!({ "key": "s3cret", "api_token": "s3cret", "deep": [{ "userPassword": "s3cret" }], "list": ["s3cret"] });
        let secrets = ["/key".to_owned(), "/list/0".to_owned()];
        let told = settings(&config, None, &secrets);
        assert_eq!(told.len(), 4);
        assert!(!format!("{told:?}").contains("s3cret"));
    }
}
