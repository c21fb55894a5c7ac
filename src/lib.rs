//! `recross`: in-ReRAM embedding reduction from a lookup trace to proven Verilog.
//!
//! The flow, one module a step, each depending only on those before it:
//! [`config`] -> [`trace`] and [`table`] -> [`mapping`] -> [`lower`] and [`contents`] -> [`rtl`] ->
//! [`cosim`], checked against [`golden`] and, for time, against [`model`]. [`flow`] goes through them
//! from files to a verdict, [`cost`] prices it, [`baseline`] prices the machines that it is compared
//! with, [`compare`] puts the architectures of [`arch`] side by side, [`sweep`] goes through many
//! configurations, [`report`] says what came out, and the command line in [`cli`] only calls these.

pub mod arch;
pub mod baseline;
pub mod cli;
pub mod compare;
pub mod config;
pub mod contents;
pub mod cosim;
pub mod cost;
pub mod counters;
pub mod error;
pub mod flow;
pub mod golden;
pub mod ids;
mod input;
pub mod io;
pub mod lower;
pub mod mapping;
pub mod model;
pub mod npy;
pub mod report;
pub mod rtl;
pub mod sweep;
pub mod table;
pub mod trace;

#[cfg(test)]
mod test_support;

pub use error::{Error, Result};
