//! The page of a map.

use std::collections::{HashMap, HashSet};

use askama::Template;

use super::card::{Around, Card};
use super::chain::{held_up, longest};
use super::drawing::{Island, Line, WIDTH, groups, islands};
use super::{Graph, MOST};
use crate::db::Timestamp;
use crate::page::Layout;
use crate::projects::Project;
use crate::projects::labels::Label;
use crate::projects::tasks::Status;

/// A map.
#[derive(Template)]
#[template(path = "map/show.html", blocks = ["map"])]
pub struct MapPage {
    layout: Layout,
    project: Option<Project>,
    tied: Vec<Shown>,
    alone: Vec<Shown>,
    chain: Vec<(String, String)>,
    /// The ids of tasks of other projects than the map's.
    elsewhere: Vec<String>,
    count: usize,
    is_cut: bool,
}

/// An island as it is drawn.
struct Shown {
    /// The project all of it belongs to, where that is not the map's: its id and name.
    title: Option<(String, String)>,
    width: f64,
    height: f64,
    lines: Vec<Line>,
    cards: Vec<(Card, f64, f64)>,
}

impl MapPage {
    /// Of this graph, with the labels of its tasks.
    pub fn new(
        layout: Layout,
        project: Option<Project>,
        graph: Graph,
        labels: HashMap<String, Vec<Label>>,
    ) -> Self {
        let chain = longest(graph.nodes.len(), &graph.edges);
        let home = project.as_ref().map(|project| project.id.as_str());
        let groups = groups(graph.nodes.len(), &graph.edges);
        let titles = titles(&graph, &groups, home);
        let around = around(&graph, &chain, &titles, home, labels);
        let (zone, now) = (layout.zone(), Timestamp::now());
        let cards = graph.nodes.iter().zip(around);
        let mut cards: Vec<Option<Card>> = cards
            .map(|(node, around)| Some(Card::of(node, around, zone, now)))
            .collect();
        let heights: Vec<f64> = cards.iter().flatten().map(|card| card.height).collect();
        let shown = islands(groups, &heights, &graph.edges, &chain).into_iter();
        let (alone, tied) = shown
            .map(|island| Shown::of(island, &mut cards, &titles))
            .partition(|shown| shown.lines.is_empty());
        let elsewhere = graph.nodes.iter();
        Self {
            tied,
            alone,
            chain: chain
                .iter()
                .filter_map(|place| graph.nodes.get(*place))
                .map(|node| (node.id.clone(), node.name.clone()))
                .collect(),
            elsewhere: elsewhere
                .filter(|node| home.is_some_and(|home| home != node.project_id))
                .map(|node| node.id.clone())
                .collect(),
            count: graph.nodes.len(),
            is_cut: graph.is_cut,
            layout,
            project,
        }
    }

    fn here(&self) -> String {
        match &self.project {
            Some(project) => format!("/projects/{}/map", project.id),
            None => "/map".to_owned(),
        }
    }

    /// What the map shows, so that it changes when that does.
    fn live(&self) -> String {
        let Some(project) = &self.project else {
            return "system task".to_owned();
        };
        let others = self.elsewhere.iter().map(|id| format!(" task:{id}"));
        format!(
            "system project:{}{}",
            project.id,
            others.collect::<String>()
        )
    }

    fn most(&self) -> usize {
        MOST
    }

    fn statuses(&self) -> [Status; 3] {
        [Status::Pending, Status::InProgress, Status::Blocked]
    }
}

impl Shown {
    fn of(
        island: Island,
        cards: &mut [Option<Card>],
        titles: &HashMap<usize, (String, String)>,
    ) -> Self {
        let first = island.cards.first().map(|(place, ..)| *place);
        let drawn = island.cards.into_iter();
        Self {
            title: first.and_then(|place| titles.get(&place).cloned()),
            width: island.width,
            height: island.height,
            lines: island.lines,
            cards: drawn
                .filter_map(|(place, x, y)| Some((cards.get_mut(place)?.take()?, x, y)))
                .collect(),
        }
    }

    fn card_width(&self) -> f64 {
        WIDTH
    }
}

/// Of each node whose whole island belongs to one project, that project, where it is not the map's.
fn titles(
    graph: &Graph,
    groups: &[Vec<usize>],
    home: Option<&str>,
) -> HashMap<usize, (String, String)> {
    let mut titles = HashMap::new();
    for group in groups {
        let nodes = group.iter().filter_map(|place| graph.nodes.get(*place));
        let projects: HashSet<&str> = nodes.map(|node| node.project_id.as_str()).collect();
        let Some(node) = graph.nodes.get(group[0]).filter(|_| projects.len() == 1) else {
            continue;
        };
        if home != Some(node.project_id.as_str()) {
            let title = (node.project_id.clone(), node.project_name.clone());
            titles.extend(group.iter().map(|place| (*place, title.clone())));
        }
    }
    titles
}

fn around(
    graph: &Graph,
    chain: &[usize],
    titles: &HashMap<usize, (String, String)>,
    home: Option<&str>,
    mut labels: HashMap<String, Vec<Label>>,
) -> Vec<Around> {
    let held_up = held_up(graph.nodes.len(), &graph.edges);
    let steps: HashMap<usize, usize> = chain.iter().copied().zip(1..).collect();
    let nodes = graph.nodes.iter().enumerate();
    let mut around: Vec<Around> = nodes
        .map(|(place, node)| Around {
            waits_for: Vec::new(),
            holds_up: held_up[place],
            step: steps.get(&place).copied(),
            is_elsewhere: home != Some(node.project_id.as_str()) && !titles.contains_key(&place),
            labels: labels.remove(&node.id).unwrap_or_default(),
        })
        .collect();
    for (from, to) in &graph.edges {
        around[*to].waits_for.push(graph.nodes[*from].name.clone());
    }
    around
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::super::Node;
    use super::*;

    /// So many tasks, most of which wait for one of the forty before them.
    fn graph(count: usize, edges: usize) -> Graph {
        let pair = |number: usize| {
            let to = 1 + number % (count - 1);
            let back = 1 + (number * 7919 + number / count * 13) % to.min(40);
            (to - back, to)
        };
        let mut edges: Vec<(usize, usize)> = (0..edges).map(pair).collect();
        edges.sort_unstable();
        edges.dedup();
        Graph {
            nodes: (0..count).map(Node::numbered).collect(),
            edges,
            is_cut: false,
        }
    }

    #[test]
    #[ignore = "measures"]
    fn a_map_of_three_hundred_laid_out_and_drawn_without_the_database() {
        for wanted in [150, 300, 450, 600, 1000, 2000] {
            let graph = graph(MOST, wanted);
            let mut took = Vec::new();
            let mut bytes = 0;
            for _ in 0..31 {
                let started = Instant::now();
                let page = MapPage::new(Layout::anonymous(), None, graph.clone(), HashMap::new());
                bytes = page.as_map().render().map_or(0, |text| text.len());
                took.push(started.elapsed().as_secs_f64() * 1e3);
            }
            took.sort_by(f64::total_cmp);
            println!(
                "map of {} tasks and {} lines: least {:.1} ms, median {:.1} ms, {bytes} bytes",
                graph.nodes.len(),
                graph.edges.len(),
                took[0],
                took[15]
            );
        }
    }
}
