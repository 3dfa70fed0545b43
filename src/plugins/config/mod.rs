//! A plugin's configuration: its form, what may be saved, and how it is told.

mod covering;
mod difference;
mod editing;
mod filled;
pub mod keeping;
mod merging;
pub(crate) mod routes;
mod salvage;
pub mod schemas;
mod since;
pub mod summary;
pub mod telling;
mod text;
mod views;

pub use difference::{Difference, Kind};
pub use filled::mending;
