//! The relay, from a commit to a subscriber: on both databases, to Mosquitto and to the embedded
//! broker, with what lies between them failing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]

#[macro_use]
mod lab;
mod delivery;
mod grumpy;
mod letters;
mod measure;
mod mosquitto;
mod nodes;
mod outages;
mod proxy;
mod states;
mod subscriber;
mod tls;
