//! A plugin's configuration: its form, what may be saved, and how it is told.

mod covering;
mod difference;
mod editing;
pub mod keeping;
mod merging;
pub(crate) mod routes;
mod salvage;
pub mod schemas;
pub mod summary;
pub mod telling;
mod views;

pub use difference::{Difference, Kind};
