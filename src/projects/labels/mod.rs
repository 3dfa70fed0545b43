//! Labels: words of the deployment's own, each in a colour, that any task may carry.

mod changes;
mod form;
pub mod routes;
pub mod store;
mod views;

pub use changes::created;

use sqlx::FromRow;

use crate::db::Timestamp;
use crate::named::named;

/// The most labels that there may be: a form shows them all.
pub const MOST: i64 = 200;

/// The colour of a label. Each is a class of the style sheet, which keeps it legible in both themes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Color {
    /// No colour.
    #[default]
    Gray,
    /// As a tomato.
    Red,
    /// As an orange.
    Orange,
    /// As a lemon.
    Yellow,
    /// As grass.
    Green,
    /// As deep water.
    Teal,
    /// As the sky.
    Blue,
    /// As a plum.
    Purple,
    /// As a rose.
    Pink,
}

impl Color {
    /// All, as a person is shown them.
    pub const ALL: [Self; 9] = [
        Self::Gray,
        Self::Red,
        Self::Orange,
        Self::Yellow,
        Self::Green,
        Self::Teal,
        Self::Blue,
        Self::Purple,
        Self::Pink,
    ];

    /// As it stands in the database, in forms and in the style sheet.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gray => "gray",
            Self::Red => "red",
            Self::Orange => "orange",
            Self::Yellow => "yellow",
            Self::Green => "green",
            Self::Teal => "teal",
            Self::Blue => "blue",
            Self::Purple => "purple",
            Self::Pink => "pink",
        }
    }
}

named!(Color);

/// A label as it stands at a task.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Label {
    /// UUID version 7.
    pub id: String,
    /// One line.
    pub name: String,
    /// The name of a [`Color`].
    pub color: String,
}

impl Label {
    /// From a task's row: one on a line, its id, colour and name with tabs between them, which no
    /// name holds.
    pub fn listed(text: &str) -> Vec<Self> {
        let labels = text.lines().filter_map(|line| {
            let (id, rest) = line.split_once('\t')?;
            let (color, name) = rest.split_once('\t')?;
            Some(Self {
                id: id.to_owned(),
                name: name.to_owned(),
                color: color.to_owned(),
            })
        });
        labels.collect()
    }
}

/// A label as it stands in the palette.
#[derive(Clone, Debug, FromRow)]
pub struct Entry {
    /// UUID version 7.
    pub id: String,
    /// One line.
    pub name: String,
    /// The name of a [`Color`].
    pub color: String,
    /// How many tasks carry it, counted no further than [`COUNTED`].
    pub tasks: i64,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// How far the tasks of a label are counted. As it stands in the query of [`Entry`].
pub const COUNTED: i64 = 100;

impl Entry {
    /// How many tasks carry it, in words.
    pub fn carried_by(&self) -> String {
        match self.tasks {
            0 => "no task".to_owned(),
            1 => "1 task".to_owned(),
            many if many >= COUNTED => format!("{COUNTED} tasks or more"),
            some => format!("{some} tasks"),
        }
    }
}

/// What a label is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// One line.
    pub name: String,
    /// Its colour.
    pub color: Color,
}

/// Why a label is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Another has this name.
    Taken,
    /// There are as many as there may be.
    Full,
}

impl Refused {
    /// What to do instead.
    pub fn told(self) -> String {
        match self {
            Self::Taken => {
                "Another label has this name already, in these or other capitals. Choose another name."
                    .to_owned()
            }
            Self::Full => {
                format!("There are {MOST} labels, which is as many as there may be. Delete one first.")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_from_a_tasks_row() {
        let labels = Label::listed("1\tred\tto, buy\n2\tgray\tzwei");
        let names: Vec<&str> = labels.iter().map(|label| label.name.as_str()).collect();
        assert_eq!(names, ["to, buy", "zwei"]);
        assert_eq!(labels[0].color, "red");
        assert!(Label::listed("").is_empty());
    }
}
