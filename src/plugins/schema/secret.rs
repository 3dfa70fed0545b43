//! Which places of a document are secrets: those that `writeOnly` or `format: password` could mark
//! under any branch, so that no choice of data uncovers one.

use serde_json::{Value, json};

use super::apply;
use super::compiled::Compiled;
use super::pointer;
use super::sub::Id;

/// The key of the object that stands for a secret wherever its value must not be.
const KEPT: &str = "$secret";

/// The pointers of all secrets in `document`, in its order.
#[must_use]
pub fn secrets(compiled: &Compiled, document: &Value) -> Vec<String> {
    inside(compiled, &[compiled.root()], document)
}

/// `document` with `{"$secret": "<its pointer>"}` in the place of each secret: what the JSON tab
/// shows. [`reveal`] puts the secrets back.
#[must_use]
pub fn conceal(compiled: &Compiled, document: &Value) -> Value {
    cover(compiled, &[compiled.root()], document)
}

/// `typed` with the secrets of `stored` back where `{"$secret": "<pointer>"}` stands for them, as
/// long as it still stands in a place for a secret.
#[must_use]
pub fn reveal(compiled: &Compiled, typed: &Value, stored: &Value) -> Value {
    let known = secrets(compiled, stored);
    let mut whole = typed.clone();
    for at in secrets(compiled, typed) {
        let from = typed.pointer(&at).and_then(stands_for);
        if let (Some(from), Some(place)) = (
            from.filter(|from| known.contains(from)),
            whole.pointer_mut(&at),
        ) {
            *place = stored.pointer(&from).cloned().unwrap_or_default();
        }
    }
    whole
}

/// The pointers, inside `value` itself, of the secrets in a part with these subschemas.
pub(super) fn inside(compiled: &Compiled, ids: &[Id], value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if compiled.has_secrets() {
        collect(compiled, ids, value, "", &mut found);
    }
    found
}

/// A part with the secrets inside it covered; [`stands_for`] tells which is which.
pub(super) fn cover(compiled: &Compiled, ids: &[Id], value: &Value) -> Value {
    let mut shown = value.clone();
    for at in inside(compiled, ids, value) {
        if let Some(place) = shown.pointer_mut(&at) {
            *place = json!({ KEPT: at });
        }
    }
    shown
}

/// The pointer of the secret that `value` stands for.
pub(super) fn stands_for(value: &Value) -> Option<String> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    members.get(KEPT)?.as_str().map(str::to_owned)
}

/// Whether a place with these subschemas is a secret.
pub(super) fn is_secret(compiled: &Compiled, ids: &[Id]) -> bool {
    compiled.has_secrets()
        && apply::possible(compiled, ids)
            .iter()
            .any(|id| compiled.sub(*id).notes.secret)
}

/// The subschemas a member could have under any branch.
pub(super) fn possible_member(compiled: &Compiled, ids: &[Id], key: &str) -> Vec<Id> {
    let mut below = Vec::new();
    for id in apply::possible(compiled, ids) {
        let sub = compiled.sub(id);
        sub.member(compiled, key, &mut below);
        below.extend(&sub.remote_kin);
    }
    below
}

/// The subschemas an item could have under any branch.
pub(super) fn possible_item(compiled: &Compiled, ids: &[Id], index: usize) -> Vec<Id> {
    let mut below = Vec::new();
    for id in apply::possible(compiled, ids) {
        let sub = compiled.sub(id);
        below.extend(sub.arrays.prefix.get(index).copied().or(sub.arrays.items));
        below.extend(&sub.remote_kin);
    }
    below
}

fn collect(compiled: &Compiled, ids: &[Id], value: &Value, at: &str, found: &mut Vec<String>) {
    if ids.is_empty() {
        return;
    }
    if is_secret(compiled, ids) {
        found.push(at.to_owned());
        return;
    }
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                let below = possible_member(compiled, ids, key);
                collect(compiled, &below, member, &pointer::push(at, key), found);
            }
        }
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                let below = possible_item(compiled, ids, i);
                collect(
                    compiled,
                    &below,
                    item,
                    &pointer::push(at, &i.to_string()),
                    found,
                );
            }
        }
        _ => {}
    }
}
