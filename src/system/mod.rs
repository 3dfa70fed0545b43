//! The system page: what runs here, and what the database says of itself.

mod checks;
pub mod mqtt;
pub mod routes;
mod store;
mod views;

use std::net::SocketAddr;
use std::path::PathBuf;

use chrono::TimeDelta;

use crate::db::Timestamp;
pub use crate::db::{Count, Pool};
pub use checks::{Check, Checks};

/// What runs here, as it was started.
#[derive(Clone, Debug)]
pub struct Installation {
    /// What system events are about.
    pub deployment: String,
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// The broker's address, without a password.
    pub broker: String,
    /// Where the embedded broker listens, if it runs.
    pub embedded: Option<SocketAddr>,
    /// Since when this process runs.
    pub started_at: Timestamp,
}

impl Installation {
    /// How long this process has run.
    pub fn uptime(&self) -> String {
        duration(Timestamp::now().since(self.started_at))
    }
}

/// A time span for a person, by its two largest units.
fn duration(span: TimeDelta) -> String {
    let (days, hours, minutes) = (span.num_days(), span.num_hours(), span.num_minutes());
    match (days, hours, minutes) {
        (0, 0, 0) => "less than a minute".to_owned(),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {} min", minutes % 60),
        (days, hours, _) => format!("{days} d {} h", hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short() {
        assert_eq!(duration(TimeDelta::seconds(59)), "less than a minute");
        assert_eq!(duration(TimeDelta::minutes(61)), "1 h 1 min");
        assert_eq!(duration(TimeDelta::hours(49)), "2 d 1 h");
    }
}
