//! Builds, caches, loads and drives Verilator 5 models from Rust, with the clock loop in C++.
//!
//! The steps, each of which can fail with an [`Error`] that says what to do:
//!
//! 1. [`Toolchain::find`] looks for Verilator 5 and a C++ compiler. Neither `make` nor Perl is needed.
//! 2. [`build`] runs Verilator on a [`Design`], generates a shim (the C++ code between the model and Rust, with the clock loop), and compiles
//!    both into a shared library. Libraries are kept in a cache folder.
//! 3. [`Library::load`] checks and loads the library, and [`Library::model`] creates a [`Model`].
//! 4. [`Model::run`] drives valid/ready streams until a [`RunRequest`] is done, and returns every output item with its cycle.
//!
//! # A cycle
//! The clock loop sets the inputs and evaluates the model with the clock low. It then samples valid, ready and payload of every stream: an
//! item moves where valid and ready are both high. Last, it evaluates the model with the clock high. An input stream holds valid and payload
//! until the item is accepted. While nothing is offered, valid is low and the payload keeps its last value.
//!
//! Cycles are counted from the model's creation, reset cycles included. Cycle stamps and trace windows use that count.
//!
//! # Safety
//! No call of this crate's safe functions reads or writes outside the memory that it owns, as long as the cached library is the one that was
//! built. [`Library::load`] checks this: the file's hash, its interface version, and all sizes that the Rust side relies on. Three parties
//! are trusted, because their code runs in the process: Verilator and the compiler, the Verilog (`$c` and DPI are native code), and
//! whoever can write to the cache folder while a library is being loaded or used.
//!
//! # Layers
//! A module uses only modules of lower layers:
//!
//! 1. `stall`, `outcome`, `stop`
//! 2. `hang`
//! 3. `error`
//! 4. `options`, `design`, `links`, `command`
//! 5. `cache`, `toolchain`
//! 6. `key`, `ports`, `request`, `built`
//! 7. `stimulus`, `shim`, `raw`
//! 8. `runtime`, `job`
//! 9. `build`, `model`
//! 10. `library`
//!
#![deny(clippy::undocumented_unsafe_blocks)]

mod build;
mod built;
mod cache;
mod command;
mod design;
mod error;
mod hang;
mod job;
mod key;
mod library;
mod links;
mod model;
mod options;
mod outcome;
mod ports;
mod raw;
mod request;
mod runtime;
mod shim;
mod stall;
mod stimulus;
mod stop;
mod tasks;
mod toolchain;

pub use build::{build, build_main, build_until};
pub use built::Built;
pub use design::{Design, Field, Probe, Reset, StreamSpec};
pub use error::{COMPILER_HELP, Error, VERILATOR_HELP};
pub use hang::{HangKind, HangReport, StreamState};
pub use library::Library;
pub use model::{Model, ModelOptions};
pub use options::{BuildOptions, Optimisation, TraceFormat};
pub use outcome::{Ended, OutputItems, Progress, RunOutcome};
pub use request::RunRequest;
pub use stall::{Stall, StallPattern};
pub use stimulus::write_stimulus;
pub use stop::Stop;
pub use toolchain::{SearchOptions, Toolchain, Version};

/// The README's example is compiled and run with the documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
