//! What happened to a plugin.

use serde_json::{Value, json};

use super::Status;
use super::manifest::Manifest;
use super::schema::same;
use super::store::Plugin;
use crate::events::Event;

/// It is here for the first time.
pub fn installed(manifest: &Manifest, status: Status) -> Event {
    let details = json!({
        "name": manifest.name,
        "version": manifest.version,
        "type": manifest.kind.as_str(),
        "status": status.as_str(),
        "permissions": manifest.permissions,
    });
    Event::plugin(&manifest.id, "installed", details)
}

/// Another version of it was installed, or the same once more.
pub fn updated(before: &Plugin, manifest: &Manifest) -> Event {
    let old = before.permissions();
    let added: Vec<&str> = manifest
        .permissions
        .iter()
        .map(String::as_str)
        .filter(|permission| !old.contains(permission))
        .collect();
    let removed: Vec<&str> = old
        .into_iter()
        .filter(|permission| !manifest.permissions.iter().any(|kept| kept == permission))
        .collect();
    let details = json!({
        "name": manifest.name,
        "old_version": before.version,
        "new_version": manifest.version,
        "permissions_added": added,
        "permissions_removed": removed,
    });
    Event::plugin(&manifest.id, "updated", details)
}

/// It is gone, as any other entity that is deleted; `uninstalling` is only a status on the way.
pub fn deleted(plugin: &Plugin) -> Event {
    let details = json!({ "name": plugin.name, "version": plugin.version });
    Event::plugin(&plugin.id, "deleted", details)
}

/// It was switched on or off.
pub fn status_changed(plugin: &Plugin, to: Status) -> Event {
    let details = json!({ "old_status": plugin.status, "new_status": to.as_str() });
    Event::plugin(&plugin.id, "status_changed", details)
}

/// Its configuration is another: where is said, never what.
pub fn config_changed(plugin: &Plugin, config: &Value) -> Event {
    let details = json!({
        "config_version": plugin.config_version + 1,
        "changed": differences(&plugin.config, config),
    });
    Event::plugin(&plugin.id, "config_changed", details)
}

/// The JSON Pointers of the smallest parts in which two documents differ.
fn differences(old: &Value, new: &Value) -> Vec<String> {
    let mut pointers = Vec::new();
    compare(old, new, String::new(), &mut pointers);
    pointers
}

fn compare(old: &Value, new: &Value, place: String, pointers: &mut Vec<String>) {
    let below = |key: &str| format!("{place}/{}", key.replace('~', "~0").replace('/', "~1"));
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, value) in old {
                match new.get(key) {
                    Some(other) => compare(value, other, below(key), pointers),
                    None => pointers.push(below(key)),
                }
            }
            pointers.extend(
                new.keys()
                    .filter(|key| !old.contains_key(*key))
                    .map(|key| below(key)),
            );
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (index, (value, other)) in old.iter().zip(new).enumerate() {
                compare(value, other, below(&index.to_string()), pointers);
            }
        }
        (old, new) if !same(old, new) => pointers.push(place),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_named_at_the_deepest_place_that_holds_them() {
        let old = json!({ "a": 1, "b": { "c/d": [1, 2], "e": 0 }, "gone": true });
        let new = json!({ "a": 1, "b": { "c/d": [1, 3], "e": 0 }, "new": [1] });
        assert_eq!(differences(&old, &new), ["/b/c~1d/1", "/gone", "/new"]);
        assert!(differences(&old, &old).is_empty());
        let (short, long) = (json!({ "l": [1] }), json!({ "l": [1, 2] }));
        assert_eq!(differences(&short, &long), ["/l"]);
    }
}
