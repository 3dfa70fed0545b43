//! The list of tasks, of a project or of all: what it shows stands in its address.

mod ask;
mod chips;
mod columns;
mod export;
pub mod routes;
pub mod saved;
mod sort;
pub mod statement;
pub mod store;
mod terms;
mod views;
mod wish;
mod words;

pub use ask::Looker;
pub use columns::Column;
pub use wish::Wish;
pub use words::words;
