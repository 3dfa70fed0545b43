//! Several nodes on one database: one publishes.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use taylordash::config::Config;

use crate::lab::{self, Engine, Kind, Lab, Node, eventually, tell};
use crate::proxy::Proxy;
use crate::subscriber::assert_in_order;

const PATIENCE: Duration = Duration::from_secs(30);
const TAKE_OVER: Duration = Duration::from_secs(10);

/// A node on a thread of its own, which can be stopped as SIGSTOP would.
struct Apart {
    orders: tokio::sync::mpsc::Sender<mpsc::Receiver<()>>,
    thread: thread::JoinHandle<()>,
}

impl Apart {
    async fn start(config: Config, deployment: String) -> Self {
        let (orders, mut freezes) = tokio::sync::mpsc::channel::<mpsc::Receiver<()>>(1);
        let (ready, started) = tokio::sync::oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let node = Node::start(&config, &deployment).await;
                ready.send(()).unwrap();
                while let Some(freeze) = freezes.recv().await {
                    // The only thread of this runtime: nothing of the node goes on.
                    let _ = freeze.recv();
                }
                node.stop().await;
            });
        });
        started.await.unwrap();
        Self { orders, thread }
    }

    /// Freezes it until the answer is dropped.
    async fn freeze(&self) -> mpsc::Sender<()> {
        let (thaw, frozen) = mpsc::channel();
        self.orders.send(frozen).await.unwrap();
        thaw
    }

    fn stop(self) {
        drop(self.orders);
        self.thread.join().unwrap();
    }
}

async fn epoch(node: &Node) -> i64 {
    node.number("select epoch from relay_lease").await
}

#[test]
fn when_the_publishing_node_is_killed_the_other_takes_over_within_ten_seconds() {
    for kind in [Kind::Embedded, Kind::Mosquitto] {
        tell(Engine::Postgres, kind, async |lab| {
            let first = lab.node().await;
            let subscriber = lab.subscriber().await;
            first.change(&lab.project(0)).await;
            subscriber.hear(1, PATIENCE).await;
            let second = lab.node().await;
            let db = second.db.clone();
            let project = lab.project(1);
            let writer = tokio::spawn(async move {
                for _ in 0..200 {
                    lab::change(&db, &project, serde_json::json!({})).await;
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            });
            subscriber.hear(50, PATIENCE).await;
            assert_eq!(epoch(&second).await, 1);
            first.kill();
            let killed = Instant::now();
            eventually(TAKE_OVER, "the other node takes over", async || {
                epoch(&second).await == 2
            })
            .await;
            writer.await.unwrap();
            let left = TAKE_OVER.saturating_sub(killed.elapsed());
            assert_in_order(&subscriber.hear(201, left).await);
            second.all_marked(PATIENCE).await;
            second.stop().await;
        });
    }
}

#[test]
fn a_frozen_node_that_wakes_publishes_nothing() {
    for kind in [Kind::Embedded, Kind::Mosquitto] {
        tell(Engine::Postgres, kind, async |lab| wakes(lab).await);
    }
}

async fn wakes(lab: &Lab) {
    let first = Apart::start(lab.config(&lab.mqtt), lab.id.clone()).await;
    let subscriber = lab.subscriber().await;
    let proxy = Proxy::before(&lab.mqtt).await;
    let second = lab.node_by(proxy.url()).await;
    for n in 0..20 {
        second.change(&lab.project(n)).await;
    }
    subscriber.hear(20, PATIENCE).await;
    assert_eq!(epoch(&second).await, 1);
    let thaw = first.freeze().await;
    for n in 0..20 {
        second.change(&lab.project(n)).await;
    }
    subscriber.hear(40, TAKE_OVER).await;
    second.all_marked(PATIENCE).await;
    assert_eq!(epoch(&second).await, 2);
    let before = subscriber.heard().len();
    drop(thaw);
    for n in 0..200 {
        second.change(&lab.project(n % 20)).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let heard = subscriber.hear(240, PATIENCE).await;
    assert_in_order(&heard);
    second.all_marked(PATIENCE).await;
    assert_eq!(
        subscriber.heard().len(),
        before + 200,
        "no event came twice"
    );
    assert_eq!(epoch(&second).await, 2);
    assert_eq!(proxy.connections(), 1, "nobody threw the second out");
    first.stop();
    second.stop().await;
}

#[test]
fn a_node_that_stops_hands_over_at_once() {
    tell(Engine::Postgres, Kind::Mosquitto, async |lab| {
        let first = lab.node().await;
        let subscriber = lab.subscriber().await;
        first.change(&lab.project(0)).await;
        subscriber.hear(1, PATIENCE).await;
        let second = lab.node().await;
        let holder = second.texts("select holder from relay_lease").await;
        first.stop().await;
        // Nobody's, or the second's already.
        assert_ne!(second.texts("select holder from relay_lease").await, holder);
        second.change(&lab.project(0)).await;
        let heard = subscriber.hear(2, Duration::from_secs(4)).await;
        assert_in_order(&heard);
        second.stop().await;
    });
}

#[test]
fn a_waiting_node_shows_that_the_broker_is_away() {
    tell(Engine::Postgres, Kind::Mosquitto, async |lab| {
        let proxy = Proxy::before(&lab.mqtt).await;
        let first = lab.node_by(proxy.url()).await;
        let subscriber = lab.subscriber().await;
        first.change(&lab.project(0)).await;
        subscriber.hear(1, PATIENCE).await;
        let second = lab.node().await;
        proxy.cut();
        let status = second.running.status();
        eventually(PATIENCE, "it shows that", async || status.is_away()).await;
        proxy.mend();
        eventually(PATIENCE, "it shows that it is back", async || {
            !status.is_away()
        })
        .await;
        first.stop().await;
        second.stop().await;
    });
}
