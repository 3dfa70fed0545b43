//! How long people wait for an answer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::web::Data;
use tokio::time::{Instant, timeout, timeout_at};

use crate::db::{Db, Health};

/// How long people wait until somebody asks whether the database is still there. One that is frozen, or a
/// network that swallows all, answers neither with a yes nor with a no; one that takes a hundred thousand
/// tasks to the trash is given its time.
const PATIENCE: Duration = Duration::from_secs(8);
/// How long a database may take for a sign of life.
const SIGN_OF_LIFE: Duration = Duration::from_secs(1);

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

    /// What `work` on a request answers; `None` where their patience is over and nobody is `there` who
    /// could still answer.
    pub(super) async fn answered<W: Future, T: Future<Output = bool>>(
        &self,
        work: W,
        there: impl Fn() -> T,
    ) -> Option<W::Output> {
        let mut work = std::pin::pin!(work);
        loop {
            let until = self.lock().until();
            if let Ok(answer) = timeout_at(until, &mut work).await {
                return Some(answer);
            }
            if !self.lock().is_over() {
                continue;
            }
            tokio::select! {
                answer = &mut work => return Some(answer),
                is_there = there() => if !is_there { return None },
            }
            self.lock().at = Instant::now();
        }
    }
}

/// Whether the database gives a sign of life.
pub(super) async fn is_there(db: Option<&Data<Db>>) -> bool {
    let Some(db) = db else { return false };
    let health = timeout(SIGN_OF_LIFE, db.health()).await;
    matches!(health, Ok(Health::Healthy { .. }))
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
        let gone = || async { false };
        assert_eq!(since_long_ago().answered(never(), gone).await, None);
        let waiting = since_long_ago();
        let sending = async {
            waiting.set_arriving(true);
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        assert_eq!(waiting.answered(sending, gone).await, Some(()));
    }

    #[actix_web::test]
    async fn long_work_is_waited_for_as_long_as_the_database_is_there() {
        let long = tokio::time::sleep(Duration::from_millis(10));
        let there = || async { true };
        assert_eq!(since_long_ago().answered(long, there).await, Some(()));
    }
}
