use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use crate::auth::footing::Footing;
use crate::auth::session::Login;
use crate::auth::store::{factor as store, sessions};
use crate::auth::views::{CodesPage, FactorPage, FactorRemovalPage, RolesPage};
use crate::auth::{Admin, Confirmed, Entered, factor, totp};
use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::events::{Change, Event};
use crate::page::{self, Deciding, Flash, Layout, Posted, PostedWith, Problems};
use crate::users::Role;
use crate::vault::Vault;

/// GET `/account/second-factor`
pub async fn second_factor(
    user: Entered,
    request: HttpRequest,
    db: Data<Db>,
    vault: Data<Vault>,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    page::page(&shown(&user, &request, &db, &vault, layout).await?)
}

async fn shown(
    user: &Entered,
    request: &HttpRequest,
    db: &Db,
    vault: &Vault,
    layout: Layout,
) -> Result<FactorPage, Error> {
    let footing = Footing::of(request).ok_or(Error::bug("signed in without a session"))?;
    let found = store::find(db, &user.id).await?;
    // A secret in use is never shown again, and one that is not, only to who gave the password just now.
    let may_see = found.totp_since.is_none() && footing.is_fresh(Timestamp::now());
    let sealed = found.totp_secret.as_deref().filter(|_| may_see);
    let secret = sealed.and_then(|sealed| factor::open(vault, &user.id, sealed));
    let picture = match &secret {
        Some(secret) => Some(totp::Picture::of(secret, &user.username)?),
        None => None,
    };
    Ok(FactorPage {
        layout,
        needs_one: footing.needs_second_factor,
        since: found.totp_since,
        recovery_codes: found.recovery_codes,
        secret: secret.zip(picture),
        problems: Problems::default(),
    })
}

/// POST `/account/second-factor/secret`: makes the secret that the app is to learn.
pub async fn prepare(
    user: Confirmed<Entered>,
    db: Data<Db>,
    vault: Data<Vault>,
    _: Posted,
) -> Result<HttpResponse, Error> {
    let mut change = Change::begin(&db, &user.actor()).await?;
    let sealer = vault.lock(&mut change).await?;
    let sealed = factor::seal(&sealer, &user.id, &totp::new_secret()?)?;
    if store::prepare(&mut change, &user.id, &sealed).await? {
        change
            .commit(Event::user(&user.id, "second_factor_prepared", json!({})))
            .await?;
    } else {
        change.abandon();
    }
    Ok(page::see("/account/second-factor"))
}

/// POST `/account/second-factor`: the first code proves that the app has learnt it.
pub async fn start(
    user: Confirmed<Entered>,
    request: HttpRequest,
    db: Data<Db>,
    vault: Data<Vault>,
    posted: Posted,
) -> Result<HttpResponse, Error> {
    let step = proven_step(&db, &vault, &user.id, posted.text("code")).await?;
    let Some(step) = step else {
        let layout = Layout::of(&request);
        let view = shown(&user, &request, &db, &vault, layout).await?;
        return page::refused(&view.refused());
    };
    let (codes, hashes) = new_codes(&user.id)?;
    let mut change = Change::begin(&db, &user.actor()).await?;
    if !store::start(&mut change, &user.id, step, &hashes).await? {
        return Ok(page::see("/account/second-factor"));
    }
    // This one too: it goes on under a new key.
    sessions::close_all(&mut change, &user.id, None).await?;
    change
        .commit(Event::user(&user.id, "second_factor_added", json!({})))
        .await?;
    renew(&user, &request)?;
    page::page(&CodesPage::new(Layout::of(&request), codes))
}

/// The time step of a code, where it is one of the secret that is being set up.
async fn proven_step(
    db: &Db,
    vault: &Vault,
    user_id: &str,
    code: &str,
) -> Result<Option<i64>, Error> {
    let found = store::find(db, user_id).await?;
    let sealed = found.totp_secret.filter(|_| found.totp_since.is_none());
    let secret = sealed.and_then(|sealed| factor::open(vault, user_id, &sealed));
    let seconds = Timestamp::now().micros() / 1_000_000;
    Ok(secret.and_then(|secret| totp::step_of(&secret, code, seconds)))
}

/// POST `/account/second-factor/recovery-codes`: ten others; those before are no good any more.
pub async fn renew_codes(
    user: Confirmed<Entered>,
    db: Data<Db>,
    layout: Layout,
    _: Posted,
) -> Result<HttpResponse, Error> {
    let (codes, hashes) = new_codes(&user.id)?;
    let mut change = Change::begin(&db, &user.actor()).await?;
    store::replace_codes(&mut change, &user.id, &hashes).await?;
    change
        .commit(Event::user(&user.id, "recovery_codes_renewed", json!({})))
        .await?;
    page::page(&CodesPage::new(layout, codes))
}

/// GET `/account/second-factor/deletion`
pub async fn ask_removal(_: Entered, layout: Layout) -> Result<HttpResponse, Error> {
    page::page(&FactorRemovalPage::new(layout))
}

/// POST `/account/second-factor/deletion`
pub async fn remove(
    user: Confirmed<Entered>,
    request: HttpRequest,
    db: Data<Db>,
    _: Posted,
) -> Result<HttpResponse, Error> {
    let mut change = Change::begin(&db, &user.actor()).await?;
    if !store::drop(&mut change, &user.id).await? {
        change.abandon();
        return Ok(page::see_with("/account/second-factor", Flash::Unchanged));
    }
    // This one too: it goes on under a new key.
    sessions::close_all(&mut change, &user.id, None).await?;
    change
        .commit(Event::user(&user.id, "second_factor_removed", json!({})))
        .await?;
    renew(&user, &request)?;
    Ok(page::see_with("/account/second-factor", Flash::Deleted))
}

/// GET `/users/second-factor`
pub async fn roles_form(_: Admin, db: Data<Db>, layout: Layout) -> Result<HttpResponse, Error> {
    let roles = store::roles(&db).await?;
    page::page(&RolesPage::new(layout, &roles))
}

/// The form that chooses which roles take a second factor.
pub struct Roles;

impl Deciding for Roles {
    const FIELDS: &'static [&'static str] = &["role"];
}

/// POST `/users/second-factor`: which roles take one.
pub async fn choose_roles(
    admin: Confirmed<Admin>,
    db: Data<Db>,
    posted: PostedWith<Roles>,
) -> Result<HttpResponse, Error> {
    let roles = chosen_roles(&posted)?;
    let mut before = store::roles(&db).await?;
    before.sort();
    if before == roles {
        return Ok(page::see_with("/users/second-factor", Flash::Unchanged));
    }
    let mut change = Change::begin(&db, &admin.actor()).await?;
    store::set_roles(&mut change, &roles).await?;
    let details = json!({ "old_roles": before, "new_roles": roles });
    let event = Event::auth(Some(&admin.id), "second_factor_roles_changed", details);
    change.commit(event).await?;
    Ok(page::see_with("/users/second-factor", Flash::Saved))
}

fn chosen_roles(posted: &Posted) -> Result<Vec<Role>, Error> {
    let roles: Result<Vec<Role>, ()> = posted.all("role").map(str::parse).collect();
    let wrong = || Error::BadRequest("A role is admin, maintainer or viewer.".to_owned());
    let mut roles = roles.map_err(|()| wrong())?;
    roles.sort();
    roles.dedup();
    Ok(roles)
}

fn new_codes(user_id: &str) -> Result<(Vec<String>, Vec<String>), Error> {
    let codes = totp::new_recovery_codes()?;
    let hash = |code: &String| totp::recovery_hash(user_id, code);
    let hashes = codes.iter().map(hash).collect();
    Ok((codes, hashes))
}

fn renew(user: &Entered, request: &HttpRequest) -> Result<(), Error> {
    let footing = Footing::of(request).ok_or(Error::bug("signed in without a session"))?;
    Login::renew(request, user, &footing)
}
