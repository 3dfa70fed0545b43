//! Plugins.

pub mod sealing;
