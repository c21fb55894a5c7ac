//! `recross`: from a trace of embedding lookups to checked Verilog for in-ReRAM embedding reduction.
//!
//! The modules, in the order of the flow; each imports only from those before it
//! (`docs/architecture.md`):
//!
//! | module | what it does |
//! |---|---|
//! | [`error`], [`ids`], [`io`], [`progress`] | what everything needs |
//! | [`config`] | configuration keys, their checks, and what follows from them |
//! | [`hardware`] | RTL parameters, event counters, and what a command does to a bank |
//! | [`formats`] | lookup traces, embedding tables and arrays: files in and out |
//! | [`technology`] | technology numbers with their sources, and the area of the analog macro |
//! | [`rtl`] | Verilog text |
//! | [`mapping`] | which embedding lies on which crossbar, and what the crossbars then hold |
//! | [`cost`] | energy, area, and the machines to compare with |
//! | [`host`] | bags to commands |
//! | [`reference`] | golden values and exact cycles |
//! | [`learn`] | from a history of lookups to a mapping |
//! | [`cosim`] | the RTL under Verilator, driven and checked |
//! | [`flow`] | whole jobs: run, compare, sweep, and their reports |
//! | `cli` | the command line; only with the feature of that name, which is on by default |

#[cfg(feature = "cli")]
pub mod cli;
pub mod config;
pub mod cosim;
pub mod cost;
pub mod error;
pub mod flow;
pub mod formats;
pub mod hardware;
pub mod host;
pub mod ids;
pub mod io;
pub mod learn;
pub mod mapping;
pub mod progress;
pub mod reference;
pub mod rtl;
pub mod technology;

// The tests of the library share a file with the integration tests, where the crate has this name.
#[cfg(test)]
extern crate self as recross;
#[cfg(test)]
mod test_support;

pub use error::{Error, Result};
