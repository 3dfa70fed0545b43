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

    /// Whether this is the token. Hashes are compared, so how long it takes says nothing of it.
    pub fn fits(&self, token: &str) -> bool {
        let kept = self.token.as_ref();
        kept.is_some_and(|(kept, _)| *kept == hash(token))
    }

    /// Whether the link was made too long ago.
    pub fn is_over(&self, now: Timestamp) -> bool {
        let made = self.token.as_ref().map(|(_, made)| *made);
        made.is_none_or(|made| now.since(made) >= GOOD_FOR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setup_link_works_for_an_hour() -> Result<(), getrandom::Error> {
        let (setup, token) = Setup::open()?;
        let now = Timestamp::now();
        assert!(setup.fits(&token) && !setup.fits("guess") && !setup.fits(""));
        assert!(!setup.is_over(now));
        let hour = TimeDelta::hours(1);
        assert!(setup.is_over(now.plus(hour)) && !setup.is_over(now.plus(hour / 2)));
        assert!(Setup::done().is_over(now) && !Setup::done().fits(&token));
        Ok(())
    }
}
