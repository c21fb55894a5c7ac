//! The hardware in numbers: what RTL, models and prices have in common.
//!
//! [`Params`] are the parameters of the Verilog modules, [`Counters`] their event counters.
//! [`activations`] splits a wordline mask as a bank does, and [`BankWork`] says what a command of a
//! given number of rows makes a bank do: its activations, cycles and events.

mod activation;
mod command;
mod counters;
mod params;

pub use activation::{
    Activation, ActivationSizes, Activations, RowMask, Rows, activation_sizes, activations,
};
pub use command::{BankWork, Sensing};
pub use counters::{
    BankCounters, Bounds, COUNTERS_BANK, COUNTERS_ENGINE, COUNTERS_LANE, Counters, EngineCounters,
    LaneCounters,
};
pub use params::{PARAMETERS, Parameter, Params};
