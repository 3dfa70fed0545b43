//! Many tasks at once.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::apply::apply;
use super::views::BulkPage;
use super::{BulkForm, store};
use crate::auth::Maintainer;
use crate::db::Db;
use crate::error::Error;
use crate::events::Change;
use crate::page::{self, Flash, Layout, Posted};
use crate::projects::labels::store as labels;
use crate::projects::tasks::store as tasks;

/// POST `/tasks/bulk`: `task` is the id of each; `status`, `assignee` (`-` for nobody), `due` or
/// `undated`, `add-label` and `remove-label` say what they become, `what=delete` puts them into the
/// trash. All of them, or none.
pub async fn change(
    maintainer: Maintainer,
    request: HttpRequest,
    db: Data<Db>,
    posted: Posted,
) -> Result<HttpResponse, Error> {
    let form = BulkForm::read(&posted, maintainer.zone());
    let Some(bulk) = form.checked() else {
        return refused(&request, &db, form).await;
    };
    let mut change = Change::begin(&db, &maintainer.actor()).await?;
    match apply(&mut change, &bulk).await? {
        Ok(events) => done(change, events, &form).await,
        Err(why) => {
            change.abandon();
            refused(&request, &db, form.without(&why)).await
        }
    }
}

async fn done(
    change: Change,
    events: Vec<crate::events::Event>,
    form: &BulkForm,
) -> Result<HttpResponse, Error> {
    if events.is_empty() {
        change.abandon();
        return Ok(page::see_with(&form.back, Flash::Unchanged));
    }
    change.commit_all(events).await?;
    let flash = match form.is_deletion() {
        true => Flash::Trashed,
        false => Flash::Saved,
    };
    Ok(page::see_with(&form.back, flash))
}

async fn refused(request: &HttpRequest, db: &Db, form: BulkForm) -> Result<HttpResponse, Error> {
    let ids: Vec<&str> = form.ids.iter().map(String::as_str).collect();
    let picked = store::picked(db, &ids).await?;
    let offer = (tasks::people(db).await?, labels::all(db).await?);
    let layout = Layout::of(request);
    page::refused(&BulkPage::new(layout, form, picked, offer))
}
