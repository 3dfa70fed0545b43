use std::sync::Arc;

use tokio::sync::Mutex;

use crate::db::Timestamp;

/// What the last integrity check found; one runs at a time.
#[derive(Clone, Debug, Default)]
pub struct Checks(pub(super) Arc<Mutex<Option<Check>>>);

/// The outcome of an integrity check.
#[derive(Clone, Debug)]
pub struct Check {
    /// When it ended.
    pub at: Timestamp,
    /// What is wrong; nothing where all is well.
    pub problems: Vec<String>,
}
