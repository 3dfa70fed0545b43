use std::fmt;
use std::str::FromStr;

use crate::events::News;

/// How many notices have rung in this process: where somebody's knowledge of what happened ends.
///
/// Text, such as `1764000000000000.12`, where it goes to a page and comes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    changes: u64,
    deliveries: u64,
}

impl Mark {
    /// Changes are counted on from there.
    pub(super) const fn starting_at(changes: u64) -> Self {
        Self {
            changes,
            deliveries: 0,
        }
    }

    /// With one more notice.
    pub(super) const fn after(self, news: &News) -> Self {
        match news {
            News::Delivery => Self {
                deliveries: self.deliveries + 1,
                ..self
            },
            News::Change { .. } | News::Anything => Self {
                changes: self.changes + 1,
                ..self
            },
        }
    }

    /// What somebody has missed who knows all up to `since`: nothing, a delivery, or anything.
    pub fn missed_since(self, since: Self) -> Option<News> {
        if since == self {
            return None;
        }
        Some(match since.changes == self.changes {
            true => News::Delivery,
            false => News::Anything,
        })
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.changes, self.deliveries)
    }
}

impl FromStr for Mark {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (changes, deliveries) = text.split_once('.').ok_or(())?;
        Ok(Self {
            changes: changes.parse().map_err(|_| ())?,
            deliveries: deliveries.parse().map_err(|_| ())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_missed_only_a_delivery_is_told_of_no_change() {
        let start = Mark::starting_at(7);
        let delivered = start.after(&News::Delivery);
        let changed = delivered.after(&News::Anything);
        assert_eq!(delivered.missed_since(delivered), None);
        assert_eq!(delivered.missed_since(start), Some(News::Delivery));
        assert_eq!(changed.missed_since(start), Some(News::Anything));
        assert_eq!(changed.missed_since(delivered), Some(News::Anything));
        assert_eq!(changed.to_string().parse(), Ok(changed));
        for strange in ["", "7", "7.", "-7.1", "7.1.1"] {
            assert!(strange.parse::<Mark>().is_err(), "{strange}");
        }
    }
}
