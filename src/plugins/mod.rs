//! Plugins: what extends the lab, and how each of them is configured.

pub mod schema;
