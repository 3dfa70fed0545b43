//! Comments, written on their task's page. Viewers read them; a maintainer changes their own.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::{Comment, changes, store};
use crate::auth::Maintainer;
use crate::db::Db;
use crate::error::Error;
use crate::events::Change;
use crate::page::kept::Form;
use crate::page::{self, Flash, Layout, Posted, Wanted, mentioned};
use crate::projects::tasks::desk::{Turned, desk};
use crate::projects::tasks::views::TaskPage;
use crate::projects::tasks::{Task, store as tasks};
use crate::users::Role;

const NOT_YOURS: &str = "Only who wrote a comment may change it.";

/// POST `/tasks/{id}/comments`
pub async fn create(
    maintainer: Maintainer,
    request: HttpRequest,
    db: Data<Db>,
    id: Path<String>,
    turned: Turned,
    posted: Posted,
) -> Result<HttpResponse, Error> {
    let form = Form::<Comment>::read(&posted, maintainer.zone());
    let Some(text) = form.checked() else {
        let task = tasks::find(&db, &id).await?;
        return refused(&request, &db, task, turned, form).await;
    };
    let names = store::names(&db, &mentioned(&text)).await?;
    let mut change = Change::begin(&db, &maintainer.actor()).await?;
    let (_, task) = tasks::lock(&mut change, &id).await?;
    if !store::insert(&mut change, &task, form.id(), &text).await? {
        return already_there(&request, &db, change, (task, turned, form)).await;
    }
    let comments = store::last_page(&mut change, &id).await?;
    let commented = changes::commented(&task, form.id(), &text, &names);
    change.commit(commented).await?;
    let turned = Turned { comments, ..turned };
    Ok(see(&request, &turned, &id, form.id(), Flash::Created))
}

/// The same form sent twice said it the first time; one that was typed anew has not.
async fn already_there(
    request: &HttpRequest,
    db: &Db,
    mut change: Change,
    (task, turned, form): (Task, Turned, Form<Comment>),
) -> Result<HttpResponse, Error> {
    let said = store::find(&mut change, &task, form.id()).await;
    change.abandon();
    match said {
        Ok(said) if Some(&said.text) == form.checked().as_ref() => {
            Ok(see(request, &turned, &task.id, &said.id, Flash::Created))
        }
        Ok(_) | Err(Error::NotFound) => refused(request, db, task, turned, form.used()).await,
        Err(error) => Err(error),
    }
}

/// POST `/tasks/{id}/comments/{comment}`
pub async fn update(
    maintainer: Maintainer,
    request: HttpRequest,
    db: Data<Db>,
    path: Path<(String, String)>,
    turned: Turned,
    posted: Posted,
) -> Result<HttpResponse, Error> {
    let (id, comment) = path.into_inner();
    let names = store::names(&db, &mentioned(posted.text("text"))).await?;
    let mut change = Change::begin(&db, &maintainer.actor()).await?;
    let (_, task) = tasks::lock(&mut change, &id).await?;
    let before = store::find(&mut change, &task, &comment).await?;
    if !before.may_edit(&maintainer) {
        return Err(Error::BadRequest(NOT_YOURS.to_owned()));
    }
    let form = Form::of(&before, maintainer.zone()).changed_by(&posted);
    let Some(text) = form.checked() else {
        change.abandon();
        return refused_edit(&request, &db, task, turned, (before, form)).await;
    };
    let flash = keep(change, &task, &before, (&text, &names)).await?;
    Ok(see(&request, &turned, &id, &comment, flash))
}

async fn keep(
    mut change: Change,
    task: &Task,
    before: &Comment,
    (text, names): (&str, &[String]),
) -> Result<Flash, Error> {
    if before.text == text {
        change.abandon();
        return Ok(Flash::Unchanged);
    }
    store::update(&mut change, before, text).await?;
    let edited = changes::edited(task, before, text, names);
    change.commit(edited).await?;
    Ok(Flash::Saved)
}

/// POST `/tasks/{id}/comments/{comment}/deletion`
pub async fn delete(
    maintainer: Maintainer,
    request: HttpRequest,
    db: Data<Db>,
    path: Path<(String, String)>,
    turned: Turned,
    _: Posted,
) -> Result<HttpResponse, Error> {
    let (id, comment) = path.into_inner();
    let mut change = Change::begin(&db, &maintainer.actor()).await?;
    let (_, task) = tasks::lock(&mut change, &id).await?;
    let said = store::find(&mut change, &task, &comment).await?;
    if !said.may_delete(&maintainer) {
        return Err(Error::Forbidden(Role::Admin));
    }
    store::delete(&mut change, &said).await?;
    let deleted = changes::deleted(&task, &said);
    change.commit(deleted).await?;
    Ok(go(
        &request,
        &turned.address(&id, "comments"),
        Flash::Deleted,
    ))
}

async fn refused(
    request: &HttpRequest,
    db: &Db,
    task: Task,
    turned: Turned,
    form: Form<Comment>,
) -> Result<HttpResponse, Error> {
    let layout = Layout::of(request);
    let desk = desk(db, task, turned, &layout).await?;
    answer(request, &TaskPage::new(layout, desk).with_comment(form))
}

async fn refused_edit(
    request: &HttpRequest,
    db: &Db,
    task: Task,
    turned: Turned,
    (comment, form): (Comment, Form<Comment>),
) -> Result<HttpResponse, Error> {
    let layout = Layout::of(request);
    let desk = desk(db, task, turned, &layout).await?;
    let view = TaskPage::new(layout, desk);
    answer(request, &view.with_edited_comment(comment, form))
}

fn answer(request: &HttpRequest, view: &TaskPage) -> Result<HttpResponse, Error> {
    match Wanted::by(request) {
        Wanted::Page => page::refused(view),
        Wanted::Part => page::refused(&view.as_task()),
    }
}

fn see(
    request: &HttpRequest,
    turned: &Turned,
    task: &str,
    comment: &str,
    flash: Flash,
) -> HttpResponse {
    let address = turned.address(task, &format!("comment-{comment}"));
    go(request, &address, flash)
}

/// Where htmx puts the answer in place, the change itself says that it was made.
fn go(request: &HttpRequest, address: &str, flash: Flash) -> HttpResponse {
    match Wanted::by(request) {
        Wanted::Page => page::see_with(address, flash),
        Wanted::Part => page::see(address),
    }
}
