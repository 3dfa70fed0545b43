//! The program is killed: at random moments, and at the worst ones.

use std::time::Duration;

use crate::chance::Chance;
use crate::harness::Engine;
use crate::lab::{Kind, Lab, PATIENCE, on_both};
use crate::rounds::{Results, rounds};
use crate::workload::AtSilence;

/// How soon it is ready again.
const READY: Duration = Duration::from_secs(1);

async fn killed_at_random(engine: Engine, kind: Kind) {
    let mut results = Results::of(format!("kill -9, {engine:?}, {kind:?}"));
    let mut chance = Chance::new(Chance::seed());
    let mut lab = Lab::new(engine, kind).await;
    for _ in 0..rounds(3, 100) {
        let writers = lab.work(AtSilence::Ends, Duration::ZERO);
        lab.done(chance.between(1, 90), PATIENCE).await;
        tokio::time::sleep(Duration::from_millis(chance.below(30) as u64)).await;
        lab.kill().await;
        lab.writers = writers.ended().await;
        results.took("ready again", READY, lab.start(&[]).await);
        lab.check(&mut results).await;
    }
    lab.end(results).await;
}

async fn killed_at(point: &str, engine: Engine) {
    let mut results = Results::of(format!("killed {}, {engine:?}", point.replace('_', " ")));
    let mut chance = Chance::new(Chance::seed());
    let mut lab = Lab::new(engine, Kind::Mosquitto).await;
    lab.process.as_ref().unwrap().signal("TERM").await;
    lab.process.as_mut().unwrap().end(PATIENCE).await;
    for _ in 0..rounds(1, 20) {
        // The start itself commits an event, which passes each point once.
        let fault = format!("kill:{point}:{}", chance.between(5, 60));
        lab.start(&[("TAYLORDASH_FAULT", &fault)]).await;
        lab.writers = lab.work(AtSilence::Ends, Duration::ZERO).ended().await;
        lab.process.as_mut().unwrap().end(PATIENCE).await;
        results.took("ready again", READY, lab.start(&[]).await);
        lab.check(&mut results).await;
        lab.kill().await;
    }
    lab.end(results).await;
}

on_both! {
    with_the_embedded_broker: |engine| killed_at_random(engine, Kind::Embedded),
    with_mosquitto: |engine| killed_at_random(engine, Kind::Mosquitto),
    before_commit: |engine| killed_at("before_commit", engine),
    after_commit: |engine| killed_at("after_commit", engine),
    after_publish: |engine| killed_at("after_publish", engine),
    before_mark: |engine| killed_at("before_mark", engine),
}
