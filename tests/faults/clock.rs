//! The clock of the machine set an hour forward and back; what measures spans of time is left alone, as
//! the kernel does.

use std::path::Path;
use std::time::Duration;

use crate::harness::Engine;
use crate::lab::{Kind, Lab, PATIENCE, on_both};
use crate::rounds::{Results, rounds};
use crate::workload::AtSilence;

/// Debian's package faketime has it there.
fn library() -> Option<String> {
    let folders = std::fs::read_dir("/usr/lib").ok()?.flatten();
    let mut files = folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    Some(files.find(|file| file.exists())?.display().to_string())
}

async fn jumps(engine: Engine) {
    let Some(library) = library() else {
        return println!("SKIPPED: another clock needs libfaketime (Debian package faketime)");
    };
    let mut results = Results::of(format!("clock an hour forward and back, {engine:?}"));
    let mut lab = Lab::prepare(engine, Kind::Mosquitto).await;
    let file = lab.place.folder().join("clock");
    let set = |clock: &str| std::fs::write(&file, clock).unwrap();
    set("+0");
    lab.set("LD_PRELOAD", &library);
    lab.set("FAKETIME_TIMESTAMP_FILE", &file.display().to_string());
    lab.set("FAKETIME_NO_CACHE", "1");
    lab.set("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    lab.set("DONT_FAKE_MONOTONIC", "1");
    lab.begin().await;
    for _ in 0..rounds(1, 5) {
        let writers = lab.work(AtSilence::GoesOn, Duration::from_millis(50));
        for clock in ["+1h", "-1h", "+0"] {
            lab.done(30, PATIENCE).await;
            set(clock);
        }
        lab.done(30, PATIENCE).await;
        lab.writers = writers.stop().await;
        results.took(
            "delivered",
            Duration::from_secs(10),
            lab.settle(PATIENCE).await,
        );
        lab.check(&mut results).await;
    }
    lab.end(results).await;
}

on_both! {
    set_forward_and_back: jumps,
}
