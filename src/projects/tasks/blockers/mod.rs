//! What a task waits for: other tasks, of its project or another.

pub mod routes;
pub mod store;

use sqlx::FromRow;

/// A task as another one names it.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Other {
    /// UUID version 7.
    pub id: String,
    /// One line.
    pub name: String,
    /// The name of a [`Status`](super::Status).
    pub status: String,
    /// The project it belongs to.
    pub project_id: String,
    /// That project's name.
    pub project_name: String,
}

/// Why a task cannot wait for another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// No task is called so.
    Unknown,
    /// Several are: how many.
    Ambiguous(usize),
    /// It is the task itself.
    Itself,
    /// The other waits for this one already: each step on the way, from the other to this one.
    Cycle(Vec<String>),
}

impl Refused {
    /// What to do instead.
    pub fn told(&self) -> String {
        match self {
            Self::Unknown => {
                "No open task of this project has this name, and no task this address. Type a name as it is written here, or paste the address of a task's page."
                    .to_owned()
            }
            Self::Ambiguous(count) => format!(
                "{count} tasks of this project have this name. Paste the address of the one you mean."
            ),
            Self::Itself => "A task cannot wait for itself.".to_owned(),
            Self::Cycle(path) => format!(
                "They would wait for each other for ever: {}.",
                path.iter()
                    .map(|name| format!("“{name}”"))
                    .collect::<Vec<_>>()
                    .join(" waits for ")
            ),
        }
    }
}

/// The id in what somebody typed: an id, or the address of a task's page.
pub fn id_in(typed: &str) -> Option<&str> {
    let path = typed.split(['?', '#']).next().unwrap_or_default();
    let last = path.trim_end_matches('/').rsplit('/').next()?;
    last.parse::<uuid::Uuid>().is_ok().then_some(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_named_by_its_id_or_its_address() {
        let id = "01a20804-7a6e-732c-a739-f03951f32000";
        assert_eq!(id_in(id), Some(id));
        assert_eq!(
            id_in(&format!("http://lab:8080/tasks/{id}?before=x#history")),
            Some(id)
        );
        assert_eq!(id_in("Buy rails"), None);
        assert_eq!(id_in(""), None);
    }

    #[test]
    fn a_cycle_is_told_step_by_step() {
        let path = ["B", "C", "A"].map(str::to_owned).to_vec();
        assert!(
            Refused::Cycle(path)
                .told()
                .contains("“B” waits for “C” waits for “A”")
        );
    }
}
