//! The trash: everybody sees it, maintainers restore.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::views::TrashPage;
use super::{Refused, changes, store};
use crate::auth::{Maintainer, Viewer};
use crate::db::Db;
use crate::error::Error;
use crate::events::Change;
use crate::page::{self, Cursor, Flash, Layout, Posted, Wanted};
use crate::projects::tasks::task_page;

/// GET `/trash`
pub async fn list(
    _: Viewer,
    db: Data<Db>,
    before: Cursor,
    wanted: Wanted,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let thrown = store::page(&db, &before).await?;
    let view = TrashPage::new(layout, thrown, &before);
    page::page_or_part(wanted, &view, &view.as_trash())
}

/// POST `/trash/{id}/restoration`
pub async fn restore(
    maintainer: Maintainer,
    request: HttpRequest,
    db: Data<Db>,
    id: Path<String>,
    _: Posted,
) -> Result<HttpResponse, Error> {
    let mut change = Change::begin(&db, &maintainer.actor()).await?;
    match store::restore(&mut change, &id).await? {
        Ok(thrown) => {
            change.commit(changes::restored(&thrown)).await?;
            let there = match thrown.is_project() {
                true => format!("/projects/{}", thrown.entity_id),
                false => task_page(&thrown.entity_id),
            };
            Ok(page::see_with(&there, Flash::Restored))
        }
        Err(refused) => {
            change.abandon();
            refusal(&request, &db, refused).await
        }
    }
}

async fn refusal(request: &HttpRequest, db: &Db, why: Refused) -> Result<HttpResponse, Error> {
    let thrown = store::page(db, &Cursor::start()).await?;
    let view = TrashPage::new(Layout::of(request), thrown, &Cursor::start());
    page::refused(&view.with(why))
}
