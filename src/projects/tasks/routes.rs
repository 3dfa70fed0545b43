//! Tasks: changed on their project's page, and on their own.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::desk::{Turned, desk};
use super::form::ticked;
use super::place::Place;
use super::store::{self, NewTask};
use super::views::TaskPage;
use super::{Edit, Refused, Task, finishing, note};
use crate::auth::{Maintainer, Viewer};
use crate::db::Db;
use crate::error::Error;
use crate::events::Change;
use crate::page::kept::Form;
use crate::page::{self, Cursor, Flash, Layout, Posted, Wanted};
use crate::projects::views::TaskForm;
use crate::projects::{changes, store as projects, trash};

/// GET `/tasks/{id}`
pub async fn show(
    _: Viewer,
    db: Data<Db>,
    id: Path<String>,
    turned: Turned,
    wanted: Wanted,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let task = store::find(&db, &id).await?;
    let desk = desk(&db, task, turned, &layout).await?;
    let view = TaskPage::new(layout, desk);
    page::page_or_part(wanted, &view, &view.as_task())
}

/// POST `/projects/{id}/tasks`
pub async fn create(
    maintainer: Maintainer,
    request: HttpRequest,
    db: Data<Db>,
    id: Path<String>,
    before: Cursor,
    posted: Posted,
) -> Result<HttpResponse, Error> {
    let place = Place::of(&request, &id, before, &posted);
    let form = Form::<Task>::read(&posted, maintainer.zone());
    let Some(edit) = form.checked() else {
        return place.refused(&db, TaskForm::New(form)).await;
    };
    let change = Change::begin(&db, &maintainer.actor()).await?;
    make(&db, change, place, form, edit).await
}

async fn make(
    db: &Db,
    mut change: Change,
    place: Place<'_>,
    form: Form<Task>,
    edit: Edit,
) -> Result<HttpResponse, Error> {
    let project = projects::lock(&mut change, place.project_id()).await?;
    let named = match store::name(&mut change, &edit, None).await? {
        Ok(named) => named,
        Err(unknown) => {
            change.abandon();
            return place
                .refused(db, TaskForm::New(form.without(&unknown)))
                .await;
        }
    };
    let id = form.id().to_owned();
    let task = NewTask { id, edit };
    if !store::insert(&mut change, &project, &task, &named).await? {
        change.abandon();
        return already_there(db, place, form, &task).await;
    }
    let place = place.reaching(&project, &task, change.now());
    let created = changes::task_created(&task, &project.id, named.labels());
    change.commit(created).await?;
    Ok(place.see(&task.id, Flash::Created))
}

/// The same form sent twice made the task the first time; one that was typed anew has not.
async fn already_there(
    db: &Db,
    place: Place<'_>,
    form: Form<Task>,
    task: &NewTask,
) -> Result<HttpResponse, Error> {
    let made = store::find(db, &task.id).await?;
    if made.project_id == place.project_id() && made.name == task.edit.name {
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
    let place = Place::of(&request, &project.id, before, &posted);
    let form = Form::of(&task, maintainer.zone()).changed_by(&posted);
    let Some(edit) = form.checked() else {
        change.abandon();
        return place.refused_task(&db, task, form).await;
    };
    let note = note(form.value("note")).unwrap_or_default();
    match keep(change, &task, &edit, &note).await? {
        Ok(flash) => Ok(place.see(&id, flash)),
        Err(refused) => place.refused_task(&db, task, form.without(&refused)).await,
    }
}

/// What was done; or why not. A `note` says why a task is done before what it waits for.
async fn keep(
    mut change: Change,
    task: &Task,
    edit: &Edit,
    note: &str,
) -> Result<Result<Flash, Vec<Refused>>, Error> {
    let named = match store::name(&mut change, edit, Some(task)).await? {
        Ok(named) => named,
        Err(unknown) => return Ok(Err(unknown)),
    };
    let mut events = changes::task_updated(task, edit, named.labels(), note);
    if events.is_empty() {
        change.abandon();
        return Ok(Ok(Flash::Unchanged));
    }
    match finishing::freed(&mut change, task, edit.status, note).await? {
        Ok(freed) => events.extend(freed),
        Err(refused) => return Ok(Err(vec![refused])),
    }
    store::update(&mut change, task, edit, &named).await?;
    change.commit_all(events).await?;
    Ok(Ok(Flash::Saved))
}

/// POST `/tasks/{id}/ticks`: a box in its description; `item` is its number from 0, and what it is to
/// be, `done` or `open`.
pub async fn tick(
    maintainer: Maintainer,
    request: HttpRequest,
    db: Data<Db>,
    id: Path<String>,
    before: Cursor,
    posted: Posted,
) -> Result<HttpResponse, Error> {
    let mut change = Change::begin(&db, &maintainer.actor()).await?;
    let (project, task) = store::lock(&mut change, &id).await?;
    let place = Place::of(&request, &project.id, before, &posted);
    let Some(edit) = ticked(&task, &posted) else {
        change.abandon();
        return Ok(place.see(&id, Flash::Outdated));
    };
    // It names nothing that the task did not name before.
    let done = keep(change, &task, &edit, "").await?;
    Ok(place.see(&id, done.unwrap_or(Flash::Unchanged)))
}

/// POST `/tasks/{id}/deletion`
pub async fn delete(
    maintainer: Maintainer,
    request: HttpRequest,
    db: Data<Db>,
    id: Path<String>,
    before: Cursor,
    posted: Posted,
) -> Result<HttpResponse, Error> {
    let mut change = Change::begin(&db, &maintainer.actor()).await?;
    let (project, task) = store::lock(&mut change, &id).await?;
    let freed = finishing::freed_when_gone(&mut change, &[&task]).await?;
    let thrown = trash::store::throw_task(&mut change, &task).await?;
    let events = std::iter::once(trash::task_deleted(&task, &thrown));
    change.commit_all(events.chain(freed).collect()).await?;
    Ok(Place::of(&request, &project.id, before, &posted).see_tasks(Flash::Trashed))
}
