//! What the doors cost, and whom: measured, not asserted.
//!
//! `tests/run pace --ignored --nocapture --test-threads 1` prints it. The tests' build is not
//! optimised, but for the hash of passwords.

use std::process::Stdio;
use std::time::{Duration, Instant};

use taylordash::config::Config;

use super::id_of;
use crate::harness::{Browser, Engine, PASSWORD, TestApp, tell};

const SAMPLES: usize = 200;

/// Addresses of clients are what `X-Forwarded-For` says.
fn behind_a_proxy(config: &mut Config) {
    config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
}

/// The `share` of the times that took no longer, in milliseconds.
fn quantile(times: &mut [Duration], share: f64) -> f64 {
    times.sort_unstable();
    let place = ((times.len() - 1) as f64 * share).round() as usize;
    times[place].as_secs_f64() * 1000.0
}

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

/// How long each GET takes, one after the other, for that long.
async fn pages(browser: &Browser, path: &str, time: Duration) -> Vec<Duration> {
    let began = Instant::now();
    let mut times = Vec::new();
    while began.elapsed() < time {
        let sent = Instant::now();
        browser.get(path).await.status(200);
        times.push(sent.elapsed());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    times
}

fn say(what: &str, mut times: Vec<Duration>) -> f64 {
    let p99 = quantile(&mut times, 0.99);
    let middle = quantile(&mut times, 0.5);
    println!(
        "{what}: {} pages, middle {middle:.1} ms, 99 of 100 within {p99:.1} ms",
        times.len()
    );
    p99
}

#[test]
#[ignore = "measures"]
fn logins_that_fail_take_as_long_whoever_it_is() {
    tell(Engine::Sqlite, |app| async move {
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

#[test]
#[ignore = "measures"]
fn pages_under_two_hundred_logins_a_second() {
    tell(Engine::Sqlite, |app| async move {
        app.setup_admin().await;
        app.restart_with(behind_a_proxy).await;
        let admin = app.log_in("sam", PASSWORD).await;
        for _ in 0..2 {
            let quiet = say(
                "quiet",
                pages(&admin, "/projects", Duration::from_secs(15)).await,
            );
            let flood = tokio::spawn(logins(app.clone()));
            let loaded = say(
                "200 logins a second",
                pages(&admin, "/projects", Duration::from_secs(15)).await,
            );
            flood.abort();
            println!("{:.1} times the quiet value", loaded / quiet);
            tokio::time::sleep(Duration::from_secs(5)).await;
        }
    });
}

/// 200 a second, each from an address and for an account of its own, so that none is throttled.
async fn logins(app: TestApp) {
    let browser = app.browser();
    let mut beat = tokio::time::interval(Duration::from_millis(5));
    for number in 0_u32.. {
        beat.tick().await;
        let browser = browser.clone();
        tokio::spawn(async move {
            let [_, a, b, c] = number.to_be_bytes();
            let address = format!("10.{a}.{b}.{c}");
            let name = format!("nobody{number}");
            let form = [("username", name.as_str()), ("password", "wrong")];
            let request = browser.posting("/login").header("X-Forwarded-For", address);
            let _ = request.form(&form).send().await;
        });
    }
}

#[test]
#[ignore = "measures, and wants slowhttptest"]
fn pages_beside_a_thousand_slow_connections() {
    tell(Engine::Sqlite, |app| async move {
        let admin = app.setup_admin().await;
        for (what, kind) in [
            ("slow heads", "-H"),
            ("slow bodies", "-B"),
            ("slow readers", "-X"),
        ] {
            let quiet = say(
                "quiet",
                pages(&admin, "/projects", Duration::from_secs(15)).await,
            );
            let url = app.browser().url("/login");
            let mut slow = std::process::Command::new("slowhttptest")
                .args([
                    kind, "-c", "1000", "-r", "200", "-i", "5", "-x", "10", "-l", "25", "-p", "5",
                    "-u", &url,
                ])
                .stdout(Stdio::null())
                .spawn()
                .expect("slowhttptest is installed");
            tokio::time::sleep(Duration::from_secs(6)).await;
            let loaded = say(
                what,
                pages(&admin, "/projects", Duration::from_secs(15)).await,
            );
            println!("{:.1} times the quiet value", loaded / quiet);
            slow.kill().unwrap();
            slow.wait().unwrap();
        }
    });
}
