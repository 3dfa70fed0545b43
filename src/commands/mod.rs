//! Commands over MQTT, done by the same verbs as those of the pages, in the name of a user.

mod desk;
mod store;

pub use desk::Desk;

use crate::error::Error;

/// What became of a status that somebody set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is another now.
    Set,
    /// It was so already.
    Unchanged,
    /// Why it is not set, and what to do instead.
    Refused(String),
}

impl Outcome {
    /// Of a status that is `now` and was to be `to`, where it is `from` (or nothing is said of that);
    /// none where it is to be set.
    pub fn beforehand(now: &str, (from, to): (Option<&str>, &str)) -> Option<Self> {
        if now == to {
            return Some(Self::Unchanged);
        }
        from.filter(|from| *from != now)
            .map(|from| Self::Refused(format!("It is {now} and not {from}.")))
    }
}

/// The outcome of a verb.
pub type Done = Result<Outcome, Error>;
