//! A schema that was checked once and answers quickly from then on.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::{
    Draft, PatternOptions, Regex, Registry, Retrieve, Uri, ValidationOptions, Validator,
};
use serde_json::{Value, json};

use super::index::{self, ROOT_URI};
use super::sub::{Id, Sub};
use super::{MAX_BYTES, Problem};

/// The memory one pattern may take, in bytes: far beyond any honest one, far below what hurts.
const PATTERN_BYTES: usize = 1 << 20;

/// A checked schema: its validator, its subschemas, its references. `Send + Sync`; keep one per
/// plugin and version.
pub struct Compiled {
    subs: Vec<Sub>,
    by_pointer: HashMap<String, Id>,
    patterns: HashMap<String, Validator>,
    draft: Draft,
    registry: Registry<'static>,
    whole: Validator,
    parts: Mutex<HashMap<Id, Option<Arc<Validator>>>>,
    secretive: bool,
}

/// Says whether a schema may be installed.
///
/// # Errors
/// Every reason against it, each with the JSON Pointer of the place in the schema.
pub fn check(schema: &Value) -> Result<(), Vec<Problem>> {
    Compiled::new(schema).map(drop)
}

impl Compiled {
    /// Checks and compiles `schema`.
    ///
    /// # Errors
    /// As [`check`].
    pub fn new(schema: &Value) -> Result<Compiled, Vec<Problem>> {
        if schema.to_string().len() > MAX_BYTES {
            let limit = MAX_BYTES / 1024;
            return Err(vec![Problem::new(
                "",
                format!("This schema is larger than {limit} KiB."),
            )]);
        }
        let draft = draft_of(schema)?;
        meta(schema, draft)?;
        let index = index::index(schema, draft)?;
        endless(&index.subs)?;
        let patterns = patterns(&index.patterns)?;
        let failed = |error: String| vec![Problem::new("", error)];
        let registry = Registry::new()
            .retriever(Nothing)
            .draft(draft)
            .add(ROOT_URI, draft.create_resource(schema.clone()))
            .and_then(|registry| registry.prepare())
            .map_err(|error| failed(error.to_string()))?;
        let whole = options(draft).build(schema).map_err(|error| {
            vec![Problem::new(
                &error.instance_path().to_string(),
                error.masked().to_string(),
            )]
        })?;
        Ok(Compiled {
            secretive: index.subs.iter().any(|sub| sub.notes.secret),
            subs: index.subs,
            by_pointer: index.by_pointer,
            patterns,
            draft,
            registry,
            whole,
            parts: Mutex::default(),
        })
    }

    pub(super) fn sub(&self, id: Id) -> &Sub {
        &self.subs[id.0]
    }

    pub(super) fn root(&self) -> Id {
        Id(0)
    }

    pub(super) fn at(&self, pointer: &str) -> Option<Id> {
        self.by_pointer.get(pointer).copied()
    }

    /// Whether this subschema is `false`.
    pub(super) fn forbids(&self, id: Id) -> bool {
        self.sub(id).boolean == Some(false)
    }

    /// Whether any part of the schema marks a secret.
    pub(super) fn has_secrets(&self) -> bool {
        self.secretive
    }

    pub(super) fn validator(&self) -> &Validator {
        &self.whole
    }

    /// Whether `key` matches a `patternProperties` name of this schema.
    pub(super) fn matches(&self, pattern: &str, key: &str) -> bool {
        self.patterns
            .get(pattern)
            .is_some_and(|matcher| matcher.is_valid(&Value::String(key.to_owned())))
    }

    /// Whether `value` is valid under one subschema.
    pub(super) fn holds(&self, id: Id, value: &Value) -> bool {
        if let Some(everything) = self.sub(id).boolean {
            return everything;
        }
        self.part(id)
            .is_some_and(|validator| validator.is_valid(value))
    }

    /// The validator of one subschema, built when first asked for: most never are.
    fn part(&self, id: Id) -> Option<Arc<Validator>> {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        let build = || {
            let whole = json!({ "$ref": format!("{ROOT_URI}#{}", encode(&self.sub(id).pointer)) });
            options(self.draft)
                .with_registry(&self.registry)
                .build(&whole)
                .ok()
                .map(Arc::new)
        };
        parts.entry(id).or_insert_with(build).clone()
    }
}

impl std::fmt::Debug for Compiled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compiled")
            .field("subschemas", &self.subs.len())
            .finish_non_exhaustive()
    }
}

/// Fetches nothing.
struct Nothing;

impl Retrieve for Nothing {
    fn retrieve(
        &self,
        uri: &Uri<String>,
    ) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        Err(format!("{uri} is not part of this schema, and nothing is fetched").into())
    }
}

fn options<'r>(draft: Draft) -> ValidationOptions<'r> {
    jsonschema::options()
        .with_draft(draft)
        .should_validate_formats(true)
        .with_pattern_options(linear())
        .offline()
}

fn linear() -> PatternOptions<Regex> {
    PatternOptions::regex()
        .size_limit(PATTERN_BYTES)
        .dfa_size_limit(PATTERN_BYTES)
}

/// The draft a schema names. Draft 7 where none is named: schemas in the wild expect its
/// `definitions` and its `items` arrays.
fn draft_of(schema: &Value) -> Result<Draft, Vec<Problem>> {
    let Some(named) = schema.get("$schema") else {
        return Ok(Draft::Draft7);
    };
    let named = named.as_str().unwrap_or_default();
    let drafts = [
        ("2020-12/schema", Draft::Draft202012),
        ("2019-09/schema", Draft::Draft201909),
        ("draft-07/schema", Draft::Draft7),
        ("draft-06/schema", Draft::Draft6),
        ("draft-04/schema", Draft::Draft4),
    ];
    let address = named.trim_end_matches('#');
    let known = drafts
        .iter()
        .find(|(end, _)| address.contains("json-schema.org") && address.ends_with(end));
    known.map(|(_, draft)| *draft).ok_or_else(|| {
        let message = format!("“{named}” is not a draft known here. Known are 2020-12, 2019-09, draft-07, draft-06 and draft-04.");
        vec![Problem::new("/$schema", message)]
    })
}

fn meta(schema: &Value, draft: Draft) -> Result<(), Vec<Problem>> {
    let validator = match draft {
        Draft::Draft4 => jsonschema::draft4::meta::validator(),
        Draft::Draft6 => jsonschema::draft6::meta::validator(),
        Draft::Draft7 => jsonschema::draft7::meta::validator(),
        Draft::Draft201909 => jsonschema::draft201909::meta::validator(),
        _ => jsonschema::draft202012::meta::validator(),
    };
    let mut problems: Vec<Problem> = validator
        .iter_errors(schema)
        .map(|error| {
            Problem::new(
                &error.instance_path().to_string(),
                super::errors::plain(&error),
            )
        })
        .collect();
    if !(schema.is_object() || schema.is_boolean()) && problems.is_empty() {
        problems.push(Problem::new("", "A schema is an object."));
    }
    problems.dedup();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

/// Refuses a subschema that leads back to itself without going deeper into the value.
fn endless(subs: &[Sub]) -> Result<(), Vec<Problem>> {
    let mut done = HashSet::new();
    for start in 0..subs.len() {
        let mut path = HashSet::new();
        if let Some(id) = circle(subs, Id(start), &mut path, &mut done) {
            let message = "This part refers to itself without end.";
            return Err(vec![Problem::new(&subs[id.0].pointer, message)]);
        }
    }
    Ok(())
}

fn circle(subs: &[Sub], id: Id, path: &mut HashSet<Id>, done: &mut HashSet<Id>) -> Option<Id> {
    if done.contains(&id) {
        return None;
    }
    if !path.insert(id) {
        return Some(id);
    }
    let found = subs[id.0]
        .in_place()
        .into_iter()
        .find_map(|next| circle(subs, next, path, done));
    path.remove(&id);
    done.insert(id);
    found
}

/// Compiles each pattern on the engine that runs in linear time.
fn patterns(found: &[(String, String)]) -> Result<HashMap<String, Validator>, Vec<Problem>> {
    let mut compiled = HashMap::new();
    let mut problems = Vec::new();
    for (pattern, at) in found {
        if compiled.contains_key(pattern) {
            continue;
        }
        let schema = json!({ "pattern": pattern });
        match jsonschema::options()
            .with_pattern_options(linear())
            .build(&schema)
        {
            Ok(matcher) => {
                compiled.insert(pattern.clone(), matcher);
            }
            Err(_) => problems.push(Problem::new(at, refused_pattern(pattern))),
        }
    }
    if problems.is_empty() {
        Ok(compiled)
    } else {
        Err(problems)
    }
}

fn refused_pattern(pattern: &str) -> String {
    let looks = ["(?=", "(?!", "(?<=", "(?<!"]
        .iter()
        .any(|look| pattern.contains(look));
    let digits = ('1'..='9').any(|digit| pattern.contains(&format!("\\{digit}")));
    let why = if looks {
        "it looks ahead or behind, which cannot be matched in linear time"
    } else if digits || pattern.contains("\\k<") {
        "it refers back to a group, which cannot be matched in linear time"
    } else {
        "it cannot be read, or is too large"
    };
    format!("The pattern “{pattern}” is refused: {why}.")
}

fn encode(pointer: &str) -> String {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_' | b'~');
    pointer.bytes().fold(String::new(), |mut all, byte| {
        if plain(byte) {
            all.push(char::from(byte));
        } else {
            all.push_str(&format!("%{byte:02X}"));
        }
        all
    })
}
