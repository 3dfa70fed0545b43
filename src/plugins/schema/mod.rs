//! JSON documents and their schemas.

mod document;
mod pointer;

pub use document::{Document, parse_document};
