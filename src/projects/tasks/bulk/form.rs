//! The form that changes many tasks at once.

use std::collections::BTreeSet;

use chrono_tz::Tz;

use super::{Bulk, MOST, Refused, Wanted, What};
use crate::auth::local_path;
use crate::page::field::choice;
use crate::page::{Posted, Problems};
use crate::projects::tasks::{Due, Status, note};

/// Stands for nobody among the people, none of whom can be called so.
pub const NOBODY: &str = "-";

/// What was chosen, and what is wrong with it.
#[derive(Clone, Debug)]
pub struct BulkForm {
    /// The ids of the tasks.
    pub ids: Vec<String>,
    /// The name of a status; or empty.
    pub status: String,
    /// A user name, [`NOBODY`], or empty.
    pub assignee: String,
    /// A day, or empty.
    pub due: String,
    /// Whether they are to have no day.
    pub is_undated: bool,
    /// Labels that they get, by id or name.
    pub add: Vec<String>,
    /// Labels that they lose.
    pub remove: Vec<String>,
    /// Why they are done although they wait.
    pub note: String,
    /// Where to go on.
    pub back: String,
    is_deletion: bool,
    zone: Tz,
    /// What is wrong, by field.
    pub problems: Problems,
}

impl BulkForm {
    /// With nothing chosen, for a page at `back`.
    pub fn blank(back: &str) -> Self {
        Self {
            ids: Vec::new(),
            status: String::new(),
            assignee: String::new(),
            due: String::new(),
            is_undated: false,
            add: Vec::new(),
            remove: Vec::new(),
            note: String::new(),
            back: back.to_owned(),
            is_deletion: false,
            zone: Tz::UTC,
            problems: Problems::default(),
        }
    }

    /// As sent by somebody in `zone`.
    pub fn read(posted: &Posted, zone: Tz) -> Self {
        let text = |name: &str| posted.text(name).trim().to_owned();
        let several = |name| {
            let all = posted.all(name).map(str::trim);
            all.filter(|one| !one.is_empty())
                .map(str::to_owned)
                .collect()
        };
        // PostgreSQL cannot even ask for an id with such a character.
        let ids: BTreeSet<String> = posted.all("task").map(|id| id.replace('\0', "")).collect();
        let mut form = Self {
            ids: ids.into_iter().collect(),
            status: text("status"),
            assignee: text("assignee"),
            due: text("due"),
            is_undated: posted.get("undated").is_some(),
            add: several("add-label"),
            remove: several("remove-label"),
            note: text("note"),
            back: back(posted.text("back")),
            is_deletion: posted.text("what") == "delete",
            zone,
            problems: Problems::default(),
        };
        form.problems = form.check().err().unwrap_or_default();
        form
    }

    /// What is to be done, where nothing is wrong.
    pub fn checked(&self) -> Option<Bulk> {
        self.check().ok().filter(|_| self.problems.is_empty())
    }

    /// Whether they are to go to the trash.
    pub fn is_deletion(&self) -> bool {
        self.is_deletion
    }

    /// With what is refused at its field.
    pub fn without(mut self, refused: &Refused) -> Self {
        for (field, message) in refused.told() {
            self.problems.add(field, message);
        }
        self
    }

    /// The statuses to choose from, each with its word.
    pub fn statuses(&self) -> Vec<(&'static str, &'static str)> {
        let pair = |status: Status| (status.as_str(), status.word());
        Status::ALL.map(pair).to_vec()
    }

    /// Whether a label is among those that they get.
    pub fn adds(&self, id: &str) -> bool {
        self.add.iter().any(|one| one == id)
    }

    /// Whether a label is among those that they lose.
    pub fn removes(&self, id: &str) -> bool {
        self.remove.iter().any(|one| one == id)
    }

    /// Whether somebody was chosen who is not among those that are suggested.
    pub fn is_somebody_else(&self, people: &[String]) -> bool {
        !matches!(self.assignee.as_str(), "" | NOBODY) && !people.contains(&self.assignee)
    }

    fn check(&self) -> Result<Bulk, Problems> {
        let mut problems = Problems::default();
        if self.ids.is_empty() {
            problems.add("task", "Choose a task first: check the box beside it.");
        } else if self.ids.len() > MOST {
            let why = format!(
                "These are {} tasks. Choose at most {MOST} at once.",
                self.ids.len()
            );
            problems.add("task", why);
        }
        let what = match self.is_deletion {
            true => Some(What::Delete),
            false => self.wanted(&mut problems).map(What::Change),
        };
        let what = what.filter(|_| problems.is_empty()).ok_or(problems)?;
        let ids = self.ids.clone();
        Ok(Bulk { ids, what })
    }

    fn wanted(&self, problems: &mut Problems) -> Option<Wanted> {
        let status = match self.status.as_str() {
            "" => None,
            typed => problems.take("status", choice(typed, &Status::ALL)),
        };
        let assignee = match self.assignee.as_str() {
            "" => None,
            NOBODY => Some(None),
            name => Some(Some(name.to_owned())),
        };
        let note = problems.take("note", note(&self.note));
        if self.add.iter().any(|one| self.remove.contains(one)) {
            problems.add("add-label", "Choose a label either to give or to take.");
        }
        let wanted = Wanted {
            status,
            assignee,
            due: self.wanted_due(problems),
            add: self.add.clone(),
            remove: self.remove.clone(),
            note: note.unwrap_or_default(),
        };
        let is_nothing = Wanted {
            note: String::new(),
            ..wanted.clone()
        } == Wanted::default();
        if is_nothing && problems.is_empty() {
            problems.add("status", "Choose what is to change.");
        }
        Some(wanted)
    }

    fn wanted_due(&self, problems: &mut Problems) -> Option<Option<Due>> {
        match (self.due.as_str(), self.is_undated) {
            ("", false) => None,
            ("", true) => Some(None),
            (_, true) => {
                problems.add("due", "Choose either a day or none.");
                None
            }
            (day, false) => match Due::read(day, "", self.zone) {
                Ok(due) => Some(due),
                Err(_) => {
                    problems.add("due", "Give a day as year, month and day: 2026-12-01.");
                    None
                }
            },
        }
    }
}

fn back(typed: &str) -> String {
    match local_path(typed) {
        "/" => "/tasks".to_owned(),
        path => path.to_owned(),
    }
}
