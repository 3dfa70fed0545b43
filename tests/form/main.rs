//! The configuration form, judged as a browser and a script see it.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod browser;
mod conventions;
mod corpus;
mod for_chromium;
mod generator;
mod kit;
mod law;
mod stories;
mod valid;
