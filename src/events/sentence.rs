//! An event as a sentence that a person understands.

use serde_json::{Map, Value};

use super::history::{name, words};
use super::store::Recorded;
use super::thing::{Thing, text};

/// What happened: `before`, the thing it happened to, `after`; and the place it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// The icon of its kind.
    pub icon: &'static str,
    /// Up to the thing.
    pub before: String,
    /// What it happened to, where the sentence names it.
    pub thing: Option<Thing>,
    /// Behind the thing; begins with its own space or comma.
    pub after: String,
    /// The project of a task.
    pub place: Option<Thing>,
}

impl Sentence {
    /// As told on the page of its place, where that need not be said.
    pub fn at_its_place(self) -> Self {
        Self {
            place: None,
            ..self
        }
    }
}

impl Recorded {
    /// The event as a sentence.
    pub fn sentence(&self) -> Sentence {
        let details = self.details();
        let (before, after) = match self.domain.as_str() {
            "auth" => self.of_a_login(&details),
            "system" => self.of_the_system(&details),
            "user" => self.of_an_account(&details),
            _ => self.of_a_thing(&details),
        };
        Sentence {
            icon: icon(&self.domain),
            before,
            thing: self.thing(&details),
            after,
            place: self.place(),
        }
    }

    pub(super) fn details(&self) -> Map<String, Value> {
        let payload = serde_json::from_str::<Value>(&self.payload).ok();
        let details = payload.and_then(|mut payload| payload.get_mut("details").map(Value::take));
        match details {
            Some(Value::Object(details)) => details,
            _ => Map::new(),
        }
    }

    fn of_a_thing(&self, details: &Map<String, Value>) -> (String, String) {
        let (who, kind) = (self.who(), &self.domain);
        match self.event_type.as_str() {
            "status_changed" => {
                let status = text(details, "new_status").map(words).unwrap_or_default();
                (format!("{who} moved the {kind}"), format!(" to {status}"))
            }
            "config_changed" => (format!("{who} configured the {kind}"), String::new()),
            "updated" => {
                let fields = changed_fields(details);
                let after = text(details, "new_version").map(|new| format!(": now version {new}"));
                let before = format!("{who} edited {fields}the {kind}");
                (before, after.unwrap_or_default())
            }
            "blocker_added" | "blocker_removed" => {
                let other = text(details, "blocker_name").unwrap_or("another");
                let how = match self.event_type.as_str() {
                    "blocker_added" => "waits for",
                    _ => "does not wait for",
                };
                (
                    format!("{who} noted that the {kind}"),
                    format!(" {how} {other}"),
                )
            }
            "commented" => (format!("{who} commented on the {kind}"), String::new()),
            "comment_edited" => (
                format!("{who} edited a comment on the {kind}"),
                String::new(),
            ),
            "comment_deleted" => {
                let author = text(details, "author").filter(|author| *author != self.actor);
                let by = author.map(|author| format!(" by {author}"));
                let by = by.unwrap_or_default();
                (
                    format!("{who} deleted a comment{by} on the {kind}"),
                    String::new(),
                )
            }
            "unblocked" => (
                format!("The {kind}"),
                " can go on: all it waited for is done".to_owned(),
            ),
            "purged" => (
                format!("The {kind}"),
                " was removed from the trash for good".to_owned(),
            ),
            "moved" => (
                format!("{who} put the {kind}"),
                " elsewhere in its column".to_owned(),
            ),
            verb @ ("created" | "deleted" | "installed" | "uninstalled" | "removed"
            | "upgraded" | "enabled" | "disabled" | "archived" | "restored") => {
                (format!("{who} {verb} the {kind}"), String::new())
            }
            other => (format!("The {kind}"), format!(": {} ({who})", words(other))),
        }
    }

    fn of_an_account(&self, details: &Map<String, Value>) -> (String, String) {
        let who = self.who();
        let is_own = self.name.as_deref() == Some(self.actor.as_str());
        let said = |before: &str, after: &str| (format!("{who} {before}"), after.to_owned());
        match self.event_type.as_str() {
            "created" => said("made the account", ""),
            "updated" => said("edited the account", ""),
            "deleted" => said("removed the account", ""),
            "disabled" => said("disabled the account", ""),
            "enabled" => said("enabled the account", ""),
            "role_changed" => {
                let role = text(details, "new_role").unwrap_or("something else");
                said("made", &format!(" {} {role}", article(role)))
            }
            "password_changed" if is_own => said("chose another password for", ""),
            "password_changed" => said("gave another password to", ""),
            "password_rehashed" => said("hashed with more work the password of", ""),
            "second_factor_prepared" => said("began to set up a second factor for", ""),
            "second_factor_added" => said("set up a second factor for", ""),
            "second_factor_removed" => said("took the second factor off", ""),
            "recovery_codes_renewed" => said("made new recovery codes for", ""),
            "recovery_code_used" => said("used a recovery code of", ""),
            "view_saved" => said("saved a view of tasks for", ""),
            "view_changed" => said("changed a view of tasks of", ""),
            "view_deleted" => said("deleted a view of tasks of", ""),
            "preferences_changed" => said("chose how pages look for", ""),
            "mqtt_account_created" => said("made the MQTT account", ""),
            "mqtt_account_changed" => said("changed the MQTT account", ""),
            "mqtt_account_renewed" => said("gave a new password to the MQTT account", ""),
            "mqtt_account_disabled" => said("disabled the MQTT account", ""),
            "mqtt_account_enabled" => said("enabled the MQTT account", ""),
            "mqtt_account_deleted" => said("removed the MQTT account", ""),
            other => (
                "The account".to_owned(),
                format!(": {} ({who})", words(other)),
            ),
        }
    }

    fn of_a_login(&self, details: &Map<String, Value>) -> (String, String) {
        let by = match text(details, "by") {
            Some("mqtt") => " over MQTT",
            _ => "",
        };
        match (self.event_type.as_str(), self.is_known_login()) {
            ("logged_in", _) => (self.who(), " logged in".to_owned()),
            ("logged_out", _) => (self.who(), " logged out".to_owned()),
            ("login_failed", true) => {
                (format!("A login{by} failed, to the account"), String::new())
            }
            ("login_failed", false) => (
                format!("A login{by} failed, under an unknown name"),
                String::new(),
            ),
            ("denied", _) => (self.who(), " was refused something".to_owned()),
            ("password_confirmed", _) => (self.who(), " gave the password again".to_owned()),
            ("session_renewed", _) => (self.who(), " goes on in a renewed session".to_owned()),
            ("session_ended", _) => (format!("{} ended a session of", self.who()), String::new()),
            ("sessions_ended", _) => (format!("{} ended sessions of", self.who()), String::new()),
            ("second_factor_roles_changed", _) => (
                self.who(),
                " chose which roles need a second factor".to_owned(),
            ),
            (other, _) => (self.who(), format!(": {}", words(other))),
        }
    }

    fn of_the_system(&self, details: &Map<String, Value>) -> (String, String) {
        match (self.event_type.as_str(), text(details, "app_version")) {
            ("started", Some(version)) => (format!("TaylorDash {version} started"), String::new()),
            ("started", None) => ("TaylorDash started".to_owned(), String::new()),
            ("noticed", _) => {
                let kind = text(details, "kind").map(words).unwrap_or_default();
                (self.who(), format!(" noticed something unusual: {kind}"))
            }
            (kind @ ("label_created" | "label_updated" | "label_deleted"), _) => {
                let label = text(details, "name").unwrap_or("another");
                let (did, what) = match kind {
                    "label_created" => ("made", String::new()),
                    "label_deleted" => ("deleted", String::new()),
                    _ => ("changed", changed_fields(details)),
                };
                (self.who(), format!(" {did} {what}the label {label}"))
            }
            ("delivery_retried", _) => (
                self.who(),
                " had an event sent again that the broker had refused".to_owned(),
            ),
            ("delivery_given_up", _) => (
                self.who(),
                " gave up an event that the broker had refused".to_owned(),
            ),
            ("events_removed", _) => {
                let count = details
                    .get("count")
                    .and_then(Value::as_i64)
                    .unwrap_or_default();
                (self.who(), format!(" removed {count} old events"))
            }
            ("replay_requested", _) => {
                (self.who(), " asked for events to be sent again".to_owned())
            }
            ("replay_stopped", _) => (self.who(), " stopped events being sent again".to_owned()),
            ("replay_ended", _) => ("Events were sent again".to_owned(), String::new()),
            ("note_seen", _) => (self.who(), " has seen a note of the watch".to_owned()),
            (other, _) => (self.who(), format!(": {}", words(other))),
        }
    }

    pub(super) fn is_known_login(&self) -> bool {
        self.entity_id != "unknown"
    }

    /// The one who did it, as the subject of a sentence.
    fn who(&self) -> String {
        match self.actor.as_str() {
            "system" => "TaylorDash".to_owned(),
            "anonymous" => "Someone".to_owned(),
            "command line" => "Someone at the command line".to_owned(),
            name => name.to_owned(),
        }
    }
}

fn icon(domain: &str) -> &'static str {
    match domain {
        "project" => "folder",
        "task" => "list-check",
        "plugin" => "puzzle",
        "user" => "users",
        "auth" => "key",
        "system" => "server-2",
        _ => "activity",
    }
}

fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    }
}

/// `the name and description of `, where the details name them: under `changes`, or each with its
/// old and new value.
fn changed_fields(details: &Map<String, Value>) -> String {
    let changes = details.get("changes").and_then(Value::as_object);
    let fields: Vec<String> = match changes {
        Some(changes) => changes.keys().map(|field| name(field)).collect(),
        None => details
            .iter()
            .filter(|(_, change)| change.get("old").is_some() && change.get("new").is_some())
            .map(|(field, _)| name(field))
            .collect(),
    };
    match fields.split_last() {
        None => String::new(),
        Some((only, [])) => format!("the {only} of "),
        Some((last, others)) => format!("the {} and {last} of ", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::db::Timestamp;

    fn recorded(domain: &str, event_type: &str, name: Option<&str>, details: Value) -> Recorded {
        Recorded {
            id: "e1".to_owned(),
            domain: domain.to_owned(),
            event_type: event_type.to_owned(),
            entity_id: "t1".to_owned(),
            subject: "project/p1".to_owned(),
            version: 1,
            actor: "sam".to_owned(),
            payload: json!({ "details": details }).to_string(),
            created_at: Timestamp::now(),
            published_at: None,
            name: name.map(str::to_owned),
            project_name: None,
            refusal: None,
        }
    }

    fn read(event: &Recorded) -> String {
        let Sentence {
            before,
            thing,
            after,
            ..
        } = event.sentence();
        let thing = thing.map(|thing| format!(" {}", thing.name));
        format!("{before}{}{after}", thing.unwrap_or_default())
    }

    #[test]
    fn events_read_as_sentences() {
        let moved = json!({ "old_status": "pending", "new_status": "in_progress" });
        let edited = json!({
            "name": "b",
            "changes": { "name": { "old": "a", "new": "b" }, "description": { "new_length": 1 } },
        });
        for (event, sentence) in [
            (
                recorded("task", "status_changed", Some("Buy cables"), moved),
                "sam moved the task Buy cables to in progress",
            ),
            (
                recorded("project", "updated", Some("b"), edited),
                "sam edited the name and description of the project b",
            ),
            (
                recorded("project", "deleted", None, json!({ "name": "Old rack" })),
                "sam deleted the project Old rack",
            ),
            (
                recorded("task", "deleted", None, json!({})),
                "sam deleted the task that is gone now",
            ),
            (
                recorded("plugin", "permissions_granted", None, json!({})),
                "The plugin t1: permissions granted (sam)",
            ),
            (
                recorded(
                    "user",
                    "role_changed",
                    Some("kim"),
                    json!({ "new_role": "admin" }),
                ),
                "sam made kim an admin",
            ),
            (
                recorded("auth", "logged_in", Some("sam"), json!({})),
                "sam logged in",
            ),
        ] {
            assert_eq!(read(&event), sentence);
        }
    }

    #[test]
    fn a_payload_that_is_no_json_still_makes_a_sentence() {
        let mut event = recorded("project", "created", Some("Rack"), json!({}));
        event.payload = "not json".to_owned();
        assert_eq!(read(&event), "sam created the project Rack");
    }
}
