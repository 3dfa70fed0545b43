//! Events that the broker refused: people send them again, or let the next ones go.

mod changes;
pub mod routes;
mod store;
mod views;

use sqlx::FromRow;

use super::store::Recorded;
use crate::db::Timestamp;

/// An event that the broker refused, and what became of it.
#[derive(Clone, Debug, FromRow)]
pub struct Letter {
    /// The event.
    #[sqlx(flatten)]
    pub event: Recorded,
    /// The broker's reason, for a person.
    pub reason: String,
    /// How often it was sent.
    pub tries: i64,
    /// When it was refused for the last time.
    pub refused_at: Timestamp,
    /// When somebody gave it up, so that the next ones go.
    pub given_up_at: Option<Timestamp>,
    /// Who did.
    pub given_up_by: Option<String>,
    /// How many later events of its thing wait behind it, counted up to 1,000.
    pub behind: i64,
}
