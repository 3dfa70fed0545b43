//! What pages ask the database: how often, and whether an engine finds it without reading a whole table.
//!
//! The statements are those that the pages really send, heard in the log. The benchmark with a million
//! tasks is here too; the README has its command.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    dead_code,
    unused_imports,
    unused_macros,
    reason = "a test that cannot go on has failed, and it uses only a part of the harness of the stories"
)]

#[macro_use]
mod harness;

#[path = "plans/explain.rs"]
mod explain;
#[path = "plans/heard.rs"]
mod heard;
#[path = "plans/lab.rs"]
mod lab;
#[path = "plans/million.rs"]
mod million;
#[path = "plans/pages.rs"]
mod pages;
