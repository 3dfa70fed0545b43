//! The first account.

use chrono::TimeDelta;

use super::session::{hash, random_hex};
use crate::db::Timestamp;

/// How long the link works: whoever started the program is at the terminal.
const GOOD_FOR: TimeDelta = TimeDelta::hours(1);

/// The token of the one-time setup link: made at a start with no account yet, kept only in memory.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    token: Option<(String, Timestamp)>,
}

/// Whether a setup link works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// It does.
    Good,
    /// It was the right one, and is more than an hour old.
    Expired,
    /// It never was one.
    Wrong,
}

impl Setup {
    /// Nothing to set up.
    pub fn done() -> Self {
        Self::default()
    }

    /// With a new token, which is answered once.
    ///
    /// # Errors
    /// When the operating system has no randomness.
    pub fn open() -> Result<(Self, String), getrandom::Error> {
        let token = random_hex()?;
        Ok((
            Self {
                token: Some((hash(&token), Timestamp::now())),
            },
            token,
        ))
    }

    /// Whether this token works. Hashes are compared, so how long it takes says nothing of it.
    pub fn check(&self, token: &str, now: Timestamp) -> Link {
        match &self.token {
            Some((kept, made)) if *kept == hash(token) => {
                if now.since(*made) < GOOD_FOR {
                    Link::Good
                } else {
                    Link::Expired
                }
            }
            _ => Link::Wrong,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setup_link_works_for_an_hour() -> Result<(), getrandom::Error> {
        let (setup, token) = Setup::open()?;
        let now = Timestamp::now();
        assert_eq!(setup.check(&token, now), Link::Good);
        assert_eq!(setup.check("guess", now), Link::Wrong);
        let hour = TimeDelta::hours(1);
        assert_eq!(setup.check(&token, now.plus(hour)), Link::Expired);
        assert_eq!(Setup::done().check(&token, now), Link::Wrong);
        Ok(())
    }
}
