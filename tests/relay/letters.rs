//! What the broker refuses: dead letters, and what waits behind them.

use std::time::Duration;

use serde_json::json;
use taylordash::db::Db;
use taylordash::events::{Actor, Change, Event, News};
use taylordash::on;
use tokio::time::timeout;

use crate::grumpy::{self, Grumpy};
use crate::lab::{self, Engine, Kind, Lab, Node, eventually, tell};
use crate::mosquitto::Mosquitto;
use crate::subscriber::{Subscriber, assert_in_order};

const PATIENCE: Duration = Duration::from_secs(40);
const ENGINES: [Engine; 2] = [Engine::Sqlite, Engine::Postgres];
const OPEN: &str = "topic readwrite #";
const NO_PLUGINS: &str = "topic readwrite #\ntopic deny tracker/events/plugin/#";

fn with_rules(rules: &str) -> Mosquitto {
    with_rules_and(rules, "")
}

fn with_rules_and(rules: &str, settings: &str) -> Mosquitto {
    let settings = format!("acl_file {{folder}}/rules\n{settings}");
    Mosquitto::start(&settings, &[("rules", rules)])
}

async fn plugin_changed(db: &Db, id: &str) {
    let change = Change::begin(db, &Actor::system()).await.unwrap();
    change
        .commit(Event::plugin(id, "updated", json!({})))
        .await
        .unwrap();
}

/// What somebody does on the page.
async fn decide(db: &Db, deployment: &str, statement: &'static str) {
    let mut change = Change::begin(db, &Actor::system()).await.unwrap();
    on!(change, conn => sqlx::query(statement).execute(conn).await.map(|_| ())).unwrap();
    change
        .commit(Event::system(deployment, "delivery_retried", json!({})))
        .await
        .unwrap();
}

async fn buried(node: &Node, count: i64) {
    eventually(PATIENCE, "the letters are kept", async || {
        node.number("select count(*) from dead_letters").await == count
    })
    .await;
}

fn versions(subscriber: &Subscriber, entity: &str) -> Vec<i64> {
    let heard = subscriber.heard();
    let of_it = heard.iter().filter(|message| message.project() == entity);
    of_it.map(|message| message.version()).collect()
}

#[test]
fn what_the_brokers_rules_refuse_is_a_letter_after_three_tries_and_waits_over_a_restart() {
    for engine in ENGINES {
        tell(engine, Kind::Embedded, async |lab| rules(lab).await);
    }
}

async fn rules(lab: &Lab) {
    let mosquitto = with_rules(NO_PLUGINS);
    let node = lab.node_by(&mosquitto.url()).await;
    let subscriber = Subscriber::connect(&mosquitto.url(), &lab.id).await;
    let (plugin, project) = (lab.project(1), lab.project(2));
    plugin_changed(&node.db, &plugin).await;
    plugin_changed(&node.db, &plugin).await;
    node.change(&project).await;
    subscriber.hear(1, PATIENCE).await;
    buried(&node, 1).await;
    assert_eq!(node.number("select tries from dead_letters").await, 3);
    let reason = node
        .texts("select reason from dead_letters")
        .await
        .remove(0);
    assert!(reason.contains("not authorized"), "{reason}");
    node.change(&project).await;
    subscriber.hear(2, PATIENCE).await;
    assert!(!node.running.status().is_away());

    // The next to come knows it, and does not try it again.
    node.stop().await;
    mosquitto.rewrite("rules", OPEN);
    let node = lab.node_by(&mosquitto.url()).await;
    node.change(&project).await;
    subscriber.hear(3, PATIENCE).await;
    assert!(versions(&subscriber, &plugin).is_empty());
    assert_eq!(node.number("select count(*) from dead_letters").await, 1);

    decide(&node.db, &lab.id, "delete from dead_letters").await;
    subscriber.hear(6, PATIENCE).await;
    assert_eq!(versions(&subscriber, &plugin), [1, 2]);
    assert_in_order(&subscriber.heard());
    node.all_marked(PATIENCE).await;
    node.stop().await;
}

#[test]
fn what_is_given_up_is_left_out_and_the_next_ones_go() {
    for engine in ENGINES {
        tell(engine, Kind::Embedded, async |lab| given_up(lab).await);
    }
}

async fn given_up(lab: &Lab) {
    let mosquitto = with_rules(NO_PLUGINS);
    let node = lab.node_by(&mosquitto.url()).await;
    let subscriber = Subscriber::connect(&mosquitto.url(), &lab.id).await;
    let plugin = lab.project(1);
    for _ in 0..3 {
        plugin_changed(&node.db, &plugin).await;
    }
    buried(&node, 1).await;
    mosquitto.rewrite("rules", OPEN);
    let give_up = "update dead_letters set given_up_at = refused_at, given_up_by = 'sam'";
    decide(&node.db, &lab.id, give_up).await;
    subscriber.hear(3, PATIENCE).await;
    assert_eq!(versions(&subscriber, &plugin), [2, 3]);
    eventually(PATIENCE, "all but the one are marked", async || {
        node.number("select count(*) from events where published_at is null")
            .await
            == 1
    })
    .await;
    node.stop().await;
}

#[test]
fn a_letter_waits_over_a_take_over() {
    tell(Engine::Postgres, Kind::Embedded, async |lab| {
        let mosquitto = with_rules(NO_PLUGINS);
        let first = lab.node_by(&mosquitto.url()).await;
        let subscriber = Subscriber::connect(&mosquitto.url(), &lab.id).await;
        let plugin = lab.project(1);
        plugin_changed(&first.db, &plugin).await;
        buried(&first, 1).await;
        let second = lab.node_by(&mosquitto.url()).await;
        mosquitto.rewrite("rules", OPEN);
        first.kill();
        plugin_changed(&second.db, &plugin).await;
        second.change(&lab.project(2)).await;
        subscriber.hear(1, PATIENCE).await;
        assert!(versions(&subscriber, &plugin).is_empty());
        decide(&second.db, &lab.id, "delete from dead_letters").await;
        subscriber.hear(4, PATIENCE).await;
        assert_eq!(versions(&subscriber, &plugin), [1, 2]);
        second.stop().await;
    });
}

#[test]
fn what_is_too_large_for_the_broker_is_a_letter_with_the_size_in_it() {
    for engine in ENGINES {
        tell(engine, Kind::Embedded, async |lab| {
            too_large(lab, "max_packet_size 4000", "takes 4000 at most", 1).await;
        });
    }
}

#[test]
fn what_is_larger_than_mosquittos_limit_for_messages_is_a_letter() {
    tell(Engine::Sqlite, Kind::Embedded, async |lab| {
        too_large(lab, "message_size_limit 4000", "message_size_limit", 3).await;
    });
}

async fn too_large(lab: &Lab, setting: &str, reason: &str, tries: i64) {
    let mosquitto = Mosquitto::start(setting, &[]);
    let node = lab.node_by(&mosquitto.url()).await;
    let subscriber = Subscriber::connect(&mosquitto.url(), &lab.id).await;
    let large = json!({ "notes": "x".repeat(5_000) });
    lab::change(&node.db, &lab.project(1), large).await;
    node.change(&lab.project(1)).await;
    node.change(&lab.project(2)).await;
    buried(&node, 1).await;
    let told = node
        .texts("select reason from dead_letters")
        .await
        .remove(0);
    assert!(told.contains(reason), "{told}");
    assert_eq!(node.number("select tries from dead_letters").await, tries);
    subscriber.hear(1, PATIENCE).await;
    assert_eq!(subscriber.heard()[0].project(), lab.project(2));
    assert!(!node.running.status().is_away());
    node.stop().await;
}

#[test]
fn pages_are_told_of_a_letter_and_a_replay_leaves_it_out() {
    for engine in ENGINES {
        tell(engine, Kind::Embedded, async |lab| left_out(lab).await);
    }
}

async fn left_out(lab: &Lab) {
    let mosquitto = Mosquitto::start("max_packet_size 4000", &[]);
    let node = lab.node_by(&mosquitto.url()).await;
    let subscriber = Subscriber::connect(&mosquitto.url(), &lab.id).await;
    node.change(&lab.project(1)).await;
    node.all_marked(PATIENCE).await;
    let mut bell = node.db.listen();
    let large = json!({ "notes": "x".repeat(5_000) });
    lab::change(&node.db, &lab.project(2), large).await;
    let told = async {
        // That of the first may come as late as now.
        while node.number("select count(*) from dead_letters").await == 0 {
            while bell.recv().await.unwrap().news != News::Delivery {}
        }
    };
    timeout(PATIENCE, told).await.expect("pages are told");
    let asked = "insert into replays (id, domain, entity_id, first_position, last_position, domains, \
                 done_position, actor, created_at) select '1', '', '', 1, 2, 'project', 0, 'sam', \
                 created_at from events where position = 1";
    decide(&node.db, &lab.id, asked).await;
    eventually(PATIENCE, "the replay comes to its end", async || {
        node.number("select count(*) from replays where ended_at is not null and problem = ''")
            .await
            == 1
    })
    .await;
    let again = subscriber
        .heard()
        .into_iter()
        .filter(|message| message.json()["replayed"] == true);
    assert_eq!(again.count(), 1);
    node.stop().await;
}

#[test]
fn a_broker_that_refuses_everything_is_away_and_makes_no_letters() {
    for engine in ENGINES {
        tell(engine, Kind::Embedded, async |lab| everything(lab).await);
    }
}

async fn everything(lab: &Lab) {
    let mosquitto = with_rules("topic read #");
    let node = lab.node_by(&mosquitto.url()).await;
    let subscriber = Subscriber::connect(&mosquitto.url(), &lab.id).await;
    let status = node.running.status();
    // One after the other, so that the first are letters before there are many.
    for n in 0..3 {
        node.change(&lab.project(n)).await;
    }
    buried(&node, 3).await;
    for n in 3..40 {
        node.change(&lab.project(n)).await;
    }
    eventually(PATIENCE, "it is away", async || status.is_away()).await;
    let told = status.reason().unwrap_or_default();
    assert!(
        told.contains("refuses every event") && told.contains("not authorized"),
        "{told}"
    );
    buried(&node, 0).await;
    mosquitto.rewrite("rules", OPEN);
    let heard = subscriber.hear(40, PATIENCE).await;
    assert_in_order(&heard);
    node.all_marked(PATIENCE).await;
    assert!(!status.is_away() && status.reason().is_none());
    node.stop().await;
}

#[test]
fn a_kind_of_events_that_the_brokers_rules_refuse_is_letters_and_the_others_go() {
    for engine in ENGINES {
        tell(engine, Kind::Embedded, async |lab| {
            one_kind(lab, with_rules(NO_PLUGINS), 8).await;
        });
    }
}

#[test]
fn more_things_of_that_kind_than_are_on_their_way_at_once_hold_up_no_other() {
    tell(Engine::Sqlite, Kind::Embedded, async |lab| {
        one_kind(lab, with_rules(NO_PLUGINS), 30).await;
    });
}

/// As Mosquitto 2.0 does behind a refusal where its queues have no limit, which is what people are told to
/// set.
#[test]
fn nor_does_a_broker_that_hangs_up_whenever_it_refuses() {
    tell(Engine::Sqlite, Kind::Embedded, async |lab| {
        let mosquitto = with_rules_and(NO_PLUGINS, "max_queued_messages 0");
        one_kind(lab, mosquitto, 8).await;
    });
}

async fn one_kind(lab: &Lab, mosquitto: Mosquitto, plugins: usize) {
    let node = lab.node_by(&mosquitto.url()).await;
    let subscriber = Subscriber::connect(&mosquitto.url(), &lab.id).await;
    for n in 0..plugins {
        plugin_changed(&node.db, &lab.project(n)).await;
    }
    // Whatever it takes now says that it does not refuse all.
    let project = lab.project(plugins);
    node.change(&project).await;
    subscriber.hear(1, PATIENCE).await;
    buried(&node, plugins as i64).await;
    eventually(PATIENCE, "the broker is there", async || {
        !node.running.status().is_away()
    })
    .await;
    node.change(&project).await;
    subscriber.hear(2, PATIENCE).await;
    assert_eq!(versions(&subscriber, &project), [1, 2]);
    assert_eq!(
        node.number("select count(*) from dead_letters").await,
        plugins as i64
    );
    node.stop().await;
}

#[test]
fn the_one_event_over_which_a_broker_hangs_up_is_found_and_the_others_go() {
    tell(Engine::Sqlite, Kind::Embedded, async |lab| {
        let grumpy = Grumpy::start().await;
        let node = lab.node_by(grumpy.url()).await;
        for n in 0..30 {
            let name = if n == 17 { grumpy::POISON } else { "well" };
            lab::change(&node.db, &lab.project(n), json!({ "name": name })).await;
        }
        buried(&node, 1).await;
        let letter = node
            .texts("select entity_id || ' ' || reason from dead_letters")
            .await
            .remove(0);
        assert!(
            letter.contains(&lab.project(17)) && letter.contains("PacketTooLarge"),
            "{letter}"
        );
        eventually(PATIENCE, "all others are taken", async || {
            node.number("select count(*) from events where published_at is null")
                .await
                == 1
        })
        .await;
        assert!(grumpy.taken().len() >= 29);
        node.change(&lab.project(1)).await;
        eventually(PATIENCE, "and what comes later", async || {
            node.number("select count(*) from events where published_at is null")
                .await
                == 1
        })
        .await;
        node.stop().await;
    });
}
