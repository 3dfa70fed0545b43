//! PostgreSQL stopped as by a crash, and frozen.

use std::time::{Duration, Instant};

use crate::chance::Chance;
use crate::harness::{Engine, Place};
use crate::invariants::{BROKEN, Violation};
use crate::lab::{Kind, Lab, PATIENCE, tell};
use crate::postgres::Postgres;
use crate::rounds::{Results, hang, is_full, rounds};
use crate::watch::{Look, Watch, hung};
use crate::workload::AtSilence;

/// How soon pages are there again.
const BACK: Duration = Duration::from_secs(5);
const PACE: Duration = Duration::from_millis(50);

async fn begun(postgres: &Postgres) -> Lab {
    let mut place = Place::new(Engine::Sqlite).await;
    place.database = postgres.database();
    let mut lab = Lab::prepare_in(place, Kind::Mosquitto).await;
    lab.begin().await;
    lab
}

/// What the pages answered while the database was away, where that is not a 503 with its reason.
fn answers(looks: &[Look], limit: Duration) -> Vec<Violation> {
    let odd = looks.iter().filter(|look| {
        let is_told = look.status == 503 && look.text.contains("database");
        look.status != 200 && !is_told
    });
    let mut violations = hung(looks, limit);
    violations.extend(odd.map(|look| Violation {
        law: BROKEN,
        told: format!("a page answered {} after {:?}", look.status, look.took),
    }));
    violations
}

async fn outage(
    postgres: &Postgres,
    lab: &mut Lab,
    results: &mut Results,
    away: Duration,
    is_frozen: bool,
) {
    let watch = Watch::start(
        &lab.writers[0].browser,
        "/projects",
        Duration::from_millis(250),
    );
    let writers = lab.work(AtSilence::GoesOn, PACE);
    lab.done(30, PATIENCE).await;
    if is_frozen {
        postgres.signal("STOP").await;
    } else {
        postgres.stop();
    }
    let began = Instant::now();
    tokio::time::sleep(away).await;
    if is_frozen {
        postgres.signal("CONT").await;
    } else {
        postgres.again();
    }
    let back = Instant::now();
    lab.ready().await;
    lab.done(1, PATIENCE).await;
    results.took("back", BACK, back.elapsed());
    lab.done(20, PATIENCE).await;
    lab.writers = writers.stop().await;
    lab.settle(PATIENCE).await;
    let looks = watch.take();
    let told = looks.iter().filter(|look| look.status == 503);
    if let Some(longest) = told.map(|look| look.took).max() {
        results.took("longest wait for a 503", Duration::from_secs(10), longest);
    }
    let of_outage: Vec<Look> = looks
        .into_iter()
        .filter(|look| look.began >= began)
        .collect();
    // In the short form: not until the server goes on.
    let limit = if is_frozen {
        hang().min(away - PACE * 20)
    } else {
        hang()
    };
    lab.check_with(results, answers(&of_outage, limit)).await;
}

#[test]
fn postgres_stopped_at_once() {
    tell(async {
        let postgres = Postgres::start().await;
        let mut results = Results::of("PostgreSQL stopped immediate, 0–30 s");
        let mut chance = Chance::new(Chance::seed());
        let mut lab = begun(&postgres).await;
        for _ in 0..rounds(2, 20) {
            let most = if is_full() { 30_000 } else { 2_000 };
            let away = Duration::from_millis(chance.below(most) as u64);
            outage(&postgres, &mut lab, &mut results, away, false).await;
        }
        lab.end(results).await;
    });
}

#[test]
fn postgres_frozen() {
    tell(async {
        let postgres = Postgres::start().await;
        let mut results = Results::of("PostgreSQL frozen 30 s");
        let mut lab = begun(&postgres).await;
        for _ in 0..rounds(1, 5) {
            // Longer than a page may wait, on a busy machine too.
            let away = Duration::from_secs(if is_full() { 30 } else { 20 });
            outage(&postgres, &mut lab, &mut results, away, true).await;
        }
        lab.end(results).await;
    });
}
