//! Co-simulation: runs the emitted RTL under Verilator with bags of ids and reads everything back.
//!
//! [`Simulator::build`] verilates a package, or finds the built model in the cache.
//! [`Simulator::run`] loads contents, drives bags, and reads results and counters; it can be called
//! any number of times. [`check`] compares the values with [`crate::reference::golden`] and the
//! cycles and counters with [`crate::reference::cycles`].

mod bus;
mod cache;
pub mod check;
pub mod counters;
mod divergence;
mod failure;
pub mod harness;
mod locate;
mod place;
mod programming;
mod simulator;
mod status;
mod stimulus;
pub mod timing;
mod view;

pub use cache::{Cache, default_cache_dir};
pub use check::{Verdict, verify};
pub use counters::{Counted, Counts};
pub use divergence::Divergence;
pub use place::RowPlace;
pub use simulator::{BuildSpec, Outcome, Preload, RunSpec, Simulator, Waves};
pub use status::StatusDifference;
pub use stimulus::Stimulus;
pub use timing::Prediction;
pub use verilated::Optimisation;
