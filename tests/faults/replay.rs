//! Where a consumer gets what it missed: `GET /events?after=…` as JSON lines.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::harness::{Browser, PASSWORD};

/// Before it is asked again, where it did not answer whole.
const PAUSE: Duration = Duration::from_millis(100);
/// What stands in each line before the payload.
const PAYLOAD: &str = ",\"payload\":";

/// An event of the replay, as its bytes stand there.
#[derive(Debug)]
pub struct Replayed {
    pub position: i64,
    pub topic: String,
    pub payload: String,
}

#[derive(Deserialize)]
struct Line {
    position: i64,
    topic: String,
    payload: Value,
}

/// The one place that knows how missed events are asked for.
#[derive(Clone)]
pub struct Replay(Browser);

impl Replay {
    /// In the name of whoever is signed in there; else it signs in as sam when it is first asked.
    pub fn by(browser: Browser) -> Self {
        Self(browser)
    }

    /// All events behind a position, in order. Like a real consumer it goes on asking while the program
    /// is dead, or its database is.
    pub async fn after(&self, position: i64) -> Vec<Replayed> {
        loop {
            if let Some(lines) = self.ask(position).await {
                return lines.lines().map(read).collect();
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The whole answer; `None` where there is none, or a part of one.
    async fn ask(&self, position: i64) -> Option<String> {
        let path = format!("/events?after={position}");
        let asked = self.0.getting(&path);
        let asked = asked.header("Accept", "application/x-ndjson").send().await;
        let answer = asked.ok()?;
        match answer.status().as_u16() {
            200 => answer.text().await.ok(),
            401 => {
                let fields = [("username", "sam"), ("password", PASSWORD)];
                let login = self.0.posting("/login").form(&fields).send();
                login.await.ok()?;
                None
            }
            _ => None,
        }
    }
}

fn read(line: &str) -> Replayed {
    let parsed: Line = serde_json::from_str(line).expect("each line is JSON");
    let payload = line.split_once(PAYLOAD).expect("a payload").1;
    let payload = payload.strip_suffix('}').expect("a whole line").to_owned();
    let same: Value = serde_json::from_str(&payload).expect("the payload is JSON");
    assert_eq!(same, parsed.payload);
    Replayed {
        position: parsed.position,
        topic: parsed.topic,
        payload,
    }
}
