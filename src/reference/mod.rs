//! The models that the RTL is checked against: golden values, and the exact cycle of each result.

mod commands;
pub mod cycles;
pub mod golden;

pub use commands::{Command, Commands};
