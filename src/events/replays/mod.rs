//! Events that somebody asks to be sent to the broker again.

pub mod routes;
mod store;
mod views;

pub use store::{Replay, finish};

use chrono::{DateTime, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;

use super::{Domain, new_id};
use crate::db::Timestamp;
use crate::page::{Posted, Problems};
use crate::users::Role;

/// How many may go on or wait at a time.
const OPEN: i64 = 5;

/// One end of what is to be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// An event's position.
    Position(i64),
    /// A moment.
    Moment(Timestamp),
}

/// What is to be sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Of one domain, or all that they may see.
    pub domain: Option<Domain>,
    /// Of one entity, or all: its id.
    pub entity_id: String,
    /// From the first event of all, where nothing is said.
    pub from: Option<End>,
    /// To the last event there is, where nothing is said.
    pub to: Option<End>,
}

/// What was typed, and what is wrong with it.
#[derive(Clone, Debug)]
pub struct Form {
    /// The id that the request will have, so that the same form sent twice makes one.
    pub id: String,
    /// As chosen; empty for all.
    pub domain: String,
    /// As typed.
    pub entity: String,
    /// As typed: a position, or a moment.
    pub from: String,
    /// As typed.
    pub to: String,
    /// What is wrong, by field.
    pub problems: Problems,
}

impl Form {
    /// Nothing typed yet.
    pub fn blank() -> Self {
        Self {
            id: new_id(),
            domain: String::new(),
            entity: String::new(),
            from: String::new(),
            to: String::new(),
            problems: Problems::default(),
        }
    }

    /// As sent.
    pub fn read(posted: &Posted) -> Self {
        let text = |name: &str| posted.text(name).trim().to_owned();
        let once = posted.get("once");
        let id = once.and_then(|id| id.parse::<uuid::Uuid>().ok());
        Self {
            id: id.map_or_else(new_id, |id| id.to_string()),
            domain: text("domain"),
            entity: text("entity"),
            from: text("from"),
            to: text("to"),
            problems: Problems::default(),
        }
    }

    /// What it asks for, of somebody in that role and zone; `None` where something is wrong, which is
    /// noted at its field.
    pub fn wish(&mut self, role: Role, zone: Tz) -> Option<Wish> {
        let domain = self.problems.take("domain", domain(&self.domain, role));
        let entity = self.problems.take("entity", entity(&self.entity));
        let from = self.problems.take("from", end(&self.from, zone));
        let to = self.problems.take("to", end(&self.to, zone));
        Some(Wish {
            domain: domain?,
            entity_id: entity?,
            from: from?,
            to: to?,
        })
    }
}

fn domain(chosen: &str, role: Role) -> Result<Option<Domain>, String> {
    if chosen.is_empty() {
        return Ok(None);
    }
    let domain = chosen.parse::<Domain>().ok();
    let domain = domain.filter(|domain| domain.visible_to(role));
    domain
        .map(Some)
        .ok_or("Choose one of the kinds of events that you see.".to_owned())
}

fn entity(typed: &str) -> Result<String, String> {
    match typed.chars().count() > 255 || typed.chars().any(char::is_control) {
        true => Err("This is no id of a project, task or plugin.".to_owned()),
        false => Ok(typed.to_owned()),
    }
}

/// A position, or a moment: `2026-11-23T18:30` in the reader's zone, or with a zone of its own (RFC 3339).
fn end(typed: &str, zone: Tz) -> Result<Option<End>, String> {
    if typed.is_empty() {
        return Ok(None);
    }
    if let Ok(position) = typed.parse::<u64>() {
        let position = i64::try_from(position).unwrap_or(i64::MAX);
        return Ok(Some(End::Position(position)));
    }
    let moment = moment(typed, zone);
    moment.map(|at| Some(End::Moment(at))).ok_or_else(|| {
        "Give a position, such as 1204, or a time, such as 2026-11-23 18:30.".to_owned()
    })
}

fn moment(typed: &str, zone: Tz) -> Option<Timestamp> {
    let exact = DateTime::parse_from_rfc3339(typed).map(|at| at.with_timezone(&Utc));
    let at = exact.ok().or_else(|| {
        let typed = typed.replacen(' ', "T", 1);
        let forms = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"];
        let local = forms
            .iter()
            .find_map(|form| NaiveDateTime::parse_from_str(&typed, form).ok())?;
        let at = zone.from_local_datetime(&local).earliest()?;
        Some(at.with_timezone(&Utc))
    })?;
    Timestamp::from_micros(at.timestamp_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_a_position_or_a_moment_in_the_readers_zone() {
        let zone: Tz = chrono_tz::Europe::Berlin;
        let at = |text: &str| {
            let at = DateTime::parse_from_rfc3339(text).ok()?;
            Timestamp::from_micros(at.timestamp_micros()).map(End::Moment)
        };
        assert_eq!(end("", zone), Ok(None));
        assert_eq!(end("17", zone), Ok(Some(End::Position(17))));
        assert!(end("99999999999999999999", zone).is_err());
        assert_eq!(
            end("2026-11-23 18:30", zone),
            Ok(at("2026-11-23T17:30:00Z"))
        );
        assert_eq!(
            end("2026-11-23T18:30:05", zone),
            Ok(at("2026-11-23T17:30:05Z"))
        );
        assert_eq!(
            end("2026-11-23T18:30:05.5+00:00", zone),
            Ok(at("2026-11-23T18:30:05.5Z"))
        );
        for bad in ["-1", "yesterday", "2026-13-01 00:00", "10:00", "1;2"] {
            assert!(end(bad, zone).is_err(), "{bad}");
        }
    }

    #[test]
    fn nobody_asks_for_what_they_do_not_see() {
        assert_eq!(domain("task", Role::Maintainer), Ok(Some(Domain::Task)));
        assert_eq!(domain("", Role::Maintainer), Ok(None));
        assert!(domain("auth", Role::Maintainer).is_err());
        assert!(domain("nothing", Role::Admin).is_err());
        assert_eq!(domain("auth", Role::Admin), Ok(Some(Domain::Auth)));
    }
}
