//! What arrives, and how.

use std::time::{Duration, Instant};

use rumqttc::v5::mqttbytes::QoS;
use serde_json::json;

use crate::grumpy::Grumpy;
use crate::lab::{self, Engine, Kind, eventually, tell};
use crate::subscriber::assert_in_order;

const PATIENCE: Duration = Duration::from_secs(20);

everywhere! {
    async fn an_event_arrives_as_it_was_committed(lab) {
        let node = lab.node().await;
        let subscriber = lab.subscriber().await;
        lab::change(&node.db, &lab.project(1), json!({ "name": "Küche \u{1f373} <b>" })).await;
        let heard = subscriber.hear(1, PATIENCE).await;
        assert_eq!(heard[0].topic, "tracker/events/project/updated");
        assert_eq!(heard[0].qos, QoS::AtLeastOnce);
        assert!(!heard[0].retain);
        assert_eq!(heard[0].content_type.as_deref(), Some("application/json"));
        assert_eq!(vec![heard[0].payload.clone()], node.texts("select payload from events").await);
        node.all_marked(PATIENCE).await;
        node.stop().await;
    }

    async fn each_commit_wakes_the_relay(lab) {
        let node = lab.node().await;
        let subscriber = lab.subscriber().await;
        let started = Instant::now();
        for n in 1..=30 {
            node.change(&lab.project(1)).await;
            subscriber.hear(n, PATIENCE).await;
        }
        // The slow look alone would find them one every three seconds.
        assert!(started.elapsed() < PATIENCE);
        node.stop().await;
    }

    async fn what_was_committed_before_the_start_arrives_in_order(lab) {
        let node = lab.node().await;
        let db = node.db.clone();
        node.running.stop().await;
        for round in 0..30 {
            for project in 0..round {
                lab::change(&db, &lab.project(project), json!({})).await;
            }
        }
        let subscriber = lab.subscriber().await;
        let node = lab.node().await;
        let heard = subscriber.hear(435, PATIENCE).await;
        assert_in_order(&heard);
        node.all_marked(PATIENCE).await;
        assert_eq!(heard.len(), 435, "nothing comes twice where nothing fails");
        node.stop().await;
    }

    async fn writers_at_once_leave_positions_without_gaps_and_versions_in_order(lab) {
        let node = lab.node().await;
        let subscriber = lab.subscriber().await;
        let writers = (0..16).map(|writer| {
            let (db, project) = (node.db.clone(), lab.project(writer % 4));
            tokio::spawn(async move {
                for _ in 0..12 {
                    lab::change(&db, &project, json!({ "writer": writer })).await;
                }
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.unwrap();
        }
        assert_in_order(&subscriber.hear(192, PATIENCE).await);
        node.all_marked(PATIENCE).await;
        assert_eq!(node.number("select count(distinct position) from events").await, 192);
        assert_eq!(node.number("select max(position) - min(position) from events").await, 191);
        assert_eq!(node.number("select min(position) from events").await, 1);
        node.stop().await;
    }

    async fn a_stop_in_the_middle_loses_nothing_and_gives_the_lease_back(lab) {
        let node = lab.node().await;
        let db = node.db.clone();
        node.running.stop().await;
        for n in 0..400 {
            lab::change(&db, &lab.project(n % 40), json!({})).await;
        }
        let subscriber = lab.subscriber().await;
        let node = lab.node().await;
        subscriber.hear(1, PATIENCE).await;
        let db = node.db.clone();
        node.running.stop().await;
        assert_eq!(lab::texts(&db, "select holder from relay_lease").await, [""]);
        let published = lab::number(&db, "select count(*) from events where published_at is not null");
        assert_eq!(published.await as usize, subscriber.heard().len(), "what was sent was marked");
        let next = lab.node().await;
        let heard = subscriber.hear(400, PATIENCE).await;
        assert_in_order(&heard);
        next.all_marked(PATIENCE).await;
        assert_eq!(heard.len(), 400);
        next.stop().await;
    }
}

#[test]
fn a_broker_that_acknowledges_nothing_has_a_hundred_messages_or_as_few_as_it_wants() {
    for (engine, wants, gets) in [
        (Engine::Sqlite, u16::MAX, 100),
        (Engine::Postgres, u16::MAX, 100),
        (Engine::Sqlite, 7, 7),
    ] {
        tell(engine, Kind::Embedded, async |lab| {
            let node = lab.node().await;
            let db = node.db.clone();
            node.running.stop().await;
            for n in 0..250 {
                lab::change(&db, &lab.project(n), json!({})).await;
            }
            let mute = Grumpy::mute(wants).await;
            let node = lab.node_by(mute.url()).await;
            let what = format!("{gets} messages are on their way");
            eventually(PATIENCE, &what, async || mute.most() >= gets).await;
            // Until they have gone unanswered for so long that the connection is given up.
            eventually(PATIENCE, "it comes again", async || mute.connections() > 1).await;
            assert_eq!(mute.most(), gets);
            node.kill();
        });
    }
}

#[test]
fn an_event_too_large_for_the_broker_holds_up_its_own_project_only() {
    tell(Engine::Sqlite, Kind::Embedded, async |lab| {
        let node = lab.node().await;
        let subscriber = lab.subscriber().await;
        let large = "x".repeat(2_500_000);
        lab::change(&node.db, &lab.project(1), json!({ "notes": large })).await;
        node.change(&lab.project(1)).await;
        node.change(&lab.project(2)).await;
        let heard = subscriber.hear(1, PATIENCE).await;
        assert_eq!(heard[0].project(), lab.project(2));
        node.change(&lab.project(1)).await;
        node.change(&lab.project(2)).await;
        let heard = subscriber.hear(2, PATIENCE).await;
        assert_eq!(heard[1].project(), lab.project(2));
        assert_eq!(heard.len(), 2);
        assert!(!node.running.status().is_away());
        node.stop().await;
    });
}
