//! Where each card and each line of a map stands, in layers from left to right.

use rust_sugiyama::configure::{Config, CrossingMinimization, RankingType};
use rust_sugiyama::from_vertices_and_edges;

use super::Graph;
use super::chain::longest;

/// A card's width and height, in the units of the drawing.
pub const CARD: (f64, f64) = (220.0, 76.0);
/// Between two cards of a layer, and between two layers.
const GAP: (f64, f64) = (24.0, 56.0);
/// Around everything.
const MARGIN: f64 = 20.0;
/// Cards that nothing is tied to stand in rows of so many.
const COLUMNS: usize = 4;

/// A map as it is drawn.
#[derive(Clone, Debug, Default)]
pub struct Drawing {
    /// Its size.
    pub width: f64,
    /// Its size.
    pub height: f64,
    /// The upper left corner of each node's card.
    pub cards: Vec<(f64, f64)>,
    /// One for each edge.
    pub lines: Vec<Line>,
    /// The places on the longest chain.
    pub chain: Vec<usize>,
}

/// A line from what is waited for to what waits.
#[derive(Clone, Debug)]
pub struct Line {
    /// A path of SVG.
    pub path: String,
    /// Whether it is part of the longest chain.
    pub is_longest: bool,
}

impl Drawing {
    /// Draws a graph.
    pub fn of(graph: &Graph) -> Self {
        let chain = longest(graph.nodes.len(), &graph.edges);
        let mut drawing = Self {
            width: 2.0 * MARGIN,
            height: MARGIN,
            cards: vec![(MARGIN, MARGIN); graph.nodes.len()],
            lines: Vec::new(),
            chain,
        };
        drawing.place_tied(graph);
        drawing.place_others(graph);
        drawing.lines = graph.edges.iter().map(|edge| drawing.line(*edge)).collect();
        // Drawn last, they lie on top.
        drawing.lines.sort_by_key(|line| line.is_longest);
        drawing
    }

    /// Groups of cards that are tied to each other, one below the other.
    fn place_tied(&mut self, graph: &Graph) {
        // The crate's layers go down, ours to the right: so each card lies on its side.
        let size = (CARD.1, CARD.0);
        let tied = tied(graph);
        // Numbered anew: of several groups the crate gives numbers of its own, counted from 0.
        let number = |place: &usize| tied.binary_search(place).unwrap_or_default() as u32;
        let vertices: Vec<(u32, (f64, f64))> =
            (0..tied.len()).map(|index| (index as u32, size)).collect();
        let edges: Vec<(u32, u32)> = graph
            .edges
            .iter()
            .map(|(from, to)| (number(from), number(to)))
            .collect();
        let mut groups: Vec<Vec<(usize, (f64, f64))>> =
            from_vertices_and_edges(&vertices, &edges, &CONFIG)
                .into_iter()
                .map(|(group, _, _)| {
                    group
                        .into_iter()
                        .map(|(index, at)| (tied[index], at))
                        .collect()
                })
                .collect();
        groups.sort_by_key(|group| {
            (
                std::cmp::Reverse(group.len()),
                group.iter().map(|(place, _)| *place).min(),
            )
        });
        for group in groups {
            self.place_group(&group);
        }
    }

    fn place_group(&mut self, group: &[(usize, (f64, f64))]) {
        let least = |axis: fn(&(f64, f64)) -> f64| {
            group
                .iter()
                .map(|(_, at)| axis(at))
                .fold(f64::INFINITY, f64::min)
        };
        let (left, top) = (least(|at| at.1), least(|at| at.0));
        let mut bottom = self.height;
        for (place, (down, right)) in group {
            let layer = (right - left) / (CARD.0 + GAP.0);
            let x = MARGIN + layer * (CARD.0 + GAP.1);
            let y = self.height + (down - top);
            self.cards[*place] = (x, y);
            bottom = bottom.max(y + CARD.1);
            self.width = self.width.max(x + CARD.0 + MARGIN);
        }
        self.height = bottom + GAP.0 + MARGIN;
    }

    fn place_others(&mut self, graph: &Graph) {
        let tied = tied(graph);
        let others: Vec<usize> = (0..graph.nodes.len())
            .filter(|place| tied.binary_search(place).is_err())
            .collect();
        for (index, place) in others.iter().enumerate() {
            let (row, column) = (index / COLUMNS, index % COLUMNS);
            let x = MARGIN + column as f64 * (CARD.0 + GAP.0);
            let y = self.height + row as f64 * (CARD.1 + GAP.0);
            self.cards[*place] = (x, y);
            self.width = self.width.max(x + CARD.0 + MARGIN);
        }
        let rows = others.len().div_ceil(COLUMNS);
        self.height += rows as f64 * (CARD.1 + GAP.0);
    }

    fn line(&self, (from, to): (usize, usize)) -> Line {
        let (start, end) = (self.cards[from], self.cards[to]);
        let (x1, y1) = (start.0 + CARD.0, start.1 + CARD.1 / 2.0);
        let (x2, y2) = (end.0, end.1 + CARD.1 / 2.0);
        let middle = (x2 - x1) / 2.0;
        let is_longest = self.chain.windows(2).any(|pair| pair == [from, to]);
        Line {
            path: format!(
                "M{x1:.0} {y1:.0} C{:.0} {y1:.0} {:.0} {y2:.0} {x2:.0} {y2:.0}",
                x1 + middle,
                x2 - middle
            ),
            is_longest,
        }
    }
}

/// The places that something is tied to, in order.
fn tied(graph: &Graph) -> Vec<usize> {
    let both = graph.edges.iter().flat_map(|(from, to)| [*from, *to]);
    let mut tied: Vec<usize> = both.collect();
    tied.sort_unstable();
    tied.dedup();
    tied
}

/// `transpose` would cost five times as much for hardly fewer crossings.
const CONFIG: Config = Config {
    minimum_length: 1,
    vertex_spacing: GAP.0,
    dummy_vertices: true,
    dummy_size: 1.0,
    ranking_type: RankingType::Up,
    c_minimization: CrossingMinimization::Barycenter,
    transpose: false,
};

#[cfg(test)]
mod tests {
    use super::super::Node;
    use super::*;

    fn graph(count: usize, edges: &[(usize, usize)]) -> Graph {
        let node = |place: usize| Node {
            id: place.to_string(),
            name: format!("Task {place}"),
            status: "pending".to_owned(),
            priority: 1,
            project_id: String::new(),
            project_name: String::new(),
            done_before: 0,
        };
        Graph {
            nodes: (0..count).map(node).collect(),
            edges: edges.to_vec(),
            is_cut: false,
        }
    }

    /// Numbers that look random and are the same in each run (Knuth's multiplier).
    fn dice(seed: &mut u64) -> usize {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (*seed >> 33) as usize
    }

    #[test]
    fn whatever_waits_for_whatever_no_card_covers_another_and_all_lines_go_right() {
        let mut seed = 7;
        for _ in 0..150 {
            let count = 1 + dice(&mut seed) % 40;
            let mut edges: Vec<(usize, usize)> = (0..dice(&mut seed) % 60)
                .map(|_| (dice(&mut seed) % count, dice(&mut seed) % count))
                .filter(|(from, to)| from < to)
                .collect();
            edges.sort_unstable();
            edges.dedup();
            let drawing = Drawing::of(&graph(count, &edges));
            for (from, to) in &edges {
                assert!(
                    drawing.cards[*from].0 + CARD.0 < drawing.cards[*to].0,
                    "{edges:?}"
                );
            }
            for (place, one) in drawing.cards.iter().enumerate() {
                assert!(one.0 >= 0.0 && one.0 + CARD.0 <= drawing.width);
                assert!(
                    one.1 >= 0.0 && one.1 + CARD.1 <= drawing.height,
                    "{count} {edges:?}"
                );
                for other in &drawing.cards[place + 1..] {
                    let is_apart =
                        (one.0 - other.0).abs() >= CARD.0 || (one.1 - other.1).abs() >= CARD.1;
                    assert!(is_apart, "{count} {edges:?}: {one:?} {other:?}");
                }
            }
        }
    }
}
