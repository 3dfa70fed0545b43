//! What happened to an account, without its password.

use serde_json::{Map, Value, json};

use super::{Account, Edit};
use crate::events::Event;

/// It was made.
pub fn created(id: &str, edit: &Edit) -> Event {
    let details = json!({
        "name": edit.name,
        "purpose": edit.purpose,
        "reads": edit.reads.lines().collect::<Vec<_>>(),
        "writes": edit.writes.lines().collect::<Vec<_>>(),
        "acts_as": edit.acts_as,
    });
    Event::user(id, "mqtt_account_created", details)
}

/// It got another password.
pub fn renewed(account: &Account) -> Event {
    let details = json!({ "name": account.name });
    Event::user(&account.id, "mqtt_account_renewed", details)
}

/// It is gone.
pub fn deleted(account: &Account) -> Event {
    let details = json!({ "name": account.name });
    Event::user(&account.id, "mqtt_account_deleted", details)
}

/// One event for each kind of change; none where nothing changed.
pub fn updated(before: &Account, after: &Edit) -> Vec<Event> {
    let was = Edit::of(before);
    let mut events = Vec::new();
    let changes = changed(&was, after);
    if !changes.is_empty() {
        let details = json!({ "name": after.name, "changes": changes });
        events.push(Event::user(&before.id, "mqtt_account_changed", details));
    }
    let details = json!({ "name": after.name });
    match (was.is_active, after.is_active) {
        (true, false) => events.push(Event::user(&before.id, "mqtt_account_disabled", details)),
        (false, true) => events.push(Event::user(&before.id, "mqtt_account_enabled", details)),
        _ => {}
    }
    events
}

fn changed(was: &Edit, is: &Edit) -> Map<String, Value> {
    let lines = |text: &str| Value::from(text.lines().collect::<Vec<_>>());
    let fields = [
        (
            "name",
            Value::from(was.name.as_str()),
            Value::from(is.name.as_str()),
        ),
        (
            "purpose",
            was.purpose.as_str().into(),
            is.purpose.as_str().into(),
        ),
        ("reads", lines(&was.reads), lines(&is.reads)),
        ("writes", lines(&was.writes), lines(&is.writes)),
        (
            "acts_as",
            was.acts_as.as_str().into(),
            is.acts_as.as_str().into(),
        ),
    ];
    let changed = fields.into_iter().filter(|(_, old, new)| old != new);
    changed
        .map(|(field, old, new)| (field.to_owned(), json!({ "old": old, "new": new })))
        .collect()
}
