//! `recross`: in-ReRAM embedding reduction from a lookup trace to proven Verilog.
//!
//! The flow, one module a step, each depending only on those before it:
//! [`config`] -> [`trace`] and [`table`] -> [`mapping`] -> [`lower`] and [`contents`] -> [`rtl`] ->
//! [`cosim`], checked against [`golden`]. The command line in `cli` only calls these.

pub mod config;
pub mod error;
pub mod ids;
mod input;
pub mod io;
pub mod mapping;
pub mod npy;
pub mod table;
pub mod trace;

pub use error::{Error, Result};
