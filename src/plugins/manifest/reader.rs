//! Reading a manifest key by key, noting every mistake on the way.

use serde_json::Value;

use super::{Fault, rules};
use crate::plugins::schema::{self, Document};
use crate::plugins::storable;

/// A manifest, and what is wrong with it so far.
pub struct Reader<'d> {
    document: &'d Document,
    /// In the order in which the keys are asked for.
    pub faults: Vec<Fault>,
}

impl<'d> Reader<'d> {
    pub fn new(document: &'d Document) -> Self {
        Self {
            document,
            faults: Vec::new(),
        }
    }

    /// Notes a mistake.
    pub fn fault(&mut self, pointer: &str, message: impl Into<String>) {
        self.faults.push(Fault {
            line: self.document.line_of(pointer),
            pointer: pointer.to_owned(),
            message: message.into(),
        });
    }

    /// Notes a key that is not there, and so stands on no line.
    pub fn missing(&mut self, key: &str, message: &str) {
        self.faults.push(Fault {
            pointer: pointer("", key),
            line: 0,
            message: message.to_owned(),
        });
    }

    /// Whether none of `keys` is there.
    pub fn lacks(&self, keys: &[&str]) -> bool {
        keys.iter().all(|key| self.get(key).is_none())
    }

    /// The text at `key`, which must be there.
    pub fn needed<T>(&mut self, key: &str, rule: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        if self.get(key).is_none() {
            self.missing(key, "This is missing.");
            return None;
        }
        self.optional(key, rule)
    }

    /// The text at `key`, if it is there.
    pub fn optional<T>(
        &mut self,
        key: &str,
        rule: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let value = self.get(key)?;
        self.text(&pointer("", key), value, rule)
    }

    /// The text at one of two keys that mean the same.
    pub fn either<T>(
        &mut self,
        (key, old_key): (&str, &str),
        rule: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        if let (Some(one), Some(other)) = (self.get(key), self.get(old_key))
            && one != other
        {
            let message = format!(
                "“{key}” and “{old_key}” mean the same and say different things. Keep “{key}”."
            );
            self.fault(&pointer("", old_key), message);
        }
        let there = if self.get(key).is_some() {
            key
        } else {
            old_key
        };
        self.optional(there, rule)
    }

    /// What the plugin asks to be allowed.
    pub fn permissions(&mut self) -> Vec<String> {
        let mut permissions: Vec<String> = Vec::new();
        for (place, value) in self.items("permissions") {
            let Some(permission) = self.text(&place, value, rules::permission) else {
                continue;
            };
            if permissions.contains(&permission) {
                self.fault(&place, "This stands here twice.");
            }
            permissions.push(permission);
        }
        permissions
    }

    /// A list of ids, or an object of ids and requirements.
    pub fn dependencies(&mut self) {
        let Some(Value::Object(all)) = self.get("dependencies") else {
            for (place, value) in self.items("dependencies") {
                self.text(&place, value, rules::id);
            }
            return;
        };
        for (id, requirement) in all {
            let place = pointer("/dependencies", id);
            if let Err(message) = rules::id(id) {
                self.fault(&place, message);
            }
            self.text(&place, requirement, rules::requirement);
        }
    }

    /// The schema of the configuration must itself be right.
    pub fn config_schema(&mut self) {
        match self.get("config_schema") {
            None => {}
            Some(schema @ Value::Object(_)) => self.check_schema(schema),
            Some(_) => self.fault("/config_schema", "This must be a JSON Schema: an object."),
        }
    }

    fn check_schema(&mut self, schema: &Value) {
        for problem in schema::check(schema).err().unwrap_or_default() {
            self.fault(
                &format!("/config_schema{}", problem.pointer),
                problem.message,
            );
        }
    }

    /// Numbers must be such that both databases can keep them.
    pub fn numbers(&mut self) {
        for place in storable::long_numbers(&self.document.value) {
            self.fault(&place, storable::TOO_LONG);
        }
    }

    fn get(&self, key: &str) -> Option<&'d Value> {
        self.document
            .value
            .get(key)
            .filter(|value| !value.is_null())
    }

    fn items(&mut self, key: &str) -> Vec<(String, &'d Value)> {
        let place = pointer("", key);
        match self.get(key) {
            None => Vec::new(),
            Some(Value::Array(items)) => items
                .iter()
                .enumerate()
                .map(|(index, item)| (pointer(&place, &index.to_string()), item))
                .collect(),
            Some(_) => {
                self.fault(&place, "This must be a list: [ … ].");
                Vec::new()
            }
        }
    }

    fn text<T>(
        &mut self,
        place: &str,
        value: &Value,
        rule: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let Some(text) = value.as_str() else {
            self.fault(place, "This must be a text in double quotes.");
            return None;
        };
        rule(text)
            .map_err(|message| self.fault(place, message))
            .ok()
    }
}

/// `place` with one more key (RFC 6901).
fn pointer(place: &str, key: &str) -> String {
    format!("{place}/{}", key.replace('~', "~0").replace('/', "~1"))
}
