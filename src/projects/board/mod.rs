//! The board: tasks in columns by status, in the order that people give them.

mod moving;
mod room;
pub mod routes;
mod state;
mod store;
mod views;

use std::fmt;
use std::str::FromStr;

use sqlx::FromRow;

use super::tasks::{self, Task};

/// Which cards a board shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those of every project.
    All,
    /// Those of the project with this id.
    Project(String),
}

impl Scope {
    /// The project's id; empty where it is all of them.
    pub fn id(&self) -> &str {
        match self {
            Self::All => "",
            Self::Project(id) => id,
        }
    }

    /// The address of the board.
    pub fn home(&self) -> String {
        match self {
            Self::All => "/board".to_owned(),
            Self::Project(id) => format!("/projects/{id}/board"),
        }
    }

    /// The address of the list of the same tasks.
    pub fn list(&self) -> String {
        match self {
            Self::All => "/tasks".to_owned(),
            Self::Project(id) => format!("/projects/{id}/tasks"),
        }
    }
}

/// Where a task stands among all of one status: of two, the one with the smaller stands higher.
///
/// In an address `4294967296.0190…`: the place, a dot, the id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, FromRow)]
pub struct Spot {
    /// Its number in the column; two tasks may have the same.
    pub place: i64,
    /// The task's id.
    pub id: String,
}

impl Spot {
    /// Above all.
    pub fn top() -> Self {
        Self {
            place: i64::MIN,
            id: String::new(),
        }
    }
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.place, self.id)
    }
}

impl FromStr for Spot {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (place, id) = text.split_once('.').ok_or(())?;
        if id.is_empty() || id.len() > 255 || id.contains('\0') {
            return Err(());
        }
        Ok(Self {
            place: place.parse().map_err(|_| ())?,
            id: id.to_owned(),
        })
    }
}

/// A task on a board.
#[derive(Clone, Debug, FromRow)]
pub struct Card {
    /// The task, without its description.
    #[sqlx(flatten)]
    pub task: Task,
    /// The name of its project.
    pub project_name: String,
    /// Where it stands in its column.
    pub place: i64,
}

impl Card {
    fn spot(&self) -> Spot {
        Spot {
            place: self.place,
            id: self.task.id.clone(),
        }
    }
}

/// Why a card stays where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Its task cannot stand so.
    Task(tasks::Refused),
    /// No such status.
    Status,
    /// No such way to go.
    Way,
    /// What is wrong with the note.
    Note(String),
    /// What it is to stand beside never was.
    Unknown,
    /// What it is to stand beside is no card of this board.
    Elsewhere,
}

impl Refused {
    /// What to do instead.
    pub fn told(&self) -> String {
        match self {
            Self::Task(refused) => refused.told().1,
            Self::Status => {
                let words = tasks::Status::ALL.map(tasks::Status::as_str).join(", ");
                format!("A column is one of: {words}.")
            }
            Self::Note(why) => format!("Why it is done all the same: {why}"),
            Self::Way => "A card goes up, down, first or last.".to_owned(),
            Self::Unknown => {
                "There is no task with the id that it is to stand beside. Load the board again."
                    .to_owned()
            }
            Self::Elsewhere => {
                "The task that it is to stand beside belongs to another project.".to_owned()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spot_reads_what_it_wrote() {
        let spot = Spot {
            place: -5,
            id: "0190".to_owned(),
        };
        assert_eq!(spot.to_string().parse(), Ok(spot));
        for text in ["", "1", "1.", "x.y", "99999999999999999999.a", ".a"] {
            assert!(text.parse::<Spot>().is_err(), "{text}");
        }
    }
}
