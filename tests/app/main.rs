//! The stories: what people and scripts do with TaylorDash, through HTTP and MQTT, on both engines.
//!
//! `tests/run` starts the servers they need. A story is written once, inside [`stories!`], and is two
//! tests: `….sqlite` and `….postgres`.

// A test that cannot go on says so by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]
// What no story uses yet, the next one will.
#![allow(dead_code, unused_imports)]

#[macro_use]
mod harness;

mod at_once;
mod blockers;
mod board;
mod bulk;
mod commands;
mod comments;
mod config_form;
mod config_text;
mod crash;
mod crowd;
mod dashboard;
mod delivery;
mod devices;
mod doors;
mod events;
mod house;
mod labels;
mod map;
#[path = "../relay/mosquitto.rs"]
#[allow(dead_code, reason = "the relay's own stories need more of it")]
mod mosquitto;
mod mqtt;
mod plugins;
mod projects;
mod refused;
mod replay;
mod resending;
mod retention;
mod searching;
mod secrets;
mod security;
mod start;
mod stream;
mod system;
mod task_list;
mod task_pages;
mod tasks;
mod trash;
mod unsent;
mod users;
mod versions;
