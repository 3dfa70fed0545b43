//! The longest chain of a graph without circles, and how much waits for what.

/// The places on the longest way along `edges` among `count` places, from its first to its last; empty
/// where nothing is tied to anything.
pub fn longest(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let order = in_order(count, edges);
    // How long the longest way to each place is, and the place before it on that way.
    let mut ways = vec![(0_usize, None); count];
    for place in order {
        for (_, next) in edges.iter().filter(|(from, _)| *from == place) {
            if ways[place].0 + 1 > ways[*next].0 {
                ways[*next] = (ways[place].0 + 1, Some(place));
            }
        }
    }
    // The first of several that are as long: the order of the places is that of what matters.
    let longest = ways.iter().map(|(length, _)| *length).max().unwrap_or(0);
    let end = ways.iter().position(|(length, _)| *length == longest);
    let mut chain = Vec::new();
    let mut next = end.filter(|_| longest > 0);
    while let Some(place) = next {
        chain.push(place);
        next = ways[place].1;
    }
    chain.reverse();
    chain
}

/// How many places each leads to, by whatever way: so many tasks wait until that one is done.
pub fn held_up(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut next = vec![Vec::new(); count];
    for (from, to) in edges {
        next[*from].push(*to);
    }
    let reached = |start: usize| {
        let mut is_seen = vec![false; count];
        let mut waiting = vec![start];
        while let Some(place) = waiting.pop() {
            for to in &next[place] {
                if !std::mem::replace(&mut is_seen[*to], true) {
                    waiting.push(*to);
                }
            }
        }
        is_seen.into_iter().filter(|is_seen| *is_seen).count()
    };
    (0..count).map(reached).collect()
}

/// Each place behind all that lead to it. Places on a circle, which the store lets nobody make, are left
/// out.
fn in_order(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut before = vec![0_usize; count];
    for (_, to) in edges {
        before[*to] += 1;
    }
    let mut order: Vec<usize> = (0..count).filter(|place| before[*place] == 0).collect();
    let mut next = 0;
    while let Some(place) = order.get(next).copied() {
        next += 1;
        for (_, to) in edges.iter().filter(|(from, _)| *from == place) {
            before[*to] -= 1;
            if before[*to] == 0 {
                order.push(*to);
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_way_is_found_whatever_the_order_of_the_edges() {
        let edges = [(3, 4), (0, 1), (1, 3), (0, 4), (2, 4)];
        assert_eq!(longest(5, &edges), [0, 1, 3, 4]);
        let mut turned = edges;
        turned.reverse();
        assert_eq!(longest(5, &turned), [0, 1, 3, 4]);
    }

    #[test]
    fn what_waits_by_two_ways_is_held_up_once() {
        let edges = [(0, 1), (0, 2), (1, 3), (2, 3)];
        assert_eq!(held_up(5, &edges), [3, 1, 1, 0, 0]);
    }

    #[test]
    fn nothing_tied_is_no_chain_and_a_circle_no_end() {
        assert!(longest(0, &[]).is_empty());
        assert!(longest(3, &[]).is_empty());
        assert!(longest(2, &[(0, 1), (1, 0)]).is_empty());
    }
}
