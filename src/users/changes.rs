//! What happened to an account, from what it was and what it is now.

use serde_json::{Map, Value, json};

use super::store::{Account, Edit};
use crate::events::Event;

/// One event for each kind of change; none where nothing changed. Says that a password is another,
/// never which.
pub fn events(before: &Account, after: &Edit) -> Vec<Event> {
    let mut events = Vec::new();
    let mut fields = Map::new();
    if before.username != after.username {
        fields.insert(
            "username".into(),
            json!({ "old": before.username, "new": after.username }),
        );
    }
    if before.email != after.email {
        fields.insert(
            "email".into(),
            json!({ "old": before.email, "new": after.email }),
        );
    }
    if !fields.is_empty() {
        events.push(Event::user(&before.id, "updated", Value::Object(fields)));
    }
    if before.role() != after.role {
        let details = json!({ "old_role": before.role(), "new_role": after.role });
        events.push(Event::user(&before.id, "role_changed", details));
    }
    if after.password_hash.is_some() {
        events.push(Event::user(
            &before.id,
            "password_changed",
            json!({ "by_admin": true }),
        ));
    }
    match (before.is_disabled(), after.disabled) {
        (false, true) => events.push(Event::user(&before.id, "disabled", json!({}))),
        (true, false) => events.push(Event::user(&before.id, "enabled", json!({}))),
        _ => {}
    }
    events
}
