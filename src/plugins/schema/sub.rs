//! One subschema, its keywords parsed once into what the form asks of it. The drafts are made equal
//! here: the rest of the form knows no draft.

use std::collections::HashSet;

use jsonschema::Draft;
use serde_json::{Map, Number, Value};

use super::types::Types;

/// The number of a subschema in its [`Compiled`](super::Compiled).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Id(pub usize);

/// A subschema. Keywords that only constrain (`not`, `contains`, …) are the validator's alone.
#[derive(Debug, Default)]
pub(super) struct Sub {
    /// Where it stands in the schema document.
    pub pointer: String,
    /// Set for the schemas `true` and `false`.
    pub boolean: Option<bool>,
    pub reference: Option<Id>,
    pub all_of: Vec<Id>,
    pub any_of: Vec<Id>,
    pub one_of: Vec<Id>,
    pub negated: Option<Id>,
    pub condition: Option<Condition>,
    pub types: Option<Types>,
    pub options: Option<Vec<Value>>,
    pub numbers: Numbers,
    pub texts: Texts,
    pub objects: Objects,
    pub arrays: Arrays,
    pub notes: Notes,
    /// Whether any keyword says something about values (`{}` and pure annotations do not).
    pub says_something: bool,
    /// Subschemas that only matter when looking for everything that could apply.
    pub remote_kin: Vec<Id>,
}

/// `if` with its branches.
#[derive(Debug, Clone, Copy)]
pub(super) struct Condition {
    pub test: Id,
    pub then: Option<Id>,
    pub otherwise: Option<Id>,
}

/// Keywords about numbers.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    pub minimum: Option<Number>,
    pub maximum: Option<Number>,
    pub multiple_of: Option<Number>,
}

/// Keywords about strings.
#[derive(Debug, Default)]
pub(super) struct Texts {
    pub min_length: Option<u64>,
    pub max_length: Option<u64>,
    pub pattern: Option<String>,
    pub format: Option<String>,
    pub media_type: Option<String>,
}

/// Keywords about objects.
#[derive(Debug, Default)]
pub(super) struct Objects {
    pub properties: Vec<(String, Id)>,
    pub named: HashSet<String>,
    pub patterns: Vec<(String, Id)>,
    pub additional: Option<Id>,
    pub key_schema: Option<Id>,
    pub required: Vec<String>,
    pub dependent: Vec<(String, Id)>,
    pub dependent_required: Vec<(String, Vec<String>)>,
    pub max: Option<u64>,
}

/// Keywords about arrays.
#[derive(Debug, Default)]
pub(super) struct Arrays {
    pub prefix: Vec<Id>,
    pub items: Option<Id>,
    pub unique: bool,
    pub max: Option<u64>,
}

/// Annotations, of the standard and of the two dialects people write for editors and form makers.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub title: Option<String>,
    pub description: Option<String>,
    pub default: Option<Value>,
    pub example: Option<Value>,
    pub read_only: bool,
    pub secret: bool,
    pub deprecated: Option<String>,
    pub position: Option<f64>,
    pub order: Vec<String>,
    pub widget: Option<String>,
    pub help: Option<String>,
    pub placeholder: Option<String>,
    pub option_labels: Vec<String>,
    pub pattern_message: Option<String>,
}

/// Where a keyword keeps its subschemas.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Holds {
    One,
    Many,
    ByName,
    /// `items` before 2020-12: one or many.
    OneOrMany,
    /// `dependencies`: by name, each a schema or a list of names.
    ByNameOrNames,
}

/// The keywords that hold subschemas.
pub(super) const HOLDERS: [(&str, Holds); 22] = [
    ("definitions", Holds::ByName),
    ("$defs", Holds::ByName),
    ("properties", Holds::ByName),
    ("patternProperties", Holds::ByName),
    ("dependentSchemas", Holds::ByName),
    ("dependencies", Holds::ByNameOrNames),
    ("additionalProperties", Holds::One),
    ("unevaluatedProperties", Holds::One),
    ("propertyNames", Holds::One),
    ("items", Holds::OneOrMany),
    ("additionalItems", Holds::One),
    ("unevaluatedItems", Holds::One),
    ("prefixItems", Holds::Many),
    ("contains", Holds::One),
    ("allOf", Holds::Many),
    ("anyOf", Holds::Many),
    ("oneOf", Holds::Many),
    ("not", Holds::One),
    ("if", Holds::One),
    ("then", Holds::One),
    ("else", Holds::One),
    ("contentSchema", Holds::One),
];

/// The keywords that say nothing about a value.
const ANNOTATIONS: [&str; 22] = [
    "title",
    "description",
    "default",
    "examples",
    "example",
    "$comment",
    "$schema",
    "$id",
    "id",
    "$anchor",
    "definitions",
    "$defs",
    "readOnly",
    "writeOnly",
    "deprecated",
    "deprecationMessage",
    "markdownDescription",
    "markdownDeprecationMessage",
    "order",
    "$dynamicAnchor",
    "$vocabulary",
    "$recursiveAnchor",
];

impl Sub {
    /// The subschemas that judge the same value as this one.
    pub fn in_place(&self) -> Vec<Id> {
        let mut all: Vec<Id> = self.reference.into_iter().chain(self.negated).collect();
        all.extend(self.all_of.iter().chain(&self.any_of).chain(&self.one_of));
        if let Some(condition) = self.condition {
            all.push(condition.test);
            all.extend(condition.then.into_iter().chain(condition.otherwise));
        }
        all.extend(self.objects.dependent.iter().map(|(_, id)| *id));
        all
    }
}

/// Parses the keywords of `schema` that hold no other schema; `child` gives the number of the one
/// behind a keyword (and its name or index).
pub(super) fn parse(
    schema: &Value,
    draft: Draft,
    child: &dyn Fn(&str, Option<&str>) -> Option<Id>,
) -> Sub {
    let Value::Object(all) = schema else {
        return Sub {
            boolean: Some(schema != &Value::Bool(false)),
            ..Sub::default()
        };
    };
    let refers = all.get("$ref").is_some_and(Value::is_string);
    let notes = notes(all);
    // Up to draft 7 a `$ref` hides its neighbours; annotations beside it are kept as a kindness.
    if refers && is_old(draft) {
        return Sub {
            notes,
            says_something: true,
            ..Sub::default()
        };
    }
    let old_items = matches!(all.get("items"), Some(Value::Array(_)));
    let many = |keyword: &str| -> Vec<Id> {
        let count = all
            .get(keyword)
            .and_then(Value::as_array)
            .map_or(0, Vec::len);
        (0..count)
            .filter_map(|i| child(keyword, Some(&i.to_string())))
            .collect()
    };
    let named = |keyword: &str| -> Vec<(String, Id)> {
        let names = all.get(keyword).and_then(Value::as_object);
        names
            .into_iter()
            .flat_map(Map::keys)
            .filter_map(|name| Some((name.clone(), child(keyword, Some(name))?)))
            .collect()
    };
    let one = |keyword: &str| all.get(keyword).and_then(|_| child(keyword, None));
    let mut dependent = named("dependentSchemas");
    dependent.extend(named("dependencies"));
    let properties = named("properties");
    Sub {
        all_of: many("allOf"),
        any_of: many("anyOf"),
        one_of: many("oneOf"),
        condition: one("if").map(|test| Condition {
            test,
            then: one("then"),
            otherwise: one("else"),
        }),
        negated: one("not"),
        types: all.get("type").map(Types::of_keyword),
        options: options(all),
        numbers: numbers(all),
        texts: texts(all),
        objects: Objects {
            named: properties.iter().map(|(name, _)| name.clone()).collect(),
            properties,
            patterns: named("patternProperties"),
            additional: one("additionalProperties"),
            key_schema: one("propertyNames"),
            required: strings(all.get("required")),
            dependent,
            dependent_required: dependent_required(all),
            max: all.get("maxProperties").and_then(Value::as_u64),
        },
        arrays: Arrays {
            prefix: if old_items {
                many("items")
            } else {
                many("prefixItems")
            },
            items: if old_items {
                one("additionalItems")
            } else {
                one("items")
            },
            unique: all.get("uniqueItems") == Some(&Value::Bool(true)),
            max: all.get("maxItems").and_then(Value::as_u64),
        },
        notes,
        says_something: all.keys().any(|key| {
            !ANNOTATIONS.contains(&key.as_str())
                && !key.starts_with("x-")
                && !key.starts_with("ui:")
        }),
        remote_kin: ["unevaluatedProperties", "unevaluatedItems", "contains"]
            .into_iter()
            .filter_map(one)
            .collect(),
        ..Sub::default()
    }
}

/// Whether `draft` lets `$ref` hide its neighbours.
pub(super) fn is_old(draft: Draft) -> bool {
    matches!(draft, Draft::Draft4 | Draft::Draft6 | Draft::Draft7)
}

fn options(all: &Map<String, Value>) -> Option<Vec<Value>> {
    if let Some(constant) = all.get("const") {
        return Some(vec![constant.clone()]);
    }
    all.get("enum").and_then(Value::as_array).cloned()
}

fn numbers(all: &Map<String, Value>) -> Numbers {
    let number = |keyword: &str| match all.get(keyword) {
        Some(Value::Number(number)) => Some(number.clone()),
        _ => None,
    };
    Numbers {
        minimum: number("minimum").or_else(|| number("exclusiveMinimum")),
        maximum: number("maximum").or_else(|| number("exclusiveMaximum")),
        multiple_of: number("multipleOf"),
    }
}

fn texts(all: &Map<String, Value>) -> Texts {
    Texts {
        min_length: all.get("minLength").and_then(Value::as_u64),
        max_length: all.get("maxLength").and_then(Value::as_u64),
        pattern: string(all.get("pattern")),
        format: string(all.get("format")),
        media_type: string(all.get("contentMediaType")),
    }
}

fn dependent_required(all: &Map<String, Value>) -> Vec<(String, Vec<String>)> {
    ["dependentRequired", "dependencies"]
        .into_iter()
        .filter_map(|keyword| all.get(keyword)?.as_object())
        .flatten()
        .filter(|(_, names)| names.is_array())
        .map(|(name, names)| (name.clone(), strings(Some(names))))
        .collect()
}

fn notes(all: &Map<String, Value>) -> Notes {
    let flag = |keyword: &str| all.get(keyword) == Some(&Value::Bool(true));
    let text = |keyword: &str| string(all.get(keyword)).filter(|text| !text.trim().is_empty());
    let options = all.get("ui:options").and_then(Value::as_object);
    let ui = |name: &str| {
        let short = text(&format!("ui:{name}"));
        short.or_else(|| string(options.and_then(|options| options.get(name))))
    };
    let widget = ui("widget");
    let deprecated = text("deprecationMessage").or_else(|| text("markdownDeprecationMessage"));
    Notes {
        title: text("ui:title").or_else(|| text("title")),
        description: text("markdownDescription")
            .or_else(|| text("ui:description"))
            .or_else(|| text("description")),
        default: all.get("default").cloned(),
        example: all
            .get("examples")
            .and_then(|examples| examples.get(0))
            .or_else(|| all.get("example"))
            .cloned(),
        read_only: flag("readOnly") || flag("ui:readonly"),
        secret: flag("writeOnly")
            || all.get("format").and_then(Value::as_str) == Some("password")
            || widget.as_deref() == Some("password"),
        deprecated: deprecated.or_else(|| flag("deprecated").then(String::new)),
        position: ["x-order", "order", "propertyOrder"]
            .iter()
            .find_map(|keyword| all.get(*keyword)?.as_f64()),
        order: strings(
            all.get("ui:order")
                .or_else(|| all.get("x-order"))
                .or_else(|| options.and_then(|o| o.get("order"))),
        ),
        widget,
        help: ui("help"),
        placeholder: ui("placeholder"),
        option_labels: ["enumItemLabels", "enumNames", "ui:enumNames", "x-enumNames"]
            .iter()
            .map(|keyword| strings(all.get(*keyword)))
            .find(|labels| !labels.is_empty())
            .unwrap_or_default(),
        pattern_message: text("patternErrorMessage").or_else(|| text("errorMessage")),
    }
}

fn string(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).map(str::to_owned)
}

fn strings(value: Option<&Value>) -> Vec<String> {
    let list = value.and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}
