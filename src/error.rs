//! What can go wrong, with its status and what a person is told.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, LOCATION, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};

use crate::db;
use crate::users::Role;

/// Why a request is not answered with what it asked for.
///
/// A refused form is not among these: it is shown again, with a message at each field.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody is signed in; after signing in they go on to `next`.
    #[error("not signed in")]
    SignIn {
        /// A local path.
        next: String,
    },
    /// Signed in, but something must be done first, on that page.
    #[error("something else comes first: {0}")]
    First(&'static str),
    /// The password is asked for again before this; what was sent is kept.
    #[error("the password is to be given again")]
    PasswordAgain,
    /// Signed in with too small a role.
    #[error("needs the role {0}")]
    Forbidden(Role),
    /// The request did not come from our own pages.
    #[error("cross-site request refused")]
    CrossSite,
    /// No such thing, or no longer.
    #[error("not found")]
    NotFound,
    /// The path is there, but not for this method.
    #[error("method not allowed")]
    Method,
    /// It was here once; the text says what to do instead.
    #[error("gone: {0}")]
    Gone(&'static str),
    /// The request cannot be understood; the text says why and what to do.
    #[error("bad request: {0}")]
    BadRequest(String),
    /// The body is larger than the given number of bytes.
    #[error("body too large")]
    TooLarge(usize),
    /// Too much at once.
    #[error("too many requests")]
    TooMany(Duration),
    /// Too many wrong passwords.
    #[error("too many failed logins")]
    Slowly(Duration),
    /// The database is away, or out of room.
    #[error("database away: {0}")]
    Away(String),
    /// The database did not say whether it kept what was sent.
    #[error("database away, with an outcome nobody knows: {0}")]
    Unsure(String),
    /// The keys were rotated, and this process still has the old one.
    #[error("the key for secrets was rotated away: restart this node with the new one")]
    KeyRetired,
    /// A file of the data folder cannot be read or written.
    #[error("the data folder cannot be used: {0}")]
    Folder(#[from] std::io::Error),
    /// The database refused a statement of ours, or a row of it.
    #[error(transparent)]
    Sql(sqlx::Error),
    /// A template could not be rendered.
    #[error(transparent)]
    Template(#[from] askama::Error),
    /// A rule of the program was broken by the program.
    #[error("bug: {0}")]
    Bug(&'static str),
}

impl Error {
    /// For what cannot happen unless the program is wrong.
    pub fn bug(what: &'static str) -> Self {
        Self::Bug(what)
    }

    /// Where the answer leads, if anywhere.
    fn location(&self) -> Option<String> {
        match self {
            Self::SignIn { next } => Some(login_address(next)),
            Self::First(page) => Some((*page).to_owned()),
            Self::PasswordAgain => Some("/confirm".to_owned()),
            _ => None,
        }
    }

    /// What a person is told.
    pub fn told(&self) -> Told {
        Told::of(self)
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::RowNotFound => Self::NotFound,
            error if db::is_away(&error) => Self::Away(db::class(&error).to_owned()),
            error => Self::Sql(error),
        }
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::SignIn { .. } | Self::First(_) | Self::PasswordAgain => StatusCode::SEE_OTHER,
            Self::Forbidden(_) | Self::CrossSite => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Gone(_) => StatusCode::GONE,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooMany(_) | Self::Slowly(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Away(_) | Self::Unsure(_) | Self::KeyRetired | Self::Folder(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Sql(_) | Self::Template(_) | Self::Bug(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The bare answer; `page::errors` puts a page around it, or what htmx needs.
    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::new(self.status_code());
        if let Self::TooMany(wait) | Self::Slowly(wait) = self {
            let seconds = HeaderValue::from(whole_seconds(*wait));
            response.headers_mut().insert(RETRY_AFTER, seconds);
        }
        if let Some(Ok(location)) = self.location().as_deref().map(HeaderValue::from_str) {
            response.headers_mut().insert(LOCATION, location);
        }
        response.extensions_mut().insert(self.told());
        response
    }
}

/// `/login?next=…`
fn login_address(next: &str) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("next", next)
        .finish();
    format!("/login?{query}")
}

/// At least as long, in whole seconds.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_millis().div_ceil(1000).clamp(1, 86_400) as u64
}

/// An error in words: what happened, what was kept, what to do next.
#[derive(Clone, Debug)]
pub struct Told {
    /// The HTTP status.
    pub status: StatusCode,
    /// What happened, in a few words.
    pub title: String,
    /// What happened, and what was kept.
    pub message: String,
    /// What to do next.
    pub what_next: String,
    /// What the log says of it, and no page.
    pub cause: String,
}

impl Told {
    fn of(error: &Error) -> Self {
        let (title, message, what_next) = match error {
            Error::SignIn { .. } => (
                "Sign in first".to_owned(),
                "This page is for people with an account.".to_owned(),
                "Sign in, and you will be brought back here.".to_owned(),
            ),
            Error::Forbidden(role) => (
                format!("This takes the role {role}"),
                "Your account may not do this. Nothing was changed.".to_owned(),
                format!("Ask an admin to do it, or to give you the role {role}."),
            ),
            Error::CrossSite => (
                "This request came from elsewhere".to_owned(),
                "Another site or program sent it in your name, so it was refused. Nothing was changed.".to_owned(),
                "Do it from a page of TaylorDash. A script must send an Origin header with this address. Behind a proxy, TAYLORDASH_PUBLIC_URL says which address that is.".to_owned(),
            ),
            Error::NotFound => (
                "There is nothing here".to_owned(),
                "It may have been deleted, or the address has a typing error.".to_owned(),
                "Go back, or start from the dashboard.".to_owned(),
            ),
            Error::Gone(what_next) => (
                "This is over".to_owned(),
                "Nothing was changed.".to_owned(),
                (*what_next).to_owned(),
            ),
            Error::Method => (
                "Not in this way".to_owned(),
                "This address is there, but not for such a request. Nothing was changed.".to_owned(),
                "Use the buttons of the pages.".to_owned(),
            ),
            Error::BadRequest(why) => (
                "This request cannot be understood".to_owned(),
                format!("{why} Nothing was changed."),
                "Go back, correct it, and try again.".to_owned(),
            ),
            Error::TooLarge(limit) => (
                "That is too much at once".to_owned(),
                format!("A form may hold up to {} KiB. Nothing was changed.", limit / 1024),
                "Go back: what you typed is still there. Make it shorter, and send it again.".to_owned(),
            ),
            Error::TooMany(wait) => (
                "Too many at once".to_owned(),
                "The server is busy with requests like this one. Nothing was changed.".to_owned(),
                format!("Wait {} s, and try again.", whole_seconds(*wait)),
            ),
            Error::First(_) => (
                "Something else comes first".to_owned(),
                "Your account is not ready yet.".to_owned(),
                "Do what the page asks that you are brought to.".to_owned(),
            ),
            Error::PasswordAgain => (
                "Your password is asked for again".to_owned(),
                "This is a change that only you should make. What you sent is kept.".to_owned(),
                "Type your password on the page that you are brought to, and it goes on.".to_owned(),
            ),
            Error::Slowly(wait) => (
                "Not so fast".to_owned(),
                "There were several tries with a wrong password, so the next one has to wait. Nothing is locked.".to_owned(),
                format!("Wait {} s, and try again.", whole_seconds(*wait)),
            ),
            Error::Away(cause) => (
                "The database is away".to_owned(),
                format!("TaylorDash runs, but its database does not answer ({cause}). What you sent was not saved; what was saved before is safe."),
                "Try again in a moment: go back, and what you typed is still there.".to_owned(),
            ),
            Error::Unsure(cause) => (
                "The database is away".to_owned(),
                format!("TaylorDash runs, but its database does not answer ({cause}). Whether what you sent was saved is not known; what was saved before is safe."),
                "Look in a moment whether it is there. If it is not, go back, and what you typed is still there: a form that makes something makes it once, however often it is sent.".to_owned(),
            ),
            Error::KeyRetired => (
                "The key for secrets is another now".to_owned(),
                "It was rotated, and this server still has the old one, so it keeps nothing that holds secrets. What you sent was not saved; what was saved before is safe.".to_owned(),
                "Ask whoever runs this server to restart it with the new key, and try again.".to_owned(),
            ),
            Error::Folder(_) => (
                "The data folder cannot be used".to_owned(),
                "TaylorDash runs, but cannot use a file of its data folder. What you sent was not saved; what was saved before is safe.".to_owned(),
                "Try again in a moment. If it stays so, the log of the server says which file.".to_owned(),
            ),
            Error::Sql(_) | Error::Template(_) | Error::Bug(_) => (
                "Something went wrong here".to_owned(),
                "This is our mistake, not yours. What you sent was not saved; what was saved before is safe.".to_owned(),
                "Try again. If it stays so, tell an admin the number below: the log of the server says what happened.".to_owned(),
            ),
        };
        Self {
            status: error.status_code(),
            title,
            message,
            what_next,
            cause: error.to_string(),
        }
    }

    /// For an answer that a library made: only its status is known.
    pub fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Error::NotFound.told(),
            StatusCode::METHOD_NOT_ALLOWED => Error::Method.told(),
            StatusCode::PAYLOAD_TOO_LARGE => Error::TooLarge(crate::page::BODY_LIMIT).told(),
            status if status.is_client_error() => Self {
                status,
                ..Error::BadRequest("The server could not read it.".to_owned()).told()
            },
            status => Self {
                status,
                ..Error::bug("an answer of a library").told()
            },
        }
    }
}
