//! The reference results that the hardware is held against.
//!
//! [`reduce_exact`] knows only ids and the table. [`reduce_hardware`] follows the hardware path with
//! its clipping converters, from commands and the table. Where no conversion can clip, both agree.

mod compare;
mod exact;
mod hardware;

pub use compare::{Comparison, Mismatch, compare};
pub use exact::reduce_exact;
pub use hardware::{HardwareCounters, HardwareResult, reduce_hardware};

#[cfg(test)]
mod tests;
