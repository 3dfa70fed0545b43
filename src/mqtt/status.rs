//! What pages know of the broker.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Whether the broker can be reached: read by every page, written by the relay.
#[derive(Clone, Debug, Default)]
pub struct Status(Arc<Seen>);

#[derive(Debug, Default)]
struct Seen {
    is_away: AtomicBool,
    reason: Mutex<String>,
}

impl Status {
    /// Whether events wait because the broker is away.
    pub fn is_away(&self) -> bool {
        self.0.is_away.load(Ordering::Relaxed)
    }

    /// Notes what the relay sees.
    pub fn set_away(&self, away: bool) {
        self.0.is_away.store(away, Ordering::Relaxed);
    }

    /// Notes why the broker is away.
    pub(super) fn set_reason(&self, reason: &str) {
        let mut kept = self.0.reason.lock().unwrap_or_else(PoisonError::into_inner);
        reason.clone_into(&mut kept);
    }

    /// Why it is away, for a person; `None` where it is not, or another node knows.
    pub fn reason(&self) -> Option<String> {
        let reason = self.0.reason.lock().unwrap_or_else(PoisonError::into_inner);
        (self.is_away() && !reason.is_empty()).then(|| reason.clone())
    }
}
