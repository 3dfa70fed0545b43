//! The fault suite: writers, a subscriber and a checker, while things fail.
//!
//! Sixteen writers change a real program over HTTP and note every request; a durable QoS 1 subscriber
//! notes every message; a checker compares both with the database. In between, processes are killed,
//! frozen, cut off and starved. `tests/run --faults` runs all rounds and prints the table of results;
//! without it each fault has a few rounds. The program is built with the cargo feature `faults`, so that
//! it can be told to die at a point, and to make the mistakes that the checker must find.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    dead_code,
    unused_imports,
    unused_macros,
    reason = "a test that cannot go on has failed, and it uses only a part of the harness of the stories"
)]

#[path = "../app"]
mod app {
    #[macro_use]
    pub mod harness;
}
use app::harness;

#[path = "../relay/proxy.rs"]
mod proxy;

mod chance;
mod checker;
mod clock;
mod controls;
mod databases;
mod disk;
mod invariants;
mod journal;
mod kills;
mod lab;
mod listener;
mod mosquitto;
mod nodes;
mod outages;
mod postgres;
mod replay;
mod rounds;
mod seen;
mod watch;
mod workload;
mod writer;
