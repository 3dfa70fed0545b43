//! Projects: viewers read, maintainers write.

use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

use super::new_form::NewForm;
use super::store::{self, Filter, NewProject};
use super::tasks::blockers::store as blockers;
use super::tasks::store as tasks;
use super::views::{DeletionPage, EditPage, ListPage, NewPage, ProjectPage, Shelf};
use super::{Status, changes, trash};
use crate::auth::{Maintainer, Viewer};
use crate::db::Db;
use crate::error::Error;
use crate::events::{self, Change};
use crate::page::field::LINE_MAX;
use crate::page::kept::Form;
use crate::page::{self, Cursor, Flash, Layout, Posted, Wanted};

/// How many events of its own a project's page shows.
const EVENTS: i64 = 15;

/// The part of the list's address behind the question mark.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    status: String,
    #[serde(default)]
    q: String,
}

impl Asked {
    fn filter(&self) -> Result<Filter, Error> {
        let status = match self.status.as_str() {
            "" => None,
            name => Some(name.parse::<Status>().map_err(|()| unknown_status())?),
        };
        let text = self.q.trim();
        if text.chars().count() > LINE_MAX {
            let why = format!("A search may have at most {LINE_MAX} characters.");
            return Err(Error::BadRequest(why));
        }
        Ok(Filter {
            status,
            text: text.to_owned(),
        })
    }
}

fn unknown_status() -> Error {
    let words = Status::ALL.map(Status::as_str).join(", ");
    Error::BadRequest(format!("A project's status is one of: {words}."))
}

/// GET `/projects`
pub async fn list(
    _: Viewer,
    db: Data<Db>,
    asked: Query<Asked>,
    before: Cursor,
    wanted: Wanted,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let filter = asked.filter()?;
    let projects = store::page(&db, &filter, &before).await?;
    let view = ListPage::new(layout, filter, projects, &before);
    page::page_or_part(wanted, &view, &view.as_projects())
}

/// GET `/projects/{id}`
pub async fn show(
    _: Viewer,
    db: Data<Db>,
    id: Path<String>,
    before: Cursor,
    wanted: Wanted,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let view = ProjectPage::new(layout, shelf(&db, &id, before).await?);
    page::page_or_part(wanted, &view, &view.as_project())
}

/// All that a project's page shows; its tasks from `before` on.
pub(super) async fn shelf(db: &Db, id: &str, before: Cursor) -> Result<Shelf, Error> {
    let project = store::find(db, id).await?;
    let tasks = tasks::page(db, id, &before).await?;
    let events = events::store::of_subject(db, &format!("project/{id}"), EVENTS).await?;
    Ok(Shelf {
        project,
        tasks,
        events,
        before,
    })
}

/// GET `/projects/new`
pub async fn new(maintainer: Maintainer, layout: Layout) -> Result<HttpResponse, Error> {
    page::page(&NewPage::new(layout, NewForm::blank(maintainer.zone())))
}

/// POST `/projects`
pub async fn create(
    maintainer: Maintainer,
    request: HttpRequest,
    db: Data<Db>,
    posted: Posted,
) -> Result<HttpResponse, Error> {
    let form = NewForm::read(&posted, maintainer.zone());
    let Some(project) = form.checked() else {
        return page::refused(&NewPage::new(Layout::of(&request), form));
    };
    let mut change = Change::begin(&db, &maintainer.actor()).await?;
    if !store::insert(&mut change, &project).await? {
        change.abandon();
        return already_there(&request, &db, form, &project).await;
    }
    change.commit_all(changes::created(&project)).await?;
    Ok(page::see_with(&address(&project.id), Flash::Created))
}

/// The same form sent twice made the project the first time; one that was typed anew has not.
async fn already_there(
    request: &HttpRequest,
    db: &Db,
    mut form: NewForm,
    project: &NewProject,
) -> Result<HttpResponse, Error> {
    let made = store::find(db, &project.id).await?;
    if made.name == project.edit.name && made.description == project.edit.description {
        return Ok(page::see_with(&address(&made.id), Flash::Created));
    }
    form.form = form.form.used();
    page::refused(&NewPage::new(Layout::of(request), form))
}

/// GET `/projects/{id}/edit`
pub async fn edit(
    maintainer: Maintainer,
    db: Data<Db>,
    id: Path<String>,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let project = store::find(&db, &id).await?;
    let form = Form::of(&project, maintainer.zone());
    page::page(&EditPage::new(layout, project, form))
}

/// POST `/projects/{id}`: what is not sent stays as it is.
pub async fn update(
    maintainer: Maintainer,
    request: HttpRequest,
    db: Data<Db>,
    id: Path<String>,
    posted: Posted,
) -> Result<HttpResponse, Error> {
    let mut change = Change::begin(&db, &maintainer.actor()).await?;
    let before = store::lock(&mut change, &id).await?;
    let form = Form::of(&before, maintainer.zone()).changed_by(&posted);
    let Some(edit) = form.checked() else {
        change.abandon();
        return page::refused(&EditPage::new(Layout::of(&request), before, form));
    };
    let events = changes::updated(&before, &edit);
    if events.is_empty() {
        change.abandon();
        return Ok(page::see_with(&address(&id), Flash::Unchanged));
    }
    store::update(&mut change, &id, &edit).await?;
    change.commit_all(events).await?;
    Ok(page::see_with(&address(&id), Flash::Saved))
}

/// GET `/projects/{id}/deletion`
pub async fn ask_deletion(
    _: Maintainer,
    db: Data<Db>,
    id: Path<String>,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let project = store::find(&db, &id).await?;
    page::page(&DeletionPage::new(layout, project))
}

/// POST `/projects/{id}/deletion`
pub async fn delete(
    maintainer: Maintainer,
    db: Data<Db>,
    id: Path<String>,
    _: Posted,
) -> Result<HttpResponse, Error> {
    let mut change = Change::begin(&db, &maintainer.actor()).await?;
    let project = store::lock(&mut change, &id).await?;
    blockers::lock(&mut change).await?;
    let freed = blockers::freed_by_project(&mut change, &id).await?;
    let thrown = trash::store::throw_project(&mut change, &project).await?;
    let deleted = std::iter::once(trash::project_deleted(&project, &thrown));
    let events = deleted.chain(freed.iter().map(changes::unblocked));
    change.commit_all(events.collect()).await?;
    Ok(page::see_with("/projects", Flash::Trashed))
}

fn address(id: &str) -> String {
    format!("/projects/{id}")
}
