//! Mistakes that the checker must find, or it would find nothing else.

use std::time::Duration;

use crate::checker;
use crate::harness::Engine;
use crate::invariants::{DISORDER, ROLLED_BACK, UNDELIVERED};
use crate::lab::{Kind, Lab, PATIENCE, on_both, tell};
use crate::rounds::hang;
use crate::workload::AtSilence;

/// Long enough for what comes at all.
const QUIET: Duration = Duration::from_secs(8);

async fn is_found(lab: &Lab, law: &str) {
    lab.settle(QUIET).await;
    let violations = checker::check(&lab.seen().await, hang());
    let found = violations.iter().filter(|violation| violation.law == law);
    println!("found:\n{}", checker::told(&violations));
    assert!(found.count() > 0, "the checker did not see it: {law}");
}

async fn stopped(engine: Engine) -> Lab {
    let mut lab = Lab::new(engine, Kind::Mosquitto).await;
    lab.process.as_ref().unwrap().signal("TERM").await;
    lab.process.as_mut().unwrap().end(PATIENCE).await;
    lab
}

async fn publishes_before_commit(engine: Engine) {
    let mut lab = stopped(engine).await;
    let fault = "publish_before_commit,kill:before_commit:20";
    lab.start(&[("TAYLORDASH_FAULT", fault)]).await;
    lab.writers = lab.work(AtSilence::Ends, Duration::ZERO).ended().await;
    lab.start(&[]).await;
    is_found(&lab, ROLLED_BACK).await;
}

async fn marks_before_ack(engine: Engine) {
    let mut lab = stopped(engine).await;
    lab.start(&[("TAYLORDASH_FAULT", "mark_before_ack")]).await;
    let writers = lab.work(AtSilence::GoesOn, Duration::ZERO);
    lab.done(20, PATIENCE).await;
    // What was sent to a frozen broker and not taken dies with it.
    let mosquitto = lab.mosquitto.as_mut().unwrap();
    mosquitto.signal("STOP").await;
    lab.done(20, PATIENCE).await;
    let mosquitto = lab.mosquitto.as_mut().unwrap();
    mosquitto.kill().await;
    mosquitto.again().await;
    lab.writers = writers.stop().await;
    is_found(&lab, UNDELIVERED).await;
}

on_both! {
    an_event_published_before_its_commit_is_found: publishes_before_commit,
    a_mark_before_the_acknowledgement_is_found: marks_before_ack,
}

/// Only where writers commit in another order than they write: on SQLite there is one at a time.
#[test]
fn a_cursor_by_id_is_found_on_postgres() {
    tell(async {
        let mut lab = stopped(Engine::Postgres).await;
        lab.start(&[("TAYLORDASH_FAULT", "cursor_by_id")]).await;
        let writers = lab.work(AtSilence::GoesOn, Duration::ZERO);
        lab.done(1_500, PATIENCE).await;
        lab.writers = writers.stop().await;
        is_found(&lab, UNDELIVERED).await;
    });
}
