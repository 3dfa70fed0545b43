//! What keeps the program from its work.

use std::io;
use std::net::SocketAddr;

use crate::error::Error;
use crate::vault::RotationError;
use crate::{db, mqtt};

/// Why the program did not start, or did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error(transparent)]
    Database(#[from] db::ConnectError),
    /// A query.
    #[error(transparent)]
    Query(#[from] sqlx::Error),
    /// Something of ours.
    #[error(transparent)]
    Ours(#[from] Error),
    /// A file or a socket.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The address is taken or not this machine's.
    #[error(
        "TAYLORDASH_LISTEN={0} cannot be used: {1}; choose an address of this machine and a free port"
    )]
    Listen(SocketAddr, io::Error),
    /// The embedded broker has no place.
    #[error("TAYLORDASH_BROKER_LISTEN={0} cannot be used: {1}")]
    Broker(SocketAddr, mqtt::broker::StartError),
    /// A file for TLS to the broker cannot be used.
    #[error("{0}")]
    Tls(String),
    /// Nothing to serve pages with.
    #[error(
        "TAYLORDASH_STATIC_DIR={0} is not allowed: a folder that holds app.css and vendor/ (cargo build makes it)"
    )]
    NoStatic(String),
    /// Another node excludes this one.
    #[error("{0}")]
    Alone(&'static str),
    /// The operating system has no randomness.
    #[error("no randomness from the operating system: {0}")]
    Random(#[from] getrandom::Error),
    /// The demo found a lab that is not its own.
    #[error("--demo found somebody's own lab here; it keeps to a folder and a database of its own")]
    NotADemo,
    /// The demo's own text cannot be read, which a test would have shown.
    #[error("the demo's lab cannot be read")]
    Demo,
    /// The command line names an account that is not there.
    #[error("there is no user {0}")]
    NoSuchUser(String),
    /// Secrets were not put under another key.
    #[error(transparent)]
    Rotation(#[from] RotationError),
    /// Events are not as they were digested.
    #[error(
        "batch {0} of the events, positions {1} to {2}, does not fit: rows of it, or of the chain before \
         it, were changed, removed or added behind the application's back"
    )]
    Tampered(i64, i64, i64),
    /// Rows are not as their last events left them.
    #[error(
        "these rows are not as their last events left them, so somebody changed the database behind \
         the application's back: {0}"
    )]
    Misfits(String),
    /// The health check's answer.
    #[error("not ready: {0}")]
    Unready(String),
}

impl StartError {
    /// Why there is no way for events; the embedded broker was to listen there.
    pub(super) fn of_events(listen: SocketAddr, error: mqtt::StartError) -> Self {
        match error {
            mqtt::StartError::Broker(error) => Self::Broker(listen, error),
            mqtt::StartError::Tls(why) => Self::Tls(why),
        }
    }
}
