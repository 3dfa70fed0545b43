//! Events that the broker refused: whoever may see the event sees it, maintainers decide.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

use super::views::RefusedPage;
use super::{changes, store};
use crate::auth::{Maintainer, Viewer};
use crate::db::Db;
use crate::error::Error;
use crate::events::{Change, Event};
use crate::page::{self, Flash, Layout, Posted, Wanted};
use crate::system::Installation;

const PAGE: &str = "/events/refused";

/// GET `/events/refused`
pub async fn list(
    viewer: Viewer,
    db: Data<Db>,
    wanted: Wanted,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let letters = store::list(&db, viewer.role).await?;
    let view = RefusedPage::new(layout, viewer.role, letters);
    page::page_or_part(wanted, &view, &view.as_letters())
}

/// POST `/events/{id}/delivery`: it is sent again.
pub async fn send_again(
    maintainer: Maintainer,
    db: Data<Db>,
    installation: Data<Installation>,
    id: Path<String>,
    _: Posted,
) -> Result<HttpResponse, Error> {
    let mut change = Change::begin(&db, &maintainer.actor()).await?;
    let letter = store::release(&mut change, maintainer.role, &id).await?;
    let event = letter.map(|letter| changes::sent_again(&installation.deployment, &letter));
    decided(change, event, Flash::SentAgain).await
}

/// POST `/events/{id}/omission`: it is not sent, and the next ones of its thing go.
pub async fn give_up(
    maintainer: Maintainer,
    db: Data<Db>,
    installation: Data<Installation>,
    id: Path<String>,
    _: Posted,
) -> Result<HttpResponse, Error> {
    let mut change = Change::begin(&db, &maintainer.actor()).await?;
    let letter = store::give_up(&mut change, maintainer.role, &id).await?;
    let event = letter.map(|letter| changes::given_up(&installation.deployment, &letter));
    decided(change, event, Flash::GivenUp).await
}

/// Without an event somebody else was faster.
async fn decided(change: Change, event: Option<Event>, done: Flash) -> Result<HttpResponse, Error> {
    let Some(event) = event else {
        change.abandon();
        return Ok(page::see_with(PAGE, Flash::Outdated));
    };
    change.commit(event).await?;
    Ok(page::see_with(PAGE, done))
}
