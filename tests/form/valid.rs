//! Valid values for a schema that somebody else wrote, made so that every property, row and item
//! that can be reached gets a value, and every branch is taken.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use taylordash::plugins::schema::{Compiled, problems};

/// How deep a value is made.
const DEPTH: usize = 7;
/// How many times a place of the schema may lie within itself.
const WITHIN: usize = 2;

/// A valid value, and which place of the schema stands for which place of it.
pub struct Sample {
    pub value: Value,
    /// Pointer in the value, and the places of the schema that describe it.
    pub places: BTreeMap<String, Vec<String>>,
}

/// Makes values for one schema.
pub struct Sampler<'s> {
    schema: &'s Value,
    compiled: &'s Compiled,
    state: u64,
    /// How often each place of the schema was used.
    used: BTreeMap<String, usize>,
    places: BTreeMap<String, Vec<String>>,
    /// Every place of the schema that was put into a value, valid or not.
    pub tried: BTreeSet<String>,
    /// The places of the schema around the one at hand.
    trail: Vec<String>,
}

/// Texts of the kinds that people's patterns ask for.
const TEXTS: [&str; 24] = [
    "a",
    "some text",
    "1",
    "1.2.3",
    "12:30",
    "https://example.com/a",
    "2024-02-29",
    "2024-05-06T07:08:09Z",
    "name@example.com",
    "192.168.1.20",
    "AA:BB:CC:DD:EE:FF",
    "aa:bb:cc:dd:ee:ff",
    "nas.local",
    "/a/b",
    "./a.js",
    "a/b",
    "@a/b",
    "a.json",
    "^a$",
    "A1",
    "en",
    "#00ff00",
    "0123456789abcdef",
    "123e4567-e89b-12d3-a456-426614174000",
];

impl<'s> Sampler<'s> {
    pub fn new(schema: &'s Value, compiled: &'s Compiled) -> Sampler<'s> {
        Sampler {
            schema,
            compiled,
            state: 1,
            used: BTreeMap::new(),
            places: BTreeMap::new(),
            tried: BTreeSet::new(),
            trail: Vec::new(),
        }
    }

    /// Another value, or `None` when what was made cannot be mended to a valid one.
    pub fn sample(&mut self) -> Option<Sample> {
        self.places.clear();
        let mut value = self.value(self.schema, "", "", 0)?;
        for _ in 0..200 {
            let wrong = problems(self.compiled, &value, &Value::Null);
            let Some(wrong) = wrong.iter().max_by_key(|problem| problem.pointer.len()) else {
                let there = |at: &String| value.pointer(at).is_some();
                let places = std::mem::take(&mut self.places);
                return Some(Sample {
                    places: places.into_iter().filter(|(at, _)| there(at)).collect(),
                    value,
                });
            };
            if !take_away(&mut value, &wrong.pointer) {
                return None;
            }
        }
        None
    }

    fn below(&mut self, n: usize) -> usize {
        self.state = self
            .state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        ((self.state >> 33) % n.max(1) as u64) as usize
    }

    fn resolve(&self, reference: &str) -> Option<(&'s Value, String)> {
        let fragment = reference
            .split_once('#')
            .map_or("", |(_, fragment)| fragment);
        let decoded = percent_encoding::percent_decode_str(fragment)
            .decode_utf8()
            .ok()?;
        let target = self.schema.pointer(&decoded)?;
        Some((target, decoded.into_owned()))
    }

    /// A value for the schema `at`, which will stand at `place`.
    fn value(&mut self, schema: &'s Value, at: &str, place: &str, depth: usize) -> Option<Value> {
        let within = self.trail.iter().filter(|known| *known == at).count();
        if within > WITHIN || schema == &Value::Bool(false) {
            return None;
        }
        *self.used.entry(at.to_owned()).or_default() += 1;
        self.trail.push(at.to_owned());
        let made = self.made(schema, at, place, depth);
        self.trail.pop();
        made
    }

    fn made(&mut self, schema: &'s Value, at: &str, place: &str, depth: usize) -> Option<Value> {
        let Value::Object(keywords) = schema else {
            return Some(json!("anything"));
        };
        if let Some(reference) = keywords.get("$ref").and_then(Value::as_str) {
            let (target, home) = self.resolve(reference)?;
            return self.value(target, &home, place, depth);
        }
        if let Some(constant) = keywords.get("const") {
            return Some(constant.clone());
        }
        if let Some(Value::Array(options)) = keywords.get("enum") {
            let i = self.below(options.len());
            return options.get(i).cloned();
        }
        let told: Vec<&Value> = [
            keywords.get("default"),
            keywords.get("examples").and_then(|all| all.get(0)),
        ]
        .into_iter()
        .flatten()
        .collect();
        if !told.is_empty() && self.below(4) == 0 {
            let i = self.below(told.len());
            return Some(told[i].clone());
        }
        let mut value = self.branches(keywords, at, place, depth);
        if value.as_ref().is_none_or(Value::is_object) && is_object(keywords) {
            let mut members = match value {
                Some(Value::Object(members)) => members,
                _ => Map::new(),
            };
            self.members(keywords, at, place, depth, &mut members);
            value = Some(Value::Object(members));
        }
        value.or_else(|| self.plain(keywords, at, place, depth))
    }

    /// What `allOf`, `anyOf`, `oneOf` and `if` make, objects put together.
    fn branches(
        &mut self,
        keywords: &'s Map<String, Value>,
        at: &str,
        place: &str,
        depth: usize,
    ) -> Option<Value> {
        let mut chosen: Vec<(&'s Value, String)> = Vec::new();
        if let Some(Value::Array(all)) = keywords.get("allOf") {
            chosen.extend(
                all.iter()
                    .enumerate()
                    .map(|(i, schema)| (schema, format!("{at}/allOf/{i}"))),
            );
        }
        for keyword in ["anyOf", "oneOf"] {
            if let Some(Value::Array(all)) = keywords.get(keyword) {
                let places = all
                    .iter()
                    .enumerate()
                    .map(|(i, schema)| (schema, format!("{at}/{keyword}/{i}")));
                let least =
                    places.min_by_key(|(_, at)| self.used.get(at).copied().unwrap_or_default());
                chosen.extend(least);
            }
        }
        for keyword in if self.below(2) == 0 {
            ["if", "then"].as_slice()
        } else {
            &["else"]
        } {
            chosen.extend(
                keywords
                    .get(*keyword)
                    .map(|schema| (schema, format!("{at}/{keyword}"))),
            );
        }
        let mut whole: Option<Value> = None;
        for (schema, home) in chosen {
            let part = self.value(schema, &home, place, depth);
            whole = match (whole, part) {
                (Some(Value::Object(mut all)), Some(Value::Object(part))) => {
                    all.extend(part);
                    Some(Value::Object(all))
                }
                (whole, part) => whole.or(part),
            };
        }
        whole
    }

    fn members(
        &mut self,
        keywords: &'s Map<String, Value>,
        at: &str,
        place: &str,
        depth: usize,
        members: &mut Map<String, Value>,
    ) {
        let required: Vec<&str> = keywords
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let named = keywords.get("properties").and_then(Value::as_object);
        for (key, schema) in named.into_iter().flatten() {
            let home = format!("{at}/properties/{}", escape(key));
            let new = !self.used.contains_key(&home);
            let wanted = required.contains(&key.as_str())
                || (depth < DEPTH && (new || self.below(depth + 3) == 0));
            if wanted {
                self.member(key, schema, &home, place, depth, members);
            }
        }
        let patterns = keywords.get("patternProperties").and_then(Value::as_object);
        for (pattern, schema) in patterns.into_iter().flatten() {
            let home = format!("{at}/patternProperties/{}", escape(pattern));
            if depth < DEPTH
                && let Some(key) = text(&json!({"pattern": pattern}))
            {
                self.member(&key, schema, &home, place, depth, members);
            }
        }
        if let Some(schema @ Value::Object(_)) = keywords.get("additionalProperties")
            && depth < DEPTH
        {
            let key = keywords
                .get("propertyNames")
                .and_then(|names| {
                    names["enum"][0]
                        .as_str()
                        .map(str::to_owned)
                        .or_else(|| text(names))
                })
                .unwrap_or_else(|| "extra".to_owned());
            self.member(
                &key,
                schema,
                &format!("{at}/additionalProperties"),
                place,
                depth,
                members,
            );
        }
    }

    fn member(
        &mut self,
        key: &str,
        schema: &'s Value,
        home: &str,
        place: &str,
        depth: usize,
        members: &mut Map<String, Value>,
    ) {
        let place = format!("{place}/{}", escape(key));
        if let Some(value) = self.value(schema, home, &place, depth + 1) {
            self.tried.insert(home.to_owned());
            self.places.entry(place).or_default().push(home.to_owned());
            members.insert(key.to_owned(), value);
        }
    }

    fn plain(
        &mut self,
        keywords: &'s Map<String, Value>,
        at: &str,
        place: &str,
        depth: usize,
    ) -> Option<Value> {
        let kinds: Vec<&str> = match keywords.get("type") {
            Some(Value::String(kind)) => vec![kind],
            Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
            _ if keywords.contains_key("items") => vec!["array"],
            _ => vec!["string"],
        };
        let i = self.below(kinds.len());
        Some(match *kinds.get(i)? {
            "object" => json!({}),
            "array" => self.items(keywords, at, place, depth),
            "boolean" => json!(self.below(2) == 0),
            "null" => Value::Null,
            "number" | "integer" => number(keywords),
            _ => text(&Value::Object(keywords.clone())).map(Value::String)?,
        })
    }

    fn items(
        &mut self,
        keywords: &'s Map<String, Value>,
        at: &str,
        place: &str,
        depth: usize,
    ) -> Value {
        let mut items = Vec::new();
        let least = keywords
            .get("minItems")
            .and_then(Value::as_u64)
            .unwrap_or_default() as usize;
        let slots = keywords
            .get("prefixItems")
            .or(keywords.get("items"))
            .and_then(Value::as_array);
        for (i, schema) in slots.into_iter().flatten().enumerate() {
            let keyword = if keywords.contains_key("prefixItems") {
                "prefixItems"
            } else {
                "items"
            };
            self.item(
                schema,
                &format!("{at}/{keyword}/{i}"),
                place,
                depth,
                &mut items,
            );
        }
        if let Some(schema @ Value::Object(_)) = keywords.get("items") {
            let count = if depth < DEPTH {
                least.max(1 + self.below(2))
            } else {
                least
            };
            for _ in items.len()..count {
                self.item(schema, &format!("{at}/items"), place, depth, &mut items);
            }
        }
        if keywords.get("uniqueItems") == Some(&Value::Bool(true)) {
            let mut seen = Vec::new();
            items.retain(|item| {
                !seen.contains(item) && {
                    seen.push(item.clone());
                    true
                }
            });
        }
        Value::Array(items)
    }

    fn item(
        &mut self,
        schema: &'s Value,
        home: &str,
        place: &str,
        depth: usize,
        items: &mut Vec<Value>,
    ) {
        let place = format!("{place}/{}", items.len());
        if let Some(value) = self.value(schema, home, &place, depth + 1) {
            self.tried.insert(home.to_owned());
            self.places.entry(place).or_default().push(home.to_owned());
            items.push(value);
        }
    }
}

fn is_object(keywords: &Map<String, Value>) -> bool {
    let of_type = match keywords.get("type") {
        Some(Value::String(kind)) => kind == "object",
        Some(_) => return false,
        None => true,
    };
    of_type
        && [
            "properties",
            "patternProperties",
            "additionalProperties",
            "required",
        ]
        .iter()
        .any(|keyword| keywords.contains_key(*keyword))
}

/// A number within its limits.
fn number(keywords: &Map<String, Value>) -> Value {
    let limit = |keyword: &str| keywords.get(keyword).and_then(Value::as_f64);
    let least = limit("minimum").or_else(|| limit("exclusiveMinimum").map(|least| least + 1.0));
    let most = limit("maximum").or_else(|| limit("exclusiveMaximum").map(|most| most - 1.0));
    let number = least.or(most).unwrap_or(7.0);
    let whole = number.fract() == 0.0;
    if whole {
        json!(number as i64)
    } else {
        json!(number)
    }
}

/// A text that is valid under `schema`, as far as its pattern, length and format go.
fn text(schema: &Value) -> Option<String> {
    let mut rules = Map::new();
    for keyword in ["pattern", "minLength", "maxLength", "format"] {
        if let Some(rule) = schema.get(keyword) {
            rules.insert(keyword.to_owned(), rule.clone());
        }
    }
    let options = jsonschema::options().should_validate_formats(true);
    let fits = options.build(&Value::Object(rules)).ok()?;
    let long = "x".repeat(schema.get("minLength").and_then(Value::as_u64).unwrap_or(1) as usize);
    let candidates = TEXTS.iter().map(|text| (*text).to_owned()).chain([long]);
    candidates
        .into_iter()
        .find(|text| fits.is_valid(&json!(text)))
}

fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Takes the part at `pointer` out of `value`, or the nearest part around it that is there.
fn take_away(value: &mut Value, pointer: &str) -> bool {
    let mut pointer = pointer;
    while let Some(slash) = pointer.rfind('/') {
        let (around, key) = (&pointer[..slash], &pointer[slash + 1..]);
        let key = key.replace("~1", "/").replace("~0", "~");
        match value.pointer_mut(around) {
            Some(Value::Object(members)) if members.contains_key(&key) => {
                return members.shift_remove(&key).is_some();
            }
            Some(Value::Array(items)) if key.parse().is_ok_and(|i: usize| i < items.len()) => {
                items.remove(key.parse().unwrap_or_default());
                return true;
            }
            _ => pointer = around,
        }
    }
    false
}
