//! TaylorDash: mission control for a home lab.

pub mod mqtt;
