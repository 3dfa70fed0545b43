//! Finding plugins by their configuration: containment exactly as PostgreSQL's `@>`, the presence of
//! a key as its `?`, a value at a JSON Pointer, and whether it is enabled.
//!
//! A search is read here, and becomes a condition on the column `config` in [`condition`]. Secrets
//! stand in that column as sealed texts, which no search can name.

mod condition;
mod contained;

pub use condition::Condition;

use serde_json::Value;

use crate::page::Problems;
use crate::plugins::storable;
use crate::vault;

/// The longest criteria, in bytes.
const CRITERIA_BYTES: usize = 4096;
/// The deepest criteria.
const CRITERIA_DEPTH: usize = 16;
/// The most values in one criteria: SQLite takes an expression 1,000 deep at the most.
const CRITERIA_VALUES: usize = 200;
/// The most filters at once.
const FILTERS_MAX: usize = 20;
/// The longest value, key or pointer, in bytes.
const TEXT_BYTES: usize = 1000;
/// The most parts of a pointer, and those among them that can be the place of an item.
const PARTS_MAX: usize = 16;
const INDEXES_MAX: usize = 3;

/// What a configuration must be to be found: all of these.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Search {
    filters: Vec<Filter>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Filter {
    /// It contains this, as `@>` says.
    Contains(Value),
    /// It has this key.
    Has(String),
    /// The value at this place is one of these scalars.
    At(Vec<String>, Vec<Value>),
    /// Whether `enabled` is `true` or the text `"true"`.
    Enabled(bool),
}

/// What was asked, as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    /// JSON, or blank.
    pub criteria: String,
    /// Keys.
    pub has: Vec<String>,
    /// JSON Pointers with the value that each is to have.
    pub places: Vec<(String, String)>,
    /// `true`, `false` or blank.
    pub enabled: String,
}

impl Typed {
    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.criteria.trim().is_empty()
            && self.has.is_empty()
            && self.places.is_empty()
            && self.enabled.is_empty()
    }

    /// What it means.
    ///
    /// # Errors
    /// A message at `criteria`, `has`, `enabled` or `config.<pointer>`.
    pub fn read(&self) -> Result<Search, Problems> {
        let mut problems = Problems::default();
        let mut filters = Vec::new();
        if !self.criteria.trim().is_empty() {
            let criteria = problems.take("criteria", criteria(&self.criteria));
            filters.extend(criteria.map(Filter::Contains));
        }
        for key in &self.has {
            filters.extend(problems.take("has", text(key)).map(Filter::Has));
        }
        for (pointer, value) in &self.places {
            let field = format!("config.{pointer}");
            filters.extend(problems.take(&field, at(pointer, value)));
        }
        filters.extend(problems.take("enabled", enabled(&self.enabled)).flatten());
        if filters.len() > FILTERS_MAX {
            problems.add(
                "criteria",
                format!("Ask for at most {FILTERS_MAX} things at once."),
            );
        }
        match problems.is_empty() {
            true => Ok(Search { filters }),
            false => Err(problems),
        }
    }
}

impl Search {
    /// Whether everything fits.
    pub fn is_empty(&self) -> bool {
        self.filters.is_empty()
    }
}

const SECRET: &str = "This is how a secret is kept, and secrets cannot be searched.";
const NUL: &str = "This holds the character U+0000, which no configuration can hold. Remove it.";

fn criteria(typed: &str) -> Result<Value, String> {
    if typed.len() > CRITERIA_BYTES {
        return Err(format!(
            "This is too long: use at most {CRITERIA_BYTES} bytes."
        ));
    }
    let value: Value = serde_json::from_str(typed).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        format!(
            "This is no JSON: look at line {line}, character {column}. An example: {{\"port\": 8080}}"
        )
    })?;
    let mut values = 0;
    look_through(&value, CRITERIA_DEPTH, &mut values)?;
    if values > CRITERIA_VALUES {
        return Err(format!(
            "This holds {values} values: use at most {CRITERIA_VALUES}."
        ));
    }
    match storable::refusal(&value) {
        Some(_) => Err(storable::TOO_LONG.to_owned()),
        None => Ok(value),
    }
}

fn look_through(value: &Value, depth: usize, values: &mut usize) -> Result<(), String> {
    let below = depth
        .checked_sub(1)
        .ok_or_else(|| format!("This is nested too deep: use at most {CRITERIA_DEPTH} levels."))?;
    *values += 1;
    match value {
        Value::String(text) => plain(text),
        Value::Array(items) => items
            .iter()
            .try_for_each(|item| look_through(item, below, values)),
        Value::Object(members) => members.iter().try_for_each(|(key, member)| {
            plain(key)?;
            look_through(member, below, values)
        }),
        _ => Ok(()),
    }
}

/// A text that a configuration can hold and that is no secret.
fn plain(text: &str) -> Result<(), String> {
    if text.contains('\0') {
        return Err(NUL.to_owned());
    }
    match vault::is_sealed_text(text) {
        true => Err(SECRET.to_owned()),
        false => Ok(()),
    }
}

fn text(typed: &str) -> Result<String, String> {
    if typed.len() > TEXT_BYTES {
        return Err(format!("This is too long: use at most {TEXT_BYTES} bytes."));
    }
    plain(typed).map(|()| typed.to_owned())
}

fn at(pointer: &str, value: &str) -> Result<Filter, String> {
    let pointer = text(pointer)?;
    let value = text(value)?;
    let path = pointer.strip_prefix('/').ok_or_else(|| {
        "A place in a configuration begins with a slash, such as config./server/port=8080."
            .to_owned()
    })?;
    let parts: Vec<String> = path.split('/').map(unescaped).collect::<Result<_, _>>()?;
    let indexes = parts.iter().filter(|part| is_index(part)).count();
    if parts.len() > PARTS_MAX || indexes > INDEXES_MAX {
        return Err(format!(
            "This place is too deep: use at most {PARTS_MAX} parts, {INDEXES_MAX} of them numbers."
        ));
    }
    Ok(Filter::At(parts, scalars(&value)))
}

/// RFC 6901, section 4.
fn unescaped(part: &str) -> Result<String, String> {
    let mut rest = part;
    while let Some(place) = rest.find('~') {
        rest = &rest[place + 1..];
        if !rest.starts_with(['0', '1']) {
            return Err("In a place, ~ is written ~0, and a slash inside a key ~1.".to_owned());
        }
    }
    Ok(part.replace("~1", "/").replace("~0", "~"))
}

/// Whether a part can be the place of an item (RFC 6901, section 4); it can be a key all the same.
fn is_index(part: &str) -> bool {
    let is_number = !part.is_empty() && part.bytes().all(|digit| digit.is_ascii_digit());
    is_number && (part == "0" || !part.starts_with('0')) && part.len() < 10
}

/// What a value typed into an address can be: itself, and what it is as JSON.
fn scalars(typed: &str) -> Vec<Value> {
    let mut scalars = vec![Value::from(typed)];
    if let Ok(value) = serde_json::from_str::<Value>(typed)
        && (value.is_number() || value.is_boolean() || value.is_null())
        && storable::refusal(&value).is_none()
    {
        scalars.push(value);
    }
    scalars
}

fn enabled(typed: &str) -> Result<Option<Filter>, String> {
    match typed {
        "" => Ok(None),
        "true" => Ok(Some(Filter::Enabled(true))),
        "false" => Ok(Some(Filter::Enabled(false))),
        _ => Err("Choose true or false.".to_owned()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod dice;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;

#[cfg(test)]
mod typing {
    use super::*;
    use serde_json::json;

    fn refused(typed: Typed) -> String {
        let problems = typed.read().expect_err("it is refused");
        format!("{:?}", problems.list())
    }

    #[test]
    fn what_cannot_be_searched_is_said_at_its_field() {
        let deep = format!("{}{}", "[".repeat(17), "]".repeat(17));
        let wide = json!(vec![1; 201]).to_string();
        for (criteria, told) in [
            ("{", "line 1"),
            ("{'a': 1}", "no JSON"),
            (&"[".repeat(4000), "no JSON"),
            (&deep, "nested too deep"),
            (&wide, "202 values"),
            (&" ".repeat(5000).replace("  ", " 1"), "too long"),
            ("1e999999", "digits"),
            ("\"a\\u0000\"", "U+0000"),
            ("{\"\\u0000\": 1}", "U+0000"),
            ("[\"$sealed$v1$x\"]", "secret"),
        ] {
            let typed = Typed {
                criteria: criteria.to_owned(),
                ..Typed::default()
            };
            let said = refused(typed);
            assert!(
                said.contains(told) && said.contains("criteria"),
                "{told}: {said}"
            );
        }
        for (pointer, value, told) in [
            ("port", "1", "slash"),
            ("", "1", "slash"),
            ("/a~2", "1", "~0"),
            ("/a\0", "1", "U+0000"),
            ("/a", "$sealed$v1$x", "secret"),
            ("/1/2/3/4", "1", "deep"),
        ] {
            let places = vec![(pointer.to_owned(), value.to_owned())];
            let said = refused(Typed {
                places,
                ..Typed::default()
            });
            assert!(
                said.contains(told) && said.contains("config."),
                "{told}: {said}"
            );
        }
        assert!(
            refused(Typed {
                enabled: "maybe".into(),
                ..Typed::default()
            })
            .contains("true or false")
        );
    }

    #[test]
    fn a_value_in_an_address_is_a_text_and_what_it_is_as_json() {
        assert_eq!(scalars("8080"), [json!("8080"), json!(8080)]);
        assert_eq!(scalars("null"), [json!("null"), json!(null)]);
        assert_eq!(scalars("[1]"), [json!("[1]")]);
        assert_eq!(scalars(""), [json!("")]);
    }
}
