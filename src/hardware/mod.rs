//! Numbers of the hardware that the RTL, its models and the cost computation share.
//!
//! [`Params`] are the parameters of the Verilog modules, [`Counters`] their event counters.
//! [`activations`] splits a wordline mask as a bank does. [`BankWork`] holds the activations,
//! cycles and events that a command of a given number of rows causes in a bank.

mod activation;
mod command;
mod counters;
mod params;
mod registers;

pub use activation::{
    Activation, ActivationSizes, Activations, RowMask, Rows, activation_sizes, activations,
};
pub use command::{BankWork, Sensing};
pub use counters::{
    BankCounters, Bounds, COUNTERS_BANK, COUNTERS_ENGINE, COUNTERS_LANE, Counters, EngineCounters,
    LaneCounters,
};
pub use params::{PARAMETERS, Parameter, Params};
pub use registers::{
    Access, COUNTERS, CounterMap, Field, INTERFACE, MAGIC, PARAMETERS_AT, REGISTER_BITS, REGISTERS,
    Register, at, geometry,
};
