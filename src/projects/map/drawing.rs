//! Where each card and each line of a map stands: in layers from left to right, and what is not tied to
//! each other on islands of its own.

use std::cmp::Reverse;
use std::collections::HashMap;

use rust_sugiyama::configure::{Config, CrossingMinimization, RankingType};
use rust_sugiyama::from_vertices_and_edges;

use super::lines::{Layer, path};

/// How wide each card is, in the units of the drawing.
pub const WIDTH: f64 = 256.0;
/// How high the tabs above a card are.
pub const TAB: f64 = 17.0;
/// Between two cards of a layer, and between two layers.
const GAP: (f64, f64) = (38.0, 60.0);
/// Around everything, with a card's tabs above it.
const MARGIN: (f64, f64) = (6.0, 28.0);

/// Cards that are tied to each other.
#[derive(Clone, Debug, Default)]
pub struct Island {
    /// Its size.
    pub width: f64,
    /// Its size.
    pub height: f64,
    /// The number of each of its nodes and the upper left corner of that one's card, as one reads them:
    /// layer by layer.
    pub cards: Vec<(usize, f64, f64)>,
    /// What waits for what; those that lie on top are last.
    pub lines: Vec<Line>,
}

/// A line from what is waited for to what waits.
#[derive(Clone, Debug)]
pub struct Line {
    /// A path of SVG.
    pub path: String,
    /// Whether it is part of the longest chain.
    pub is_longest: bool,
}

/// Draws these groups of cards of these heights, each as an island; those with the longest chain and with the
/// most cards first.
pub fn islands(
    mut groups: Vec<Vec<usize>>,
    heights: &[f64],
    edges: &[(usize, usize)],
    chain: &[usize],
) -> Vec<Island> {
    let is_longest = |group: &Vec<usize>| chain.first().is_some_and(|first| group.contains(first));
    groups.sort_by_key(|group| (!is_longest(group), Reverse(group.len())));
    let mut group_of = vec![0; heights.len()];
    for (index, group) in groups.iter().enumerate() {
        group.iter().for_each(|place| group_of[*place] = index);
    }
    let mut edges_of = vec![Vec::new(); groups.len()];
    for edge in edges {
        edges_of[group_of[edge.0]].push(*edge);
    }
    let groups = groups.iter().zip(&edges_of);
    groups
        .map(|(group, edges)| Island::of(group, heights, edges, chain))
        .collect()
}

/// The numbers of what is tied to each other, in order.
pub fn groups(count: usize, edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let mut group_of: Vec<usize> = (0..count).collect();
    fn root(group_of: &mut [usize], mut place: usize) -> usize {
        while group_of[place] != place {
            group_of[place] = group_of[group_of[place]];
            place = group_of[place];
        }
        place
    }
    for (from, to) in edges {
        let (one, other) = (root(&mut group_of, *from), root(&mut group_of, *to));
        group_of[one.max(other)] = one.min(other);
    }
    let mut groups: Vec<Vec<usize>> = vec![Vec::new(); count];
    for place in 0..count {
        let root = root(&mut group_of, place);
        groups[root].push(place);
    }
    groups.retain(|group| !group.is_empty());
    groups
}

impl Island {
    fn of(group: &[usize], heights: &[f64], edges: &[(usize, usize)], chain: &[usize]) -> Self {
        let placed = placed(group, heights, edges);
        let lines = lines(&placed, heights, edges, chain);
        let ends = placed.iter().map(|card| (card.x, card.y, card.place));
        let (mut width, mut height) = (0.0_f64, 0.0_f64);
        for (x, y, place) in ends {
            width = width.max(x + WIDTH + MARGIN.0);
            height = height.max(y + heights[place] + MARGIN.0);
        }
        Self {
            width,
            height,
            cards: placed
                .iter()
                .map(|card| (card.place, card.x, card.y))
                .collect(),
            lines,
        }
    }
}

struct Placed {
    place: usize,
    layer: usize,
    x: f64,
    y: f64,
}

/// As one reads them.
fn placed(group: &[usize], heights: &[f64], edges: &[(usize, usize)]) -> Vec<Placed> {
    let number: HashMap<usize, u32> = group.iter().copied().zip(0..).collect();
    // The crate's layers go down, ours to the right: so each card lies on its side.
    let sizes = group.iter().zip(0..);
    let sizes: Vec<(u32, (f64, f64))> = sizes
        .map(|(place, number)| (number, (heights[*place], WIDTH)))
        .collect();
    let edges: Vec<(u32, u32)> = edges
        .iter()
        .filter_map(|(from, to)| Some((*number.get(from)?, *number.get(to)?)))
        .collect();
    let drawn = from_vertices_and_edges(&sizes, &edges, &CONFIG);
    let drawn = drawn.into_iter().flat_map(|(cards, ..)| cards);
    // It answers the middle of each.
    let drawn: Vec<(usize, f64, f64)> = drawn
        .map(|(number, (down, right))| {
            let place = group[number];
            (place, right, down - heights[place] / 2.0)
        })
        .collect();
    let left = drawn
        .iter()
        .map(|card| card.1)
        .fold(f64::INFINITY, f64::min);
    let top = drawn
        .iter()
        .map(|card| card.2)
        .fold(f64::INFINITY, f64::min);
    let mut placed: Vec<Placed> = drawn
        .into_iter()
        .map(|(place, right, down)| {
            let layer = ((right - left) / (WIDTH + GAP.0)).round();
            Placed {
                place,
                layer: layer as usize,
                x: MARGIN.0 + layer * (WIDTH + GAP.1),
                y: (MARGIN.1 + down - top).round(),
            }
        })
        .collect();
    placed.sort_by(|one, other| {
        (one.layer, one.y)
            .partial_cmp(&(other.layer, other.y))
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    placed
}

fn lines(
    placed: &[Placed],
    heights: &[f64],
    edges: &[(usize, usize)],
    chain: &[usize],
) -> Vec<Line> {
    let count = placed.iter().map(|card| card.layer + 1).max().unwrap_or(0);
    let mut layers: Vec<Layer> = (0..count).map(|_| Layer::default()).collect();
    let mut ends = HashMap::new();
    for card in placed {
        let height = heights[card.place];
        layers[card.layer].take(card.x, card.y, height);
        ends.insert(card.place, (card.layer, card.y + height / 2.0));
    }
    let line = |(from, to): &(usize, usize)| {
        Some(Line {
            path: path(&layers, *ends.get(from)?, *ends.get(to)?),
            is_longest: chain.windows(2).any(|pair| pair == [*from, *to]),
        })
    };
    let mut lines: Vec<Line> = edges.iter().filter_map(line).collect();
    // Drawn last, they lie on top.
    lines.sort_by_key(|line| line.is_longest);
    lines
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
    use super::super::chain::longest;
    use super::*;

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
            let heights: Vec<f64> = (0..count)
                .map(|_| 60.0 + (dice(&mut seed) % 90) as f64)
                .collect();
            let mut edges: Vec<(usize, usize)> = (0..dice(&mut seed) % 60)
                .map(|_| (dice(&mut seed) % count, dice(&mut seed) % count))
                .filter(|(from, to)| from < to)
                .collect();
            edges.sort_unstable();
            edges.dedup();
            let islands = islands(
                groups(count, &edges),
                &heights,
                &edges,
                &longest(count, &edges),
            );
            let drawn: usize = islands.iter().map(|island| island.cards.len()).sum();
            assert_eq!(drawn, count, "{edges:?}");
            let lines: usize = islands.iter().map(|island| island.lines.len()).sum();
            assert_eq!(lines, edges.len(), "{edges:?}");
            for island in islands {
                are_apart(&island, &heights);
                for (from, to) in &edges {
                    let x = |place| island.cards.iter().find(|card| card.0 == place);
                    if let (Some(from), Some(to)) = (x(*from), x(*to)) {
                        assert!(from.1 + WIDTH < to.1, "{edges:?}");
                    }
                }
            }
        }
    }

    fn are_apart(island: &Island, heights: &[f64]) {
        for (index, (place, x, y)) in island.cards.iter().enumerate() {
            assert!(*x >= 0.0 && x + WIDTH <= island.width);
            assert!(*y >= TAB && y + heights[*place] <= island.height);
            for (other, other_x, other_y) in &island.cards[index + 1..] {
                let is_above = y + heights[*place] + TAB <= *other_y;
                let is_below = other_y + heights[*other] + TAB <= *y;
                let is_beside = (x - other_x).abs() >= WIDTH;
                assert!(is_above || is_below || is_beside, "{island:?}");
            }
        }
    }

    #[test]
    fn what_is_tied_is_one_group() {
        assert_eq!(
            groups(6, &[(4, 1), (1, 5), (2, 3)]),
            [vec![0], vec![1, 4, 5], vec![2, 3]]
        );
    }
}
