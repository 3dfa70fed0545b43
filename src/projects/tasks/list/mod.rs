//! The list of tasks, of a project or of all: what it shows stands in its address.

mod ask;
pub mod routes;
mod sort;
pub mod statement;
pub mod store;
mod terms;
mod views;
mod wish;
mod words;

pub use ask::Looker;
pub use wish::Wish;
pub use words::words;
