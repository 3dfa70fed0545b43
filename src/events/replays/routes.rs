//! Events sent again: for maintainers.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::store::{self, Asked};
use super::views::ReplaysPage;
use super::{Form, Wish};
use crate::auth::Maintainer;
use crate::db::Db;
use crate::error::Error;
use crate::events::{Change, Domain, Event};
use crate::page::{self, Flash, Layout, Posted, Wanted};
use crate::system::Installation;

const LIST: &str = "/events/replays";

/// GET `/events/replays`
pub async fn list(
    maintainer: Maintainer,
    db: Data<Db>,
    wanted: Wanted,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let replays = store::newest(&db).await?;
    let view = ReplaysPage::new(layout, maintainer.role, replays, Form::blank());
    page::page_or_part(wanted, &view, &view.as_replays())
}

/// POST `/events/replays`
pub async fn create(
    maintainer: Maintainer,
    request: HttpRequest,
    db: Data<Db>,
    installation: Data<Installation>,
    posted: Posted,
) -> Result<HttpResponse, Error> {
    let mut form = Form::read(&posted);
    if let Some(wish) = form.wish(maintainer.role, maintainer.zone()) {
        let mut change = Change::begin(&db, &maintainer.actor()).await?;
        match store::insert(&mut change, &form.id, &wish, maintainer.role).await? {
            Asked::Between(first, last) => {
                let event = asked(&installation.deployment, &form.id, &wish, (first, last));
                change.commit(event).await?;
                return Ok(page::see_with(LIST, Flash::Created));
            }
            other => form = without(form, other),
        }
    }
    refused(&request, &maintainer, &db, form).await
}

fn asked(deployment: &str, id: &str, wish: &Wish, (first, last): (i64, i64)) -> Event {
    let details = json!({
        "replay_id": id,
        "domain": wish.domain.map(Domain::as_str),
        "entity_id": (!wish.entity_id.is_empty()).then_some(&wish.entity_id),
        "first_position": first,
        "last_position": last,
    });
    Event::system(deployment, "replay_requested", details)
}

fn without(mut form: Form, why: Asked) -> Form {
    match why {
        Asked::TooMany => form.problems.add(
            "from",
            "Others go on already. Wait until one of them has come to its end, or stop it.",
        ),
        Asked::Nothing => form.problems.add(
            "from",
            "There is no event between these two. Nothing would be sent.",
        ),
        Asked::Between(..) | Asked::Before => {}
    }
    form
}

async fn refused(
    request: &HttpRequest,
    maintainer: &Maintainer,
    db: &Db,
    form: Form,
) -> Result<HttpResponse, Error> {
    if form.problems.is_empty() {
        // The same form, sent twice.
        return Ok(page::see_with(LIST, Flash::Created));
    }
    let replays = store::newest(db).await?;
    let layout = Layout::of(request);
    page::refused(&ReplaysPage::new(layout, maintainer.role, replays, form))
}

/// POST `/events/replays/{id}/stop`
pub async fn stop(
    maintainer: Maintainer,
    db: Data<Db>,
    installation: Data<Installation>,
    id: Path<String>,
    _: Posted,
) -> Result<HttpResponse, Error> {
    let mut change = Change::begin(&db, &maintainer.actor()).await?;
    if !store::stop(&mut change, &id).await? {
        change.abandon();
        return Ok(page::see_with(LIST, Flash::Unchanged));
    }
    let details = json!({ "replay_id": *id });
    let event = Event::system(&installation.deployment, "replay_stopped", details);
    change.commit(event).await?;
    Ok(page::see_with(LIST, Flash::Saved))
}
