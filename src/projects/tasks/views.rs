//! The page of a task.

use askama::Template;
use chrono_tz::Tz;

use super::blockers::Other;
use super::comments::{Comment, page_of};
use super::desk::Turned;
use super::form::seen_text;
use super::store::Choices;
use super::{Due, Priority, Task};
use crate::db::Timestamp;
use crate::events::store::Recorded;
use crate::events::{FieldChange, Sentence};
use crate::page::kept::Form;
use crate::page::{CleanHtml, Cursor, Layout, Paged};
use crate::projects::Project;
use crate::projects::labels::Label;

/// What a task's page shows.
#[derive(Clone, Debug)]
pub struct Desk {
    /// The task.
    pub task: Task,
    /// Its project.
    pub project: Project,
    /// One page of its events.
    pub history: Paged<Recorded>,
    /// One page of what was said about it.
    pub comments: Paged<Comment>,
    /// Those whom comments name, and who are there.
    pub names: Vec<String>,
    /// Where both pages begin.
    pub turned: Turned,
    /// What its form suggests.
    pub choices: Choices,
    /// What it waits for.
    pub blockers: Vec<Other>,
    /// The open tasks that wait for it.
    pub waiting: Vec<Other>,
}

/// One task with its fields and its history.
#[derive(Template)]
#[template(path = "tasks/show.html", blocks = ["task"])]
pub struct TaskPage {
    layout: Layout,
    project: Project,
    task: Task,
    facts: Facts,
    description: CleanHtml,
    seen_text: String,
    form: Form<Task>,
    choices: Choices,
    blockers: Vec<Other>,
    waiting: Vec<Other>,
    /// What was typed as a blocker, and why it cannot be.
    blocker: (String, String),
    history: Vec<Entry>,
    newest: Option<String>,
    older: Option<String>,
    said: Vec<Said>,
    add: Form<Comment>,
    first: Option<String>,
    more: Option<String>,
    turned: Turned,
}

/// A comment as it is shown.
struct Said {
    comment: Comment,
    text: CleanHtml,
    /// For who may put other words there.
    form: Option<Form<Comment>>,
    may_delete: bool,
}

/// An entry of a task's history.
struct Entry {
    sentence: Sentence,
    at: Timestamp,
    changes: Vec<FieldChange>,
}

impl TaskPage {
    /// With nothing typed.
    pub fn new(layout: Layout, desk: Desk) -> Self {
        let task = desk.task;
        let turned = desk.turned;
        let history = |history: Cursor| Turned {
            history,
            ..turned.clone()
        };
        let comments = |comments: Cursor| Turned {
            comments,
            ..turned.clone()
        };
        let said = desk.comments.rows.into_iter();
        Self {
            said: said
                .map(|comment| Said::of(comment, &desk.names, &layout))
                .collect(),
            add: Form::blank(layout.zone()),
            first: (!turned.comments.is_start())
                .then(|| comments(Cursor::start()).address(&task.id, "comments")),
            more: desk
                .comments
                .older
                .map(|next| comments(next).address(&task.id, "comments")),
            description: match layout.may_work() {
                true => CleanHtml::with_ticks(&task.description, "ticks"),
                false => CleanHtml::from_markdown(&task.description),
            },
            facts: Facts::of(&task, layout.zone()),
            seen_text: seen_text(&task).to_string(),
            form: Form::of(&task, layout.zone()),
            project: desk.project,
            choices: desk.choices,
            blockers: desk.blockers,
            waiting: desk.waiting,
            blocker: Default::default(),
            history: desk.history.rows.iter().map(Entry::of).collect(),
            newest: (!turned.history.is_start())
                .then(|| history(Cursor::start()).address(&task.id, "history")),
            older: desk
                .history
                .older
                .map(|older| history(older).address(&task.id, "history")),
            turned,
            layout,
            task,
        }
    }

    /// With the form as it was typed.
    pub fn with(self, form: Form<Task>) -> Self {
        Self { form, ..self }
    }

    /// With a blocker as it was typed, and why it cannot be one.
    pub fn with_blocker(self, typed: &str, why: String) -> Self {
        Self {
            blocker: (typed.to_owned(), why),
            ..self
        }
    }

    /// With a new comment as it was typed.
    pub fn with_comment(self, form: Form<Comment>) -> Self {
        Self { add: form, ..self }
    }

    /// With a comment as it was typed anew.
    pub fn with_edited_comment(mut self, comment: Comment, form: Form<Comment>) -> Self {
        match self
            .said
            .iter_mut()
            .find(|said| said.comment.id == comment.id)
        {
            Some(said) => said.form = Some(form),
            // It is on another page of the comments.
            None => self.said.push(Said {
                form: Some(form),
                ..Said::of(comment, &[], &self.layout)
            }),
        }
        self
    }

    /// The address of this page with its lists where they are.
    fn here(&self) -> String {
        self.turned.address(&self.task.id, "")
    }

    /// The labels that somebody else gave it meanwhile.
    fn their_labels(&self) -> Vec<&Label> {
        let theirs = self.form.theirs("labels");
        let is_theirs = |label: &&Label| theirs.lines().any(|id| id == label.id);
        self.choices.labels.iter().filter(is_theirs).collect()
    }

    /// What the page shows, so that it changes when that does.
    fn live(&self) -> String {
        let others = self.blockers.iter().chain(&self.waiting);
        let shown = others.map(|other| format!(" task:{}", other.id));
        format!("system task:{}{}", self.task.id, shown.collect::<String>())
    }
}

impl Said {
    fn of(comment: Comment, names: &[String], layout: &Layout) -> Self {
        let user = layout.user.as_ref();
        let page = |name: &str| {
            let is_there = names.iter().any(|known| known == name);
            is_there.then(|| page_of(name))
        };
        Self {
            text: CleanHtml::with_mentions(&comment.text, page),
            form: user
                .is_some_and(|user| comment.may_edit(user))
                .then(|| Form::of(&comment, layout.zone())),
            may_delete: user.is_some_and(|user| comment.may_delete(user)),
            comment,
        }
    }

    fn is_refused(&self) -> bool {
        let form = self.form.as_ref();
        form.is_some_and(|form| !form.problems.is_empty())
    }
}

impl Entry {
    fn of(event: &Recorded) -> Self {
        Self {
            sentence: Sentence {
                thing: None,
                ..event.sentence().at_its_place()
            },
            at: event.created_at,
            changes: event.changes(),
        }
    }
}

/// What a task has beside its text and its status, in words.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Where it is not as all else: the word, and its tone.
    pub priority: Option<(&'static str, &'static str)>,
    /// By when.
    pub due: Option<String>,
    /// Whether that is over, and it is not done.
    pub is_overdue: bool,
    /// Who is to do it.
    pub assignee: Option<String>,
    /// The plugin it is about: its page and its name.
    pub about: Option<(String, String)>,
    /// How many open tasks it waits for.
    pub waits_for: i64,
}

impl Facts {
    /// For somebody in `zone`.
    pub fn of(task: &Task, zone: Tz) -> Self {
        let about = task.about.as_ref().zip(task.about_name.clone());
        Self {
            priority: match task.priority() {
                Priority::Low => Some(("low", "off")),
                Priority::Normal => None,
                Priority::High => Some(("high", "wait")),
                Priority::Urgent => Some(("urgent", "bad")),
            },
            due: task.due().map(|due: Due| due.words(zone)),
            is_overdue: task.is_overdue(Timestamp::now()),
            assignee: task.assignee.clone(),
            about: about.map(|(id, name)| (format!("/plugins/{id}"), name)),
            waits_for: task.waits_for,
        }
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.priority.is_none()
            && self.due.is_none()
            && self.assignee.is_none()
            && self.about.is_none()
            && self.waits_for == 0
    }
}
