//! The same change of many tasks at once: all of them, or none.

mod apply;
mod form;
pub mod routes;
pub mod store;
mod views;

pub use form::BulkForm;

use sqlx::FromRow;

use super::{Due, Refused as TaskRefused, Status};

/// The most tasks that one request changes: others wait while it is done.
pub const MOST: usize = 500;

/// What is to be done with which tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bulk {
    /// The ids of the tasks.
    pub ids: Vec<String>,
    /// What is to be done with them.
    pub what: What,
}

/// What is to be done with some tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// They go to the trash.
    Delete,
    /// They become so.
    Change(Wanted),
}

/// What some tasks are to be; what is `None` or empty stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// How they are to stand.
    pub status: Option<Status>,
    /// Who is to do them; `Some(None)` for nobody.
    pub assignee: Option<Option<String>>,
    /// By when; `Some(None)` for no day.
    pub due: Option<Option<Due>>,
    /// Labels that they get.
    pub add: Vec<String>,
    /// Labels that they lose.
    pub remove: Vec<String>,
    /// Why they are done although they wait for others; or empty.
    pub note: String,
}

/// Why nothing is done with any of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// So many are not there, or are in the trash.
    Gone(usize),
    /// Something that is named is not there.
    Unknown(Vec<TaskRefused>),
    /// Some wait for others that stay open: of each the name, and that of the other.
    Waits(Vec<(String, String)>),
}

impl Refused {
    /// The fields, each with what to do instead.
    pub fn told(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Gone(1) => vec![("task", format!("One of these tasks {GONE}"))],
            Self::Gone(count) => vec![(
                "task",
                format!(
                    "{count} of these tasks are not there any more, or never were; they may be in the trash. {OTHERS}"
                ),
            )],
            Self::Unknown(all) => all.iter().map(TaskRefused::told).collect(),
            Self::Waits(pairs) => {
                let pairs: Vec<String> = pairs
                    .iter()
                    .map(|(task, other)| format!("“{task}” waits for “{other}”"))
                    .collect();
                let why = format!(
                    "{}. Finish that first, leave it out, or say why it is done all the same.",
                    pairs.join(", ")
                );
                vec![("status", why)]
            }
        }
    }
}

const GONE: &str = "is not there any more, or never was; it may be in the trash. Nothing was done with the others: send it again for those below.";
const OTHERS: &str = "Nothing was done with the others: send it again for those below.";

/// A task that was chosen, as a page names it.
#[derive(Clone, Debug, FromRow)]
pub struct Picked {
    /// UUID version 7.
    pub id: String,
    /// One line.
    pub name: String,
    /// The name of a [`Status`].
    pub status: String,
    /// The name of its project.
    pub project_name: String,
}
