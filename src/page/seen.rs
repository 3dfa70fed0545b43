//! What a form showed when somebody opened it, so that a save can tell what changed since.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::db::Timestamp;
use crate::hex::hex;

/// The hidden field `seen`: when the thing had last been changed, and a print of each value shown.
///
/// In a form `1795415580123456.8f3c….0a91…`: microseconds since 1970, then one print per field. A
/// script may send the microseconds alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    at: String,
    prints: Vec<String>,
}

/// What is said at a field that somebody else changed meanwhile.
pub const MEANWHILE: &str = "Somebody else changed this while you were typing. Choose which of the two to keep, and save again.";

/// What to do with one field of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// What was typed.
    Mine,
    /// What somebody else saved: it was not touched in this form.
    Theirs,
    /// Both changed it: the one who typed decides.
    Conflict,
}

impl Seen {
    /// Of what a form shows.
    pub fn of(at: Timestamp, values: &[&str]) -> Self {
        Self {
            at: at.micros().to_string(),
            prints: values.iter().copied().map(print).collect(),
        }
    }

    /// As it was sent. What is no such mark has seen nothing.
    pub fn parse(text: &str) -> Self {
        let mut parts = text.split('.').map(str::to_owned);
        Self {
            at: parts.next().unwrap_or_default(),
            prints: parts.collect(),
        }
    }

    /// Judges the field at `index`, when `typed` is to replace `current`.
    pub fn judge(&self, now: &Self, index: usize, typed: &str, current: &str) -> Verdict {
        if typed == current || self.at == now.at {
            return Verdict::Mine;
        }
        match self.prints.get(index) {
            Some(shown) if *shown == print(current) => Verdict::Mine,
            Some(shown) if *shown == print(typed) => Verdict::Theirs,
            _ => Verdict::Conflict,
        }
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.at)?;
        self.prints
            .iter()
            .try_for_each(|print| write!(f, ".{print}"))
    }
}

/// 64 bits of SHA-256: enough to tell one person's edit from another's.
fn print(value: &str) -> String {
    hex(&Sha256::digest(value.as_bytes())[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: i64, values: &[&str]) -> Seen {
        Seen::of(
            Timestamp::from_micros(micros).unwrap_or_else(Timestamp::last),
            values,
        )
    }

    #[test]
    fn a_mark_reads_what_it_wrote() {
        let seen = at(5, &["a", "b"]);
        assert_eq!(Seen::parse(&seen.to_string()), seen);
    }

    #[test]
    fn only_what_both_changed_is_a_conflict() {
        let (shown, now) = (at(1, &["old"]), at(2, &["theirs"]));
        assert_eq!(shown.judge(&now, 0, "mine", "theirs"), Verdict::Conflict);
        assert_eq!(shown.judge(&now, 0, "old", "theirs"), Verdict::Theirs);
        assert_eq!(shown.judge(&now, 0, "theirs", "theirs"), Verdict::Mine);
        assert_eq!(
            shown.judge(&at(2, &["old"]), 0, "mine", "old"),
            Verdict::Mine
        );
    }

    #[test]
    fn a_bare_time_is_enough_to_find_a_conflict() {
        let now = at(2, &["theirs"]);
        assert_eq!(
            Seen::parse("1").judge(&now, 0, "mine", "theirs"),
            Verdict::Conflict
        );
        assert_eq!(
            Seen::parse("2").judge(&now, 0, "mine", "theirs"),
            Verdict::Mine
        );
        assert_eq!(
            Seen::parse("nonsense").judge(&now, 0, "mine", "theirs"),
            Verdict::Conflict
        );
    }
}
