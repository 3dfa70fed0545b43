//! TaylorDash: mission control for a home lab.

mod app;
mod audit;
mod auth;
mod banner;
pub mod command;
mod commands;
pub mod config;
mod dashboard;
pub mod db;
mod demo;
mod error;
pub mod events;
mod faults;
mod health;
mod hex;
mod log;
pub mod mqtt;
mod named;
mod page;
pub mod plugins;
mod projects;
mod routes;
mod system;
mod users;
pub mod vault;

pub use app::{App, Handle, StartError};
