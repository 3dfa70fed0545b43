//! The types of JSON Schema, as a set.

use serde_json::Value;

/// A set of JSON types; `integer` is kept apart from `number`, which includes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Types(u8);

impl Types {
    pub const NONE: Types = Types(0);
    pub const NULL: Types = Types(1);
    pub const BOOLEAN: Types = Types(2);
    pub const INTEGER: Types = Types(4);
    pub const NUMBER: Types = Types(8 | 4);
    pub const STRING: Types = Types(16);
    pub const OBJECT: Types = Types(32);
    pub const ARRAY: Types = Types(64);
    pub const ALL: Types = Types(127);

    /// The set a `type` keyword names.
    pub fn of_keyword(value: &Value) -> Types {
        match value {
            Value::String(name) => Types::named(name),
            Value::Array(names) => names
                .iter()
                .filter_map(Value::as_str)
                .fold(Types::NONE, |all, name| all.or(Types::named(name))),
            _ => Types::ALL,
        }
    }

    fn named(name: &str) -> Types {
        match name {
            "null" => Types::NULL,
            "boolean" => Types::BOOLEAN,
            "integer" => Types::INTEGER,
            "number" => Types::NUMBER,
            "string" => Types::STRING,
            "object" => Types::OBJECT,
            "array" => Types::ARRAY,
            _ => Types::NONE,
        }
    }

    /// The type of a value; every number counts as `number` here.
    pub fn of(value: &Value) -> Types {
        match value {
            Value::Null => Types::NULL,
            Value::Bool(_) => Types::BOOLEAN,
            Value::Number(_) => Types::NUMBER,
            Value::String(_) => Types::STRING,
            Value::Array(_) => Types::ARRAY,
            Value::Object(_) => Types::OBJECT,
        }
    }

    pub fn or(self, other: Types) -> Types {
        Types(self.0 | other.0)
    }

    pub fn and(self, other: Types) -> Types {
        Types(self.0 & other.0)
    }

    pub fn without(self, other: Types) -> Types {
        Types(self.0 & !other.0)
    }

    /// Whether the two sets share a type.
    pub fn meets(self, other: Types) -> bool {
        self.0 & other.0 != 0
    }

    /// What a person would call the one type of this set.
    pub fn noun(self) -> Option<&'static str> {
        Some(match self {
            Types::NULL => "nothing",
            Types::BOOLEAN => "on or off",
            Types::INTEGER => "whole number",
            Types::NUMBER => "number",
            Types::STRING => "text",
            Types::OBJECT => "group of settings",
            Types::ARRAY => "list",
            _ => return None,
        })
    }
}
