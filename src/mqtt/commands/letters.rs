//! Commands that were not done, with the reason, as `tracker/dlq/…` tells of them: as many as somebody
//! can read.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::db::Timestamp;
use crate::hex::hex;
use crate::mqtt::lane::Message;

/// Dead letters in a second, at most; the rest is counted.
const PER_SECOND: u32 = 20;
/// Dead letters that wait to be published.
const QUEUE: usize = 64;
/// The log says at most so often that commands were refused.
const LOG_EVERY: Duration = Duration::from_secs(60);

/// A message that is no command, or may not be done.
#[derive(Clone, Debug)]
pub(in crate::mqtt) struct Letter {
    pub(in crate::mqtt) domain: &'static str,
    pub(in crate::mqtt) payload: String,
}

impl From<Letter> for Message {
    fn from(letter: Letter) -> Self {
        Self::passing(format!("tracker/dlq/{}", letter.domain), letter.payload)
    }
}

/// Where dead letters go, as many as others can read.
#[derive(Clone)]
pub(super) struct Letters {
    queue: mpsc::Sender<Letter>,
    spent: Arc<Mutex<Spent>>,
}

struct Spent {
    second: Instant,
    count: u32,
    /// Left out since the last one.
    omitted: u64,
    refused: u64,
    logged: Option<Instant>,
}

impl Letters {
    /// What is written comes out of the returned end.
    pub(super) fn new() -> (Self, mpsc::Receiver<Letter>) {
        let (queue, end) = mpsc::channel(QUEUE);
        let spent = Spent {
            second: Instant::now(),
            count: 0,
            omitted: 0,
            refused: 0,
            logged: None,
        };
        let letters = Self {
            queue,
            spent: Arc::new(Mutex::new(spent)),
        };
        (letters, end)
    }

    /// Writes one, with what tells its sender which it was, but not what it said: people put
    /// passwords where they do not belong.
    pub(super) fn write(&self, topic: &str, payload: &[u8], reason: &str) {
        let Some(omitted) = self.spend() else {
            return;
        };
        let letter = Letter {
            domain: domain_in(topic),
            payload: json!({
                "topic": topic.chars().take(256).collect::<String>(),
                "reason": reason,
                "bytes": payload.len(),
                "sha256": hex(&Sha256::digest(payload)),
                "omitted": omitted,
                "timestamp": Timestamp::now().rfc3339(),
            })
            .to_string(),
        };
        // Who publishes them is slower: this one is left out too.
        let _ = self.queue.try_send(letter);
    }

    /// How many were left out before this one; `None` where it is one of them.
    fn spend(&self) -> Option<u64> {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        spent.refused += 1;
        if spent.logged.is_none_or(|at| now - at >= LOG_EVERY) {
            spent.logged = Some(now);
            let refused = std::mem::take(&mut spent.refused);
            tracing::info!(refused, "MQTT commands were refused: see tracker/dlq/#");
        }
        if now - spent.second >= Duration::from_secs(1) {
            (spent.second, spent.count) = (now, 0);
        }
        spent.count += 1;
        if spent.count > PER_SECOND {
            spent.omitted += 1;
            return None;
        }
        Some(std::mem::take(&mut spent.omitted))
    }
}

fn domain_in(topic: &str) -> &'static str {
    let mut levels = topic.split('/');
    let known = ["task", "project", "plugin"];
    let found = levels.find_map(|level| known.into_iter().find(|domain| *domain == level));
    found.unwrap_or("system")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_refusals_writes_a_few_letters_and_says_how_many_it_left_out() {
        let (letters, mut end) = Letters::new();
        for n in 0..10_000_u32 {
            letters.write("tracker/commands/x", &n.to_be_bytes(), "It is no command.");
        }
        let mut written = 0;
        while let Ok(letter) = end.try_recv() {
            assert_eq!(letter.domain, "system");
            assert!(letter.payload.len() < 512, "{}", letter.payload);
            written += 1;
        }
        assert!((1..=QUEUE).contains(&written), "{written}");
    }
}
