use std::future::{Ready, ready};

use actix_session::SessionExt;
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use chrono_tz::Tz;

use super::{Flash, Wanted};
use crate::db::{Db, Mark};
use crate::error::Error;
use crate::mqtt;
use crate::users::{Role, Theme, User};

/// The session's entry for who is asking.
pub const USER: &str = "user";
/// The session's entry that says why nobody could be asked who it is: the database is away.
pub const AWAY: &str = "away";

/// Who is asking, as the request found it: the session's middleware empties the session when it
/// saves it, and an error's page is made after that.
#[derive(Clone)]
struct Asker(Result<Option<User>, String>);

/// Who is asking: one look into what the session's query brought.
///
/// # Errors
/// When the database is away, so that nobody knows.
pub fn signed_in(request: &HttpRequest) -> Result<Option<User>, Error> {
    let known = request.extensions().get::<Asker>().cloned();
    if let Some(Asker(asker)) = known {
        return asker.map_err(Error::Away);
    }
    let session = request.get_session();
    let asker = match session.get::<String>(AWAY) {
        Ok(Some(class)) => Err(class),
        _ => Ok(session
            .get::<User>(USER)
            .map_err(|_| Error::bug("a session that cannot be read"))?),
    };
    request.extensions_mut().insert(Asker(asker.clone()));
    asker.map_err(Error::Away)
}

/// What every page has around its content.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Who is signed in.
    pub user: Option<User>,
    /// The theme of the page.
    pub theme: Theme,
    /// What was just done.
    pub flash: Option<Flash>,
    /// Whether the broker cannot be reached, so that events wait.
    pub broker_away: bool,
    /// The first part of the path: which entry of the navigation is lit.
    pub section: String,
    /// Where the page's knowledge of what happened ends: it asks the live stream for what is newer.
    pub mark: Mark,
}

/// The mark of the last notice before anything was read for an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known(Mark);

impl Known {
    pub(super) fn now(request: &ServiceRequest) -> Self {
        let db = request.app_data::<web::Data<Db>>();
        Self(db.map(|db| db.mark()).unwrap_or_default())
    }
}

impl Layout {
    /// For a page that nobody in particular asked for.
    pub fn anonymous() -> Self {
        Self {
            user: None,
            theme: Theme::default(),
            flash: None,
            broker_away: false,
            section: String::new(),
            mark: Mark::default(),
        }
    }

    /// The time zone of whoever looks.
    pub fn zone(&self) -> Tz {
        self.user.as_ref().map_or(Tz::UTC, User::zone)
    }

    /// Whether single letters are keys to press.
    pub fn has_keys(&self) -> bool {
        self.user.as_ref().is_some_and(User::has_keys)
    }

    /// The same as it is chosen: `on` or `off`.
    pub fn keys(&self) -> &'static str {
        match self.has_keys() {
            true => "on",
            false => "off",
        }
    }

    /// For the answer to `request`; anonymous where nobody can be asked who it is.
    pub fn of(request: &HttpRequest) -> Self {
        let user = signed_in(request).ok().flatten();
        let flash = match Wanted::by(request) {
            Wanted::Page => Flash::of(request),
            Wanted::Part => None,
        };
        let broker = request.app_data::<web::Data<mqtt::Status>>();
        Self {
            theme: user.as_ref().map(User::theme).unwrap_or_default(),
            broker_away: user.is_some() && broker.is_some_and(|status| status.is_away()),
            flash,
            section: request
                .path()
                .split('/')
                .nth(1)
                .unwrap_or_default()
                .to_owned(),
            mark: request
                .extensions()
                .get::<Known>()
                .map(|known| known.0)
                .unwrap_or_default(),
            user,
        }
    }

    /// Whether to show what a maintainer may do.
    pub fn may_work(&self) -> bool {
        self.user
            .as_ref()
            .is_some_and(|user| user.role >= Role::Maintainer)
    }

    /// Whether to show what an admin may do.
    pub fn may_admin(&self) -> bool {
        self.user
            .as_ref()
            .is_some_and(|user| user.role >= Role::Admin)
    }
}

impl FromRequest for Layout {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}
