//! Builds, caches, loads and drives Verilator 5 models from Rust, with the clock loop in C++.
//!
//! The steps, each of which can fail with an [`Error`] that says what to do:
//!
//! 1. [`Toolchain::find`] looks for Verilator 5 and a C++ compiler. Neither `make` nor Perl is needed.
//! 2. [`build`] verilates a [`Design`], generates a shim with its clock loop, and compiles both into a shared library in a cache that is
//!    keyed by content, safe against concurrent builds, and checked on every hit.
//! 3. [`Library::load`] and [`Library::model`] give a [`Model`].
//! 4. [`Model::run`] drives valid/ready streams for as many cycles as it takes and brings back every output item with its cycle.
//!
//! # A cycle
//! The harness sets the inputs, evaluates with the clock low, samples valid, ready and payload of every stream (an item moves where valid
//! and ready are both high), and evaluates with the clock high. An input stream holds valid and payload until the item is accepted. While
//! nothing is offered, valid is low and the payload keeps its last value.
//!
//! Cycles are counted from the model's creation, reset cycles included; cycle stamps and trace windows use that count.

mod build;
mod cache;
mod command;
mod design;
mod error;
mod hang;
mod library;
mod model;
mod ports;
mod request;
mod runtime;
mod shim;
mod stall;
mod stimulus;
mod toolchain;

pub use build::{BuildOptions, Built, Optimisation, TraceFormat, build, build_main};
pub use design::{Design, Field, Probe, Reset, StreamSpec};
pub use error::{COMPILER_HELP, Error, VERILATOR_HELP};
pub use hang::{HangKind, HangReport, StreamState};
pub use library::Library;
pub use model::{Model, ModelOptions};
pub use request::{
    Ended, InputRequest, OutputItems, OutputRequest, Progress, RunOutcome, RunRequest,
};
pub use stall::{Stall, StallPattern};
pub use stimulus::write_stimulus;
pub use toolchain::{SearchOptions, Toolchain, Version};
