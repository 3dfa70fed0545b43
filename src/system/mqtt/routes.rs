//! Accounts of plugins and devices, for admins.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::views::{AccountPage, DeletionPage, ListPage, NewPage, PasswordPage};
use super::{Account, Secret, changes, store};
use crate::auth::{Admin, Confirmed};
use crate::db::Db;
use crate::error::Error;
use crate::events::Change;
use crate::page::kept::Form;
use crate::page::{self, Flash, Layout, Posted, Wanted};
use crate::system::Installation;

const LIST: &str = "/system/mqtt";

/// GET `/system/mqtt`
pub async fn list(
    _: Admin,
    db: Data<Db>,
    installation: Data<Installation>,
    wanted: Wanted,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let view = ListPage::new(layout, &installation, store::all(&db).await?);
    page::page_or_part(wanted, &view, &view.as_accounts())
}

/// GET `/system/mqtt/new`
pub async fn new(_: Admin, layout: Layout) -> Result<HttpResponse, Error> {
    let form = Form::blank(layout.zone());
    page::page(&NewPage::new(layout, form))
}

/// POST `/system/mqtt`: answers with the password, which is not shown again.
pub async fn create(
    admin: Confirmed<Admin>,
    request: HttpRequest,
    db: Data<Db>,
    installation: Data<Installation>,
    posted: Posted,
) -> Result<HttpResponse, Error> {
    let form = Form::<Account>::read(&posted, admin.zone());
    let Some(edit) = form.checked() else {
        return page::refused(&NewPage::new(Layout::of(&request), form));
    };
    let secret = Secret::new()?;
    let mut change = Change::begin(&db, &admin.actor()).await?;
    let made = store::insert(&mut change, form.id(), &edit, &secret).await?;
    if made == Ok(true) {
        change.commit(changes::created(form.id(), &edit)).await?;
        let made = store::find(&db, form.id()).await?;
        let layout = Layout::of(&request);
        return page::page(&PasswordPage::new(layout, &installation, made, secret));
    }
    change.abandon();
    not_made(&request, &db, form, made.err()).await
}

/// The same form sent twice made the account the first time; one that was typed anew has not.
async fn not_made(
    request: &HttpRequest,
    db: &Db,
    form: Form<Account>,
    refused: Option<super::Refused>,
) -> Result<HttpResponse, Error> {
    let form = match refused {
        Some(refused) => form.without(refused),
        None if store::find(db, form.id()).await?.name == form.value("name") => {
            return Ok(page::see_with(LIST, Flash::Created));
        }
        None => form.used(),
    };
    page::refused(&NewPage::new(Layout::of(request), form))
}

/// GET `/system/mqtt/{id}`
pub async fn show(
    _: Admin,
    db: Data<Db>,
    id: Path<String>,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let account = store::find(&db, &id).await?;
    let form = Form::of(&account, layout.zone());
    page::page(&AccountPage::new(layout, account, form))
}

/// POST `/system/mqtt/{id}`: what is not sent stays as it is.
pub async fn update(
    admin: Confirmed<Admin>,
    request: HttpRequest,
    db: Data<Db>,
    id: Path<String>,
    posted: Posted,
) -> Result<HttpResponse, Error> {
    let mut change = Change::begin(&db, &admin.actor()).await?;
    let before = store::lock(&mut change, &id).await?;
    let mut form = Form::of(&before, admin.zone()).changed_by(&posted);
    if let Some(edit) = form.checked() {
        match store::update(&mut change, &before, &edit).await? {
            Ok(()) => return keep(change, changes::updated(&before, &edit)).await,
            Err(refused) => form = form.without(refused),
        }
    }
    change.abandon();
    page::refused(&AccountPage::new(Layout::of(&request), before, form))
}

async fn keep(change: Change, events: Vec<crate::events::Event>) -> Result<HttpResponse, Error> {
    if events.is_empty() {
        change.abandon();
        return Ok(page::see_with(LIST, Flash::Unchanged));
    }
    change.commit_all(events).await?;
    Ok(page::see_with(LIST, Flash::Saved))
}

/// POST `/system/mqtt/{id}/password`: another one, shown once; whoever came in with the one before is
/// put out.
pub async fn renew(
    admin: Confirmed<Admin>,
    request: HttpRequest,
    db: Data<Db>,
    installation: Data<Installation>,
    id: Path<String>,
    _: Posted,
) -> Result<HttpResponse, Error> {
    let secret = Secret::new()?;
    let mut change = Change::begin(&db, &admin.actor()).await?;
    let account = store::lock(&mut change, &id).await?;
    store::renew(&mut change, &id, &secret).await?;
    change.commit(changes::renewed(&account)).await?;
    let layout = Layout::of(&request);
    page::page(&PasswordPage::new(layout, &installation, account, secret))
}

/// GET `/system/mqtt/{id}/deletion`
pub async fn ask_deletion(
    _: Admin,
    db: Data<Db>,
    id: Path<String>,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    page::page(&DeletionPage::new(layout, store::find(&db, &id).await?))
}

/// POST `/system/mqtt/{id}/deletion`
pub async fn delete(
    admin: Confirmed<Admin>,
    db: Data<Db>,
    id: Path<String>,
    _: Posted,
) -> Result<HttpResponse, Error> {
    let mut change = Change::begin(&db, &admin.actor()).await?;
    let account = store::lock(&mut change, &id).await?;
    store::delete(&mut change, &id).await?;
    change.commit(changes::deleted(&account)).await?;
    Ok(page::see_with(LIST, Flash::Deleted))
}
