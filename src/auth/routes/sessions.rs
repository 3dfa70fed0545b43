use actix_session::Session;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use crate::auth::footing::Footing;
use crate::auth::session::Lifetime;
use crate::auth::store::{self, sessions};
use crate::auth::views::SessionsPage;
use crate::auth::{Admin, Confirmed, Viewer};
use crate::db::Db;
use crate::error::Error;
use crate::events::{Actor, Change, Event};
use crate::page::{self, Flash, Layout, Posted};

/// POST `/account/sessions/{session}/deletion`: ends one of one's own sessions; this one, too.
pub async fn end_one(
    viewer: Confirmed<Viewer>,
    request: HttpRequest,
    session: Session,
    db: Data<Db>,
    id: Path<String>,
    _: Posted,
) -> Result<HttpResponse, Error> {
    if Footing::of(&request).is_some_and(|footing| footing.session_id == *id) {
        session.purge();
        return Ok(page::see_with("/login", Flash::SignedOut));
    }
    end(&db, &viewer.actor(), &viewer.id, &id).await?;
    Ok(page::see_with("/account", Flash::SessionsEnded))
}

/// POST `/account/sessions/deletion`: ends all of one's own sessions but this one.
pub async fn end_others(
    viewer: Confirmed<Viewer>,
    request: HttpRequest,
    db: Data<Db>,
    _: Posted,
) -> Result<HttpResponse, Error> {
    let footing = Footing::of(&request);
    let this = footing.as_ref().map(|footing| footing.session_id.as_str());
    let flash = end_all(&db, &viewer.actor(), &viewer.id, this).await?;
    Ok(page::see_with("/account", flash))
}

/// GET `/users/{id}/sessions`
pub async fn of_user(
    _: Admin,
    db: Data<Db>,
    lifetime: Data<Lifetime>,
    id: Path<String>,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let account = store::credentials_of(&db, &id)
        .await?
        .ok_or(Error::NotFound)?;
    let sessions = sessions::of_user(&db, &id, lifetime.idle).await?;
    page::page(&SessionsPage::new(layout, account, sessions))
}

/// POST `/users/{id}/sessions/{session}/deletion`
pub async fn end_of(
    admin: Confirmed<Admin>,
    db: Data<Db>,
    ids: Path<(String, String)>,
    _: Posted,
) -> Result<HttpResponse, Error> {
    let (user_id, id) = ids.into_inner();
    end(&db, &admin.actor(), &user_id, &id).await?;
    let page = format!("/users/{user_id}/sessions");
    Ok(page::see_with(&page, Flash::SessionsEnded))
}

/// POST `/users/{id}/sessions/deletion`
pub async fn end_all_of(
    admin: Confirmed<Admin>,
    db: Data<Db>,
    id: Path<String>,
    _: Posted,
) -> Result<HttpResponse, Error> {
    store::credentials_of(&db, &id)
        .await?
        .ok_or(Error::NotFound)?;
    let flash = end_all(&db, &admin.actor(), &id, None).await?;
    Ok(page::see_with(&format!("/users/{id}/sessions"), flash))
}

async fn end(db: &Db, actor: &Actor, user_id: &str, id: &str) -> Result<(), Error> {
    let mut change = Change::begin(db, actor).await?;
    if !sessions::close_one(&mut change, user_id, id).await? {
        return Err(Error::NotFound);
    }
    let details = json!({ "session_id": id });
    change
        .commit(Event::auth(Some(user_id), "session_ended", details))
        .await
}

async fn end_all(
    db: &Db,
    actor: &Actor,
    user_id: &str,
    spared: Option<&str>,
) -> Result<Flash, Error> {
    let mut change = Change::begin(db, actor).await?;
    let ended = sessions::close_all(&mut change, user_id, spared).await?;
    if ended == 0 {
        change.abandon();
        return Ok(Flash::Unchanged);
    }
    let details = json!({ "sessions": ended });
    change
        .commit(Event::auth(Some(user_id), "sessions_ended", details))
        .await?;
    Ok(Flash::SessionsEnded)
}
