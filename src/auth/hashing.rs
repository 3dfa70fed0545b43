//! Threads that hash passwords, behind all others: a page goes first, and a login waits a little.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Builder;

use tokio::sync::oneshot;

use crate::error::Error;

type Job = Box<dyn FnOnce() + Send>;

/// How far behind they stand (nice(2)): on a core that others want too they get a tenth of it.
#[cfg(target_os = "linux")]
const BEHIND: i32 = 10;

/// Hands jobs to the threads. They end with the last clone of it.
#[derive(Clone, Debug)]
pub(super) struct Hashing(Sender<Job>);

impl Hashing {
    /// With so many threads.
    ///
    /// # Errors
    /// When the system lets no thread begin.
    pub(super) fn with(threads: usize) -> io::Result<Self> {
        let (sender, jobs) = channel();
        let jobs = Arc::new(Mutex::new(jobs));
        for _ in 0..threads {
            let jobs = Arc::clone(&jobs);
            Builder::new()
                .name("hash".to_owned())
                .spawn(move || work_off(&jobs))?;
        }
        Ok(Self(sender))
    }

    /// What `work` answers, when a thread has done it. It is done also where nobody waits any more.
    ///
    /// # Errors
    /// When it failed.
    pub(super) async fn done<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let (tell, told) = oneshot::channel();
        let job: Job = Box::new(move || {
            let _ = tell.send(work());
        });
        let stopped = || Error::bug("hashing stopped");
        self.0.send(job).map_err(|_| stopped())?;
        told.await.map_err(|_| stopped())
    }
}

fn work_off(jobs: &Mutex<Receiver<Job>>) {
    // Elsewhere it would be the whole process that stands back.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, BEHIND) {
        tracing::debug!("hashing is as urgent as all else: {error}");
    }
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            // One that fails leaves the thread to the next.
            Ok(job) => drop(catch_unwind(AssertUnwindSafe(job))),
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_job_that_fails_leaves_the_thread_to_the_next() -> io::Result<()> {
        let hashing = Hashing::with(1)?;
        let failed = hashing.done(|| std::panic::panic_any("on purpose")).await;
        assert!(failed.is_err());
        assert!(matches!(hashing.done(|| 7).await, Ok(7)));
        Ok(())
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn it_stands_behind_and_nobody_else_does() -> io::Result<()> {
        let urgency = || rustix::process::getpriority_process(None).ok();
        let here = urgency();
        let there = Hashing::with(1)?.done(urgency).await;
        assert!(matches!(there, Ok(Some(BEHIND))), "{there:?}");
        assert_eq!(urgency(), here);
        Ok(())
    }
}
