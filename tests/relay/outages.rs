//! The broker away, frozen, or forgetful.

use std::time::Duration;

use crate::lab::{Engine, Kind, eventually, tell};
use crate::proxy::Proxy;
use crate::subscriber::assert_in_order;

const PATIENCE: Duration = Duration::from_secs(30);

everywhere! {
    async fn two_hundred_changes_while_the_broker_is_away_arrive_in_order_when_it_is_back(lab) {
        let proxy = Proxy::before(&lab.mqtt).await;
        let node = lab.node_by(proxy.url()).await;
        let subscriber = lab.subscriber().await;
        node.change(&lab.project(0)).await;
        subscriber.hear(1, PATIENCE).await;
        proxy.cut();
        for n in 1..=200 {
            node.change(&lab.project(n % 7)).await;
        }
        let status = node.running.status();
        eventually(PATIENCE, "the pages say that the broker is away", async || status.is_away()).await;
        assert_eq!(subscriber.heard().len(), 1);
        proxy.mend();
        let heard = subscriber.hear(201, PATIENCE).await;
        assert_in_order(&heard);
        node.all_marked(PATIENCE).await;
        assert!(!status.is_away());
        node.stop().await;
    }

    async fn a_lost_acknowledgement_costs_a_repetition_and_no_event(lab) {
        let proxy = Proxy::before(&lab.mqtt).await;
        let node = lab.node_by(proxy.url()).await;
        let subscriber = lab.subscriber().await;
        node.change(&lab.project(0)).await;
        node.all_marked(PATIENCE).await;
        proxy.swallow_one();
        for n in 0..50 {
            node.change(&lab.project(n % 7)).await;
        }
        let heard = subscriber.hear(51, PATIENCE).await;
        assert_in_order(&heard);
        node.all_marked(PATIENCE).await;
        assert_eq!(proxy.left_to_swallow(), 0);
        assert_eq!(proxy.connections(), 2);
        assert_eq!(subscriber.heard().len(), 52, "only what was not acknowledged comes again");
        node.stop().await;
    }

    async fn a_frozen_broker_is_left_and_found_again(lab) {
        let proxy = Proxy::before(&lab.mqtt).await;
        let node = lab.node_by(proxy.url()).await;
        let subscriber = lab.subscriber().await;
        node.change(&lab.project(0)).await;
        node.all_marked(PATIENCE).await;
        proxy.set_silent(true);
        for n in 0..20 {
            node.change(&lab.project(n)).await;
        }
        let status = node.running.status();
        eventually(PATIENCE, "the pages say that the broker is away", async || status.is_away()).await;
        proxy.set_silent(false);
        let heard = subscriber.hear(21, PATIENCE).await;
        assert_in_order(&heard);
        node.all_marked(PATIENCE).await;
        node.stop().await;
    }
}

#[test]
fn when_postgres_is_back_the_relay_goes_on() {
    tell(Engine::Postgres, Kind::Mosquitto, async |lab| {
        let node = lab.node().await;
        let subscriber = lab.subscriber().await;
        node.change(&lab.project(0)).await;
        subscriber.hear(1, PATIENCE).await;
        lab.lock_database_out().await;
        eventually(PATIENCE, "the database is away", async || {
            taylordash::on!(node.db, conn => sqlx::query("select 1").execute(conn).await.is_err())
        })
        .await;
        // Until the lease has run out.
        tokio::time::sleep(Duration::from_secs(6)).await;
        lab.let_database_in().await;
        eventually(PATIENCE, "the database is back", async || {
            taylordash::on!(node.db, conn => sqlx::query("select 1").execute(conn).await.is_ok())
        })
        .await;
        for n in 0..20 {
            node.change(&lab.project(n)).await;
        }
        assert_in_order(&subscriber.hear(21, PATIENCE).await);
        node.all_marked(PATIENCE).await;
        node.stop().await;
    });
}
