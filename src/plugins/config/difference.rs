//! Where two documents differ, by JSON Pointer.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::plugins::schema::same;

/// What became of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It was not there before.
    Added,
    /// It is not there any more.
    Removed,
    /// It has another value.
    Changed,
}

impl Kind {
    /// For people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

/// A place in which two documents differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The smallest place that holds it.
    pub pointer: String,
    /// What became of it.
    pub kind: Kind,
}

/// How deep to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// At each item of a list.
    Items,
    /// At a list as a whole: in one that changed, items stand for other things than before.
    Lists,
}

/// Every difference, in the order of the keys. `is_same` decides for the places that it knows
/// better, such as secrets.
pub fn differences(
    old: &Value,
    new: &Value,
    grain: Grain,
    is_same: &dyn Fn(&str, &Value, &Value) -> Option<bool>,
) -> Vec<Difference> {
    let mut walk = Walk {
        grain,
        is_same,
        found: Vec::new(),
    };
    walk.compare(old, new, String::new());
    walk.found
}

struct Walk<'a> {
    grain: Grain,
    is_same: &'a dyn Fn(&str, &Value, &Value) -> Option<bool>,
    found: Vec<Difference>,
}

impl Walk<'_> {
    fn compare(&mut self, old: &Value, new: &Value, place: String) {
        if let Some(is_same) = (self.is_same)(&place, old, new) {
            if !is_same {
                self.note(place, Kind::Changed);
            }
            return;
        }
        match (old, new) {
            (Value::Object(old), Value::Object(new)) => {
                // By name: the engines do not keep the order of members alike.
                let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
                for key in keys {
                    self.member(old.get(key), new.get(key), below(&place, key));
                }
            }
            (Value::Array(old), Value::Array(new)) if self.grain == Grain::Items => {
                for index in 0..old.len().max(new.len()) {
                    let place = format!("{place}/{index}");
                    self.member(old.get(index), new.get(index), place);
                }
            }
            (old, new) if !same(old, new) => self.note(place, Kind::Changed),
            _ => {}
        }
    }

    fn member(&mut self, old: Option<&Value>, new: Option<&Value>, place: String) {
        match (old, new) {
            (Some(old), Some(new)) => self.compare(old, new, place),
            (Some(_), None) => self.note(place, Kind::Removed),
            (None, _) => self.note(place, Kind::Added),
        }
    }

    fn note(&mut self, pointer: String, kind: Kind) {
        self.found.push(Difference { pointer, kind });
    }
}

/// The place of a member (RFC 6901, section 3).
pub fn below(place: &str, key: &str) -> String {
    format!("{place}/{}", key.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(old: &Value, new: &Value, grain: Grain) -> Vec<(String, Kind)> {
        let all = differences(old, new, grain, &|_, _, _| None);
        all.into_iter().map(|one| (one.pointer, one.kind)).collect()
    }

    #[test]
    fn differences_are_named_at_the_deepest_place_that_holds_them() {
        let old = json!({ "a": 1, "b": { "c/d": [1, 2], "e": 0 }, "gone": true, "l": [1, 2] });
        let new = json!({ "a": 1.0, "b": { "c/d": [1, 3], "e": 0 }, "l": [1], "new": [1] });
        let by_item = [
            ("/b/c~1d/1", Kind::Changed),
            ("/gone", Kind::Removed),
            ("/l/1", Kind::Removed),
            ("/new", Kind::Added),
        ];
        assert_eq!(
            told(&old, &new, Grain::Items),
            by_item.map(|(at, kind)| (at.to_owned(), kind))
        );
        let by_list: Vec<String> = told(&old, &new, Grain::Lists)
            .into_iter()
            .map(|one| one.0)
            .collect();
        assert_eq!(by_list, ["/b/c~1d", "/gone", "/l", "/new"]);
        assert!(told(&old, &old, Grain::Items).is_empty());
    }
}
