//! The pages of projects and their tasks.

use askama::Template;
use chrono_tz::Tz;
use url::form_urlencoded::Serializer;

use super::labels::Label;
use super::new_form::NewForm;
use super::store::Filter;
use super::tasks::views::Facts;
use super::tasks::{self, Task};
use super::{Project, Status};
use crate::db::Timestamp;
use crate::events::Sentence;
use crate::events::store::Recorded;
use crate::page::kept::Form;
use crate::page::{CleanHtml, Cursor, Layout, Paged};

/// The projects.
#[derive(Template)]
#[template(path = "projects/list.html", blocks = ["projects"])]
pub struct ListPage {
    layout: Layout,
    filter: Filter,
    projects: Vec<Project>,
    here: String,
    newest: Option<String>,
    older: Option<String>,
}

impl ListPage {
    /// One page of those that the filter lets through.
    pub fn new(layout: Layout, filter: Filter, projects: Paged<Project>, before: &Cursor) -> Self {
        Self {
            layout,
            here: list_address(&filter, Some(before)),
            newest: (!before.is_start()).then(|| list_address(&filter, None)),
            older: projects
                .older
                .as_ref()
                .map(|older| list_address(&filter, Some(older))),
            projects: projects.rows,
            filter,
        }
    }

    /// Each status with whether the list shows only that.
    fn statuses(&self) -> Vec<(Status, bool)> {
        Status::ALL
            .map(|status| (status, self.filter.status == Some(status)))
            .to_vec()
    }

    fn is_filtered(&self) -> bool {
        self.filter.status.is_some() || !self.filter.text.is_empty()
    }
}

fn list_address(filter: &Filter, before: Option<&Cursor>) -> String {
    let mut query = Serializer::new(String::new());
    if let Some(status) = filter.status {
        query.append_pair("status", status.as_str());
    }
    if !filter.text.is_empty() {
        query.append_pair("q", &filter.text);
    }
    if let Some(before) = before.filter(|before| !before.is_start()) {
        query.append_pair("before", &before.to_string());
    }
    match query.finish() {
        query if query.is_empty() => "/projects".to_owned(),
        query => format!("/projects?{query}"),
    }
}

/// What a project's page shows.
#[derive(Clone, Debug)]
pub struct Shelf {
    /// The project.
    pub project: Project,
    /// One page of its tasks.
    pub tasks: Paged<Task>,
    /// Its newest events.
    pub events: Vec<Recorded>,
    /// Where the page of tasks begins.
    pub before: Cursor,
}

/// One project with its tasks.
#[derive(Template)]
#[template(path = "projects/show.html", blocks = ["project"])]
pub struct ProjectPage {
    layout: Layout,
    project: Project,
    description: CleanHtml,
    tasks: Vec<TaskRow>,
    add: Form<Task>,
    events: Vec<(Sentence, Timestamp)>,
    /// `?before=…` of this page of tasks.
    place: String,
    first: Option<String>,
    more: Option<String>,
}

/// A task and its form.
struct TaskRow {
    task: Task,
    facts: Facts,
    labels: Vec<Label>,
    description: CleanHtml,
    form: Form<Task>,
}

/// A task's form that was refused.
#[derive(Clone, Debug)]
pub enum TaskForm {
    /// For a new task.
    New(Form<Task>),
    /// Of this one.
    Of(Box<Task>, Form<Task>),
}

impl ProjectPage {
    /// With nothing typed.
    pub fn new(layout: Layout, shelf: Shelf) -> Self {
        let home = format!("/projects/{}", shelf.project.id);
        let more = shelf.tasks.older.as_ref();
        let zone = layout.zone();
        let tasks = shelf.tasks.rows.into_iter();
        Self {
            layout,
            description: CleanHtml::from_markdown(&shelf.project.description),
            tasks: tasks.map(|task| TaskRow::of(task, zone)).collect(),
            add: Form::blank(zone),
            events: shelf
                .events
                .iter()
                .map(|event| (event.sentence().at_its_place(), event.created_at))
                .collect(),
            place: shelf.before.query(),
            more: more.map(|more| format!("{home}{}#tasks", more.query())),
            first: (!shelf.before.is_start()).then(|| format!("{home}#tasks")),
            project: shelf.project,
        }
    }

    /// With a form that was refused, as it was typed.
    pub fn with(mut self, refused: TaskForm) -> Self {
        match refused {
            TaskForm::New(form) => self.add = form,
            TaskForm::Of(task, form) => {
                match self.tasks.iter_mut().find(|row| row.task.id == task.id) {
                    Some(row) => row.form = form,
                    // It is on another page of the tasks.
                    None => self.tasks.push(TaskRow {
                        form,
                        ..TaskRow::of(*task, self.layout.zone())
                    }),
                }
            }
        }
        self
    }
}

impl TaskRow {
    fn of(task: Task, zone: Tz) -> Self {
        let description = match task.description.is_empty() {
            true => CleanHtml::default(),
            false => CleanHtml::from_markdown(&task.description),
        };
        Self {
            facts: Facts::of(&task, zone),
            labels: task.labels(),
            form: Form::of(&task, zone),
            description,
            task,
        }
    }

    fn is_done(&self) -> bool {
        self.task.status() == tasks::Status::Done
    }
}

/// The form of a new project.
#[derive(Template)]
#[template(path = "projects/new.html")]
pub struct NewPage {
    layout: Layout,
    form: Form<Project>,
    new: NewForm,
}

impl NewPage {
    /// With what was typed so far.
    pub fn new(layout: Layout, new: NewForm) -> Self {
        Self {
            layout,
            form: new.form.clone(),
            new,
        }
    }
}

/// The form of a project.
#[derive(Template)]
#[template(path = "projects/edit.html")]
pub struct EditPage {
    layout: Layout,
    project: Project,
    form: Form<Project>,
}

impl EditPage {
    /// With what was typed so far.
    pub fn new(layout: Layout, project: Project, form: Form<Project>) -> Self {
        Self {
            layout,
            project,
            form,
        }
    }
}

/// Asks before a project is deleted.
#[derive(Template)]
#[template(path = "projects/deletion.html")]
pub struct DeletionPage {
    layout: Layout,
    project: Project,
}

impl DeletionPage {
    /// Of this one.
    pub fn new(layout: Layout, project: Project) -> Self {
        Self { layout, project }
    }
}
