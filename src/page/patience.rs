use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

/// How long people wait for a page. A database that is frozen, or a network that swallows all, answers
/// neither with a yes nor with a no.
const PATIENCE: Duration = Duration::from_secs(8);

/// What may take longer: an admin asks for all of the database to be read.
const SLOW: [&str; 1] = ["/system/integrity"];

/// Since when whoever sends a request has waited for us, rather than we for them.
#[derive(Clone, Debug)]
pub(super) struct Waiting(Arc<Mutex<Since>>);

#[derive(Clone, Copy, Debug)]
struct Since {
    at: Instant,
    is_arriving: bool,
}

impl Since {
    fn is_over(self) -> bool {
        !self.is_arriving && self.at + PATIENCE <= Instant::now()
    }

    fn until(self) -> Instant {
        match self.is_arriving {
            true => Instant::now() + PATIENCE,
            false => self.at + PATIENCE,
        }
    }
}

impl Waiting {
    pub(super) fn since_now() -> Self {
        Self(Arc::new(Mutex::new(Since {
            at: Instant::now(),
            is_arriving: false,
        })))
    }

    /// More of the request is to arrive (which has a limit of its own), or has arrived.
    pub(super) fn set_arriving(&self, is_arriving: bool) {
        *self.lock() = Since {
            at: Instant::now(),
            is_arriving,
        };
    }

    fn lock(&self) -> MutexGuard<'_, Since> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What `work` on the request at `path` answers; `None` where that is not within their patience.
    pub(super) async fn answered<W: Future>(&self, path: &str, work: W) -> Option<W::Output> {
        if SLOW.contains(&path) {
            return Some(work.await);
        }
        let mut work = std::pin::pin!(work);
        loop {
            let until = self.lock().until();
            match timeout_at(until, &mut work).await {
                Ok(answer) => return Some(answer),
                Err(_) if self.lock().is_over() => return None,
                Err(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn since_long_ago() -> Waiting {
        let waiting = Waiting::since_now();
        waiting.lock().at = Instant::now() - PATIENCE;
        waiting
    }

    #[actix_web::test]
    async fn who_has_sent_all_is_answered_in_time_and_who_still_sends_is_waited_for() {
        let never = std::future::pending::<()>;
        assert_eq!(since_long_ago().answered("/projects", never()).await, None);
        let waiting = since_long_ago();
        let sending = async {
            waiting.set_arriving(true);
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        assert_eq!(waiting.answered("/projects", sending).await, Some(()));
    }
}
