//! A task as it stands on a map.

use chrono_tz::Tz;

use super::Node;
use super::drawing::WIDTH;
use super::letters::{lines, shortened, width};
use crate::db::Timestamp;
use crate::projects::labels::Label;
use crate::projects::tasks::{Priority, Status};

/// Between what is written and the sides of a card.
const SIDE: (f64, f64) = (18.0, 14.0);
const ROOM: f64 = WIDTH - SIDE.0 - SIDE.1;
/// What the number of a step on the longest way takes of the first lines.
const STEP: f64 = 26.0;
/// The sizes of letters, as the style sheet has them.
const NAME: f64 = 14.0;
const NOTE: f64 = 12.0;
const CHIP: f64 = 11.5;

/// What is around a node.
#[derive(Clone, Debug, Default)]
pub struct Around {
    /// The names of the open tasks that it waits for.
    pub waits_for: Vec<String>,
    /// How many wait for it, by whatever way.
    pub holds_up: usize,
    /// Its number on the longest way, from 1.
    pub step: Option<usize>,
    /// Whether its project is to be named.
    pub is_elsewhere: bool,
    /// Its labels.
    pub labels: Vec<Label>,
}

/// A task as it stands on a map: what is written on it, and how far below its upper side.
#[derive(Clone, Debug)]
pub struct Card {
    pub id: String,
    pub name: String,
    pub status: Status,
    pub height: f64,
    /// The project, where it is another.
    pub place: Option<(f64, String)>,
    /// The name in at most three lines.
    pub lines: Vec<(f64, String)>,
    pub status_at: f64,
    /// The word, and its tone.
    pub priority: Option<(&'static str, &'static str)>,
    pub assignee: Option<String>,
    pub due: Option<(f64, String)>,
    pub is_overdue: bool,
    pub chips: Vec<Chip>,
    pub done_before: i64,
    pub around: Around,
    full_place: Option<String>,
    due_words: String,
}

/// A label; the last may only say how many more there are.
#[derive(Clone, Debug, PartialEq)]
pub struct Chip {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub color: String,
    pub text: String,
}

impl Card {
    /// For somebody in `zone`.
    pub fn of(node: &Node, around: Around, zone: Tz, now: Timestamp) -> Self {
        let mut y = 11.0;
        let mut row = |height: f64| {
            y += height;
            y
        };
        let room = ROOM - if around.step.is_some() { STEP } else { 0.0 };
        let full_place = around.is_elsewhere.then(|| node.project_name.clone());
        let place = full_place.as_deref();
        let place = place.map(|name| (row(11.0), shortened(name, room / NOTE)));
        let first = if place.is_some() { 19.0 } else { 13.0 };
        // Bold letters are wider; the number of a step stands beside the first line.
        let rooms = [room, ROOM, ROOM].map(|room| room / NAME / 1.1);
        let name = lines(&node.name, &rooms).into_iter();
        let lines = name
            .enumerate()
            .map(|(index, line)| (row(if index == 0 { first } else { 18.0 }), line))
            .collect();
        let status_at = row(22.0);
        let due = node.due();
        let is_overdue = due.is_some_and(|due| due.at <= now);
        let word = if is_overdue { "overdue:" } else { "due" };
        let due_words = due.map(|due| format!("{word} {}", due.words(zone)));
        let due = due_words.clone().map(|words| (row(18.0), words));
        let chips = match around.labels.is_empty() {
            true => Vec::new(),
            false => chips(&around.labels, row(9.0)),
        };
        let height = if chips.is_empty() {
            row(12.0)
        } else {
            row(32.0)
        };
        let priority = match node.priority() {
            Priority::Urgent => Some(("urgent", "bad")),
            Priority::High => Some(("high", "wait")),
            _ => None,
        };
        let beside = width(node.status().word()) + priority.map_or(0.0, |(word, _)| width(word));
        let beside = ROOM / NOTE - beside - 4.0;
        Self {
            id: node.id.clone(),
            name: node.name.clone(),
            status: node.status(),
            height,
            place,
            lines,
            status_at,
            priority,
            assignee: node.assignee.as_deref().map(|name| shortened(name, beside)),
            due,
            is_overdue,
            chips,
            done_before: node.done_before,
            around,
            full_place,
            due_words: due_words.unwrap_or_default(),
        }
    }

    /// Whether it waits for an open one.
    pub fn is_waiting(&self) -> bool {
        !self.around.waits_for.is_empty()
    }

    /// All of it in a sentence.
    pub fn label(&self) -> String {
        let mut parts = vec![self.name.clone(), self.status.word().to_owned()];
        parts.extend(self.priority.map(|(word, _)| word.to_owned()));
        parts.extend(Some(self.due_words.clone()).filter(|words| !words.is_empty()));
        parts.extend(self.assignee.as_ref().map(|name| format!("for {name}")));
        parts.extend(self.full_place.as_ref().map(|place| format!("in {place}")));
        let several = |before: &str, names: Vec<&str>| match names.is_empty() {
            true => None,
            false => Some(format!("{before} {}", names.join(" and "))),
        };
        let labels = self.around.labels.iter().map(|label| label.name.as_str());
        parts.extend(several("labelled", labels.collect()));
        let waits = self.around.waits_for.iter().map(String::as_str);
        parts.extend(several("waits for", waits.collect()));
        if self.around.holds_up > 0 {
            parts.push(format!("holds up {}", self.around.holds_up));
        }
        parts.join(", ")
    }
}

/// As many as fit into one row.
fn chips(labels: &[Label], y: f64) -> Vec<Chip> {
    let chip = |x: f64, text: String, color: &str| Chip {
        x,
        y,
        width: (width(&text) * CHIP + 15.0).round(),
        color: color.to_owned(),
        text,
    };
    let mut chips: Vec<Chip> = Vec::new();
    let mut x = SIDE.0;
    for (index, label) in labels.iter().enumerate() {
        let is_last = index + 1 == labels.len();
        // What says how many more there are needs room too.
        let room = ROOM + SIDE.0 - x - if is_last { 0.0 } else { 38.0 };
        let longest = (ROOM - 38.0 - 15.0) / CHIP;
        let next = chip(x, shortened(&label.name, longest), &label.color);
        if next.width > room {
            let more = format!("+{}", labels.len() - index);
            chips.push(chip(x, more, "gray"));
            break;
        }
        x += next.width + 5.0;
        chips.push(next);
    }
    chips
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(name: &str) -> Label {
        Label {
            id: name.to_owned(),
            name: name.to_owned(),
            color: "blue".to_owned(),
        }
    }

    fn around(labels: &[Label]) -> Around {
        Around {
            labels: labels.to_vec(),
            ..Around::default()
        }
    }

    #[test]
    fn labels_stay_inside_their_card_and_the_others_are_counted() {
        let long = label(&"needs a very quiet hour ".repeat(9));
        let some: Vec<Label> = ["hardware", "weekend", "network", "paper", "safety"]
            .map(label)
            .to_vec();
        for labels in [vec![long.clone()], vec![long.clone(), long], some.clone()] {
            let card = Card::of(
                &Node::numbered(1),
                around(&labels),
                Tz::UTC,
                Timestamp::first(),
            );
            for chip in &card.chips {
                assert!(chip.x + chip.width <= WIDTH - SIDE.1 + 1.0, "{chip:?}");
                assert!(chip.y < card.height);
            }
        }
        let texts: Vec<String> = chips(&some, 0.0)
            .into_iter()
            .map(|chip| chip.text)
            .collect();
        assert_eq!(texts, ["hardware", "weekend", "+3"]);
    }

    #[test]
    fn a_card_says_all_of_it_in_a_sentence() {
        let node = Node {
            project_name: "Power".to_owned(),
            assignee: Some("kim".to_owned()),
            priority: 3,
            ..Node::numbered(1)
        };
        let around = Around {
            waits_for: vec!["One".to_owned(), "Two".to_owned()],
            holds_up: 4,
            is_elsewhere: true,
            ..around(&[label("hall")])
        };
        let card = Card::of(&node, around, Tz::UTC, Timestamp::first());
        assert_eq!(
            card.label(),
            "Task 1, pending, urgent, for kim, in Power, labelled hall, waits for One and Two, holds up 4"
        );
    }
}
