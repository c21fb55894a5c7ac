//! Co-simulation: the emitted RTL under Verilator, driven with lowered bags, read back whole.
//!
//! [`Simulator::build`] verilates a package once (or finds it in the cache); [`Simulator::run`] loads
//! contents, drives bags and reads results and counters, any number of times. Whether the results
//! are right is [`check`]'s business, against [`crate::golden`] for values and [`crate::model`] for time.

pub mod check;
mod counters;
mod divergence;
mod failure;
pub mod harness;
mod locate;
mod simulator;
mod stimulus;
pub mod timing;

pub use check::{Verdict, verify};
pub use divergence::Divergence;
pub use simulator::{BuildSpec, Outcome, Preload, RunSpec, Simulator, Waves, default_cache_dir};
pub use stimulus::Stimulus;
pub use timing::Prediction;
pub use verilated::Optimisation;
