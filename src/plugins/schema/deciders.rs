//! The settings of a section on which others of it depend.

use std::collections::HashSet;

use super::apply::Applied;
use super::compiled::Compiled;
use super::sub::Id;

/// Which settings decide what else applies.
#[derive(Debug, Default)]
pub(super) struct Deciders {
    names: HashSet<String>,
    /// A condition looks at the section as a whole, so that any setting can decide.
    all: bool,
}

impl Deciders {
    /// Of the section where this applies.
    pub fn of(compiled: &Compiled, applied: &Applied<'_>) -> Deciders {
        let mut deciders = Deciders::default();
        for part in &applied.parts {
            let objects = &part.sub.objects;
            let dependent = objects.dependent.iter().map(|(name, _)| name);
            let required = objects.dependent_required.iter().map(|(name, _)| name);
            deciders.names.extend(dependent.chain(required).cloned());
            if let Some(condition) = part.sub.condition {
                deciders.test(compiled, condition.test);
            }
        }
        deciders
    }

    fn test(&mut self, compiled: &Compiled, test: Id) {
        let mut seen = HashSet::new();
        let mut open = vec![test];
        let before = self.names.len();
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                let sub = compiled.sub(id);
                let properties = sub.objects.properties.iter().map(|(name, _)| name);
                self.names
                    .extend(properties.chain(&sub.objects.required).cloned());
                open.extend(sub.in_place());
            }
        }
        self.all |= self.names.len() == before && seen.len() == 1;
    }

    /// Whether a change of the setting `name` can change what applies.
    pub fn decide(&self, name: &str) -> bool {
        self.all || self.names.contains(name)
    }

    /// Whether anything depends on anything here.
    pub fn are_any(&self) -> bool {
        self.all || !self.names.is_empty()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use crate::plugins::schema::field::{Control, Field};
    use crate::plugins::schema::{Compiled, render};

    fn deciding(schema: &Value) -> (Vec<String>, bool) {
        let form = render(&Compiled::new(schema).unwrap(), &json!({}));
        let Control::Section(section) = form.root.control else {
            unreachable!("it is a section");
        };
        let decides = |field: &&Field| field.decides.as_deref() == Some("cf");
        let named = section.fields.iter().filter(decides);
        (
            named.map(|field| field.pointer.clone()).collect(),
            section.depends,
        )
    }

    #[test]
    fn only_what_a_condition_looks_at_decides() {
        let properties = json!({ "a": { "type": "string" }, "b": { "type": "string" }, "c": { "type": "string" } });
        let with =
            |keyword: &str, value: Value| json!({ "properties": properties, keyword: value });
        let told = |schema: Value| deciding(&schema);
        assert_eq!(told(json!({ "properties": properties })), (vec![], false));
        for schema in [
            json!({ "properties": properties, "if": { "properties": { "a": { "const": "x" } } }, "then": { "required": ["b"] } }),
            json!({ "properties": properties, "allOf": [{ "if": { "not": { "required": ["a"] } }, "else": {} }] }),
            with("dependentRequired", json!({ "a": ["b"] })),
            with("dependentSchemas", json!({ "a": { "required": ["b"] } })),
            with("dependencies", json!({ "a": ["b"] })),
        ] {
            assert_eq!(
                told(schema.clone()),
                (vec!["/a".to_owned()], true),
                "{schema}"
            );
        }
        let whole = json!({ "properties": properties, "if": { "minProperties": 2 }, "then": { "required": ["b"] } });
        assert_eq!(told(whole).0.len(), 3);
    }
}
