//! The program is killed: at random moments, and at the worst ones.

use std::time::Duration;

use crate::chance::Chance;
use crate::harness::Engine;
use crate::lab::{Kind, Lab, PATIENCE, tell};
use crate::rounds::{Results, rounds};
use crate::workload::AtSilence;

/// How soon it is ready again.
const READY: Duration = Duration::from_secs(1);

async fn killed_at_random(fault: &str, engine: Engine, kind: Kind, full: usize) {
    let mut results = Results::of(fault);
    let mut chance = Chance::new(Chance::seed());
    let mut lab = Lab::new(engine, kind).await;
    for _ in 0..rounds(3, full) {
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

async fn killed_at(point: &str, engine: Engine, kind: Kind) {
    let mut results = Results::of(format!("killed {}, {engine:?}", point.replace('_', " ")));
    let mut chance = Chance::new(Chance::seed());
    let mut lab = Lab::new(engine, kind).await;
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

#[test]
fn killed_on_sqlite_with_the_embedded_broker() {
    tell(killed_at_random(
        "kill -9, SQLite, embedded broker",
        Engine::Sqlite,
        Kind::Embedded,
        100,
    ));
}

#[test]
fn killed_on_sqlite_with_mosquitto() {
    tell(killed_at_random(
        "kill -9, SQLite, Mosquitto",
        Engine::Sqlite,
        Kind::Mosquitto,
        100,
    ));
}

#[test]
fn killed_on_postgres_with_mosquitto() {
    tell(killed_at_random(
        "kill -9, PostgreSQL, Mosquitto",
        Engine::Postgres,
        Kind::Mosquitto,
        100,
    ));
}

#[test]
fn killed_on_postgres_with_the_embedded_broker() {
    tell(killed_at_random(
        "kill -9, PostgreSQL, embedded broker",
        Engine::Postgres,
        Kind::Embedded,
        100,
    ));
}

macro_rules! points {
    ($($point:ident)*) => { $(
        mod $point {
            use super::*;

            #[test]
            fn sqlite() {
                tell(killed_at(stringify!($point), Engine::Sqlite, Kind::Mosquitto));
            }

            #[test]
            fn postgres() {
                tell(killed_at(stringify!($point), Engine::Postgres, Kind::Mosquitto));
            }
        }
    )* };
}

points! { before_commit after_commit after_publish before_mark }
