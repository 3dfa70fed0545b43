//! A plugin's events, in words.

use serde_json::Value;

use crate::db::Timestamp;
use crate::events::store::Recorded;

/// What happened once, as a line of the plugin's page.
#[derive(Clone, Debug)]
pub struct Happened {
    /// The name of an icon.
    pub icon: &'static str,
    /// What happened.
    pub said: String,
    /// Who did it.
    pub actor: String,
    /// When.
    pub at: Timestamp,
}

impl Happened {
    /// An event as a person reads it.
    pub fn of(event: &Recorded) -> Self {
        let payload: Value = serde_json::from_str(&event.payload).unwrap_or_default();
        let (icon, said) = told(&event.event_type, &payload["details"]);
        Self {
            icon,
            said,
            actor: event.actor.clone(),
            at: event.created_at,
        }
    }
}

fn told(event_type: &str, details: &Value) -> (&'static str, String) {
    let text = |key: &str| details[key].as_str().unwrap_or("?");
    match event_type {
        "installed" => (
            "download",
            format!("Installed, version {}", text("version")),
        ),
        "updated" if details["old_version"] == details["new_version"] => (
            "refresh",
            format!("Installed again, version {}", text("new_version")),
        ),
        "updated" => (
            "refresh",
            format!(
                "Version {} replaced by {}",
                text("old_version"),
                text("new_version")
            ),
        ),
        "status_changed" => (
            "power",
            format!("{} → {}", text("old_status"), text("new_status")),
        ),
        "config_changed" => (
            "settings",
            format!("Configuration changed: {}", changed(details)),
        ),
        "deleted" => ("trash", "Removed".to_owned()),
        other => ("activity", other.replace('_', " ")),
    }
}

/// The first few places; the event on its own page has them all.
fn changed(details: &Value) -> String {
    const SHOWN: usize = 4;
    let places: Vec<&str> = details["changed"]
        .as_array()
        .map(|places| places.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let shown = places
        .iter()
        .take(SHOWN)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    match places.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
