//! What happened to the palette. A label is of the whole deployment, and so are its events.

use serde_json::{Map, Value, json};

use super::{Edit, Entry};
use crate::events::Event;

/// A label was made.
pub fn created(deployment: &str, id: &str, edit: &Edit) -> Event {
    let details = json!({ "label_id": id, "name": edit.name, "color": edit.color.as_str() });
    Event::system(deployment, "label_created", details)
}

/// A label is another; `None` where it is as it was.
pub(super) fn updated(deployment: &str, before: &Entry, after: &Edit) -> Option<Event> {
    let fields = [
        ("name", before.name.as_str(), after.name.as_str()),
        ("color", before.color.as_str(), after.color.as_str()),
    ];
    let changes: Map<String, Value> = fields
        .into_iter()
        .filter(|(_, old, new)| old != new)
        .map(|(field, old, new)| (field.to_owned(), json!({ "old": old, "new": new })))
        .collect();
    let details = json!({ "label_id": before.id, "name": after.name, "changes": changes });
    let is_changed = before.name != after.name || before.color != after.color.as_str();
    is_changed.then(|| Event::system(deployment, "label_updated", details))
}

/// A label is gone, from the palette and from its tasks.
pub(super) fn deleted(deployment: &str, label: &Entry) -> Event {
    let details = json!({ "label_id": label.id, "name": label.name });
    Event::system(deployment, "label_deleted", details)
}
