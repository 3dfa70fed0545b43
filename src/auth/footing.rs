use actix_session::{Session, SessionExt};
use actix_web::HttpRequest;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::db::Timestamp;

/// For how long a password that was given counts.
pub const FRESH: TimeDelta = TimeDelta::minutes(10);
/// The session's entry for how it stands.
pub(super) const FOOTING: &str = "footing";

/// How the session of a request stands. Times are microseconds since 1970.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Footing {
    /// The id it is shown by.
    pub session_id: String,
    /// Whether the browser keeps it when it is closed.
    pub remembered: bool,
    /// When it was opened.
    pub created_at: i64,
    /// When the password was last given.
    pub confirmed_at: i64,
    /// When it ends, however much it is used.
    pub expires_at: i64,
    /// Whether the password was somebody else's choice, for one login.
    pub one_time_password: bool,
    /// Whether the account has a second factor.
    pub has_second_factor: bool,
    /// Whether its role takes one.
    pub needs_second_factor: bool,
}

/// What a person must do before anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Choose a password of their own.
    Password,
    /// Set up a second factor.
    SecondFactor,
}

impl Due {
    /// The page where it is done.
    pub const fn page(self) -> &'static str {
        match self {
            Self::Password => "/account/password",
            Self::SecondFactor => "/account/second-factor",
        }
    }
}

impl Footing {
    /// Of the session of that request, if it has one.
    pub fn of(request: &HttpRequest) -> Option<Self> {
        Self::of_session(&request.get_session())
    }

    /// Of that session.
    pub fn of_session(session: &Session) -> Option<Self> {
        session.get(FOOTING).ok().flatten()
    }

    /// What is to be done first.
    pub fn due(&self) -> Option<Due> {
        if self.one_time_password {
            return Some(Due::Password);
        }
        (self.needs_second_factor && !self.has_second_factor).then_some(Due::SecondFactor)
    }

    /// Whether the password was given a short while ago.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now.plus(-FRESH).micros() < self.confirmed_at
    }
}
