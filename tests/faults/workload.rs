//! Sixteen writers at work.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use crate::journal::Answer;
use crate::writer::Writer;

pub const WRITERS: usize = 16;

/// What a writer does whom nobody answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtSilence {
    /// Goes home.
    Ends,
    /// Tries something else.
    GoesOn,
}

/// Writers under way. They come back when they are stopped, or when nobody answers.
pub struct Workload {
    writers: JoinSet<Writer>,
    stop: watch::Sender<bool>,
}

impl Workload {
    /// Sends them out; `pace` is the time from one request of a writer to its next, at least.
    pub fn start(writers: Vec<Writer>, at_silence: AtSilence, pace: Duration) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut working = JoinSet::new();
        for writer in writers {
            working.spawn(work(writer, at_silence, pace, stopped.clone()));
        }
        Self {
            writers: working,
            stop,
        }
    }

    /// Waits until all have gone home.
    pub async fn ended(self) -> Vec<Writer> {
        self.writers.join_all().await
    }

    /// Calls them home; what is under way is waited for.
    pub async fn stop(self) -> Vec<Writer> {
        self.stop.send_replace(true);
        self.ended().await
    }
}

async fn work(
    mut writer: Writer,
    at_silence: AtSilence,
    pace: Duration,
    stop: watch::Receiver<bool>,
) -> Writer {
    while !*stop.borrow() {
        let next = Instant::now() + pace;
        match writer.step().await {
            Answer::Silence if at_silence == AtSilence::Ends => break,
            Answer::Silence | Answer::Away | Answer::Broken(_) => {
                sleep(Duration::from_millis(100)).await
            }
            _ => {}
        }
        sleep_until(next).await;
    }
    writer
}
