//! The forms of projects and tasks: both have a name, a description and a status.

use std::fmt::Display;
use std::str::FromStr;

use super::seen::{Seen, Verdict};
use super::tasks::{self, Task};
use super::{Edit, Project, Status};
use crate::db::Timestamp;
use crate::events::new_id;
use crate::page::field::{choice, line, prose};
use crate::page::{Posted, Problems};

/// The statuses of a thing.
pub trait Statuses: Copy + Default + Display + FromStr + 'static {
    /// All.
    const ALL: &'static [Self];
    /// As a person reads it.
    fn word(self) -> &'static str;
}

impl Statuses for Status {
    const ALL: &'static [Self] = &Self::ALL;

    fn word(self) -> &'static str {
        self.word()
    }
}

impl Statuses for tasks::Status {
    const ALL: &'static [Self] = &Self::ALL;

    fn word(self) -> &'static str {
        self.word()
    }
}

/// A project or a task, as its form shows it.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its description.
    pub description: &'a str,
    /// Its status.
    pub status: &'a str,
    updated_at: Timestamp,
}

impl<'a> From<&'a Project> for Shown<'a> {
    fn from(project: &'a Project) -> Self {
        Self {
            id: &project.id,
            name: &project.name,
            description: &project.description,
            status: &project.status,
            updated_at: project.updated_at,
        }
    }
}

impl<'a> From<&'a Task> for Shown<'a> {
    fn from(task: &'a Task) -> Self {
        Self {
            id: &task.id,
            name: &task.name,
            description: &task.description,
            status: &task.status,
            updated_at: task.updated_at,
        }
    }
}

impl Shown<'_> {
    /// The mark that the form carries.
    pub fn seen(&self) -> Seen {
        Seen::of(self.updated_at, &[self.name, self.description, self.status])
    }
}

/// What was typed, and what is wrong with it.
#[derive(Clone, Debug)]
pub struct Form<S: 'static> {
    id: String,
    /// As typed.
    pub name: String,
    /// As typed.
    pub description: String,
    /// As chosen.
    pub status: String,
    /// What the form has seen of the thing it changes; empty for a new one.
    pub seen: String,
    /// What somebody else saved meanwhile, by field, where this form would overwrite it.
    pub theirs: Vec<(&'static str, String)>,
    /// What is wrong, by field.
    pub problems: Problems,
    statuses: &'static [S],
}

impl<S: Statuses> Form<S> {
    /// For a new thing. It carries the id that the thing will have, so that the same form sent
    /// twice makes one.
    pub fn blank() -> Self {
        Self {
            id: new_id(),
            name: String::new(),
            description: String::new(),
            status: S::default().to_string(),
            seen: String::new(),
            theirs: Vec::new(),
            problems: Problems::default(),
            statuses: S::ALL,
        }
    }

    /// Of a thing as it is.
    pub fn of<'a>(shown: impl Into<Shown<'a>>) -> Self {
        let shown = shown.into();
        Self {
            id: shown.id.to_owned(),
            name: shown.name.to_owned(),
            description: shown.description.to_owned(),
            status: shown.status.to_owned(),
            seen: shown.seen().to_string(),
            ..Self::blank()
        }
    }

    /// For a new thing, as sent.
    pub fn read(posted: &Posted) -> Self {
        let mut form = Self::blank();
        if let Some(id) = posted
            .get("once")
            .and_then(|id| id.parse::<uuid::Uuid>().ok())
        {
            form.id = id.to_string();
        }
        form.changed_by(posted)
    }

    /// With the fields that were sent; the others stay. Where somebody else changed the thing since
    /// the form was opened, what only they changed stays too, and what both changed is a problem.
    pub fn changed_by(mut self, posted: &Posted) -> Self {
        let now = Seen::parse(&self.seen);
        let seen = posted.get("seen").map_or_else(|| now.clone(), Seen::parse);
        let fields = [
            ("name", &mut self.name),
            ("description", &mut self.description),
            ("status", &mut self.status),
        ];
        for (index, (name, value)) in fields.into_iter().enumerate() {
            let Some(typed) = posted.get(name).map(|typed| as_kept(name, typed)) else {
                continue;
            };
            match seen.judge(&now, index, &typed, value) {
                Verdict::Theirs => {}
                Verdict::Mine => *value = typed,
                Verdict::Conflict => {
                    self.theirs.push((name, std::mem::replace(value, typed)));
                    self.problems.add(name, MEANWHILE);
                }
            }
        }
        for (field, message) in self.check().err().unwrap_or_default().list() {
            self.problems.add(field, message);
        }
        self
    }

    /// What the thing is to be, where nothing is wrong.
    pub fn checked(&self) -> Option<Edit<S>> {
        self.check().ok().filter(|_| self.problems.is_empty())
    }

    /// The id that the thing has or will have.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The statuses to choose from, each with its word.
    pub fn statuses(&self) -> Vec<(String, &'static str)> {
        let pair = |status: &S| (status.to_string(), status.word());
        self.statuses.iter().map(pair).collect()
    }

    /// Whether somebody else saved something at `field` that this form would overwrite.
    pub fn conflicts(&self, field: &str) -> bool {
        self.theirs.iter().any(|(name, _)| *name == field)
    }

    /// What somebody else saved at `field` meanwhile; empty where that is no matter.
    pub fn theirs(&self, field: &str) -> &str {
        let found = self.theirs.iter().find(|(name, _)| *name == field);
        found.map_or("", |(_, value)| value)
    }

    /// The form has made something else before: somebody went back and typed anew. Sent again, it
    /// makes another.
    pub fn used(mut self) -> Self {
        self.id = new_id();
        self.problems.add("name", USED);
        self
    }

    fn check(&self) -> Result<Edit<S>, Problems> {
        let mut problems = Problems::default();
        let name = problems.take("name", line(&self.name));
        let description = problems.take("description", prose(&self.description));
        let status = problems.take("status", choice(&self.status, self.statuses));
        match (name, description, status) {
            (Some(name), Some(description), Some(status)) => Ok(Edit {
                name,
                description,
                status,
            }),
            _ => Err(problems),
        }
    }
}

/// A browser sends line breaks as CRLF, and a name with the blanks around it.
fn as_kept(field: &str, typed: &str) -> String {
    match field {
        "description" => typed.replace("\r\n", "\n").replace('\r', "\n"),
        "name" => typed.trim().to_owned(),
        _ => typed.to_owned(),
    }
}

const MEANWHILE: &str =
    "Somebody else changed this while you were typing. Save again to replace theirs with yours.";
const USED: &str =
    "This form was sent before and has made something else. Send it again to make this too.";
