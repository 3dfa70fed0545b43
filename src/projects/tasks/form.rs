//! The form of a task.

use chrono_tz::Tz;

use super::due::{Due, Wrong};
use super::{Edit, Priority, Status, Task};
use crate::db::Timestamp;
use crate::page::field::{LINE_MAX, choice, is_blank, line, prose};
use crate::page::kept::{Form, Kept, chosen};
use crate::page::{self, Posted, Problems, Seen, Verdict};

/// Why a task is not kept as its form says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Nobody of that user name, or nobody who may come in.
    Assignee,
    /// No plugin of that id.
    About,
    /// No label of that id or name.
    Label(String),
    /// It is not done before these, or somebody says why.
    Waits(Vec<String>),
}

impl Refused {
    /// The field, and what to do instead.
    pub fn told(&self) -> (&'static str, String) {
        match self {
            Self::Assignee => (
                "assignee",
                "Nobody here has this user name, or the account is disabled. Choose one from the list, or leave it empty.".to_owned(),
            ),
            Self::About => (
                "about",
                "No plugin has this id. Choose one from the list, or leave it empty.".to_owned(),
            ),
            Self::Label(typed) => (
                "labels",
                format!(
                    "There is no label “{}”, or no longer. Choose among those below.",
                    shortened(typed)
                ),
            ),
            Self::Waits(names) => (
                "status",
                format!(
                    "It waits for {}. Finish that first, or say on the task's page why it is done all the same.",
                    names
                        .iter()
                        .map(|name| format!("“{name}”"))
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
            ),
        }
    }
}

impl Kept for Task {
    type Edit = Edit;
    const FIELDS: &'static [&'static str] = &[
        "name",
        "description",
        "status",
        "priority",
        "due",
        "due_time",
        "assignee",
        "about",
        "labels",
        // Not of the task, but of this change of it.
        "note",
    ];
    const PROSE: &'static [&'static str] = &["description"];
    const SEVERAL: &'static [&'static str] = &["labels"];

    fn blank() -> Vec<String> {
        shown(Edit::default(), Tz::UTC)
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn updated_at(&self) -> Timestamp {
        self.updated_at
    }

    fn values(&self, zone: Tz) -> Vec<String> {
        shown(Edit::from(self), zone)
    }

    fn read(form: &Form<Self>, problems: &mut Problems) -> Option<Edit> {
        let name = problems.take("name", line(form.value("name")));
        let description = problems.take("description", prose(form.value("description")));
        let status = problems.take("status", choice(form.value("status"), &Status::ALL));
        let priority = problems.take("priority", choice(form.value("priority"), &Priority::ALL));
        let due = Due::read(form.value("due"), form.value("due_time"), form.zone());
        let due = due.map_err(|wrong| say(wrong, problems)).ok();
        problems.take("note", note(form.value("note")))?;
        Some(Edit {
            name: name?,
            description: description?,
            status: status?,
            priority: priority?,
            due: due?,
            assignee: named(form.value("assignee")),
            about: named(form.value("about")),
            labels: form.value("labels").lines().map(str::to_owned).collect(),
        })
    }
}

/// In the order of the fields.
fn shown(edit: Edit, zone: Tz) -> Vec<String> {
    let (day, time) = edit.due.map(|due| due.fields(zone)).unwrap_or_default();
    vec![
        edit.name,
        edit.description,
        edit.status.to_string(),
        edit.priority.to_string(),
        day,
        time,
        edit.assignee.unwrap_or_default(),
        edit.about.unwrap_or_default(),
        chosen(edit.labels.iter().map(String::as_str)),
        String::new(),
    ]
}

/// As much of something that was sent as a message needs.
fn shortened(typed: &str) -> String {
    typed.chars().take(LINE_MAX).collect()
}

/// Why something is done all the same; empty where nothing is said.
///
/// # Errors
/// What to type instead.
pub fn note(typed: &str) -> Result<String, String> {
    match is_blank(typed) {
        true => Ok(String::new()),
        false => line(typed),
    }
}

fn say(wrong: Wrong, problems: &mut Problems) {
    match wrong {
        Wrong::Day => problems.add("due", "Give a day as year, month and day: 2026-12-01."),
        Wrong::Time => problems.add("due_time", "Give a time of that day: 18:30."),
    }
}

fn named(typed: &str) -> Option<String> {
    (!typed.is_empty()).then(|| typed.to_owned())
}

impl Form<Task> {
    /// With what is refused at its field.
    pub fn without(mut self, refused: &[Refused]) -> Self {
        for one in refused {
            let (field, message) = one.told();
            self.problems.add(field, message);
        }
        self
    }

    /// The statuses to choose from, each with its word.
    pub fn statuses(&self) -> Vec<(&'static str, &'static str)> {
        let pair = |status: Status| (status.as_str(), status.word());
        Status::ALL.map(pair).to_vec()
    }

    /// Whether the box of a label is checked.
    pub fn has_label(&self, id: &str) -> bool {
        self.value("labels").lines().any(|one| one == id)
    }

    /// The priorities to choose from.
    pub fn priorities(&self) -> Vec<(&'static str, &'static str)> {
        let pair = |one: Priority| (one.as_str(), one.as_str());
        Priority::ALL.map(pair).to_vec()
    }
}

/// The mark that the boxes of a description carry: they are counted, so each means something only in
/// the text that was shown.
pub(super) fn seen_text(task: &Task) -> Seen {
    Seen::of(task.updated_at, &[&task.description])
}

/// A task with a box of its description ticked or not, as `item` says (`2:done`, `2:open`); `None` where
/// there is none such in the text as it is now.
pub(super) fn ticked(task: &Task, posted: &Posted) -> Option<Edit> {
    let (index, state) = posted.text("item").split_once(':')?;
    let is_done = match state {
        "done" => true,
        "open" => false,
        _ => return None,
    };
    let description = page::ticked(&task.description, index.parse().ok()?, is_done)?;
    let seen = posted.get("seen").map(Seen::parse);
    let verdict = seen.map(|seen| seen.judge(&seen_text(task), 0, &description, &task.description));
    (verdict != Some(Verdict::Conflict)).then(|| Edit {
        description,
        ..Edit::from(task)
    })
}
