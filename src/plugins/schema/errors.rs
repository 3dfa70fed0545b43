//! What the validator found, in plain words and at the place a person can change.

use std::collections::HashMap;

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use serde_json::Value;

use super::compiled::Compiled;
use super::pointer;
use super::types::Types;

/// One thing that is wrong, at a place of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// JSON Pointer of the place; empty for the whole document.
    pub pointer: String,
    /// What is wrong, and what would be right. Never holds a value of the document.
    pub message: String,
}

impl Problem {
    /// A problem at `pointer`.
    #[must_use]
    pub fn new(pointer: &str, message: impl Into<String>) -> Problem {
        Problem {
            pointer: pointer.to_owned(),
            message: message.into(),
        }
    }
}

/// The branches a person chose, as schema pointers, by document pointer.
pub(super) type Chosen = HashMap<String, Vec<String>>;

/// Everything that is wrong with `value`.
pub(super) fn problems(compiled: &Compiled, value: &Value, chosen: &Chosen) -> Vec<Problem> {
    let mut all = Vec::new();
    for error in compiled.validator().iter_errors(value) {
        spread(compiled, &error, chosen, &mut all);
    }
    let mut unique: Vec<Problem> = Vec::with_capacity(all.len());
    for problem in all {
        if !unique.contains(&problem) {
            unique.push(problem);
        }
    }
    unique
}

fn spread(
    compiled: &Compiled,
    error: &ValidationError<'_>,
    chosen: &Chosen,
    all: &mut Vec<Problem>,
) {
    let at = error.instance_path().to_string();
    match error.kind() {
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            all.push(Problem::new(
                &pointer::push(&at, name),
                "Please fill this in.",
            ));
        }
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            for name in unexpected {
                let message = format!("“{name}” is not one of the settings here.");
                all.push(Problem::new(&pointer::push(&at, name), message));
            }
        }
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            match branch(error, &at, context, chosen) {
                Some(errors) => errors
                    .iter()
                    .for_each(|error| spread(compiled, error, chosen, all)),
                None => all.push(Problem::new(
                    &at,
                    "This fits none of the forms it may have.",
                )),
            }
        }
        Kind::Pattern { .. } => {
            let path = error.schema_path().to_string();
            let sub = path
                .strip_suffix("/pattern")
                .and_then(|path| compiled.at(path));
            let own = sub.and_then(|id| compiled.sub(id).notes.pattern_message.clone());
            all.push(Problem::new(&at, own.unwrap_or_else(|| plain(error))));
        }
        _ => all.push(Problem::new(&at, plain(error))),
    }
}

/// The errors of the branch a person means: the one they chose, or else the one that comes closest.
fn branch<'e>(
    error: &ValidationError<'_>,
    at: &str,
    context: &'e [Vec<ValidationError<'static>>],
    chosen: &Chosen,
) -> Option<&'e Vec<ValidationError<'static>>> {
    let path = error.schema_path().to_string();
    let mine = chosen.get(at);
    let meant =
        (0..context.len()).find(|i| mine.is_some_and(|mine| mine.contains(&format!("{path}/{i}"))));
    if let Some(meant) = meant {
        return context.get(meant);
    }
    let wrong_kind = |error: &ValidationError<'_>| {
        error.instance_path().to_string() == at
            && matches!(error.kind(), Kind::Type { .. } | Kind::Constant { .. })
    };
    let fitting: Vec<_> = context
        .iter()
        .filter(|errors| !errors.iter().any(wrong_kind))
        .collect();
    match fitting[..] {
        [only] => Some(only),
        _ => None,
    }
}

/// One error in plain words.
pub(super) fn plain(error: &ValidationError<'_>) -> String {
    match error.kind() {
        Kind::Type { kind } => type_message(kind),
        Kind::Required { property } => {
            format!("“{}” is missing.", property.as_str().unwrap_or_default())
        }
        Kind::Enum { .. } => "This is not one of the choices.".into(),
        Kind::Constant { expected_value } => format!("This must be {expected_value}."),
        Kind::Minimum { limit } => format!("This must be at least {limit}."),
        Kind::Maximum { limit } => format!("This must be at most {limit}."),
        Kind::ExclusiveMinimum { limit } => format!("This must be more than {limit}."),
        Kind::ExclusiveMaximum { limit } => format!("This must be less than {limit}."),
        Kind::MultipleOf { multiple_of } => format!("This must be a multiple of {multiple_of}."),
        Kind::MinLength { limit } => format!("This needs at least {}.", count(*limit, "character")),
        Kind::MaxLength { limit } => {
            format!("This may have at most {}.", count(*limit, "character"))
        }
        Kind::MinItems { limit } => format!("This needs at least {}.", entries(*limit)),
        Kind::MaxItems { limit } => format!("This may have at most {}.", entries(*limit)),
        Kind::MinProperties { limit } => format!("This needs at least {}.", entries(*limit)),
        Kind::MaxProperties { limit } => format!("This may have at most {}.", entries(*limit)),
        Kind::AdditionalItems { limit } => {
            format!("This may have at most {}.", entries(*limit as u64))
        }
        Kind::UnevaluatedItems { .. } => "There are more entries than allowed.".into(),
        Kind::UniqueItems => "Each entry may be there only once.".into(),
        Kind::Pattern { pattern } => format!("This must match the pattern {pattern}"),
        Kind::Format { format } => format_message(format),
        Kind::ContentEncoding { content_encoding } => {
            format!("This is not {content_encoding} text.")
        }
        Kind::ContentMediaType { content_media_type } => {
            format!("This is not {content_media_type}.")
        }
        Kind::OneOfMultipleValid { .. } => {
            "This fits more than one of the forms it may have.".into()
        }
        Kind::AnyOf { .. } | Kind::OneOfNotValid { .. } => {
            "This fits none of the forms it may have.".into()
        }
        Kind::PropertyNames { error } => format!("A name here is not allowed: {}", plain(error)),
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            format!("“{}” is not known here.", unexpected.join("”, “"))
        }
        Kind::Contains => "An entry that must be here is missing.".into(),
        Kind::Not { .. } => "This is a value that is not allowed here.".into(),
        Kind::FalseSchema => "Nothing is allowed here.".into(),
        _ => "This is not allowed here.".into(),
    }
}

fn type_message(kind: &TypeKind) -> String {
    let names = match kind {
        TypeKind::Single(one) => Value::String(one.to_string()),
        TypeKind::Multiple(many) => many
            .iter()
            .map(|one| Value::String(one.to_string()))
            .collect(),
    };
    match Types::of_keyword(&names).noun() {
        Some(noun @ ("on or off" | "nothing")) => format!("This must be {noun}."),
        Some(noun) => format!("This must be a {noun}."),
        None => "This is not of the right type.".into(),
    }
}

fn count(limit: u64, noun: &str) -> String {
    format!("{limit} {noun}{}", if limit == 1 { "" } else { "s" })
}

fn entries(limit: u64) -> String {
    if limit == 1 {
        "1 entry".into()
    } else {
        format!("{limit} entries")
    }
}

fn format_message(format: &str) -> String {
    let example = match format {
        "email" | "idn-email" => "an email address, like name@example.com",
        "uri" | "iri" => "a full address, like https://example.com/path",
        "uri-reference" | "iri-reference" => "an address or a part of one, like /path",
        "date" => "a date, like 2025-03-31",
        "time" => "a time with its zone, like 08:30:00Z or 08:30:00+02:00",
        "date-time" => "a date and time with its zone, like 2025-03-31T08:30:00Z",
        "ipv4" => "an IPv4 address, like 192.168.1.10",
        "ipv6" => "an IPv6 address, like fd00::1",
        "hostname" | "idn-hostname" => "a host name, like nas.local",
        "regex" => "a regular expression",
        "uuid" => "a UUID, like 123e4567-e89b-12d3-a456-426614174000",
        "duration" => "a duration, like PT15M or P1D",
        "json-pointer" => "a JSON Pointer, like /a/b",
        other => return format!("This is not a valid {other}."),
    };
    format!("This must be {example}.")
}
