//! Where somebody works on a task, and goes on when it is done.

use actix_web::{HttpRequest, HttpResponse};
use chrono::TimeDelta;

use super::desk::{Turned, desk};
use super::store::{self, NewTask};
use super::views::TaskPage;
use super::{Task, task_page};
use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::page::kept::Form;
use crate::page::{self, Cursor, Flash, Layout, Posted, Wanted};
use crate::projects::Project;
use crate::projects::routes::shelf;
use crate::projects::views::{ProjectPage, TaskForm};

/// A page of a project's tasks, its board, or the page of one task.
pub(super) struct Place<'a> {
    request: &'a HttpRequest,
    project_id: &'a str,
    before: Cursor,
    is_own_page: bool,
    view: Option<String>,
}

impl<'a> Place<'a> {
    /// What a form says of itself: that of a task's own page sends `page=task`, one in a list or on a board
    /// where that stands, `back=/tasks?…`.
    pub(super) fn of(
        request: &'a HttpRequest,
        project_id: &'a str,
        before: Cursor,
        posted: &Posted,
    ) -> Self {
        Self {
            request,
            project_id,
            before,
            is_own_page: posted.text("page") == "task",
            view: view_at(posted.text("back")),
        }
    }

    /// A task that was added is the last: where there are too many to show it on this page, the one
    /// that begins with it.
    pub(super) fn reaching(self, project: &Project, task: &NewTask, at: Timestamp) -> Self {
        let fits = usize::try_from(project.task_count).is_ok_and(|count| count < store::PAGE_SIZE);
        if fits {
            return self;
        }
        let just_before = at.plus(-TimeDelta::microseconds(1));
        Self {
            before: Cursor::after(just_before, &task.id),
            ..self
        }
    }

    pub(super) fn project_id(&self) -> &str {
        self.project_id
    }

    /// To the task, where one worked on it.
    pub(super) fn see(&self, task_id: &str, flash: Flash) -> HttpResponse {
        match &self.view {
            Some(view) => self.go(&format!("{view}#{}-{task_id}", element_in(view)), flash),
            None if self.is_own_page => self.go(&task_page(task_id), flash),
            None => self.go(&self.tasks(&format!("task-{task_id}")), flash),
        }
    }

    /// To the tasks of its project.
    pub(super) fn see_tasks(&self, flash: Flash) -> HttpResponse {
        self.go(&self.tasks("tasks"), flash)
    }

    fn tasks(&self, element: &str) -> String {
        let (id, before) = (self.project_id, self.before.query());
        format!("/projects/{id}{before}#{element}")
    }

    /// Where htmx puts the answer in place, the change itself says that it was made.
    fn go(&self, address: &str, flash: Flash) -> HttpResponse {
        match Wanted::by(self.request) {
            Wanted::Page => page::see_with(address, flash),
            Wanted::Part => page::see(address),
        }
    }

    /// The page with the form that was refused in it.
    pub(super) async fn refused(self, db: &Db, form: TaskForm) -> Result<HttpResponse, Error> {
        let is_part = Wanted::by(self.request) == Wanted::Part;
        match form {
            // In a list there is no room for a form; what is said stands above it.
            TaskForm::Of(_, form) if self.view.is_some() && is_part => {
                let problems = form.problems.list().into_iter();
                let told: Vec<&str> = problems.map(|(_, told)| told).collect();
                Err(Error::BadRequest(told.join(" ")))
            }
            TaskForm::Of(task, form) if self.is_own_page || self.view.is_some() => {
                let layout = Layout::of(self.request);
                let desk = desk(db, *task, Turned::start(), &layout).await?;
                page::refused(&TaskPage::new(layout, desk).with(form))
            }
            form => self.refused_among_others(db, form).await,
        }
    }

    async fn refused_among_others(self, db: &Db, form: TaskForm) -> Result<HttpResponse, Error> {
        let shelf = shelf(db, self.project_id, self.before).await?;
        let view = ProjectPage::new(Layout::of(self.request), shelf).with(form);
        match Wanted::by(self.request) {
            Wanted::Page => page::refused(&view),
            Wanted::Part => page::refused(&view.as_project()),
        }
    }

    /// As [`refused`](Self::refused), of a task as it was typed.
    pub(super) async fn refused_task(
        self,
        db: &Db,
        task: Task,
        form: Form<Task>,
    ) -> Result<HttpResponse, Error> {
        self.refused(db, TaskForm::Of(Box::new(task), form)).await
    }
}

/// The address of a list of ours that somebody came from: nothing else that looks like one.
pub fn list_at(text: &str) -> Option<String> {
    let is_list = |view: &String| {
        let path = view.split('?').next().unwrap_or_default();
        path.ends_with("/tasks")
    };
    view_at(text).filter(is_list)
}

/// What a task's element is called in a view.
fn element_in(view: &str) -> &'static str {
    let path = view.split('?').next().unwrap_or_default();
    if path.ends_with("/board") {
        "card"
    } else {
        "task"
    }
}

/// The address of a list or a board of ours that somebody came from.
fn view_at(text: &str) -> Option<String> {
    let path = text.split('?').next().unwrap_or_default();
    let of_project = path.strip_prefix("/projects/");
    let of_project = of_project.and_then(|rest| {
        let of_board = rest.strip_suffix("/board");
        rest.strip_suffix("/tasks").or(of_board)
    });
    let is_id = |id: &str| id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let is_view = matches!(path, "/tasks" | "/board") || of_project.is_some_and(is_id);
    (is_view && text.chars().all(|c| c.is_ascii_graphic() && c != '#')).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::view_at;

    #[test]
    fn a_form_leads_back_to_a_list_of_ours_and_nowhere_else() {
        for text in [
            "/tasks",
            "/tasks?due=overdue&before=1.a",
            "/projects/0190-a/tasks?q=x",
        ] {
            assert_eq!(view_at(text).as_deref(), Some(text));
        }
        for text in [
            "",
            "//evil/tasks",
            "/projects/../tasks",
            "/projects/a/b/tasks",
            "/tasks/x",
            "/tasks?\r\nX: y",
            "/tasks?ä",
        ] {
            assert_eq!(view_at(text), None, "{text}");
        }
    }
}
