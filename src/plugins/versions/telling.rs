//! What is compared: versions, and the defaults of the schema.

use serde_json::{Map, Value};

use crate::plugins::config::telling::Shown;
use crate::plugins::config::{Difference, Kind};
use crate::plugins::schema::{self, Compiled};

/// One side of a comparison, as an address says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// What the schema says applies where nothing is set.
    Defaults,
    /// A version.
    Number(i64),
}

impl std::str::FromStr for Side {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text.trim() {
            "defaults" => Ok(Self::Defaults),
            number => number.parse().map(Self::Number).map_err(|_| ()),
        }
    }
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Defaults => f.write_str("defaults"),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}

impl Side {
    /// For people.
    pub fn name(self) -> String {
        match self {
            Self::Defaults => "the defaults".to_owned(),
            Self::Number(0) => "before the first save".to_owned(),
            Self::Number(number) => format!("version {number}"),
        }
    }
}

/// A difference, for people: of a secret only that there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its name, in the words of the schema.
    pub label: String,
    /// Its place, as a JSON Pointer.
    pub pointer: String,
    /// What became of it.
    pub kind: Kind,
    /// What was there.
    pub old: Option<String>,
    /// What is there.
    pub new: Option<String>,
}

/// Each difference with both sides.
pub fn told(differences: &[Difference], old: &Shown, new: &Shown) -> Vec<Told> {
    let one = |difference: &Difference| {
        let pointer = difference.pointer.as_str();
        Told {
            label: match new.label(pointer) {
                label if label == pointer => old.label(pointer),
                label => label,
            },
            pointer: pointer.to_owned(),
            kind: difference.kind,
            old: old.at(pointer),
            new: new.at(pointer),
        }
    };
    differences.iter().map(one).collect()
}

/// The document that the defaults of a schema make, as far down as properties are named.
pub fn defaults(compiled: Option<&Compiled>, schema: Option<&Value>) -> Value {
    let nothing = || Value::Object(Map::new());
    let Some(made) = schema.and_then(|schema| default_of(schema, schema, 0)) else {
        return nothing();
    };
    let Some(compiled) = compiled else {
        return made;
    };
    // A default in the place of a secret is not what anybody set, and is not shown either.
    schema::conceal(compiled, &made)
}

/// How deep defaults are looked for, so that a schema that refers to itself ends.
const DEPTH_MAX: usize = 16;

fn default_of(schema: &Value, root: &Value, depth: usize) -> Option<Value> {
    if depth > DEPTH_MAX {
        return None;
    }
    if let Some(default) = schema.get("default") {
        return Some(default.clone());
    }
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        let target = root.pointer(target.strip_prefix('#')?)?;
        return default_of(target, root, depth + 1);
    }
    let mut made = Map::new();
    for (key, below) in schema.get("properties")?.as_object()? {
        if let Some(default) = default_of(below, root, depth + 1) {
            made.insert(key.clone(), default);
        }
    }
    (!made.is_empty()).then_some(Value::Object(made))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn defaults_are_gathered_from_named_properties_and_references_to_the_end() {
        let schema = json!({
            "$defs": {
                "port": { "type": "integer", "default": 80 },
                "tree": { "properties": { "next": { "$ref": "#/$defs/tree" }, "n": { "default": 1 } } },
            },
            "properties": {
                "port": { "$ref": "#/$defs/port" },
                "none": { "type": "string" },
                "deep": { "properties": { "on": { "default": false } } },
            },
        });
        let made = defaults(None, Some(&schema));
        assert_eq!(made, json!({ "port": 80, "deep": { "on": false } }));
        let endless = json!({ "$ref": "#" });
        assert_eq!(defaults(None, Some(&endless)), json!({}));
    }
}
