use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use chrono_tz::Tz;
use serde_json::{Map, Value, json};

use super::door::new_password;
use crate::auth::attempt::Attempts;
use crate::auth::footing::Footing;
use crate::auth::password::Passwords;
use crate::auth::session::{Lifetime, Login};
use crate::auth::store::{self, sessions};
use crate::auth::tally::Tally;
use crate::auth::views::{AccountPage, PasswordPage};
use crate::auth::{Entered, Viewer};
use crate::db::Db;
use crate::error::Error;
use crate::events::{Change, Event};
use crate::page::{self, Flash, Layout, Posted, Problems};
use crate::projects::tasks::list::Column;
use crate::projects::tasks::list_at;
use crate::users::Theme;

/// GET `/account`
pub async fn account(
    viewer: Viewer,
    request: HttpRequest,
    db: Data<Db>,
    lifetime: Data<Lifetime>,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let footing = Footing::of(&request).ok_or(Error::bug("signed in without a session"))?;
    let sessions = sessions::of_user(&db, &viewer.id, lifetime.idle).await?;
    page::page(&AccountPage::new(layout, &viewer, &footing, sessions))
}

/// GET `/account/password`
pub async fn password_form(
    _: Entered,
    request: HttpRequest,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let is_due = Footing::of(&request).is_some_and(|footing| footing.one_time_password);
    page::page(&PasswordPage::new(layout, is_due, Problems::default()))
}

/// POST `/account/password`: the other sessions end, this one goes on under a new key.
pub async fn change_password(
    user: Entered,
    request: HttpRequest,
    db: Data<Db>,
    doors: (Data<Passwords>, Data<Tally>),
    posted: Posted,
) -> Result<HttpResponse, Error> {
    let (passwords, tally) = doors;
    let footing = Footing::of(&request).ok_or(Error::bug("signed in without a session"))?;
    let attempts = Attempts::by(&request, &db, &passwords, &tally);
    let password = match checked_change(&attempts, &user.username, &posted).await? {
        Ok(password) => password,
        Err(problems) => {
            let is_due = footing.one_time_password;
            return page::refused(&PasswordPage::new(Layout::of(&request), is_due, problems));
        }
    };
    keep_password(&db, &user, &passwords.hash(&password).await?).await?;
    Login::renew(&request, &user, &footing)?;
    Ok(page::see_with("/account", Flash::PasswordChanged))
}

async fn checked_change(
    attempts: &Attempts<'_>,
    username: &str,
    posted: &Posted,
) -> Result<Result<String, Problems>, Error> {
    let mut problems = Problems::default();
    let password = new_password(posted, username, &mut problems);
    let current = posted.text("current_password");
    if attempts.password(username, current).await?.is_some() {
        attempts.forgive(username).await?;
    } else {
        let message = "This is not your password now. Type it again.";
        problems.add("current_password", message);
    }
    if password.as_deref() == Some(current) {
        problems.add(
            "password",
            "This is the password that you have. Choose another.",
        );
    }
    Ok(password.filter(|_| problems.is_empty()).ok_or(problems))
}

async fn keep_password(db: &Db, user: &Entered, hash: &str) -> Result<(), Error> {
    let mut change = Change::begin(db, &user.actor()).await?;
    store::set_password(&mut change, &user.id, hash, false).await?;
    change
        .commit(Event::user(&user.id, "password_changed", json!({})))
        .await
}

/// POST `/account/preferences`: how pages look, where their times are, which columns a list of
/// tasks has, and whether letters are keys; what is not sent stays.
pub async fn choose(viewer: Viewer, db: Data<Db>, posted: Posted) -> Result<HttpResponse, Error> {
    let mut preferences = viewer.preferences.clone();
    let mut details = Map::new();
    let back = list_at(posted.text("back")).unwrap_or_else(|| "/account".to_owned());
    for (name, chosen) in chosen(&posted)? {
        let Some(chosen) = chosen.filter(|chosen| preferences[name] != *chosen) else {
            continue;
        };
        preferences[name] = chosen.clone();
        details.insert(name.to_owned(), chosen);
    }
    if details.is_empty() {
        return Ok(page::see_with(&back, Flash::Unchanged));
    }
    let mut change = Change::begin(&db, &viewer.actor()).await?;
    store::set_preferences(&mut change, &viewer.id, &preferences).await?;
    let changed = Event::user(&viewer.id, "preferences_changed", Value::Object(details));
    change.commit(changed).await?;
    Ok(page::see_with(&back, Flash::Saved))
}

fn chosen(posted: &Posted) -> Result<[(&'static str, Option<Value>); 4], Error> {
    Ok([
        ("theme", theme(posted)?),
        ("time_zone", zone(posted)?),
        ("task_columns", columns(posted)?),
        ("keys", keys(posted)?),
    ])
}

/// Boxes that are not ticked are not sent: `columns` says that there were some.
fn columns(posted: &Posted) -> Result<Option<Value>, Error> {
    if posted.get("columns").is_none() {
        return Ok(None);
    }
    let chosen: Result<Vec<Column>, ()> = posted.all("column").map(str::parse).collect();
    let chosen = chosen.map_err(|()| {
        Error::BadRequest("A list of tasks has no such column. Nothing was changed.".to_owned())
    })?;
    let shown = Column::ALL
        .into_iter()
        .filter(|column| chosen.contains(column));
    Ok(Some(shown.map(Column::as_str).collect()))
}

fn theme(posted: &Posted) -> Result<Option<Value>, Error> {
    let Some(typed) = posted.get("theme") else {
        return Ok(None);
    };
    match typed.parse::<Theme>() {
        Ok(theme) => Ok(Some(theme.as_str().into())),
        Err(()) => Err(Error::BadRequest(
            "A theme is auto, dark or light.".to_owned(),
        )),
    }
}

fn keys(posted: &Posted) -> Result<Option<Value>, Error> {
    match posted.get("keys") {
        None => Ok(None),
        Some(chosen @ ("on" | "off")) => Ok(Some(chosen.into())),
        Some(_) => Err(Error::BadRequest("Keys are on or off.".to_owned())),
    }
}

fn zone(posted: &Posted) -> Result<Option<Value>, Error> {
    let Some(typed) = posted.get("time_zone") else {
        return Ok(None);
    };
    if typed.trim().is_empty() {
        return Ok(Some(Value::Null));
    }
    match typed.trim().parse::<Tz>() {
        Ok(zone) => Ok(Some(zone.name().into())),
        Err(_) => Err(Error::BadRequest(
            "A time zone is a name such as Europe/Berlin. Nothing was changed; choose one from the list."
                .to_owned(),
        )),
    }
}
