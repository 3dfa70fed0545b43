//! Labels: viewers see them, maintainers make them.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::views::{DeletionPage, ListPage};
use super::{Edit, Entry, changes, store};
use crate::auth::{Maintainer, Viewer};
use crate::db::Db;
use crate::error::Error;
use crate::events::Change;
use crate::page::kept::Form;
use crate::page::{self, Flash, Layout, Posted, Wanted};
use crate::system::Installation;

/// GET `/labels`
pub async fn list(
    _: Viewer,
    db: Data<Db>,
    wanted: Wanted,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let view = ListPage::new(layout, store::entries(&db).await?);
    page::page_or_part(wanted, &view, &view.as_labels())
}

/// POST `/labels`
pub async fn create(
    maintainer: Maintainer,
    request: HttpRequest,
    db: Data<Db>,
    installation: Data<Installation>,
    posted: Posted,
) -> Result<HttpResponse, Error> {
    let form = Form::<Entry>::read(&posted, maintainer.zone());
    let Some(edit) = form.checked() else {
        return refused_new(&request, &db, form).await;
    };
    let mut change = Change::begin(&db, &maintainer.actor()).await?;
    match store::insert(&mut change, form.id(), &edit).await? {
        Ok(true) => {
            let created = changes::created(&installation.deployment, form.id(), &edit);
            change.commit(created).await?;
            Ok(page::see_with(&address(form.id()), Flash::Created))
        }
        Ok(false) => {
            change.abandon();
            already_there(&request, &db, form, &edit).await
        }
        Err(refused) => {
            change.abandon();
            refused_new(&request, &db, form.without(refused)).await
        }
    }
}

/// The same form sent twice made the label the first time; one that was typed anew has not.
async fn already_there(
    request: &HttpRequest,
    db: &Db,
    form: Form<Entry>,
    edit: &Edit,
) -> Result<HttpResponse, Error> {
    let made = store::find(db, form.id()).await?;
    match made.name == edit.name {
        true => Ok(page::see_with(&address(&made.id), Flash::Created)),
        false => refused_new(request, db, form.used()).await,
    }
}

async fn refused_new(
    request: &HttpRequest,
    db: &Db,
    form: Form<Entry>,
) -> Result<HttpResponse, Error> {
    let view = ListPage::new(Layout::of(request), store::entries(db).await?);
    page::refused(&view.with_new(form))
}

/// POST `/labels/{id}`: what is not sent stays as it is.
pub async fn update(
    maintainer: Maintainer,
    request: HttpRequest,
    db: Data<Db>,
    installation: Data<Installation>,
    id: Path<String>,
    posted: Posted,
) -> Result<HttpResponse, Error> {
    let mut change = Change::begin(&db, &maintainer.actor()).await?;
    let before = store::lock(&mut change, &id).await?;
    let form = Form::of(&before, maintainer.zone()).changed_by(&posted);
    let Some(edit) = form.checked() else {
        change.abandon();
        return refused(&request, &db, form).await;
    };
    match keep(change, &installation.deployment, &before, &edit).await? {
        Ok(flash) => Ok(page::see_with(&address(&id), flash)),
        Err(why) => refused(&request, &db, form.without(why)).await,
    }
}

async fn keep(
    mut change: Change,
    deployment: &str,
    before: &Entry,
    edit: &Edit,
) -> Result<Result<Flash, super::Refused>, Error> {
    let Some(event) = changes::updated(deployment, before, edit) else {
        change.abandon();
        return Ok(Ok(Flash::Unchanged));
    };
    if let Err(refused) = store::update(&mut change, &before.id, edit).await? {
        change.abandon();
        return Ok(Err(refused));
    }
    change.commit(event).await?;
    Ok(Ok(Flash::Saved))
}

async fn refused(request: &HttpRequest, db: &Db, form: Form<Entry>) -> Result<HttpResponse, Error> {
    let view = ListPage::new(Layout::of(request), store::entries(db).await?);
    page::refused(&view.with(form))
}

/// GET `/labels/{id}/deletion`
pub async fn ask_deletion(
    _: Maintainer,
    db: Data<Db>,
    id: Path<String>,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    page::page(&DeletionPage::new(layout, store::find(&db, &id).await?))
}

/// POST `/labels/{id}/deletion`
pub async fn delete(
    maintainer: Maintainer,
    db: Data<Db>,
    installation: Data<Installation>,
    id: Path<String>,
    _: Posted,
) -> Result<HttpResponse, Error> {
    let mut change = Change::begin(&db, &maintainer.actor()).await?;
    let label = store::lock(&mut change, &id).await?;
    store::delete(&mut change, &id).await?;
    let deleted = changes::deleted(&installation.deployment, &label);
    change.commit(deleted).await?;
    Ok(page::see_with("/labels", Flash::Deleted))
}

fn address(id: &str) -> String {
    format!("/labels#label-{id}")
}
