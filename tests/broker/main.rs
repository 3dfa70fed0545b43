//! The embedded broker, spoken to by real clients: rumqttc and Mosquitto's.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]

mod access;
mod delivery;
mod lifecycle;
mod support;
