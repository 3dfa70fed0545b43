//! From a commit to a subscriber, against the commit itself: `tests/run measure relay`.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::lab::{self, Engine, Kind, Lab, tell};

const CHANGES: usize = 1_000;
/// Between two changes, so that each is measured by itself.
const PAUSE: Duration = Duration::from_millis(10);
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
#[ignore = "a measurement"]
fn the_relay_from_a_commit_to_a_subscriber() {
    for (engine, name) in [(Engine::Sqlite, "SQLite"), (Engine::Postgres, "PostgreSQL")] {
        for (kind, broker) in [
            (Kind::Embedded, "embedded broker"),
            (Kind::Alone, "Mosquitto"),
        ] {
            tell(engine, kind, async |lab| measure(lab, name, broker).await);
        }
    }
}

async fn measure(lab: &Lab, engine: &str, broker: &str) {
    let node = lab.node().await;
    let subscriber = lab.subscriber().await;
    let (mut commits, mut deliveries) = (Vec::new(), Vec::new());
    for n in 0..CHANGES {
        let started = Instant::now();
        lab::change(&node.db, &lab.project(n % 20), json!({ "n": n })).await;
        let committed = Instant::now();
        commits.push(committed - started);
        let heard = subscriber.heard_at(n, PATIENCE).await;
        // It may be heard before whoever committed it knows.
        deliveries.push(heard.saturating_duration_since(committed));
        tokio::time::sleep(PAUSE).await;
    }
    node.all_marked(PATIENCE).await;
    node.stop().await;
    let (commit, delivery) = (middle_and_p99(commits), middle_and_p99(deliveries));
    let ratio = delivery.1.as_secs_f64() / commit.1.as_secs_f64();
    println!(
        "{engine}, {broker}: commit {:.2?}, p99 {:.2?}; from there to a subscriber {:.2?}, p99 {:.2?}: \
         {ratio:.2} times the commit's p99",
        commit.0, commit.1, delivery.0, delivery.1
    );
    assert!(ratio <= 3.0, "{ratio:.2} times the commit's own p99");
}

fn middle_and_p99(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort_unstable();
    (times[times.len() / 2], times[times.len() * 99 / 100])
}
