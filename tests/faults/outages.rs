//! The broker away, killed, frozen; and its acknowledgements lost.

use std::time::{Duration, Instant};

use crate::chance::Chance;
use crate::harness::Engine;
use crate::invariants::{BROKEN, Violation};
use crate::lab::{Kind, Lab, PATIENCE, on_both};
use crate::proxy::Proxy;
use crate::rounds::{Results, is_full, rounds};
use crate::watch::{Watch, median};
use crate::workload::{AtSilence, WRITERS};

/// How much memory may grow while the broker is away, in KiB.
const GROWTH: u64 = 20 * 1024;
/// Sixteen writers, fifty changes a second.
const FIFTY_A_SECOND: Duration = Duration::from_millis(1000 * WRITERS as u64 / 50);

async fn killed(engine: Engine) {
    let mut results = Results::of(format!("Mosquitto kill -9, {engine:?}"));
    let mut chance = Chance::new(Chance::seed());
    let mut lab = Lab::prepare(engine, Kind::Mosquitto).await;
    // What it had acknowledged and not written down dies with it.
    lab.may_forget = true;
    lab.begin().await;
    for _ in 0..rounds(2, 20) {
        let writers = lab.work(AtSilence::GoesOn, Duration::ZERO);
        lab.done(chance.between(20, 100), PATIENCE).await;
        let mosquitto = lab.mosquitto.as_mut().unwrap();
        mosquitto.kill().await;
        tokio::time::sleep(Duration::from_millis(chance.below(1500) as u64)).await;
        mosquitto.again().await;
        lab.done(chance.between(20, 60), PATIENCE).await;
        lab.writers = writers.stop().await;
        let limit = Duration::from_secs(30);
        results.took("delivered", limit, lab.settle(PATIENCE).await);
        lab.check(&mut results).await;
    }
    lab.end(results).await;
}

async fn frozen(engine: Engine) {
    let mut results = Results::of(format!("Mosquitto frozen 30 s, {engine:?}"));
    let mut lab = Lab::new(engine, Kind::Mosquitto).await;
    for _ in 0..rounds(1, 5) {
        let writers = lab.work(AtSilence::GoesOn, FIFTY_A_SECOND);
        lab.done(20, PATIENCE).await;
        lab.mosquitto.as_ref().unwrap().signal("STOP").await;
        // Longer than the relay waits for an acknowledgement.
        let seconds = if is_full() { 30 } else { 13 };
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        lab.mosquitto.as_ref().unwrap().signal("CONT").await;
        lab.writers = writers.stop().await;
        let limit = Duration::from_secs(30);
        results.took("delivered", limit, lab.settle(PATIENCE).await);
        lab.check(&mut results).await;
    }
    lab.end(results).await;
}

/// Resident memory of a process in KiB (proc(5), VmRSS).
fn memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.unwrap().parse().unwrap()
}

/// How long the pages take in the middle, in some seconds at that pace.
async fn pages(watch: &Watch, lab: &mut Lab, seconds: u64) -> Duration {
    watch.take();
    let writers = lab.work(AtSilence::GoesOn, FIFTY_A_SECOND);
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    lab.writers = writers.stop().await;
    median(watch.take().iter().map(|look| look.took).collect())
}

async fn stopped(engine: Engine) {
    let seconds = if is_full() { 300 } else { 8 };
    let mut results = Results::of(format!("Mosquitto stopped {seconds} s, {engine:?}"));
    let mut lab = Lab::new(engine, Kind::Mosquitto).await;
    let watch = Watch::start(
        &lab.writers[0].browser,
        "/projects",
        Duration::from_millis(200),
    );
    let usual = pages(&watch, &mut lab, seconds.min(20)).await;
    lab.settle(PATIENCE).await;
    let before = memory(lab.pid());
    lab.mosquitto.as_mut().unwrap().stop().await;
    let without = pages(&watch, &mut lab, seconds).await;
    let grown = memory(lab.pid()).saturating_sub(before);
    results.took("a page with the broker", usual * 2, usual);
    results.took("a page without", usual * 2, without);
    drop(watch);
    lab.mosquitto.as_mut().unwrap().again().await;
    let minute = Duration::from_secs(60);
    results.took("drained", minute, lab.settle(minute * 2).await);
    results.note(format!("memory grew by {grown} KiB"));
    let fat = Violation {
        law: BROKEN,
        told: format!("memory grew by {grown} KiB"),
    };
    let fat = (grown > GROWTH).then_some(fat);
    lab.check_with(&mut results, fat.into_iter().collect())
        .await;
    lab.end(results).await;
}

async fn acknowledgements_lost(engine: Engine) {
    let mut results = Results::of(format!("PubAck lost, {engine:?}"));
    let mut lab = Lab::prepare(engine, Kind::Mosquitto).await;
    let proxy = Proxy::before(&lab.mosquitto.as_ref().unwrap().url()).await;
    lab.set("MQTT_URL", proxy.url().as_str());
    lab.begin().await;
    for _ in 0..rounds(1, 20) {
        let writers = lab.work(AtSilence::GoesOn, Duration::ZERO);
        lab.done(10, PATIENCE).await;
        proxy.swallow_one();
        let lost = Instant::now();
        lab.done(30, PATIENCE).await;
        lab.writers = writers.stop().await;
        lab.settle(PATIENCE).await;
        results.took("delivered", Duration::from_secs(30), lost.elapsed());
        assert_eq!(proxy.left_to_swallow(), 0, "an acknowledgement was lost");
        lab.check(&mut results).await;
    }
    lab.end(results).await;
}

on_both! {
    mosquitto_killed: killed,
    mosquitto_frozen: frozen,
    mosquitto_stopped: stopped,
    acknowledgement_lost: acknowledgements_lost,
}
