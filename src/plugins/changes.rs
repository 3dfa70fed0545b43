//! What happened to a plugin.

use serde_json::json;

use super::Status;
use super::manifest::Manifest;
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
pub fn config_changed(id: &str, version: i64, pointers: &[&str]) -> Event {
    let details = json!({ "config_version": version, "changed": pointers });
    Event::plugin(id, "config_changed", details)
}
