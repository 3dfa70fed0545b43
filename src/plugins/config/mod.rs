//! A plugin's configuration: its form, what may be saved, and how it is told.

mod conflict;
pub(crate) mod routes;
pub mod schemas;
pub mod summary;
mod views;

pub use conflict::Differing;
