//! Tasks, changed where they are shown: on their project's page.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use chrono::TimeDelta;

use super::Status;
use super::store::{self, NewTask};
use crate::auth::Maintainer;
use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::events::Change;
use crate::page::{self, Cursor, Flash, Layout, Posted, Wanted};
use crate::projects::form::Form;
use crate::projects::routes::shelf;
use crate::projects::views::{ProjectPage, TaskForm};
use crate::projects::{Project, changes, store as projects};

/// POST `/projects/{id}/tasks`
pub async fn create(
    maintainer: Maintainer,
    request: HttpRequest,
    db: Data<Db>,
    id: Path<String>,
    before: Cursor,
    posted: Posted,
) -> Result<HttpResponse, Error> {
    let place = Place::of(&request, &id, before);
    let form = Form::<Status>::read(&posted);
    let Some(edit) = form.checked() else {
        return place.refused(&db, TaskForm::New(form)).await;
    };
    let task = NewTask {
        id: form.id().to_owned(),
        edit,
    };
    let mut change = Change::begin(&db, &maintainer.actor()).await?;
    let project = projects::lock(&mut change, &id).await?;
    if !store::insert(&mut change, &project, &task).await? {
        change.abandon();
        return already_there(&db, place, form, &task).await;
    }
    let place = place.reaching(&project, &task, change.now());
    change
        .commit(changes::task_created(&task, &project.id))
        .await?;
    Ok(place.see(&task.id, Flash::Created))
}

/// The same form sent twice made the task the first time; one that was typed anew has not.
async fn already_there(
    db: &Db,
    place: Place<'_>,
    form: Form<Status>,
    task: &NewTask,
) -> Result<HttpResponse, Error> {
    let made = store::find(db, &task.id).await?;
    if made.project_id == place.project_id && made.name == task.edit.name {
        return Ok(place.see(&made.id, Flash::Created));
    }
    place.refused(db, TaskForm::New(form.used())).await
}

/// POST `/tasks/{id}`: what is not sent stays as it is.
pub async fn update(
    maintainer: Maintainer,
    request: HttpRequest,
    db: Data<Db>,
    id: Path<String>,
    before: Cursor,
    posted: Posted,
) -> Result<HttpResponse, Error> {
    let mut change = Change::begin(&db, &maintainer.actor()).await?;
    let (project, task) = store::lock(&mut change, &id).await?;
    let place = Place::of(&request, &project.id, before);
    let form = Form::of(&task).changed_by(&posted);
    let Some(edit) = form.checked() else {
        change.abandon();
        return place.refused(&db, TaskForm::Of(task, form)).await;
    };
    let events = changes::task_updated(&task, &edit);
    if events.is_empty() {
        change.abandon();
        return Ok(place.see(&id, Flash::Unchanged));
    }
    store::update(&mut change, &task, &edit).await?;
    change.commit_all(events).await?;
    Ok(place.see(&id, Flash::Saved))
}

/// POST `/tasks/{id}/deletion`
pub async fn delete(
    maintainer: Maintainer,
    request: HttpRequest,
    db: Data<Db>,
    id: Path<String>,
    before: Cursor,
) -> Result<HttpResponse, Error> {
    let mut change = Change::begin(&db, &maintainer.actor()).await?;
    let (project, task) = store::lock(&mut change, &id).await?;
    store::delete(&mut change, &task).await?;
    change.commit(changes::task_deleted(&task)).await?;
    Ok(Place::of(&request, &project.id, before).see_tasks(Flash::Deleted))
}

/// Where somebody stands: on which page of which project's tasks.
struct Place<'a> {
    request: &'a HttpRequest,
    project_id: &'a str,
    before: Cursor,
}

impl<'a> Place<'a> {
    fn of(request: &'a HttpRequest, project_id: &'a str, before: Cursor) -> Self {
        Self {
            request,
            project_id,
            before,
        }
    }

    /// A task that was added is the last: where there are too many to show it on this page, the one
    /// that begins with it.
    fn reaching(self, project: &Project, task: &NewTask, at: Timestamp) -> Self {
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

    fn see(&self, task_id: &str, flash: Flash) -> HttpResponse {
        self.go(&format!("task-{task_id}"), flash)
    }

    fn see_tasks(&self, flash: Flash) -> HttpResponse {
        self.go("tasks", flash)
    }

    /// Where htmx puts the answer in place, the change itself says that it was made.
    fn go(&self, element: &str, flash: Flash) -> HttpResponse {
        let address = format!(
            "/projects/{}{}#{element}",
            self.project_id,
            self.before.query()
        );
        match Wanted::by(self.request) {
            Wanted::Page => page::see_with(&address, flash),
            Wanted::Part => page::see(&address),
        }
    }

    /// The project's page with the form that was refused in it.
    async fn refused(self, db: &Db, form: TaskForm) -> Result<HttpResponse, Error> {
        let shelf = shelf(db, self.project_id, self.before).await?;
        let view = ProjectPage::new(Layout::of(self.request), shelf).with(form);
        match Wanted::by(self.request) {
            Wanted::Page => page::refused(&view),
            Wanted::Part => page::refused(&view.as_project()),
        }
    }
}
