//! Numbers as JSON writes them, compared digit by digit: what PostgreSQL's `numeric` does, and what
//! SQLite's own numbers, 64 bits long, cannot.

use std::cmp::Ordering;

/// The name of the collation by which SQLite compares two texts that are JSON numbers.
pub const COLLATION: &str = "json_number";

/// The order of two JSON numbers (RFC 8259, section 6) by their value: `1`, `1.0` and `1e0` are
/// equal. A text that is no such number stands behind all numbers, by its bytes.
pub fn compare(left: &str, right: &str) -> Ordering {
    match (Decimal::read(left), Decimal::read(right)) {
        (Some(left), Some(right)) => left.compare(&right),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => left.cmp(right),
    }
}

/// ± 0.d₁d₂d₃… × 10^`power`, where d₁ and the last digit are not 0; no digits at all for zero.
struct Decimal {
    is_negative: bool,
    digits: Vec<u8>,
    power: i64,
}

impl Decimal {
    fn read(text: &str) -> Option<Self> {
        let (is_negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, read_exponent(exponent)?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut digits: Vec<u8> = [whole, fraction].concat().into_bytes();
        if whole.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let leading = digits.iter().take_while(|digit| **digit == b'0').count();
        digits.drain(..leading);
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        let places = i64::try_from(whole.len()).ok()? - i64::try_from(leading).ok()?;
        Some(Self {
            is_negative: is_negative && !digits.is_empty(),
            power: if digits.is_empty() {
                0
            } else {
                exponent.saturating_add(places)
            },
            digits,
        })
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self.is_negative, other.is_negative) {
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (true, true) => other.size(self),
            (false, false) => self.size(other),
        }
    }

    fn size(&self, other: &Self) -> Ordering {
        let is_zero = other.digits.is_empty().cmp(&self.digits.is_empty());
        is_zero
            .then_with(|| self.power.cmp(&other.power))
            .then_with(|| self.digits.cmp(&other.digits))
    }
}

/// One beyond the range of 64 bits stands at its end: no number that is kept comes near.
fn read_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let size = digits.parse().unwrap_or(i64::MAX);
    Some(if text.starts_with('-') { -size } else { size })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_written_otherwise_is_equal() {
        for (left, right) in [
            ("1", "1.0"),
            ("100", "1e2"),
            ("-0", "0"),
            ("0e5", "0.00"),
            ("12.50", "1.25E+1"),
            ("0.001", "1e-3"),
            ("90071992547409930", "9007199254740993e1"),
        ] {
            assert_eq!(compare(left, right), Ordering::Equal, "{left} {right}");
        }
    }

    #[test]
    fn numbers_stand_in_the_order_of_their_values_beyond_what_64_bits_hold() {
        let ordered = [
            "-1e400",
            "-9007199254740993",
            "-9007199254740992",
            "-1.5",
            "-1",
            "-0.1",
            "0",
            "1e-400",
            "0.1",
            "0.1000000000000000055511151231257827",
            "1",
            "9007199254740992",
            "9007199254740993",
            "18446744073709551616",
            "1e400",
            "x",
        ];
        for pair in ordered.windows(2) {
            assert_eq!(compare(pair[0], pair[1]), Ordering::Less, "{pair:?}");
            assert_eq!(compare(pair[1], pair[0]), Ordering::Greater, "{pair:?}");
        }
    }
}
