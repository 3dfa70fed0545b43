//! The way of a line between two cards, around the cards between them.

use std::fmt::Write;

use super::drawing::{TAB, WIDTH};

/// Between a line and the card it passes.
const CLEAR: f64 = 7.0;
/// How long the two strokes of an arrow's head are.
const HEAD: (f64, f64) = (8.0, 5.0);

/// The cards of a layer.
#[derive(Clone, Debug, Default)]
pub struct Layer {
    left: f64,
    /// Where no line may pass, from top to bottom.
    taken: Vec<(f64, f64)>,
}

impl Layer {
    /// With a card, which stands lower than those before it.
    pub fn take(&mut self, x: f64, y: f64, height: f64) {
        self.left = x;
        self.taken.push((y - TAB - CLEAR, y + height + CLEAR));
    }

    /// The height nearest to the wanted one at which a line passes.
    fn free(&self, wanted: f64) -> f64 {
        let ends = self.taken.iter().flat_map(|(top, bottom)| [*top, *bottom]);
        let is_free = |y: &f64| {
            let mut taken = self.taken.iter();
            !taken.any(|(top, bottom)| *top < *y && *y < *bottom)
        };
        std::iter::once(wanted)
            .chain(ends)
            .filter(is_free)
            .min_by(|one, other| (one - wanted).abs().total_cmp(&(other - wanted).abs()))
            .unwrap_or(wanted)
    }
}

/// A path of SVG with an arrow's head: from the right side of a card, given by its layer and the height of
/// its middle, to the left side of another.
pub fn path(layers: &[Layer], from: (usize, f64), to: (usize, f64)) -> String {
    let mut at = (layers[from.0].left + WIDTH, from.1);
    let mut path = format!("M{} {}", at.0, at.1);
    let steps = to.0.saturating_sub(from.0) as f64;
    let between = layers.iter().enumerate().take(to.0).skip(from.0 + 1);
    for (passed, layer) in between {
        let share = (passed - from.0) as f64 / steps;
        let y = layer.free(from.1 + (to.1 - from.1) * share);
        curve(&mut path, &mut at, (layer.left, y));
        at.0 += WIDTH;
        let _ = write!(path, "H{}", at.0);
    }
    let end = (layers[to.0].left, to.1);
    curve(&mut path, &mut at, end);
    let _ = write!(
        path,
        "m-{} -{}l{} {}l-{} {}",
        HEAD.0, HEAD.1, HEAD.0, HEAD.1, HEAD.0, HEAD.1
    );
    path
}

fn curve(path: &mut String, at: &mut (f64, f64), to: (f64, f64)) {
    let middle = (at.0 + to.0) / 2.0;
    let _ = write!(
        path,
        "C{middle} {} {middle} {} {} {}",
        at.1, to.1, to.0, to.1
    );
    *at = to;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_passes_where_no_card_is() {
        let mut layer = Layer::default();
        layer.take(0.0, 100.0, 80.0);
        layer.take(0.0, 240.0, 80.0);
        assert_eq!(layer.free(50.0), 50.0);
        assert_eq!(layer.free(120.0), 100.0 - TAB - CLEAR);
        assert_eq!(layer.free(170.0), 180.0 + CLEAR);
        assert_eq!(layer.free(250.0), 240.0 - TAB - CLEAR);
        assert_eq!(layer.free(310.0), 320.0 + CLEAR);
    }

    #[test]
    fn a_line_to_the_next_layer_is_one_curve_and_one_that_passes_another_goes_around_its_cards() {
        let mut layers = vec![Layer::default(); 3];
        for (index, layer) in layers.iter_mut().enumerate() {
            layer.take(index as f64 * 300.0, 50.0, 80.0);
        }
        assert!(path(&layers, (0, 90.0), (1, 90.0)).starts_with("M256 90C278 90 278 90 300 90m"));
        let around = path(&layers, (0, 90.0), (2, 90.0));
        assert!(
            around.contains(&format!("300 {}H556", 130.0 + CLEAR)),
            "{around}"
        );
    }
}
