//! Saved views: everybody has their own; maintainers share them.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::views::ViewsPage;
use super::{Form, changed, created, deleted, store};
use crate::auth::Viewer;
use crate::db::Db;
use crate::error::Error;
use crate::events::{Change, new_id};
use crate::page::{self, Flash, Layout, Posted};
use crate::users::{Role, SavedView};

/// GET `/views`
pub async fn list(viewer: Viewer, db: Data<Db>, layout: Layout) -> Result<HttpResponse, Error> {
    let views = store::all(&db, &viewer.id).await?;
    page::page(&ViewsPage::new(layout, &viewer.id, &views))
}

/// POST `/views`: `address` is that of the list.
pub async fn create(
    viewer: Viewer,
    request: HttpRequest,
    db: Data<Db>,
    posted: Posted,
) -> Result<HttpResponse, Error> {
    let mut form = Form::read(&posted, may_share(&viewer));
    let address = form.checked_address();
    let Some(address) = address.filter(|_| form.problems.is_empty()) else {
        return refused(&request, &db, &viewer, "", form).await;
    };
    let view = view(&posted, &form, address);
    let mut change = Change::begin(&db, &viewer.actor()).await?;
    if !store::insert(&mut change, &viewer.id, &view).await? {
        change.abandon();
        return already_there(&request, &db, &viewer, form, &view).await;
    }
    change.commit(created(&viewer.id, &view)).await?;
    Ok(page::see_with(&view.address, Flash::Saved))
}

fn view(posted: &Posted, form: &Form, address: String) -> SavedView {
    let once = posted
        .get("once")
        .and_then(|id| id.parse::<uuid::Uuid>().ok());
    SavedView {
        id: once.map_or_else(new_id, |id| id.to_string()),
        name: form.edit.name.clone(),
        address,
        is_shared: form.edit.is_shared,
        is_own: true,
    }
}

/// The same form sent twice saved it the first time; else they have as many as one may.
async fn already_there(
    request: &HttpRequest,
    db: &Db,
    viewer: &Viewer,
    mut form: Form,
    view: &SavedView,
) -> Result<HttpResponse, Error> {
    let views = store::all(db, &viewer.id).await?;
    if views.iter().any(|kept| kept.seen_by(&viewer.id) == *view) {
        return Ok(page::see_with(&view.address, Flash::Saved));
    }
    let most = super::MOST;
    let message =
        format!("You have {most} views, and more cannot be told apart. Delete one first.");
    form.problems.add("name", &message);
    refused(request, db, viewer, "", form).await
}

/// POST `/views/{id}`
pub async fn update(
    viewer: Viewer,
    request: HttpRequest,
    db: Data<Db>,
    id: Path<String>,
    posted: Posted,
) -> Result<HttpResponse, Error> {
    let form = Form::read(&posted, may_share(&viewer));
    let mut change = Change::begin(&db, &viewer.actor()).await?;
    let kept = store::lock(&mut change, &id, &viewer.id, is_admin(&viewer)).await?;
    if !form.problems.is_empty() {
        change.abandon();
        return refused(&request, &db, &viewer, &id, form).await;
    }
    let mut view = kept.seen_by(&viewer.id);
    if view.name == form.edit.name && view.is_shared == form.edit.is_shared {
        change.abandon();
        return Ok(page::see_with("/views", Flash::Unchanged));
    }
    store::update(&mut change, &id, &form.edit).await?;
    (view.name, view.is_shared) = (form.edit.name, form.edit.is_shared);
    change.commit(changed(&kept.user_id, &view)).await?;
    Ok(page::see_with("/views", Flash::Saved))
}

/// POST `/views/{id}/deletion`
pub async fn delete(viewer: Viewer, db: Data<Db>, id: Path<String>) -> Result<HttpResponse, Error> {
    let mut change = Change::begin(&db, &viewer.actor()).await?;
    let kept = store::lock(&mut change, &id, &viewer.id, is_admin(&viewer)).await?;
    store::delete(&mut change, &id).await?;
    let view = kept.seen_by(&viewer.id);
    change.commit(deleted(&kept.user_id, &view)).await?;
    Ok(page::see_with("/views", Flash::Deleted))
}

async fn refused(
    request: &HttpRequest,
    db: &Db,
    viewer: &Viewer,
    id: &str,
    form: Form,
) -> Result<HttpResponse, Error> {
    let views = store::all(db, &viewer.id).await?;
    let page = ViewsPage::new(Layout::of(request), &viewer.id, &views);
    page::refused(&page.with(id, form))
}

fn may_share(viewer: &Viewer) -> bool {
    viewer.role >= Role::Maintainer
}

fn is_admin(viewer: &Viewer) -> bool {
    viewer.role >= Role::Admin
}
