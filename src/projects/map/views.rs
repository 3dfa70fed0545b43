//! The page of a map.

use std::collections::HashMap;

use askama::Template;

use super::drawing::{CARD, Drawing};
use super::{Graph, MOST, Node};
use crate::page::Layout;
use crate::projects::Project;
use crate::projects::labels::Label;
use crate::projects::tasks::{Priority, Status};

/// How many characters a line of a card holds.
const LINE: usize = 24;
/// How many characters the small line below them holds.
const NOTES: usize = 30;

/// A map.
#[derive(Template)]
#[template(path = "map/show.html", blocks = ["map"])]
pub struct MapPage {
    layout: Layout,
    project: Option<Project>,
    cards: Vec<Card>,
    drawing: Drawing,
    chain: Vec<(String, String)>,
    is_cut: bool,
}

/// A task as it stands on the map.
struct Card {
    id: String,
    x: f64,
    y: f64,
    /// The name in at most two lines.
    lines: Vec<String>,
    name: String,
    status: Status,
    priority: Option<Priority>,
    /// The project, where it is another.
    place: Option<String>,
    done_before: i64,
    is_longest: bool,
    /// For whoever cannot see the lines: the names of what it waits for.
    waits_for: Vec<String>,
    /// The names of its labels.
    labels: Vec<String>,
}

impl MapPage {
    /// Of this graph, with the labels of its tasks.
    pub fn new(
        layout: Layout,
        project: Option<Project>,
        graph: Graph,
        mut labels: HashMap<String, Vec<Label>>,
    ) -> Self {
        let drawing = Drawing::of(&graph);
        let home = project.as_ref().map(|project| project.id.as_str());
        let cards = graph.nodes.iter().enumerate();
        Self {
            cards: cards
                .map(|(place, node)| Card {
                    labels: names(labels.remove(&node.id).unwrap_or_default()),
                    ..Card::of(&graph, &drawing, place, node, home)
                })
                .collect(),
            chain: drawing
                .chain
                .iter()
                .filter_map(|place| graph.nodes.get(*place))
                .map(|node| (node.id.clone(), node.name.clone()))
                .collect(),
            is_cut: graph.is_cut,
            layout,
            project,
            drawing,
        }
    }

    fn here(&self) -> String {
        match &self.project {
            Some(project) => format!("/projects/{}/map", project.id),
            None => "/map".to_owned(),
        }
    }

    fn most(&self) -> usize {
        MOST
    }

    fn card_size(&self) -> (f64, f64) {
        CARD
    }
}

impl Card {
    fn of(graph: &Graph, drawing: &Drawing, place: usize, node: &Node, home: Option<&str>) -> Self {
        let (x, y) = drawing.cards.get(place).copied().unwrap_or_default();
        let before = graph.edges.iter().filter(|(_, to)| *to == place);
        let names = before.filter_map(|(from, _)| graph.nodes.get(*from));
        Self {
            id: node.id.clone(),
            x,
            y,
            lines: in_lines(&node.name),
            name: node.name.clone(),
            status: node.status.parse().unwrap_or_default(),
            priority: Some(Priority::ranked(node.priority))
                .filter(|one| matches!(one, Priority::High | Priority::Urgent)),
            place: (home != Some(node.project_id.as_str())).then(|| node.project_name.clone()),
            done_before: node.done_before,
            is_longest: drawing.chain.contains(&place),
            waits_for: names.map(|node| node.name.clone()).collect(),
            labels: Vec::new(),
        }
    }

    /// All of it in a sentence.
    fn label(&self) -> String {
        let mut label = format!("{}, {}", self.name, self.status.word());
        if let Some(priority) = self.priority {
            label.push_str(&format!(", {priority}"));
        }
        if let Some(place) = &self.place {
            label.push_str(&format!(", in {place}"));
        }
        if !self.labels.is_empty() {
            label.push_str(&format!(", labelled {}", self.labels.join(" and ")));
        }
        if !self.waits_for.is_empty() {
            label.push_str(&format!(", waits for {}", self.waits_for.join(" and ")));
        }
        label
    }

    /// The small line below the name: of its labels as many as fit.
    fn notes(&self) -> String {
        let mut notes = vec![self.status.word().to_owned()];
        notes.extend(self.priority.map(|priority| priority.to_string()));
        if self.done_before > 0 {
            notes.push(format!("{} done before", self.done_before));
        }
        let mut notes = notes.join(" · ");
        for label in &self.labels {
            if notes.chars().count() + label.chars().count() > NOTES {
                break;
            }
            notes.push_str(&format!(" · {label}"));
        }
        notes
    }

    fn cut_place(&self) -> Option<String> {
        self.place
            .as_deref()
            .map(|place| shortened(place, LINE + 8))
    }
}

fn names(labels: Vec<Label>) -> Vec<String> {
    labels.into_iter().map(|label| label.name).collect()
}

/// A name in at most two lines, broken between words where there are any.
fn in_lines(name: &str) -> Vec<String> {
    if name.chars().count() <= LINE {
        return vec![name.to_owned()];
    }
    let head: String = name.chars().take(LINE + 1).collect();
    let end = head.rfind(' ').filter(|end| *end > 0);
    let end = end.unwrap_or_else(|| {
        head.char_indices()
            .nth(LINE)
            .map_or(head.len(), |(at, _)| at)
    });
    let (first, rest) = name.split_at(end);
    vec![first.to_owned(), shortened(rest.trim_start(), LINE)]
}

fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some(_) => {
            let kept: String = text.chars().take(most - 1).collect();
            format!("{}…", kept.trim_end())
        }
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_takes_two_lines_at_most() {
        assert_eq!(in_lines("Short"), ["Short"]);
        assert_eq!(
            in_lines("Point the Zigbee stick at the new host"),
            ["Point the Zigbee stick", "at the new host"]
        );
        assert_eq!(
            in_lines(&"ä".repeat(200)),
            ["ä".repeat(LINE), format!("{}…", "ä".repeat(LINE - 1))]
        );
        assert_eq!(in_lines("").len(), 1);
    }
}
