//! The configuration form, judged as a browser and a script see it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod browser;
mod kit;
mod stories;
