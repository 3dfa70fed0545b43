//! Two nodes on one PostgreSQL: what the doors count, they count together.

use std::sync::Arc;
use std::time::Duration;

use crate::harness::{Browser, Engine, PASSWORD, Place, Process, SOON, eventually, mosquitto, on};

const KEY: &str = "a key that both nodes share, and nobody else knows";

fn node(place: &Place, folder: &str) -> Process {
    let broker = mosquitto();
    place.start(&[
        ("MQTT_URL", broker.as_str()),
        ("TAYLORDASH_SECRET_KEY", KEY),
        ("TAYLORDASH_DATA_DIR", folder),
        ("TAYLORDASH_WATCH_DENIALS", "6"),
    ])
}

async fn log_in(process: &mut Process, username: &str, password: &str) -> (Browser, u16) {
    let browser = Browser::new(&process.origin().await);
    let post = [("username", username), ("password", password)];
    let status = browser.post("/login", &post).await.status;
    (browser, status)
}

async fn count(place: &Place, from: &str) -> i64 {
    let sql = format!("select count(*) as n from {from}");
    place.database.rows(&sql).await[0].int("n")
}

async fn end(process: &mut Process) {
    process.signal("TERM").await;
    process.end(SOON).await;
}

async fn failures_are_counted_together(place: Arc<Place>) {
    let (mut one, mut two) = (node(&place, "one"), node(&place, "two"));
    place.set_up(&mut one).await;
    // Nine from an address that the account knows cost nothing; after 13 it is 8 s until the next.
    let mut failures = 0;
    while failures < 13 {
        match log_in(&mut one, "sam", "wrong").await.1 {
            422 => failures += 1,
            status => assert_eq!(status, 429),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(log_in(&mut two, "sam", "wrong").await.1, 429);
}

async fn a_burst_is_told_once(place: Arc<Place>) {
    let (mut one, mut two) = (node(&place, "one"), node(&place, "two"));
    let sam = place.set_up(&mut one).await;
    let viewer = [
        ("username", "ann"),
        ("role", "viewer"),
        ("password", PASSWORD),
    ];
    sam.post("/users", &viewer).await.status(303);
    for process in [&mut one, &mut two] {
        let ann = log_in(process, "ann", PASSWORD).await.0;
        for _ in 0..4 {
            ann.get("/users").await.status(403);
        }
    }
    // What was counted is told when a program ends, and both look at it when they begin.
    end(&mut one).await;
    end(&mut two).await;
    let (mut one, mut two) = (node(&place, "one"), node(&place, "two"));
    one.origin().await;
    two.origin().await;
    let notes = "watch_notes where kind = 'denials'";
    eventually(Duration::from_secs(40), "a note", || async {
        count(&place, notes).await > 0
    })
    .await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    end(&mut one).await;
    end(&mut two).await;
    assert_eq!(count(&place, notes).await, 1);
    let told = "events where domain = 'system' and event_type = 'noticed'";
    assert_eq!(count(&place, told).await, 1);
}

#[test]
fn a_guesser_is_as_slow_at_the_other_node() {
    on(Engine::Postgres, failures_are_counted_together);
}

#[test]
fn a_burst_over_both_is_one_note() {
    on(Engine::Postgres, a_burst_is_told_once);
}
