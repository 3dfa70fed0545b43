//! What must hold, whatever failed. Each answers with what breaks it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use crate::journal::{Answer, Effect, Entry};
use crate::listener::{self, Way};
use crate::seen::{Kept, Seen};

/// A law, and how it was broken.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    pub law: &'static str,
    pub told: String,
}

pub const LOST_WRITE: &str = "every answered write is there";
pub const UNASKED: &str = "nothing is there that nobody asked for";
pub const HALF: &str = "entity and event are both there or neither";
pub const UNDELIVERED: &str = "every committed event is delivered";
pub const ROLLED_BACK: &str = "nothing is delivered that was not committed";
pub const DISORDER: &str = "each entity's events arrive as 1, 2, 3 …";
pub const OTHER_BYTES: &str = "what comes again is the same to the byte";
pub const NUMBERS: &str = "versions and positions have no gaps";
pub const HANGS: &str = "nothing hangs";
pub const BROKEN: &str = "no request breaks the program, and sessions last";
pub const TRAIL: &str = "the audit chain verifies";

fn broken(law: &'static str, told: String) -> Violation {
    Violation { law, told }
}

/// How often each effect was promised, how often it may have come about besides, and by whom.
fn asked(requests: &[Entry]) -> BTreeMap<&Effect, (usize, usize, Vec<&Entry>)> {
    let mut asked: BTreeMap<&Effect, (usize, usize, Vec<&Entry>)> = BTreeMap::new();
    for request in requests {
        for effect in &request.effects {
            let counted = asked.entry(effect).or_default();
            match request.answer {
                // The same form sent twice makes one.
                Answer::Done if effect.event_type == "created" => counted.0 = 1,
                Answer::Done => counted.0 += 1,
                answer if answer.is_unknown() => counted.1 += 1,
                _ => continue,
            }
            counted.2.push(request);
        }
    }
    asked
}

fn found(events: &[Kept]) -> BTreeMap<Effect, usize> {
    let mut found = BTreeMap::new();
    for effect in events.iter().filter_map(Kept::effect) {
        *found.entry(effect).or_default() += 1;
    }
    found
}

pub fn every_answered_write_is_there(seen: &Seen) -> Vec<Violation> {
    let found = found(&seen.events);
    let missing = asked(&seen.requests)
        .into_iter()
        .filter_map(|(effect, (promised, _, by))| {
            let there = found.get(effect).copied().unwrap_or_default();
            let by = by.iter().rfind(|entry| entry.answer == Answer::Done)?;
            (there < promised).then(|| {
                let told = format!("{effect:?} is there {there} of {promised} times: {by}");
                broken(LOST_WRITE, told)
            })
        });
    missing.collect()
}

/// What was refused or rolled back left nothing.
pub fn nothing_is_there_that_nobody_asked_for(seen: &Seen) -> Vec<Violation> {
    let asked = asked(&seen.requests);
    let mut left: BTreeMap<&Effect, usize> = asked
        .iter()
        .map(|(effect, (promised, open, _))| (*effect, promised + open))
        .collect();
    let mut violations = Vec::new();
    for event in &seen.events {
        let Some(effect) = event.effect().filter(|_| !seen.given.contains(&event.id)) else {
            continue;
        };
        match left.get_mut(&effect) {
            Some(left) if *left > 0 => *left -= 1,
            _ => violations.push(broken(UNASKED, event.name())),
        }
    }
    violations
}

/// Name and status as the events have them, and whether it was deleted.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    name: String,
    status: String,
    is_deleted: bool,
}

fn told(events: &[Kept], domain: &str) -> BTreeMap<String, Told> {
    let mut sorted: Vec<&Kept> = events
        .iter()
        .filter(|event| event.domain == domain)
        .collect();
    sorted.sort_by_key(|event| event.version);
    let mut all: BTreeMap<String, Told> = BTreeMap::new();
    for event in sorted {
        let details = &event.json["details"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let told = all.entry(event.entity.clone()).or_default();
        match &*event.event_type {
            "created" => {
                told.name = text(&details["name"]);
                told.status = text(&details["status"]);
            }
            "updated" if details["changes"].get("name").is_some() => {
                told.name = text(&details["changes"]["name"]["new"]);
            }
            "status_changed" => told.status = text(&details["new_status"]),
            "deleted" => told.is_deleted = true,
            _ => {}
        }
    }
    all
}

pub fn entity_and_event_are_both_there_or_neither(seen: &Seen) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut say = |told: String| violations.push(broken(HALF, told));
    for (domain, rows) in [("project", &seen.projects), ("task", &seen.tasks)] {
        let told = told(&seen.events, domain);
        for (id, row) in rows {
            let is_gone = !row.is_null("trash_id");
            let there = (row.text("name"), row.text("status"));
            match told.get(id) {
                None => say(format!("{domain} {id} has no event")),
                Some(told) if there != (&*told.name, &*told.status) => {
                    say(format!(
                        "{domain} {id} is {there:?}, its events say {told:?}"
                    ));
                }
                // A task goes with its project, whose event says so.
                Some(told) if told.is_deleted != is_gone && domain == "project" => {
                    say(format!(
                        "project {id}: in the trash {is_gone}, its events say {told:?}"
                    ));
                }
                Some(told) if told.is_deleted && !is_gone => {
                    say(format!(
                        "task {id} is not in the trash, its events say {told:?}"
                    ));
                }
                Some(_) => {}
            }
        }
        let rowless = told.keys().filter(|id| !rows.contains_key(*id));
        rowless.for_each(|id| say(format!("{domain} {id} has events and no row")));
    }
    for (id, row) in &seen.projects {
        let tasks = seen.tasks.values().filter(|task| {
            task.text("project_id") == id && task.is_null("trash_id") == row.is_null("trash_id")
        });
        let (count, said) = (tasks.count() as i64, row.int("task_count"));
        if row.is_null("trash_id") && count != said {
            say(format!("project {id} has {count} tasks and says {said}"));
        }
    }
    violations
}

pub fn every_committed_event_is_delivered(seen: &Seen) -> Vec<Violation> {
    let heard: BTreeSet<String> = seen.heard.iter().filter_map(listener::id).collect();
    let missing = seen.events.iter().filter_map(|event| {
        let what = match (heard.contains(&event.id), event.is_published) {
            (true, true) => return None,
            (false, true) => "is marked as delivered and was never heard",
            (false, false) => "was never delivered",
            (true, false) => "was heard and is never marked as delivered",
        };
        Some(broken(UNDELIVERED, format!("{} {what}", event.name())))
    });
    missing.collect()
}

pub fn nothing_is_delivered_that_was_not_committed(seen: &Seen) -> Vec<Violation> {
    let kept: BTreeMap<&str, &Kept> = seen.events.iter().map(|e| (&*e.id, e)).collect();
    let strange = seen.heard.iter().filter_map(|heard| {
        let id = listener::id(heard).unwrap_or_default();
        let Some(event) = kept.get(&*id) else {
            let told = format!("{} {}", heard.topic, heard.payload);
            return Some(broken(ROLLED_BACK, told));
        };
        let topic = format!("tracker/events/{}/{}", event.domain, event.event_type);
        (topic != heard.topic).then(|| {
            broken(
                ROLLED_BACK,
                format!("{} came on {}", event.name(), heard.topic),
            )
        })
    });
    strange.collect()
}

pub fn each_entitys_events_arrive_in_order(seen: &Seen) -> Vec<Violation> {
    let (mut ids, mut next) = (BTreeSet::new(), BTreeMap::new());
    let mut violations = Vec::new();
    for heard in &seen.heard {
        let (Some(id), Some((entity, version))) = (listener::id(heard), listener::version(heard))
        else {
            let told = format!("no event: {} {}", heard.topic, heard.payload);
            violations.push(broken(DISORDER, told));
            continue;
        };
        if !ids.insert(id.clone()) {
            continue;
        }
        let expected = next.entry(entity.clone()).or_insert(1);
        if version != *expected {
            let told =
                format!("event {id} of {entity:?} is {version}, after which {expected} was due");
            violations.push(broken(DISORDER, told));
        }
        *expected = version + 1;
    }
    violations
}

/// A replayed one but for its mark.
pub fn what_comes_again_is_the_same(seen: &Seen) -> Vec<Violation> {
    const MARK: &str = ",\"replayed\":true}";
    let kept: BTreeMap<&str, &Kept> = seen.events.iter().map(|e| (&*e.id, e)).collect();
    let others = seen.heard.iter().filter_map(|heard| {
        let id = listener::id(heard)?;
        let event = kept.get(&*id)?;
        let bare = match heard.payload.strip_suffix(MARK) {
            Some(bare) => format!("{bare}}}"),
            None => heard.payload.clone(),
        };
        (bare != event.payload).then(|| {
            let told = format!(
                "{} came as {}, was {}",
                event.name(),
                heard.payload,
                event.payload
            );
            broken(OTHER_BYTES, told)
        })
    });
    others.collect()
}

pub fn versions_and_positions_have_no_gaps(seen: &Seen) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut versions: BTreeMap<(&str, &str), Vec<i64>> = BTreeMap::new();
    for event in &seen.events {
        let entity = (&*event.domain, &*event.entity);
        versions.entry(entity).or_default().push(event.version);
    }
    for (entity, mut numbers) in versions {
        numbers.sort_unstable();
        if !numbers.iter().copied().eq(1..=numbers.len() as i64) {
            let told = format!("{entity:?} has the versions {numbers:?}");
            violations.push(broken(NUMBERS, told));
        }
    }
    let positions = seen.events.iter().map(|event| event.position);
    for (event, (position, due)) in seen.events.iter().zip(positions.zip(1..)) {
        if position.is_some() && position != Some(due) {
            let told = format!("{} is at position {position:?}, {due} is due", event.name());
            violations.push(broken(NUMBERS, told));
            break;
        }
    }
    violations
}

pub fn nothing_hangs(seen: &Seen, limit: Duration) -> Vec<Violation> {
    let slow = seen.requests.iter().filter(|entry| entry.took > limit);
    slow.map(|entry| broken(HANGS, entry.to_string())).collect()
}

pub fn no_request_breaks_the_program(seen: &Seen) -> Vec<Violation> {
    let odd = seen.requests.iter().filter(|entry| {
        matches!(
            entry.answer,
            Answer::Broken(_) | Answer::SignedOut | Answer::Open
        )
    });
    odd.map(|entry| broken(BROKEN, entry.to_string())).collect()
}

/// How many messages the consumer had to fetch itself.
pub fn fetched(seen: &Seen) -> usize {
    let fetched = seen.heard.iter().filter(|heard| heard.way == Way::Replay);
    fetched.count()
}
