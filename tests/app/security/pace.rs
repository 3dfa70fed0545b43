//! What the doors cost, and whom: measured, not asserted.
//!
//! `tests/run measure pace` prints it. Where a load is measured, the program runs as at home, in a
//! process of its own, and quiet and loaded times take turns, so that whatever else the machine does
//! falls on both. On a machine with two cores whoever loads and whoever looks take their share of
//! them, which at home they would not; how much it was is printed, too.

mod load;

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use self::load::{Crowd, Flood, Rounds, Slow, Told, quantile};
use super::id_of;
use crate::harness::{Browser, Engine, PASSWORD, Place, Process, on, tell};

const SAMPLES: usize = 200;
/// How long pages are looked at in one turn.
const TURN: Duration = Duration::from_secs(4);

const ENGINES: [Engine; 2] = [Engine::Sqlite, Engine::Postgres];

/// The statistic of Kolmogorov and Smirnov: how far two distributions are apart at most.
fn apart(one: &[Duration], other: &[Duration]) -> f64 {
    let below = |times: &[Duration], at: Duration| {
        times.iter().filter(|time| **time <= at).count() as f64 / times.len() as f64
    };
    one.iter()
        .chain(other)
        .map(|at| (below(one, *at) - below(other, *at)).abs())
        .fold(0.0, f64::max)
}

#[test]
#[ignore = "measures"]
fn logins_that_fail_take_as_long_whoever_it_is() {
    for engine in ENGINES {
        tell(engine, |app| async move {
            println!("{engine:?}");
            let admin = app.setup_admin().await;
            app.named_user("disabled", "viewer").await;
            let path = format!("/users/{}", id_of(&app, "disabled").await);
            admin.post(&path, &[("disabled", "true")]).await.see(&path);
            let kinds = [
                ("nobody", "unknown user"),
                ("sam", "wrong password"),
                ("disabled", "disabled account"),
            ];
            let mut times = [Vec::new(), Vec::new(), Vec::new()];
            let browser = app.browser();
            for _ in 0..SAMPLES {
                for ((username, _), times) in kinds.iter().zip(&mut times) {
                    app.database().execute("delete from login_failures").await;
                    let password = if *username == "disabled" {
                        PASSWORD
                    } else {
                        "not the password"
                    };
                    let sent = Instant::now();
                    browser
                        .post("/login", &[("username", username), ("password", password)])
                        .await
                        .status(422);
                    times.push(sent.elapsed());
                }
            }
            for ((_, kind), times) in kinds.iter().zip(&mut times) {
                println!(
                    "{kind}: {SAMPLES} samples, middle {:.2} ms, 9 of 10 within {:.2} ms",
                    quantile(times, 0.5),
                    quantile(times, 0.9)
                );
            }
            // Of two samples of one distribution, one pair in twenty is farther apart than this.
            let chance = 1.358 * (2.0 / SAMPLES as f64).sqrt();
            for (one, other) in [(0, 1), (0, 2), (1, 2)] {
                let distance = apart(&times[one], &times[other]);
                println!(
                    "{} and {}: {distance:.3} apart (Kolmogorov-Smirnov); by chance up to {chance:.3}",
                    kinds[one].1, kinds[other].1
                );
            }
        });
    }
}

/// The program, set up and furnished a little, and its admin's browser.
async fn at_home(place: &Place) -> (Process, Browser) {
    let mut process = place.start(&[("TAYLORDASH_TRUSTED_PROXIES", "127.0.0.1")]);
    let admin = place.set_up(&mut process).await;
    for number in 0..30 {
        let name = format!("Project {number}");
        admin
            .post("/projects", &[("name", &name)])
            .await
            .status(303);
    }
    load::pages(&admin, TURN).await;
    (process, admin)
}

async fn under_two_hundred_logins_a_second(place: Arc<Place>) {
    let (process, admin) = at_home(&place).await;
    let told = Arc::new(Told::default());
    let mut rounds = Rounds::of(&process);
    for _ in 0..8 {
        rounds.quiet(&admin, TURN).await;
        let flood = Flood::begin(Browser::new(&admin.url("")), Arc::clone(&told));
        rounds.loaded(&admin, TURN, None).await;
        drop(flood);
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    rounds.tell(&format!(
        "{:?}, 200 logins a second",
        place.database.engine()
    ));
    let count = |what: &std::sync::atomic::AtomicU32| what.load(Ordering::Relaxed);
    println!(
        "    tried {}, sent away {}, other answers {}",
        count(&told.tried),
        count(&told.sent_away),
        count(&told.other)
    );
}

#[test]
#[ignore = "measures"]
fn pages_under_two_hundred_logins_a_second() {
    for engine in ENGINES {
        on(engine, under_two_hundred_logins_a_second);
    }
}

async fn beside_a_thousand(place: Arc<Place>, slow: Slow) {
    let (process, admin) = at_home(&place).await;
    let address = admin.url("").trim_start_matches("http://").parse().unwrap();
    let mut rounds = Rounds::of(&process);
    let mut hung_up_on = 0;
    for _ in 0..5 {
        rounds.quiet(&admin, TURN).await;
        let crowd = Crowd::begin(address, slow, 1000);
        // Three turns: longer than a head may take, so that the server hangs up on some.
        for _ in 0..3 {
            rounds.loaded(&admin, TURN, None).await;
        }
        hung_up_on += crowd.end();
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    rounds.tell(&format!("{:?}, slow {slow:?}", place.database.engine()));
    println!("    hung up on {hung_up_on}");
}

#[test]
#[ignore = "measures"]
fn pages_beside_a_thousand_slow_heads() {
    for engine in ENGINES {
        on(engine, |place| beside_a_thousand(place, Slow::Heads));
    }
}

#[test]
#[ignore = "measures"]
fn pages_beside_a_thousand_slow_bodies() {
    for engine in ENGINES {
        on(engine, |place| beside_a_thousand(place, Slow::Bodies));
    }
}

/// By the tool that people know. It makes its connections once, and looks at each again and again.
async fn beside_slowhttptest(place: Arc<Place>) {
    let (process, admin) = at_home(&place).await;
    for kind in ["-H", "-B", "-X"] {
        let mut rounds = Rounds::of(&process);
        let url = admin.url("/login");
        for _ in 0..2 {
            rounds.quiet(&admin, TURN).await;
            let mut slow = std::process::Command::new("slowhttptest")
                .args([
                    "-c", "1000", "-r", "500", "-i", "5", "-x", "10", "-l", "30", "-p", "5",
                ])
                .args([kind, "-u", &url])
                .stdout(Stdio::null())
                .spawn()
                .expect("slowhttptest is installed");
            tokio::time::sleep(Duration::from_secs(3)).await;
            rounds.loaded(&admin, TURN, Some(slow.id())).await;
            slow.kill().unwrap();
            slow.wait().unwrap();
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        rounds.tell(&format!(
            "{:?}, slowhttptest {kind}",
            place.database.engine()
        ));
    }
}

#[test]
#[ignore = "measures, and wants slowhttptest"]
fn pages_beside_slowhttptest() {
    for engine in ENGINES {
        on(engine, beside_slowhttptest);
    }
}
