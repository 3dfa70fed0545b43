//! Bringing two people's configurations together, and merging a part into a whole.

use serde_json::{Map, Value};

use super::difference::{Difference, Grain, Kind, differences};

/// `base` with the members of `part` in the place of its own: what `config || $2` means on JSONB.
pub fn shallow(base: &Value, part: &Map<String, Value>) -> Value {
    let mut merged = base.as_object().cloned().unwrap_or_default();
    for (key, value) in part {
        merged.insert(key.clone(), value.clone());
    }
    Value::Object(merged)
}

/// What one person did to `base`: where `theirs` differs from it. A list counts as a whole.
pub fn changed(base: &Value, theirs: &Value) -> Vec<Difference> {
    differences(base, theirs, Grain::Lists, &|_, _, _| None)
}

/// `mine` with the value of `theirs` at `pointer`, or without it where they have none.
pub fn take(mine: &mut Value, theirs: &Value, change: &Difference) {
    match theirs.pointer(&change.pointer) {
        Some(value) if change.kind != Kind::Removed => put(mine, &change.pointer, value.clone()),
        _ => remove(mine, &change.pointer),
    }
}

fn put(document: &mut Value, pointer: &str, value: Value) {
    if let Some(place) = document.pointer_mut(pointer) {
        *place = value;
        return;
    }
    let Some((parent, key)) = split(pointer) else {
        return;
    };
    if !document.pointer(parent).is_some_and(Value::is_object) {
        put(document, parent, Value::Object(Map::new()));
    }
    if let Some(Value::Object(members)) = document.pointer_mut(parent) {
        members.insert(key, value);
    }
}

fn remove(document: &mut Value, pointer: &str) {
    if let Some((parent, key)) = split(pointer)
        && let Some(Value::Object(members)) = document.pointer_mut(parent)
    {
        members.shift_remove(&key);
    }
}

fn split(pointer: &str) -> Option<(&str, String)> {
    let (parent, key) = pointer.rsplit_once('/')?;
    Some((parent, key.replace("~1", "/").replace("~0", "~")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_shallow_merge_replaces_members_whole_and_keeps_the_others() {
        let base = json!({ "a": { "x": 1 }, "b": 2 });
        let part = json!({ "a": { "y": 3 }, "c": null });
        let merged = shallow(&base, part.as_object().unwrap());
        assert_eq!(merged, json!({ "a": { "y": 3 }, "b": 2, "c": null }));
    }

    #[test]
    fn what_the_other_did_can_be_taken_place_by_place() {
        let base = json!({ "port": 1, "old": true, "deep": { "x": 1 }, "list": [1] });
        let theirs = json!({ "port": 2, "deep": { "x": 1, "a/b": { "new": 1 } }, "list": [1, 2] });
        let mut mine = json!({ "port": 3, "old": true, "list": [] });
        for change in changed(&base, &theirs) {
            take(&mut mine, &theirs, &change);
        }
        assert_eq!(
            mine,
            json!({ "port": 2, "list": [1, 2], "deep": { "a/b": { "new": 1 } } })
        );
    }
}
