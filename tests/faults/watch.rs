//! Somebody who looks at a page again and again, and notes what they get.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::harness::Browser;
use crate::invariants::{HANGS, Violation};

#[derive(Clone, Debug)]
pub struct Look {
    /// 0 where nobody answered.
    pub status: u16,
    pub text: String,
    pub began: Instant,
    pub took: Duration,
}

pub struct Watch {
    looks: Arc<Mutex<Vec<Look>>>,
    _task: JoinSet<()>,
}

impl Watch {
    /// Looks at `path` every so often, each time without waiting for the look before.
    pub fn start(browser: &Browser, path: &'static str, every: Duration) -> Self {
        let looks: Arc<Mutex<Vec<Look>>> = Arc::default();
        let (kept, browser) = (Arc::clone(&looks), browser.clone());
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut open = JoinSet::new();
            loop {
                let (kept, browser) = (Arc::clone(&kept), browser.clone());
                open.spawn(async move {
                    let look = look(&browser, path).await;
                    kept.lock().unwrap().push(look);
                });
                while open.try_join_next().is_some() {}
                tokio::time::sleep(every).await;
            }
        });
        Self { looks, _task: task }
    }

    /// All looks that were answered.
    pub fn looks(&self) -> Vec<Look> {
        self.looks.lock().unwrap().clone()
    }

    /// Forgets them, and answers with them.
    pub fn take(&self) -> Vec<Look> {
        std::mem::take(&mut *self.looks.lock().unwrap())
    }
}

async fn look(browser: &Browser, path: &str) -> Look {
    let began = Instant::now();
    let (status, text) = match browser.getting(path).send().await {
        Ok(response) => {
            let status = response.status().as_u16();
            (status, response.text().await.unwrap_or_default())
        }
        Err(_) => (0, String::new()),
    };
    Look {
        status,
        text,
        began,
        took: began.elapsed(),
    }
}

/// Looks that took longer than a page may.
pub fn hung(looks: &[Look], limit: Duration) -> Vec<Violation> {
    let hung = looks.iter().filter(|look| look.took > limit);
    hung.map(|look| Violation {
        law: HANGS,
        told: format!("a page took {:?}, with status {}", look.took, look.status),
    })
    .collect()
}

/// Of several, the one in the middle.
pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
