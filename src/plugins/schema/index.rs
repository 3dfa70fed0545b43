//! Reads a schema document into a flat list of subschemas with their references resolved.

use std::collections::HashMap;

use jsonschema::Draft;
use serde_json::Value;
use url::Url;

use super::pointer;
use super::sub::{self, HOLDERS, Holds, Id, Sub};
use super::{MAX_DEPTH, MAX_SUBSCHEMAS, Problem};

/// The address a schema has that names none itself.
pub(super) const ROOT_URI: &str = "schema://plugin/config";

/// The subschemas of a document.
pub(super) struct Index {
    pub subs: Vec<Sub>,
    pub by_pointer: HashMap<String, Id>,
    /// Each `pattern` and `patternProperties` name, with where it stands.
    pub patterns: Vec<(String, String)>,
}

/// Indexes `schema`.
///
/// # Errors
/// References that lead out of the document or to nothing, and a schema that is too large.
pub(super) fn index(schema: &Value, draft: Draft) -> Result<Index, Vec<Problem>> {
    let base = Url::parse(ROOT_URI)
        .map_err(|_| vec![Problem::new("", "This schema has no usable address.")])?;
    let mut walk = Walk {
        schema,
        draft,
        ..Walk::default()
    };
    walk.visit(schema, String::new(), &base, 0);
    walk.references();
    if !walk.problems.is_empty() {
        return Err(walk.problems);
    }
    let mut subs: Vec<Sub> = walk.found.iter().map(|found| walk.parse(found)).collect();
    for (from, to) in &walk.resolved {
        subs[from.0].reference = *to;
    }
    Ok(Index {
        subs,
        by_pointer: walk.by_pointer,
        patterns: walk.patterns,
    })
}

#[derive(Default)]
struct Walk<'s> {
    schema: &'s Value,
    draft: Draft,
    found: Vec<Found<'s>>,
    by_pointer: HashMap<String, Id>,
    /// Where the resource with this address begins.
    resources: HashMap<String, String>,
    anchors: HashMap<(String, String), Id>,
    patterns: Vec<(String, String)>,
    resolved: Vec<(Id, Option<Id>)>,
    problems: Vec<Problem>,
}

struct Found<'s> {
    value: &'s Value,
    pointer: String,
    base: Url,
}

impl<'s> Walk<'s> {
    fn visit(&mut self, value: &'s Value, at: String, base: &Url, depth: usize) {
        if self.by_pointer.contains_key(&at) || !(value.is_object() || value.is_boolean()) {
            return;
        }
        if self.found.len() >= MAX_SUBSCHEMAS || depth > MAX_DEPTH {
            if self.problems.is_empty() {
                self.problems
                    .push(Problem::new(&at, too_large(depth > MAX_DEPTH)));
            }
            return;
        }
        let id = Id(self.found.len());
        let base = self.register(value, &at, base, id);
        self.by_pointer.insert(at.clone(), id);
        self.found.push(Found {
            value,
            pointer: at.clone(),
            base: base.clone(),
        });
        let Value::Object(keywords) = value else {
            return;
        };
        if let Some(Value::String(pattern)) = keywords.get("pattern") {
            self.patterns
                .push((pattern.clone(), pointer::push(&at, "pattern")));
        }
        for (keyword, holds) in HOLDERS {
            if let Some(held) = keywords.get(keyword) {
                let below = pointer::push(&at, keyword);
                if keyword == "patternProperties" {
                    let names = held.as_object().into_iter().flatten();
                    self.patterns
                        .extend(names.map(|(name, _)| (name.clone(), pointer::push(&below, name))));
                }
                self.visit_held(held, holds, &below, &base, depth + 1);
            }
        }
    }

    fn visit_held(&mut self, held: &'s Value, holds: Holds, below: &str, base: &Url, depth: usize) {
        match held {
            Value::Object(named) if matches!(holds, Holds::ByName | Holds::ByNameOrNames) => {
                for (name, value) in named {
                    self.visit(value, pointer::push(below, name), base, depth);
                }
            }
            Value::Array(many) if matches!(holds, Holds::Many | Holds::OneOrMany) => {
                for (i, value) in many.iter().enumerate() {
                    self.visit(value, pointer::push(below, &i.to_string()), base, depth);
                }
            }
            value if matches!(holds, Holds::One | Holds::OneOrMany) => {
                self.visit(value, below.to_owned(), base, depth);
            }
            _ => {}
        }
    }

    /// Notes the addresses and anchors `value` gives itself, and returns the base of what is in it.
    fn register(&mut self, value: &Value, at: &str, base: &Url, id: Id) -> Url {
        if at.is_empty() {
            self.resources.insert(bare(base), String::new());
        }
        let keyword = if self.draft == Draft::Draft4 {
            "id"
        } else {
            "$id"
        };
        let mut base = base.clone();
        let hidden = sub::is_old(self.draft) && value.get("$ref").is_some();
        if let (Some(name), false) = (value.get(keyword).and_then(Value::as_str), hidden) {
            match (name.strip_prefix('#'), base.join(name)) {
                (Some(anchor), _) => {
                    self.anchors.insert((bare(&base), anchor.to_owned()), id);
                }
                (None, Ok(own)) => {
                    self.resources.insert(bare(&own), at.to_owned());
                    base = own;
                }
                (None, Err(_)) => self.problems.push(Problem::new(
                    at,
                    format!("The address “{name}” cannot be read."),
                )),
            }
        }
        for keyword in ["$anchor", "$dynamicAnchor"] {
            if let Some(anchor) = value.get(keyword).and_then(Value::as_str) {
                self.anchors.insert((bare(&base), anchor.to_owned()), id);
            }
        }
        base
    }

    /// Resolves every reference; a target outside the usual keywords is indexed when first met.
    fn references(&mut self) {
        let mut next = 0;
        while next < self.found.len() {
            let (value, base, at) = (
                self.found[next].value,
                self.found[next].base.clone(),
                self.found[next].pointer.clone(),
            );
            for keyword in ["$ref", "$dynamicRef", "$recursiveRef"] {
                if let Some(reference) = value.get(keyword).and_then(Value::as_str) {
                    match self.resolve(reference, &base) {
                        Ok(target) => self.resolved.push((Id(next), target)),
                        Err(message) => self
                            .problems
                            .push(Problem::new(&pointer::push(&at, keyword), message)),
                    }
                }
            }
            next += 1;
        }
    }

    /// The target of a reference; `None` for one to a meta-schema, which the validator knows itself.
    fn resolve(&mut self, reference: &str, base: &Url) -> Result<Option<Id>, String> {
        let target = base
            .join(reference)
            .map_err(|_| format!("The reference “{reference}” cannot be read."))?;
        let resource = bare(&target);
        let Some(start) = self.resources.get(&resource).cloned() else {
            if resource.contains("://json-schema.org/draft") {
                return Ok(None);
            }
            return Err(format!(
                "“{reference}” leads out of this schema. Other documents are never fetched: put what it needs under $defs."
            ));
        };
        let missing = || format!("“{reference}” leads to nothing in this schema.");
        let fragment = decode(target.fragment().unwrap_or_default());
        if !fragment.is_empty() && !fragment.starts_with('/') {
            return self
                .anchors
                .get(&(resource, fragment))
                .copied()
                .map(Some)
                .ok_or_else(missing);
        }
        let at = format!("{start}{fragment}");
        if !self.by_pointer.contains_key(&at) {
            let value = self.schema.pointer(&at).ok_or_else(missing)?;
            self.visit(value, at.clone(), base, 0);
        }
        self.by_pointer
            .get(&at)
            .copied()
            .map(Some)
            .ok_or_else(missing)
    }

    fn parse(&self, found: &Found<'s>) -> Sub {
        let child = |keyword: &str, name: Option<&str>| {
            let mut at = pointer::push(&found.pointer, keyword);
            if let Some(name) = name {
                at = pointer::push(&at, name);
            }
            self.by_pointer.get(&at).copied()
        };
        let mut sub = sub::parse(found.value, self.draft, &child);
        sub.pointer.clone_from(&found.pointer);
        sub
    }
}

fn too_large(deep: bool) -> String {
    if deep {
        format!("This schema is nested more than {MAX_DEPTH} levels deep.")
    } else {
        format!("This schema has more than {MAX_SUBSCHEMAS} parts.")
    }
}

fn bare(url: &Url) -> String {
    let mut url = url.clone();
    url.set_fragment(None);
    url.into()
}

fn decode(fragment: &str) -> String {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match hex.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
