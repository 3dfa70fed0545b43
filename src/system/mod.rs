//! The system page: what runs here, and what the database says of itself.

pub mod routes;
mod store;
mod views;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::TimeDelta;
use tokio::sync::Mutex;

use crate::db::Timestamp;

/// What runs here, as it was started.
#[derive(Clone, Debug)]
pub struct Installation {
    /// What system events are about.
    pub deployment: String,
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// The broker's address, without a password.
    pub broker: String,
    /// Since when this process runs.
    pub started_at: Timestamp,
}

impl Installation {
    /// How long this process has run.
    pub fn uptime(&self) -> String {
        duration(Timestamp::now().since(self.started_at))
    }
}

/// What the last integrity check found; one runs at a time.
#[derive(Clone, Debug, Default)]
pub struct Checks(Arc<Mutex<Option<Check>>>);

/// The outcome of an integrity check.
#[derive(Clone, Debug)]
pub struct Check {
    /// When it ended.
    pub at: Timestamp,
    /// What is wrong; nothing where all is well.
    pub problems: Vec<String>,
}

/// A number of bytes, shown for a person: `1.5 MiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(transparent)]
pub struct Size(pub i64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 5] = ["bytes", "KiB", "MiB", "GiB", "TiB"];
        let mut amount = self.0 as f64;
        let mut unit = 0;
        while amount >= 1024.0 && unit < UNITS.len() - 1 {
            amount /= 1024.0;
            unit += 1;
        }
        let digits = usize::from(unit > 0 && amount < 100.0);
        write!(f, "{amount:.digits$} {}", UNITS[unit])
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
    fn sizes_and_times_are_short() {
        assert_eq!(Size(0).to_string(), "0 bytes");
        assert_eq!(Size(1536).to_string(), "1.5 KiB");
        assert_eq!(Size(300 * 1024 * 1024).to_string(), "300 MiB");
        assert_eq!(duration(TimeDelta::seconds(59)), "less than a minute");
        assert_eq!(duration(TimeDelta::minutes(61)), "1 h 1 min");
        assert_eq!(duration(TimeDelta::hours(49)), "2 d 1 h");
    }
}
