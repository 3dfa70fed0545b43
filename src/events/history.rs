//! What an event says of each field: what it was, and what it is.

use serde_json::{Map, Value};

use super::store::Recorded;
use super::thing::text;

/// A field that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// As people call it.
    pub field: String,
    /// What it was; `None` where there was nothing.
    pub old: Option<String>,
    /// What it is; `None` where there is nothing now.
    pub new: Option<String>,
}

impl Recorded {
    /// The fields that it changed, where it says what they were.
    pub fn changes(&self) -> Vec<FieldChange> {
        let details = self.details();
        let fields = details.get("changes").and_then(Value::as_object);
        let mut changes: Vec<FieldChange> = fields
            .into_iter()
            .flatten()
            .filter_map(|(field, change)| read(field, change.as_object()?))
            .collect();
        if let (Some(old), Some(new)) = (text(&details, "old_status"), text(&details, "new_status"))
        {
            changes.push(FieldChange {
                field: "status".to_owned(),
                old: Some(words(old)),
                new: Some(words(new)),
            });
        }
        changes
    }
}

fn read(field: &str, change: &Map<String, Value>) -> Option<FieldChange> {
    let told = |when: &str| match change.get(when)? {
        Value::Null => Some(None),
        Value::String(text) if text.is_empty() => Some(None),
        Value::String(text) => Some(Some(text.clone())),
        Value::Array(names) if names.is_empty() => Some(None),
        Value::Array(names) => {
            let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
            Some(Some(names.join(", ")))
        }
        other => Some(Some(other.to_string())),
    };
    Some(FieldChange {
        field: name(field),
        old: told("old")?,
        new: told("new")?,
    })
}

/// A field as people call it.
pub(super) fn name(field: &str) -> String {
    match field {
        "due" => "due date".to_owned(),
        "about" => "plugin".to_owned(),
        "color" => "colour".to_owned(),
        other => words(other),
    }
}

/// `in_progress` as people write it.
pub(super) fn words(name: &str) -> String {
    name.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_that_was_empty_had_nothing() {
        let change = json!({ "old": null, "new": "kim" });
        let read = |change: &Value| read("assignee", change.as_object().unwrap());
        assert_eq!(
            read(&change),
            Some(FieldChange {
                field: "assignee".to_owned(),
                old: None,
                new: Some("kim".to_owned())
            })
        );
        assert_eq!(read(&json!({ "old_length": 1, "new_length": 2 })), None);
    }
}
