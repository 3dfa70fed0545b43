//! The doors: first account, login, logout, one's own account.

use actix_session::Session;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::json;

use super::password::Passwords;
use super::session::Login;
use super::setup::Setup;
use super::store::Credentials;
use super::views::{AccountPage, LoginPage, SetupPage};
use super::{Viewer, local_path, store};
use crate::db::Db;
use crate::error::Error;
use crate::events::{Actor, Change, Event, new_id};
use crate::page::{self, Flash, Layout, Posted, Problems, signed_in};
use crate::users::{self, Role, Theme};

/// The token of the setup link.
#[derive(Debug, Deserialize)]
pub struct SetupQuery {
    #[serde(default)]
    token: String,
}

/// Where to go after signing in.
#[derive(Debug, Deserialize)]
pub struct LoginQuery {
    #[serde(default)]
    next: String,
}

/// GET `/setup`
pub async fn setup(
    db: Data<Db>,
    setup: Data<Setup>,
    query: Query<SetupQuery>,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    may_set_up(&db, &setup, &query.token).await?;
    page::page(&SetupPage::blank(layout, &query.token))
}

/// POST `/setup`: makes the first account, and signs it in.
pub async fn set_up(
    request: HttpRequest,
    session: Session,
    db: Data<Db>,
    setup: Data<Setup>,
    passwords: Data<Passwords>,
    query: Query<SetupQuery>,
    posted: Posted,
) -> Result<HttpResponse, Error> {
    may_set_up(&db, &setup, &query.token).await?;
    let layout = Layout::of(&request);
    let (username, password) = match checked_setup(&posted) {
        Ok(checked) => checked,
        Err(problems) => {
            return page::refused(&SetupPage::refused(layout, &query.token, &posted, problems));
        }
    };
    let password_hash = passwords.hash(&password).await?;
    let user_id = make_first_admin(&db, &username, &password_hash).await?;
    login(&request, user_id, username).begin(&session)?;
    Ok(page::see("/"))
}

async fn make_first_admin(db: &Db, username: &str, password_hash: &str) -> Result<String, Error> {
    let id = new_id();
    let actor = Actor {
        id: Some(id.clone()),
        name: username.to_owned(),
        ..Actor::anonymous()
    };
    let mut change = Change::begin(db, &actor).await?;
    store::insert_first_admin(&mut change, &id, username, password_hash).await?;
    let details = json!({ "username": username, "role": Role::Admin });
    change.commit(Event::user(&id, "created", details)).await?;
    Ok(id)
}

async fn may_set_up(db: &Db, setup: &Setup, token: &str) -> Result<(), Error> {
    if setup.fits(token) && !store::is_set_up(db).await? {
        Ok(())
    } else {
        Err(Error::NotFound)
    }
}

fn checked_setup(posted: &Posted) -> Result<(String, String), Problems> {
    let mut problems = Problems::default();
    let username = problems.take("username", users::username(posted.text("username")));
    let password = new_password(posted, &mut problems);
    username.zip(password).ok_or(problems)
}

fn new_password(posted: &Posted, problems: &mut Problems) -> Option<String> {
    users::new_password(posted.text("password"), posted.text("password_again"))
        .map_err(|(field, message)| problems.add(field, message))
        .ok()
}

/// GET `/login`
pub async fn login_form(
    request: HttpRequest,
    db: Data<Db>,
    query: Query<LoginQuery>,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    if signed_in(&request)?.is_some() {
        return Ok(page::see(local_path(&query.next)));
    }
    let is_set_up = store::is_set_up(&db).await?;
    page::page(&LoginPage::blank(
        layout,
        local_path(&query.next),
        is_set_up,
    ))
}

/// POST `/login`: the same answer, after the same work, for an unknown user, a wrong password and a
/// disabled account.
pub async fn log_in(
    request: HttpRequest,
    session: Session,
    db: Data<Db>,
    passwords: Data<Passwords>,
    posted: Posted,
) -> Result<HttpResponse, Error> {
    let next = local_path(posted.text("next"));
    let account = store::credentials(&db, posted.text("username").trim()).await?;
    let may_enter = account.as_ref().filter(|known| known.disabled_at.is_none());
    let hash = may_enter.map(|known| known.password_hash.as_str());
    if passwords.verify(posted.text("password"), hash).await?
        && let Some(known) = may_enter
    {
        login(&request, known.id.clone(), known.username.clone()).begin(&session)?;
        return Ok(page::see(next));
    }
    note_failure(&db, account.as_ref(), &request).await?;
    let layout = Layout::of(&request);
    page::refused(&LoginPage::refused(layout, next, posted.text("username")))
}

fn login(request: &HttpRequest, user_id: String, username: String) -> Login {
    let agent = request
        .headers()
        .get("User-Agent")
        .and_then(|agent| agent.to_str().ok());
    Login {
        user_id,
        username,
        address: address(request),
        agent: agent.unwrap_or_default().chars().take(255).collect(),
    }
}

fn address(request: &HttpRequest) -> String {
    request
        .peer_addr()
        .map(|peer| peer.ip().to_string())
        .unwrap_or_default()
}

async fn note_failure(
    db: &Db,
    account: Option<&Credentials>,
    request: &HttpRequest,
) -> Result<(), Error> {
    let user_id = account.map(|known| known.id.as_str());
    let change = Change::begin(db, &Actor::anonymous()).await?;
    let details = json!({ "address": address(request) });
    change
        .commit(Event::auth(user_id, "login_failed", details))
        .await
}

/// POST `/logout`
pub async fn log_out(_viewer: Viewer, session: Session) -> HttpResponse {
    session.purge();
    page::see_with("/login", Flash::SignedOut)
}

/// GET `/account`
pub async fn account(viewer: Viewer, layout: Layout) -> Result<HttpResponse, Error> {
    page::page(&AccountPage::new(layout, &viewer, Problems::default()))
}

/// POST `/account/password`: the other sessions end, this one goes on under a new key.
pub async fn change_password(
    viewer: Viewer,
    request: HttpRequest,
    session: Session,
    db: Data<Db>,
    passwords: Data<Passwords>,
    posted: Posted,
) -> Result<HttpResponse, Error> {
    let account = store::credentials_of(&db, &viewer.id)
        .await?
        .ok_or(Error::NotFound)?;
    let current = posted.text("current_password");
    let fits = passwords
        .verify(current, Some(&account.password_hash))
        .await?;
    let password = match checked_change(&posted, fits) {
        Ok(password) => password,
        Err(problems) => {
            return page::refused(&AccountPage::new(Layout::of(&request), &viewer, problems));
        }
    };
    keep_password(&db, &viewer, &passwords.hash(&password).await?).await?;
    login(&request, account.id, account.username).begin(&session)?;
    Ok(page::see_with("/account", Flash::PasswordChanged))
}

fn checked_change(posted: &Posted, current_fits: bool) -> Result<String, Problems> {
    let mut problems = Problems::default();
    let password = new_password(posted, &mut problems);
    if !current_fits {
        problems.add(
            "current_password",
            "This is not your password now. Type it again.",
        );
    }
    password.filter(|_| problems.is_empty()).ok_or(problems)
}

async fn keep_password(db: &Db, viewer: &Viewer, hash: &str) -> Result<(), Error> {
    let mut change = Change::begin(db, &viewer.actor()).await?;
    store::set_password(&mut change, &viewer.id, hash).await?;
    change
        .commit(Event::user(&viewer.id, "password_changed", json!({})))
        .await
}

/// POST `/account/preferences`: how pages look.
pub async fn choose(viewer: Viewer, db: Data<Db>, posted: Posted) -> Result<HttpResponse, Error> {
    let Ok(theme) = posted.text("theme").parse::<Theme>() else {
        return Err(Error::BadRequest(
            "A theme is auto, dark or light.".to_owned(),
        ));
    };
    if viewer.theme() == theme {
        return Ok(page::see_with("/account", Flash::Unchanged));
    }
    let mut preferences = viewer.preferences.clone();
    preferences["theme"] = theme.as_str().into();
    let mut change = Change::begin(&db, &viewer.actor()).await?;
    store::set_preferences(&mut change, &viewer.id, &preferences).await?;
    let details = json!({ "theme": theme.as_str() });
    change
        .commit(Event::user(&viewer.id, "preferences_changed", details))
        .await?;
    Ok(page::see_with("/account", Flash::Saved))
}
