//! PostgreSQL's `@>` for SQLite: the criteria become one SQL condition over the document's text.
//!
//! The rules are those of `JsonbDeepContains` in PostgreSQL's `jsonb_util.c`: an object contains
//! another if it has all its keys with values that contain theirs; an array contains another if each
//! item of that is equal to (scalars) or contained in (objects, arrays) some item of it, wherever and
//! however often; and at the very top, an array contains a scalar that is one of its items.

use serde_json::Value;

use super::condition::{Condition, all, any, key_step};
use crate::db::number::COLLATION;

/// The condition that `config` contains `criteria`.
pub(super) fn contains(sql: &mut Condition, criteria: &Value) -> String {
    let there = inside(sql, "config", "$", criteria);
    match criteria {
        Value::Object(_) | Value::Array(_) => there,
        scalar => {
            let is_item = has_items(sql, "config", "$", std::slice::from_ref(scalar));
            any(&[there, is_item])
        }
    }
}

/// That the part at `path` of `document` (an SQL expression) contains `criteria`.
fn inside(sql: &mut Condition, document: &str, path: &str, criteria: &Value) -> String {
    match criteria {
        Value::Object(members) => {
            let place = sql.bind(path);
            let mut conditions = vec![format!("json_type({document}, {place}) = 'object'")];
            for (key, member) in members {
                let below = format!("{path}{}", key_step(key));
                conditions.push(inside(sql, document, &below, member));
            }
            all(&conditions)
        }
        Value::Array(items) => has_items(sql, document, path, items),
        scalar => {
            let place = sql.bind(path);
            equals(sql, document, &place, scalar)
        }
    }
}

fn has_items(sql: &mut Condition, document: &str, path: &str, items: &[Value]) -> String {
    let place = sql.bind(path);
    let mut conditions = vec![format!("json_type({document}, {place}) = 'array'")];
    for item in items {
        // A name of its own for each level, or an inner one would hide an outer one.
        let one = format!("e{}", sql.values.len());
        let is_it = match item {
            Value::Object(_) | Value::Array(_) => {
                let container = match item.is_object() {
                    true => "object",
                    false => "array",
                };
                let fits = inside(sql, &format!("{one}.value"), "$", item);
                format!("{one}.type = '{container}' and {fits}")
            }
            Value::Number(number) => {
                let number = sql.bind(number.to_string());
                format!(
                    "{one}.type in ('integer', 'real') \
                     and ({document} -> {place}) -> {one}.key = {number} collate {COLLATION}"
                )
            }
            Value::String(text) => {
                let text = sql.bind(text);
                format!("{one}.type = 'text' and {one}.value = {text}")
            }
            word => format!("{one}.type = '{word}'"),
        };
        conditions.push(format!(
            "exists (select 1 from json_each({document}, {place}) as {one} where {is_it})"
        ));
    }
    all(&conditions)
}

/// That the value at `place` (the name of a parameter that holds the path) is this scalar.
///
/// Numbers are compared as the texts they are: SQLite would round them to 64 bits.
pub(super) fn equals(sql: &mut Condition, document: &str, place: &str, scalar: &Value) -> String {
    match scalar {
        Value::Number(number) => {
            let number = sql.bind(number.to_string());
            format!(
                "(json_type({document}, {place}) in ('integer', 'real') \
                 and ({document} -> {place}) = {number} collate {COLLATION})"
            )
        }
        Value::String(text) => {
            let text = sql.bind(text);
            format!("(json_type({document}, {place}) = 'text' and {document} ->> {place} = {text})")
        }
        // `true`, `false` and `null` are what json_type calls them.
        word => format!("json_type({document}, {place}) = '{word}'"),
    }
}
