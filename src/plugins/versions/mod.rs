//! The versions of a plugin's configuration.

pub(crate) mod routes;
pub mod store;
mod telling;
mod views;

pub use store::{NewVersion, Version};
