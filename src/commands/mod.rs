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

/// The outcome of a verb.
pub type Done = Result<Outcome, Error>;
