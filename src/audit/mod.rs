//! Who came in, who was kept out, and who changed what others may do: the events of accounts and
//! logins, for admins.

mod export;
pub mod routes;
mod store;
mod views;
pub mod watch;

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use serde::Deserialize;
use serde_json::Value;

use crate::db::Timestamp;

/// What can be asked for, as it stands in the events.
pub const ACTIONS: [&str; 26] = [
    "logged_in",
    "logged_out",
    "login_failed",
    "denied",
    "password_confirmed",
    "session_renewed",
    "session_ended",
    "sessions_ended",
    "created",
    "updated",
    "deleted",
    "disabled",
    "enabled",
    "role_changed",
    "password_changed",
    "password_rehashed",
    "preferences_changed",
    "view_saved",
    "view_changed",
    "view_deleted",
    "second_factor_prepared",
    "second_factor_added",
    "second_factor_removed",
    "second_factor_roles_changed",
    "recovery_code_used",
    "recovery_codes_renewed",
];

/// The query of the page, as it was sent.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    /// A user name, or the id of an account that is gone.
    #[serde(default)]
    pub person: String,
    /// One of [`ACTIONS`].
    #[serde(default)]
    pub action: String,
    /// An IP address.
    #[serde(default)]
    pub address: String,
    /// From this day or minute on, in UTC.
    #[serde(default)]
    pub from: String,
    /// Up to the end of this day, or to this minute, in UTC.
    #[serde(default)]
    pub to: String,
    /// Of an export: `csv` or `jsonl`.
    #[serde(default)]
    pub format: String,
}

/// What is looked for. Empty texts mean anything.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Folded.
    pub person: String,
    /// One of [`ACTIONS`].
    pub action: String,
    /// An IP address.
    pub address: String,
    /// The first moment.
    pub from: Timestamp,
    /// The moment behind the last.
    pub to: Timestamp,
}

impl Asked {
    /// What it means.
    ///
    /// # Errors
    /// In words, what cannot be meant.
    pub fn wish(&self) -> Result<Wish, String> {
        let action = self.action.trim();
        if !action.is_empty() && !ACTIONS.contains(&action) {
            return Err("There is no such action. Choose one of the list.".to_owned());
        }
        let address = self.address.trim();
        let address = match address.parse::<std::net::IpAddr>() {
            Ok(address) => address.to_canonical().to_string(),
            Err(_) if address.is_empty() => String::new(),
            Err(_) => return Err("This is no IP address. Use one like 192.168.1.20.".to_owned()),
        };
        let person = self.person.trim();
        if person.len() > 255 || person.contains('\0') {
            return Err("No account has such a name.".to_owned());
        }
        Ok(Wish {
            person: person.to_lowercase(),
            action: action.to_owned(),
            address,
            from: moment(&self.from, TimeDelta::zero())?.unwrap_or_else(Timestamp::first),
            to: moment(&self.to, TimeDelta::days(1))?.unwrap_or_else(Timestamp::last),
        })
    }

    /// The same query, for the address of a next page or an export.
    pub fn query(&self) -> String {
        let fields = [
            ("person", &self.person),
            ("action", &self.action),
            ("address", &self.address),
            ("from", &self.from),
            ("to", &self.to),
        ];
        let given = fields.into_iter().filter(|(_, value)| !value.is_empty());
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(given);
        query.finish()
    }
}

/// Where something came from, as the event's details say; empty where they do not. An address there
/// may also be a view's, which is a path.
pub fn address_in(details: &Value) -> &str {
    let address = details["address"].as_str().unwrap_or_default();
    match address.parse::<std::net::IpAddr>() {
        Ok(_) => address,
        Err(_) => "",
    }
}

/// A minute, or a day moved by `whole_day`; `None` where nothing was typed.
fn moment(typed: &str, whole_day: TimeDelta) -> Result<Option<Timestamp>, String> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let day = NaiveDate::parse_from_str(typed, "%Y-%m-%d");
    let moment = match day {
        Ok(day) => day.and_hms_opt(0, 0, 0).map(|start| start + whole_day),
        Err(_) => NaiveDateTime::parse_from_str(typed, "%Y-%m-%dT%H:%M").ok(),
    };
    moment
        .and_then(|moment| Timestamp::from_micros(moment.and_utc().timestamp_micros()))
        .map(Some)
        .ok_or_else(|| "This is no day. Use one like 2026-11-23 or 2026-11-23T06:30.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(from: &str, to: &str) -> Asked {
        Asked {
            from: from.to_owned(),
            to: to.to_owned(),
            ..Asked::default()
        }
    }

    #[test]
    fn only_an_ip_address_is_where_something_came_from() {
        let of = |address: &str| serde_json::json!({ "address": address });
        assert_eq!(address_in(&of("192.0.2.7")), "192.0.2.7");
        assert_eq!(address_in(&of("2001:db8::7")), "2001:db8::7");
        assert_eq!(address_in(&of("/tasks?q=order")), "");
        assert_eq!(address_in(&Value::Null), "");
    }

    #[test]
    fn a_day_is_meant_whole_and_a_minute_as_it_is() -> Result<(), String> {
        let wish = asked("2026-11-23", "2026-11-23").wish()?;
        assert_eq!(wish.to.since(wish.from), TimeDelta::days(1));
        let wish = asked("2026-11-23T06:30", "2026-11-23T06:31").wish()?;
        assert_eq!(wish.to.since(wish.from), TimeDelta::minutes(1));
        Ok(())
    }

    #[test]
    fn what_cannot_be_meant_is_said() {
        for (person, action, address, from) in [
            ("a\0", "", "", ""),
            ("", "hacked", "", ""),
            ("", "", "kitchen", ""),
            ("", "", "", "yesterday"),
            ("", "", "", "99999-01-01"),
        ] {
            let asked = Asked {
                person: person.to_owned(),
                action: action.to_owned(),
                address: address.to_owned(),
                ..asked(from, "")
            };
            assert!(asked.wish().is_err(), "{asked:?}");
        }
    }
}
