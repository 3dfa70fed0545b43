use serde_json::Value;

use crate::named::named;

/// What a list tells of a task beside its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    /// Its project, in the list of all.
    Project,
    /// How it stands.
    Status,
    /// How much it matters.
    Priority,
    /// Who is to do it.
    Assignee,
    /// By when.
    Due,
    /// Its labels, below its name.
    Labels,
    /// The plugin it is about, below its name.
    About,
    /// How many tasks it waits for, below its name.
    Waits,
    /// When it was made.
    Made,
    /// When it was last changed.
    Changed,
}

impl Column {
    /// All, in the order in which they stand.
    pub const ALL: [Self; 10] = [
        Self::Project,
        Self::Status,
        Self::Priority,
        Self::Assignee,
        Self::Due,
        Self::Labels,
        Self::About,
        Self::Waits,
        Self::Made,
        Self::Changed,
    ];

    /// As it stands in preferences and in forms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Status => "status",
            Self::Priority => "priority",
            Self::Assignee => "assignee",
            Self::Due => "due",
            Self::Labels => "labels",
            Self::About => "about",
            Self::Waits => "waits",
            Self::Made => "made",
            Self::Changed => "changed",
        }
    }

    /// As a person reads it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Assignee => "for",
            Self::About => "plugin",
            Self::Waits => "waits for",
            other => other.as_str(),
        }
    }

    /// Those that somebody with these preferences sees: all but the day of making, where they have not
    /// chosen.
    pub fn chosen(preferences: Option<&Value>) -> Vec<Self> {
        let names = preferences.and_then(|all| all.get("task_columns")?.as_array());
        match names {
            Some(names) => {
                let names = names.iter().filter_map(Value::as_str);
                names.filter_map(|name| name.parse().ok()).collect()
            }
            None => Self::ALL
                .into_iter()
                .filter(|one| *one != Self::Made)
                .collect(),
        }
    }
}

named!(Column);
