//! Two nodes on one PostgreSQL: the one that publishes dies, or freezes and wakes.

use std::time::{Duration, Instant};

use crate::harness::{Engine, Process};
use crate::invariants::{UNDELIVERED, Violation};
use crate::lab::{Kind, Lab, PATIENCE, tell};
use crate::mosquitto::free_port;
use crate::rounds::{Results, is_full, rounds};
use crate::workload::AtSilence;

const TAKE_OVER: Duration = Duration::from_secs(10);
const KEY: &str = "a key that both nodes have, of more than 32 characters";
const PACE: Duration = Duration::from_millis(50);

/// Two nodes; the program of the lab is the one that publishes.
struct Pair {
    lab: Lab,
    /// What makes the other node of this lab's program: its address and its data folder.
    other: [String; 2],
    follower: Option<Process>,
}

impl Pair {
    async fn start() -> Self {
        let mut lab = Lab::prepare(Engine::Postgres, Kind::Mosquitto).await;
        lab.set("TAYLORDASH_SECRET_KEY", KEY);
        let first = lab.place.folder().join("first").display().to_string();
        lab.set("TAYLORDASH_DATA_DIR", &first);
        lab.begin().await;
        let folder = lab.place.folder().join("second").display().to_string();
        let other = [format!("127.0.0.1:{}", free_port()), folder];
        let mut pair = Self {
            lab,
            other,
            follower: None,
        };
        pair.follow().await;
        pair
    }

    /// Starts the node that waits.
    async fn follow(&mut self) {
        let [listen, folder] = &self.other;
        let variables = [
            ("TAYLORDASH_LISTEN", &**listen),
            ("TAYLORDASH_DATA_DIR", &**folder),
        ];
        let mut node = self.lab.spawn(&variables);
        node.origin().await;
        self.follower = Some(node);
    }

    /// All writers go to the follower from now on, which is to be there when the leader is not.
    fn send_writers_away(&mut self) {
        let origin = format!("http://{}", self.other[0]);
        for writer in &mut self.lab.writers {
            writer.browser = writer.browser.at(&origin);
        }
    }

    /// The follower publishes now: from here on it is the program of the lab.
    fn change_places(&mut self) {
        let listen = self.lab.origin.trim_start_matches("http://").to_owned();
        let folder = self.lab.data_dir().expect("it was set");
        let [new_listen, new_folder] = std::mem::replace(&mut self.other, [listen, folder]);
        self.lab.origin = format!("http://{new_listen}");
        self.lab.set("TAYLORDASH_LISTEN", &new_listen);
        self.lab.set("TAYLORDASH_DATA_DIR", &new_folder);
        std::mem::swap(&mut self.lab.process, &mut self.follower);
    }

    async fn epoch(&self) -> i64 {
        let row = "select epoch from relay_lease";
        self.lab.place.database.rows(row).await[0].int("epoch")
    }

    /// Waits until another node has the lease than in `epoch`, and what waited is marked.
    async fn taken_over(&self, epoch: i64) -> Duration {
        let began = Instant::now();
        while self.epoch().await == epoch && began.elapsed() < PATIENCE {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        began.elapsed()
    }
}

#[test]
fn the_publishing_node_killed() {
    tell(async {
        let mut results = Results::of("two nodes, leader killed");
        let mut pair = Pair::start().await;
        for _ in 0..rounds(2, 20) {
            pair.send_writers_away();
            let writers = pair.lab.work(AtSilence::GoesOn, PACE);
            pair.lab.done(40, PATIENCE).await;
            let epoch = pair.epoch().await;
            pair.lab.kill().await;
            results.took("taken over", TAKE_OVER, pair.taken_over(epoch).await);
            pair.lab.done(40, PATIENCE).await;
            pair.lab.writers = writers.stop().await;
            pair.change_places();
            pair.lab.check(&mut results).await;
            pair.follow().await;
        }
        pair.lab.end(results).await;
    });
}

#[test]
fn the_publishing_node_frozen_and_continued() {
    tell(async {
        let mut results = Results::of("two nodes, leader frozen 60 s");
        let mut pair = Pair::start().await;
        for _ in 0..rounds(1, 5) {
            pair.send_writers_away();
            let writers = pair.lab.work(AtSilence::GoesOn, PACE);
            pair.lab.done(40, PATIENCE).await;
            let epoch = pair.epoch().await;
            pair.lab.process.as_ref().unwrap().signal("STOP").await;
            let frozen = Instant::now();
            results.took("taken over", TAKE_OVER, pair.taken_over(epoch).await);
            let whole = Duration::from_secs(if is_full() { 60 } else { 12 });
            tokio::time::sleep(whole.saturating_sub(frozen.elapsed())).await;
            let held = pair.epoch().await;
            pair.lab.process.as_ref().unwrap().signal("CONT").await;
            tokio::time::sleep(Duration::from_secs(3)).await;
            pair.lab.writers = writers.stop().await;
            let is_stolen = pair.epoch().await != held;
            let stolen = is_stolen.then(|| Violation {
                law: UNDELIVERED,
                told: "the node that woke took the lease back".to_owned(),
            });
            pair.change_places();
            pair.lab
                .check_with(&mut results, stolen.into_iter().collect())
                .await;
        }
        pair.lab.end(results).await;
    });
}
