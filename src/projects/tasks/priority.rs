use crate::named::named;

/// How much a task matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Priority {
    /// Some day.
    Low,
    /// As all else.
    #[default]
    Normal,
    /// Before the others.
    High,
    /// Now.
    Urgent,
}

impl Priority {
    /// All, from the least to the most.
    pub const ALL: [Self; 4] = [Self::Low, Self::Normal, Self::High, Self::Urgent];

    /// As it stands in forms and in events.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
            Self::Urgent => "urgent",
        }
    }

    /// As it stands in the database, where it sorts: 0 to 3.
    pub const fn rank(self) -> i32 {
        self as i32
    }

    /// The one of this rank.
    pub fn ranked(rank: i32) -> Self {
        let found = Self::ALL.into_iter().find(|one| one.rank() == rank);
        // The table's check lets no other in.
        found.unwrap_or_default()
    }
}

named!(Priority);
