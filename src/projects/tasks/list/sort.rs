//! The order of a list, and where a page of it begins.

use crate::db::Timestamp;
use crate::named::named;

/// What a list is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Sort {
    /// When it was made.
    #[default]
    Made,
    /// When it was last changed.
    Changed,
    /// By when it is to be done; what has no day stands behind all others.
    Due,
    /// How much it matters.
    Priority,
    /// Its name, without case.
    Name,
    /// How it stands, in the order of a task's life.
    Status,
}

impl Sort {
    /// All, as a person is shown them.
    pub const ALL: [Self; 6] = [
        Self::Made,
        Self::Changed,
        Self::Due,
        Self::Priority,
        Self::Name,
        Self::Status,
    ];

    /// As it stands in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Changed => "changed",
            Self::Due => "due",
            Self::Priority => "priority",
            Self::Name => "name",
            Self::Status => "status",
        }
    }

    /// The direction that people mean by it.
    pub const fn usual(self) -> Order {
        match self {
            Self::Due | Self::Name | Self::Status => Order::Up,
            Self::Made | Self::Changed | Self::Priority => Order::Down,
        }
    }

    /// The order in words.
    pub const fn words(self, order: Order) -> &'static str {
        match (self, order) {
            (Self::Made, Order::Down) => "newest first",
            (Self::Made, Order::Up) => "oldest first",
            (Self::Changed, Order::Down) => "last changed first",
            (Self::Changed, Order::Up) => "longest unchanged first",
            (Self::Due, Order::Up) => "due first",
            (Self::Due, Order::Down) => "due last",
            (Self::Priority, Order::Down) => "most urgent first",
            (Self::Priority, Order::Up) => "least urgent first",
            (Self::Name, Order::Up) => "by name, A to Z",
            (Self::Name, Order::Down) => "by name, Z to A",
            (Self::Status, Order::Up) => "by status, pending first",
            (Self::Status, Order::Down) => "by status, done first",
        }
    }
}

named!(Sort);

/// From the smallest to the largest, or the other way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// The smallest first.
    Up,
    /// The largest first.
    Down,
}

impl Order {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Up, Self::Down];

    /// As it stands in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "asc",
            Self::Down => "desc",
        }
    }

    /// The other one.
    pub const fn turned(self) -> Self {
        match self {
            Self::Up => Self::Down,
            Self::Down => Self::Up,
        }
    }

    /// What stands behind another.
    pub(super) const fn sign(self) -> &'static str {
        match self {
            Self::Up => ">",
            Self::Down => "<",
        }
    }
}

named!(Order);

/// The last task of a page: the next begins behind it. In an address `before=…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where it stands.
    pub key: Key,
    /// Which it is.
    pub id: String,
}

/// Where a task stands in an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// By a time.
    Moment(Timestamp),
    /// By a small number, and then by when it was made.
    Rank(i32, Timestamp),
    /// By its name without case.
    Name(String),
}

impl Place {
    /// Reads what [`Display`](std::fmt::Display) wrote, of a list that is sorted so.
    pub fn parse(text: &str, sort: Sort) -> Option<Self> {
        let (key, id) = match sort {
            Sort::Made | Sort::Changed | Sort::Due => {
                let (at, id) = moment(text)?;
                (Key::Moment(at), id)
            }
            Sort::Priority | Sort::Status => {
                let (rank, rest) = text.split_once('.')?;
                let rank = rank.parse().ok().filter(|rank| (0..=3).contains(rank))?;
                let (at, id) = moment(rest)?;
                (Key::Rank(rank, at), id)
            }
            Sort::Name => {
                let (length, rest) = text.split_once('.')?;
                let (name, id) = rest.split_at_checked(length.parse().ok()?)?;
                (Key::Name(name.to_owned()), id)
            }
        };
        let fits = !id.is_empty() && text.len() <= 2000 && !text.contains('\0');
        fits.then(|| Self {
            key,
            id: id.to_owned(),
        })
    }
}

fn moment(text: &str) -> Option<(Timestamp, &str)> {
    let (micros, id) = text.split_once('.')?;
    Some((Timestamp::from_micros(micros.parse().ok()?)?, id))
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let id = &self.id;
        match &self.key {
            Key::Moment(at) => write!(f, "{}.{id}", at.micros()),
            Key::Rank(rank, at) => write!(f, "{rank}.{}.{id}", at.micros()),
            Key::Name(name) => write!(f, "{}.{name}{id}", name.len()),
        }
    }
}

/// When a task without a day is due, for the order alone: 9999-12-31, as the column `due_key` has it.
pub(super) fn undated() -> Timestamp {
    Timestamp::last()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_what_it_wrote() {
        let now = Timestamp::now();
        for (sort, key) in [
            (Sort::Due, Key::Moment(now)),
            (Sort::Status, Key::Rank(3, now)),
            (Sort::Name, Key::Name("4.ünder".to_owned())),
            (Sort::Name, Key::Name(String::new())),
        ] {
            let id = "a.b".to_owned();
            let place = Place { key, id };
            assert_eq!(Place::parse(&place.to_string(), sort), Some(place));
        }
    }

    #[test]
    fn what_is_no_place_is_none() {
        for sort in Sort::ALL {
            for text in ["", "1", "1.", "x.y", "99999999999999999999.a"] {
                assert_eq!(Place::parse(text, sort), None, "{sort} {text}");
            }
        }
        for text in ["-1.1.a", "9.1.a", "1.x.a"] {
            assert_eq!(Place::parse(text, Sort::Status), None, "{text}");
        }
        for text in ["1.ä", "7.ä", "-1.a"] {
            assert_eq!(Place::parse(text, Sort::Name), None, "{text}");
        }
    }
}
