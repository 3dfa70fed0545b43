//! The dashboard: what is active, what is blocked, what changed, what is unwell. Reads across the
//! nouns, and writes nothing.

mod burnup;
pub mod routes;
mod store;
mod views;
