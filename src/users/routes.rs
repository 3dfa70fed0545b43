//! Accounts, for admins.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::form::{AccountForm, Password};
use super::store::{self, Account, Edit, NewAccount, Refused};
use super::views::{AccountPage, DeletionPage, ListPage, NewPage};
use crate::auth;
use crate::auth::password::Passwords;
use crate::auth::{Admin, Confirmed};
use crate::db::Db;
use crate::error::Error;
use crate::events::{Change, Event};
use crate::page::{self, Cursor, Flash, Layout, Posted, PostedWith};

/// GET `/users`
pub async fn list(
    _: Admin,
    db: Data<Db>,
    before: Cursor,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let accounts = store::page(&db, &before).await?;
    page::page(&ListPage::new(layout, accounts, &before))
}

/// GET `/users/new`
pub async fn new(_: Admin, layout: Layout) -> Result<HttpResponse, Error> {
    page::page(&NewPage::new(layout, AccountForm::blank()))
}

/// POST `/users`
pub async fn create(
    admin: Confirmed<Admin>,
    request: HttpRequest,
    db: Data<Db>,
    passwords: Data<Passwords>,
    posted: PostedWith<AccountForm>,
) -> Result<HttpResponse, Error> {
    let form = AccountForm::read(&posted, Password::Needed);
    let Some(checked) = form.checked() else {
        return page::refused(&NewPage::new(Layout::of(&request), form));
    };
    let password = checked.password.as_deref().unwrap_or_default();
    let hash = passwords.hash(password).await?;
    let account = checked.account(form.id(), hash);
    let mut change = Change::begin(&db, &admin.actor()).await?;
    if store::insert(&mut change, &account).await?.is_err() {
        change.abandon();
        return already_there(&request, &db, form, &account).await;
    }
    let created = Event::user(&account.id, "created", described(&account));
    change.commit(created).await?;
    let address = format!("/users/{}", account.id);
    Ok(page::see_with(&address, Flash::Created))
}

/// The same form sent twice made the account the first time; another account in its way is said at
/// the field.
async fn already_there(
    request: &HttpRequest,
    db: &Db,
    form: AccountForm,
    account: &NewAccount,
) -> Result<HttpResponse, Error> {
    match store::find(db, &account.id).await {
        Ok(made) => Ok(page::see_with(
            &format!("/users/{}", made.id),
            Flash::Created,
        )),
        Err(Error::NotFound) => page::refused(&NewPage::new(
            Layout::of(request),
            form.with_refusal(Refused::Taken),
        )),
        Err(error) => Err(error),
    }
}

fn described(account: &NewAccount) -> Value {
    json!({
        "username": account.username,
        "role": account.role,
        "disabled": account.disabled,
    })
}

/// GET `/users/{id}`
pub async fn show(
    _: Admin,
    db: Data<Db>,
    id: Path<String>,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let account = store::find(&db, &id).await?;
    let form = AccountForm::of(&account);
    page::page(&AccountPage::new(layout, account, form))
}

/// POST `/users/{id}`: what is not sent stays as it is.
pub async fn update(
    admin: Confirmed<Admin>,
    request: HttpRequest,
    db: Data<Db>,
    passwords: Data<Passwords>,
    id: Path<String>,
    posted: PostedWith<AccountForm>,
) -> Result<HttpResponse, Error> {
    let account = store::find(&db, &id).await?;
    let form = AccountForm::of(&account).changed_by(&posted);
    let Some(checked) = form.checked() else {
        return page::refused(&AccountPage::new(Layout::of(&request), account, form));
    };
    // A hash takes its time, and the account is not locked before it is there.
    let hash = match &checked.password {
        Some(password) => Some(passwords.hash(password).await?),
        None => None,
    };
    let change = Change::begin(&db, &admin.actor()).await?;
    keep(change, (&request, &admin), &id, (&posted, hash)).await
}

async fn keep(
    mut change: Change,
    (request, admin): (&HttpRequest, &Admin),
    id: &str,
    (posted, password_hash): (&Posted, Option<String>),
) -> Result<HttpResponse, Error> {
    let before = store::lock(&mut change, id).await?;
    let mut form = AccountForm::of(&before).changed_by(posted);
    if let Some(checked) = form.checked() {
        let edit = checked.edit(password_hash);
        match store::update(&mut change, &before, &edit).await? {
            Ok(()) => return finish(change, request, admin, (&before, &edit)).await,
            Err(refused) => form = form.with_refusal(refused),
        }
    }
    change.abandon();
    page::refused(&AccountPage::new(Layout::of(request), before, form))
}

async fn finish(
    change: Change,
    request: &HttpRequest,
    admin: &Admin,
    (before, after): (&Account, &Edit),
) -> Result<HttpResponse, Error> {
    let address = format!("/users/{}", before.id);
    let events = super::changes::events(before, after);
    if events.is_empty() {
        change.abandon();
        return Ok(page::see_with(&address, Flash::Unchanged));
    }
    change.commit_all(events).await?;
    if after.ends_sessions(before) && !after.disabled {
        auth::keep_own(request, admin, &before.id)?;
    }
    Ok(page::see_with(&address, Flash::Saved))
}

/// GET `/users/{id}/deletion`
pub async fn ask_deletion(
    _: Admin,
    db: Data<Db>,
    id: Path<String>,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let account = store::find(&db, &id).await?;
    page::page(&DeletionPage::new(layout, account, None))
}

/// POST `/users/{id}/deletion`
pub async fn delete(
    admin: Confirmed<Admin>,
    request: HttpRequest,
    db: Data<Db>,
    id: Path<String>,
    _: Posted,
) -> Result<HttpResponse, Error> {
    let mut change = Change::begin(&db, &admin.actor()).await?;
    match store::delete(&mut change, &id).await? {
        Ok(Account { username, role, .. }) => {
            let details = json!({ "username": username, "role": role });
            change.commit(Event::user(&id, "deleted", details)).await?;
            Ok(page::see_with("/users", Flash::Deleted))
        }
        Err(refused) => {
            change.abandon();
            let account = store::find(&db, &id).await?;
            page::refused(&DeletionPage::new(
                Layout::of(&request),
                account,
                Some(refused),
            ))
        }
    }
}
