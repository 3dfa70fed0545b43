//! What is unusual in what happened.

use std::collections::{HashMap, VecDeque};

use chrono::{NaiveTime, TimeDelta};
use chrono_tz::Tz;
use serde_json::{Value, json};
use sqlx::FromRow;

use super::note::{Alarm, Kind};
use crate::config::Watch;
use crate::db::Timestamp;

/// Whoever worked at night within this time works then.
const NIGHT_MEMORY: TimeDelta = TimeDelta::days(90);
/// Work of one night is noted once.
const ONE_NIGHT: TimeDelta = TimeDelta::hours(12);

/// An event, as the watch sees it.
#[derive(Clone, Debug, FromRow)]
pub struct Happened {
    /// Its place in the order of all.
    pub position: i64,
    /// Its own id.
    pub id: String,
    /// What it is about.
    pub domain: String,
    /// What happened.
    pub event_type: String,
    /// To what.
    pub entity_id: String,
    /// The account of who did it.
    pub actor_id: Option<String>,
    /// Who did it.
    pub actor: String,
    /// The JSON object that went to the broker.
    pub payload: String,
    /// When.
    pub created_at: Timestamp,
}

/// When somebody works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct Habit {
    /// Their first change.
    pub first_at: Timestamp,
    /// Their last at night.
    pub night_at: Option<Timestamp>,
}

/// The rules, with what they remember.
#[derive(Debug)]
pub struct Rules {
    thresholds: Watch,
    /// What happened lately, and how often, by kind and by whom.
    lately: HashMap<(Kind, String), VecDeque<(Timestamp, u32)>>,
}

impl Rules {
    /// With these thresholds.
    pub fn new(thresholds: Watch) -> Self {
        Self {
            thresholds,
            lately: HashMap::new(),
        }
    }

    /// The time within which things are counted.
    pub fn span(&self) -> TimeDelta {
        self.thresholds.span
    }

    /// Whether this is a change by a person, of which the hour counts.
    pub fn is_work(&self, event: &Happened) -> bool {
        event.actor_id.is_some() && !matches!(event.domain.as_str(), "auth" | "system")
    }

    /// What an event adds to what happened before it.
    pub fn judge(&mut self, event: &Happened) -> Option<Alarm> {
        let payload: Value = serde_json::from_str(&event.payload).unwrap_or_default();
        let details = &payload["details"];
        let times = details["times"].as_u64().unwrap_or(1);
        let times = u32::try_from(times).unwrap_or(u32::MAX);
        match (event.domain.as_str(), event.event_type.as_str()) {
            ("auth", "login_failed") => {
                let address = json!({ "address": details["address"] });
                self.count(
                    Kind::FailedLogins,
                    self.thresholds.failures,
                    "",
                    times,
                    event,
                    address,
                )
            }
            ("auth", "denied") => {
                let address = json!({ "address": details["address"] });
                self.count(
                    Kind::Denials,
                    self.thresholds.denials,
                    "",
                    times,
                    event,
                    address,
                )
            }
            ("auth", "logged_in") => self.new_address(event, details),
            ("project" | "task" | "plugin" | "user", "deleted" | "uninstalled" | "removed") => {
                let who = event.actor_id.as_deref().unwrap_or(&event.actor);
                let name = json!({ "who": event.actor });
                let along = match event.domain.as_str() {
                    "project" => details["task_count"].as_u64().unwrap_or_default(),
                    _ => 0,
                };
                let times = u32::try_from(1 + along).unwrap_or(u32::MAX);
                self.count(
                    Kind::Deletions,
                    self.thresholds.deletions,
                    who,
                    times,
                    event,
                    name,
                )
            }
            _ => None,
        }
    }

    fn new_address(&self, event: &Happened, details: &Value) -> Option<Alarm> {
        let is_new = details["new_address"] == true && self.thresholds.address.0.is_some();
        is_new.then(|| Alarm {
            kind: Kind::NewAddress,
            subject: event.entity_id.clone(),
            mark: event.id.clone(),
            at: event.created_at,
            details: json!({ "who": event.actor, "address": details["address"] }),
        })
    }

    /// Counts within the span, and begins anew where there were too many.
    fn count(
        &mut self,
        kind: Kind,
        threshold: u32,
        subject: &str,
        times: u32,
        event: &Happened,
        mut details: Value,
    ) -> Option<Alarm> {
        if threshold == 0 {
            return None;
        }
        let begin = event.created_at.plus(-self.thresholds.span);
        self.lately.retain(|_, counted| {
            while counted.front().is_some_and(|(at, _)| *at <= begin) {
                counted.pop_front();
            }
            !counted.is_empty()
        });
        let counted = self.lately.entry((kind, subject.to_owned())).or_default();
        counted.push_back((event.created_at, times));
        let sum = counted
            .iter()
            .fold(0_u32, |sum, (_, times)| sum.saturating_add(*times));
        if sum < threshold {
            return None;
        }
        counted.clear();
        details["count"] = sum.into();
        details["span"] = words(self.thresholds.span).into();
        Some(Alarm {
            kind,
            subject: subject.to_owned(),
            mark: event.id.clone(),
            at: event.created_at,
            details,
        })
    }

    /// What a change says of when its maker works, and whether that is unusual; `None` where it says
    /// nothing new.
    pub fn habit(&self, event: &Happened, known: Option<Habit>) -> Option<(Habit, Option<Alarm>)> {
        let at = event.created_at;
        let mut habit = known.unwrap_or(Habit {
            first_at: at,
            night_at: None,
        });
        let Some(time) = self.night_time(at) else {
            return known.is_none().then_some((habit, None));
        };
        let before = habit.night_at;
        if before.is_some_and(|before| at.since(before) < ONE_NIGHT) {
            return None;
        }
        habit.night_at = Some(at);
        let has_habits = at.since(habit.first_at) >= self.thresholds.night_after;
        let is_used_to = before.is_some_and(|before| at.since(before) < NIGHT_MEMORY);
        let alarm = (has_habits && !is_used_to).then(|| Alarm {
            kind: Kind::Night,
            subject: event.actor_id.clone().unwrap_or_default(),
            mark: event.id.clone(),
            at,
            details: json!({ "who": event.actor, "time": time }),
        });
        Some((habit, alarm))
    }

    /// The time of day, where it is night.
    fn night_time(&self, at: Timestamp) -> Option<String> {
        let (from, to) = self.thresholds.night.0?;
        let zone = self.thresholds.zone;
        let time = local_time(at, zone)?;
        let is_night = if from < to {
            time >= from && time < to
        } else {
            time >= from || time < to
        };
        is_night.then(|| format!("{} ({zone})", time.format("%H:%M")))
    }
}

fn local_time(at: Timestamp, zone: Tz) -> Option<NaiveTime> {
    let at = chrono::DateTime::from_timestamp_micros(at.micros())?;
    Some(at.with_timezone(&zone).time())
}

/// A span as people say it.
fn words(span: TimeDelta) -> String {
    let (number, unit) = match span.num_seconds() {
        seconds if seconds % 3600 == 0 => (seconds / 3600, "hour"),
        seconds if seconds % 60 == 0 => (seconds / 60, "minute"),
        seconds => (seconds, "second"),
    };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests;
