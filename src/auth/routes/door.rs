use actix_session::Session;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::json;

use crate::auth::attempt::Attempts;
use crate::auth::password::Passwords;
use crate::auth::session::{Lifetime, Login, hash, random_hex};
use crate::auth::setup::Setup;
use crate::auth::store::kept::{self, Begun};
use crate::auth::store::{self, Credentials};
use crate::auth::tally::Tally;
use crate::auth::unsent::{Unsent, not_stored};
use crate::auth::views::{CodePage, LoginPage, SetupPage, UnsentPage};
use crate::auth::{Entered, factor, local_path};
use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::events::{Actor, Change, Event, new_id};
use crate::page::{self, Client, Flash, Layout, Posted, Problems, signed_in};
use crate::users::{self, Role};
use crate::vault::Vault;

/// Where to go after signing in.
#[derive(Debug, Deserialize)]
pub struct LoginQuery {
    #[serde(default)]
    next: String,
}

/// GET `/setup`: whoever comes by the link has the token behind its `#`, which the page puts into the
/// form.
pub async fn setup(
    db: Data<Db>,
    setup: Data<Setup>,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    may_set_up(&db, &setup).await?;
    page::page(&SetupPage::blank(layout))
}

/// POST `/setup`: makes the first account, and signs it in.
pub async fn set_up(
    request: HttpRequest,
    db: Data<Db>,
    doors: (Data<Setup>, Data<Passwords>, Data<Lifetime>),
    posted: Posted,
) -> Result<HttpResponse, Error> {
    let (setup, passwords, lifetime) = doors;
    may_set_up(&db, &setup).await?;
    let (username, password) = match checked_setup(&setup, &posted) {
        Ok(checked) => checked,
        Err(problems) => {
            let view = SetupPage::refused(Layout::of(&request), &posted, problems);
            return page::refused(&view).map(not_stored);
        }
    };
    let hash = passwords.hash(&password).await?;
    let id = make_first_admin(&db, &request, &username, &hash).await?;
    Login::new(&request, &id, &username, false).begin(&request, **lifetime)?;
    Ok(page::see("/"))
}

async fn make_first_admin(
    db: &Db,
    request: &HttpRequest,
    username: &str,
    password_hash: &str,
) -> Result<String, Error> {
    let id = new_id();
    let actor = Actor {
        id: Some(id.clone()),
        name: username.to_owned(),
        trace_id: Client::of(request).trace_id,
    };
    let mut change = Change::begin(db, &actor).await?;
    store::insert_first_admin(&mut change, &id, username, password_hash).await?;
    let details = json!({ "username": username, "role": Role::Admin });
    change.commit(Event::user(&id, "created", details)).await?;
    Ok(id)
}

async fn may_set_up(db: &Db, setup: &Setup) -> Result<(), Error> {
    if store::is_set_up(db).await? {
        return Err(Error::NotFound);
    }
    match setup.is_over(Timestamp::now()) {
        false => Ok(()),
        true => Err(Error::Gone(
            "This setup link is more than an hour old. Restart TaylorDash, and open the new link that \
             stands in the terminal.",
        )),
    }
}

fn checked_setup(setup: &Setup, posted: &Posted) -> Result<(String, String), Problems> {
    let mut problems = Problems::default();
    if !setup.fits(posted.text("token").trim()) {
        // Of the rest nothing is said: who has no token learns nothing here.
        problems.add("token", NO_TOKEN);
        return Err(problems);
    }
    let username = problems.take("username", users::username(posted.text("username")));
    let password = new_password(posted, posted.text("username"), &mut problems);
    username.zip(password).ok_or(problems)
}

const NO_TOKEN: &str = "This is not what stands behind the # of the setup link. Open the link in the terminal where \
     TaylorDash was started last, or copy its end from there.";

pub(super) fn new_password(
    posted: &Posted,
    username: &str,
    problems: &mut Problems,
) -> Option<String> {
    users::new_password(
        posted.text("password"),
        posted.text("password_again"),
        username,
    )
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
/// disabled account. With a second factor the code is asked for next, unless it came along.
pub async fn log_in(
    request: HttpRequest,
    db: Data<Db>,
    doors: (Data<Passwords>, Data<Tally>, Data<Lifetime>, Data<Vault>),
    posted: Posted,
) -> Result<HttpResponse, Error> {
    let (passwords, tally, lifetime, vault) = doors;
    let attempts = Attempts::by(&request, &db, &passwords, &tally);
    let entry = Entry {
        request: &request,
        db: &db,
        vault: &vault,
        attempts,
        lifetime: **lifetime,
        posted: &posted,
    };
    if posted.get("ticket").is_some() {
        entry.by_code().await
    } else {
        entry.by_password().await
    }
}

/// One POST `/login`.
struct Entry<'a> {
    request: &'a HttpRequest,
    db: &'a Data<Db>,
    vault: &'a Vault,
    attempts: Attempts<'a>,
    lifetime: Lifetime,
    posted: &'a Posted,
}

impl Entry<'_> {
    async fn by_password(&self) -> Result<HttpResponse, Error> {
        let username = self.posted.text("username");
        let password = self.posted.text("password");
        let Some(account) = self.attempts.password(username, password).await? else {
            let page = LoginPage::refused(Layout::of(self.request), self.next(), username);
            return self.refused(page);
        };
        let remembered = self.posted.get("remember") == Some("true");
        let code = self.posted.text("code");
        if account.totp_secret.is_none() {
            return self.enter(&account, remembered).await;
        }
        if !code.is_empty() && factor::fits(self.db, self.vault, &account, code).await? {
            return self.enter(&account, remembered).await;
        }
        let ticket = random_hex().map_err(|_| Error::bug("no randomness"))?;
        let begun = Begun {
            user_id: account.id,
            remembered,
        };
        kept::begin(self.db, &hash(&ticket), &begun).await?;
        self.ask_code(&ticket, !code.is_empty())
    }

    async fn by_code(&self) -> Result<HttpResponse, Error> {
        let ticket = self.posted.text("ticket");
        let Some(begun) = kept::try_begun(self.db, &hash(ticket)).await? else {
            return self.refused(LoginPage::too_late(Layout::of(self.request), self.next()));
        };
        let account = store::credentials_of(self.db, &begun.user_id).await?;
        let account = account.filter(|account| account.disabled_at.is_none());
        let account = account.ok_or(Error::NotFound)?;
        self.attempts
            .may_try(&account.username, Some(&account.id))
            .await?;
        self.attempts.count(&account.username).await?;
        if !factor::fits(self.db, self.vault, &account, self.posted.text("code")).await? {
            self.attempts.note_failure(Some(account.id)).await?;
            return self.ask_code(ticket, true);
        }
        if !kept::end_begun(self.db, &hash(ticket)).await? {
            return self.refused(LoginPage::too_late(Layout::of(self.request), self.next()));
        }
        self.enter(&account, begun.remembered).await
    }

    async fn enter(&self, account: &Credentials, remembered: bool) -> Result<HttpResponse, Error> {
        self.attempts.forgive(&account.username).await?;
        Login::new(self.request, &account.id, &account.username, remembered)
            .begin(self.request, self.lifetime)?;
        match self.unsent() {
            None => Ok(page::see(self.next())),
            Some(unsent) => page::page(&UnsentPage::new(
                Layout::of(self.request),
                self.next(),
                unsent,
            ))
            .map(not_stored),
        }
    }

    fn refused(&self, page: LoginPage) -> Result<HttpResponse, Error> {
        match self.unsent() {
            None => page::refused(&page),
            Some(unsent) => page::refused(&page.bringing(&unsent)).map(not_stored),
        }
    }

    /// The form that was sent when nobody was signed in.
    fn unsent(&self) -> Option<Unsent> {
        Unsent::parse(self.posted.text("unsent"))
    }

    fn ask_code(&self, ticket: &str, was_wrong: bool) -> Result<HttpResponse, Error> {
        let mut view = CodePage::new(Layout::of(self.request), self.next(), ticket, was_wrong);
        if let Some(unsent) = self.unsent() {
            view = view.bringing(&unsent);
        }
        if was_wrong {
            page::refused(&view)
        } else {
            page::page(&view)
        }
    }

    fn next(&self) -> &str {
        local_path(self.posted.text("next"))
    }
}

/// POST `/logout`
pub async fn log_out(_: Entered, session: Session, _: Posted) -> HttpResponse {
    session.purge();
    page::see_with("/login", Flash::SignedOut)
}
