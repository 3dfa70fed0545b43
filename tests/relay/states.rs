//! What stands retained at the broker: whether the relay is there, and what each thing is now.

use std::time::Duration;

use serde_json::json;
use taylordash::db::Db;
use taylordash::events::{Actor, Change, Event};
use taylordash::on;

use crate::lab::{self, Engine, Kind, Lab, eventually, tell};
use crate::mosquitto::Mosquitto;
use crate::proxy::Proxy;
use crate::subscriber::Retained;

const PATIENCE: Duration = Duration::from_secs(30);

async fn project(db: &Db, id: &str, name: &str) {
    let mut change = Change::begin(db, &Actor::system()).await.unwrap();
    let now = change.now();
    on!(change, conn => sqlx::query(
        "insert into projects (id, name, description, status, created_at, updated_at) \
         values ($1, $2, 'secret plans', 'active', $3, $3)",
    )
    .bind(id).bind(name).bind(now).execute(conn).await.map(|_| ()))
    .unwrap();
    change
        .commit(Event::project(id, "created", json!({})))
        .await
        .unwrap();
}

async fn do_to(db: &Db, statement: &'static str, event: Event) {
    let mut change = Change::begin(db, &Actor::system()).await.unwrap();
    on!(change, conn => sqlx::query(statement).execute(conn).await.map(|_| ())).unwrap();
    change.commit(event).await.unwrap();
}

const PLUGIN: &str = "insert into plugins (id, name, version, type, status, config) \
     values ('lamp', 'Lamp', '1.0.0', 'ui', 'failed', '{\"token\":\"hunter2\"}')";

async fn says(retained: &Retained, state: &str) {
    eventually(
        PATIENCE,
        &format!("tracker/status is {state}"),
        async || retained.json("tracker/status")["state"] == state,
    )
    .await;
}

alone! {
    async fn whether_the_relay_is_there_stands_at_the_broker(lab) {
        let node = lab.node().await;
        let retained = lab.retained("tracker/status").await;
        says(&retained, "online").await;
        assert!(retained.json("tracker/status")["since"].is_string());
        node.stop().await;
        says(&retained, "offline").await;
        let later = lab.retained("tracker/status").await;
        says(&later, "offline").await;
        let node = lab.node().await;
        says(&retained, "online").await;
        node.kill();
        says(&retained, "offline").await;
    }

    async fn a_connection_that_is_made_again_ends_in_online(lab) {
        let proxy = Proxy::before(&lab.mqtt).await;
        let node = lab.node_by(proxy.url()).await;
        let retained = lab.retained("tracker/status").await;
        says(&retained, "online").await;
        proxy.cut();
        says(&retained, "offline").await;
        proxy.mend();
        says(&retained, "online").await;
        // A frozen connection is left, and the broker finds out later.
        proxy.set_silent(true);
        node.change(&lab.project(1)).await;
        eventually(PATIENCE, "the relay tries again", async || proxy.connections() > 2).await;
        proxy.set_silent(false);
        node.all_marked(PATIENCE).await;
        tokio::time::sleep(Duration::from_secs(3)).await;
        says(&retained, "online").await;
        node.stop().await;
    }

    async fn who_says_that_the_relay_is_not_there_is_contradicted(lab) {
        let node = lab.node().await;
        let retained = lab.retained("tracker/status").await;
        says(&retained, "online").await;
        for lie in [r#"{"state":"offline"}"#, ""] {
            retained.say("tracker/status", lie).await;
            eventually(PATIENCE, "online is said behind it", async || {
                retained.messages().iter().any(|message| message.payload == lie)
                    && retained.json("tracker/status")["state"] == "online"
            })
            .await;
        }
        says(&lab.retained("tracker/status").await, "online").await;
        node.stop().await;
    }

    async fn what_each_thing_is_stands_at_the_broker_until_it_is_deleted(lab) {
        let node = lab.node().await;
        let retained = lab.retained("tracker/state/#").await;
        project(&node.db, "p1", "Rack").await;
        project(&node.db, "p2", "Garden").await;
        do_to(&node.db, PLUGIN, Event::plugin("lamp", "installed", json!({}))).await;
        retained.shows("tracker/state/project/p1", "name", "Rack").await;
        retained.shows("tracker/state/project/p2", "status", "active").await;
        retained.shows("tracker/state/plugin/lamp", "status", "failed").await;
        for message in retained.messages() {
            assert!(!message.payload.contains("hunter2") && !message.payload.contains("secret plans"));
        }
        let summary = "tracker/state/summary";
        eventually(PATIENCE, "the summary counts them", async || {
            let summary = retained.json(summary);
            summary["projects"]["active"] == 2 && summary["unhealthy_plugins"] == 1
        }).await;
        let expiries: Vec<_> = retained.messages().iter().map(|m| (m.topic == summary, m.expiry.is_some())).collect();
        assert!(expiries.iter().all(|(is_summary, expires)| is_summary == expires), "only the summary expires");
        do_to(&node.db, "delete from plugins", Event::plugin("lamp", "removed", json!({}))).await;
        retained.loses("tracker/state/plugin/lamp").await;
        // The trash counts as deleted.
        do_to(&node.db, "insert into trash (id, kind, entity_id, project_id, name, task_count, actor, created_at) \
            select 't1', 'project', id, id, name, 0, 'sam', created_at from projects where id = 'p1'",
            Event::system(&lab.id, "tried", json!({}))).await;
        do_to(&node.db, "update projects set trash_id = 't1' where id = 'p1'",
            Event::project("p1", "deleted", json!({}))).await;
        retained.loses("tracker/state/project/p1").await;
        eventually(PATIENCE, "what is cleared is forgotten", async || {
            node.texts("select topic from retained_topics").await == ["tracker/state/project/p2"]
        }).await;
        do_to(&node.db, "update projects set trash_id = null", Event::project("p1", "restored", json!({}))).await;
        retained.shows("tracker/state/project/p1", "name", "Rack").await;
        node.stop().await;
    }

    async fn what_was_deleted_while_the_broker_was_away_or_nothing_ran_is_cleared_later(lab) {
        let proxy = Proxy::before(&lab.mqtt).await;
        let node = lab.node_by(proxy.url()).await;
        let retained = lab.retained("tracker/state/#").await;
        for id in ["p1", "p2", "p3"] {
            project(&node.db, id, "Rack").await;
            retained.shows(&format!("tracker/state/project/{id}"), "name", "Rack").await;
        }
        proxy.cut();
        let status = node.running.status();
        eventually(PATIENCE, "it is away", async || status.is_away()).await;
        do_to(&node.db, "delete from projects where id = 'p1'", Event::project("p1", "purged", json!({}))).await;
        proxy.mend();
        retained.loses("tracker/state/project/p1").await;
        let db = node.db.clone();
        node.running.stop().await;
        do_to(&db, "delete from projects where id = 'p2'", Event::project("p2", "purged", json!({}))).await;
        let node = lab.node().await;
        retained.loses("tracker/state/project/p2").await;
        assert_eq!(lab.retained("tracker/state/project/#").await.settled().await, ["tracker/state/project/p3"]);
        node.stop().await;
    }

    async fn a_burst_of_changes_is_a_few_states_and_every_event(lab) {
        let node = lab.node().await;
        let events = lab.subscriber().await;
        let retained = lab.retained("tracker/state/project/#").await;
        let id = lab.project(1);
        project(&node.db, &id, "Rack").await;
        for _ in 0..500 {
            node.change(&id).await;
        }
        do_to(&node.db, "update projects set name = 'Garden'", Event::project(&id, "updated", json!({}))).await;
        events.hear(502, PATIENCE).await;
        retained.shows(&format!("tracker/state/project/{id}"), "name", "Garden").await;
        let states = retained.messages().len();
        assert!(states < 100, "{states} states for 502 changes");
        node.stop().await;
    }
}

#[test]
fn the_next_node_says_online_and_the_one_before_does_not_take_it_back() {
    for stops in [true, false] {
        tell(Engine::Postgres, Kind::Alone, async |lab| {
            let first = lab.node().await;
            let retained = lab.retained("tracker/status").await;
            says(&retained, "online").await;
            let second = lab.node().await;
            if stops {
                first.stop().await;
            } else {
                first.kill();
            }
            second.change(&lab.project(1)).await;
            second.all_marked(PATIENCE).await;
            tokio::time::sleep(Duration::from_secs(3)).await;
            says(&retained, "online").await;
            second.stop().await;
        });
    }
}

#[test]
fn a_broker_that_forgot_everything_is_told_anew() {
    tell(Engine::Sqlite, Kind::Embedded, async |lab| {
        let mut mosquitto = Mosquitto::start("", &[]);
        let node = lab.node_by(&mosquitto.url()).await;
        let retained = Retained::connect(&mosquitto.url(), "tracker/#").await;
        project(&node.db, "p1", "Rack").await;
        retained
            .shows("tracker/state/project/p1", "name", "Rack")
            .await;
        mosquitto.restart();
        let retained = Retained::connect(&mosquitto.url(), "tracker/#").await;
        retained
            .shows("tracker/state/project/p1", "name", "Rack")
            .await;
        says(&retained, "online").await;
        node.stop().await;
    });
}

#[test]
fn a_broker_without_retained_messages_gets_the_events_all_the_same() {
    tell(Engine::Sqlite, Kind::Embedded, async |lab: &Lab| {
        let mosquitto = Mosquitto::start("retain_available false", &[]);
        let node = lab.node_by(&mosquitto.url()).await;
        let subscriber = crate::subscriber::Subscriber::connect(&mosquitto.url(), &lab.id).await;
        lab::change(&node.db, &lab.project(1), json!({})).await;
        subscriber.hear(1, PATIENCE).await;
        node.all_marked(PATIENCE).await;
        node.stop().await;
    });
}

#[test]
fn a_state_that_is_too_large_for_the_broker_is_left_out_and_no_other_is() {
    tell(Engine::Sqlite, Kind::Embedded, async |lab| {
        let mosquitto = Mosquitto::start("max_packet_size 1000", &[]);
        let node = lab.node_by(&mosquitto.url()).await;
        let retained = Retained::connect(&mosquitto.url(), "tracker/#").await;
        project(&node.db, "long", &"x".repeat(2_000)).await;
        project(&node.db, "p1", "Rack").await;
        retained
            .shows("tracker/state/project/p1", "name", "Rack")
            .await;
        project(&node.db, "p2", "Garden").await;
        retained
            .shows("tracker/state/project/p2", "name", "Garden")
            .await;
        says(&retained, "online").await;
        let online = retained
            .messages()
            .iter()
            .filter(|message| {
                message.topic == "tracker/status" && message.payload.contains("online")
            })
            .count();
        assert_eq!(online, 1, "the connection was never lost");
        node.stop().await;
    });
}
