//! The reference results that the hardware's results are compared with.
//!
//! [`reduce_exact`] uses ids and the table only. [`reduce_hardware`] uses commands and the table,
//! and models the hardware path with its clipping converters. Both agree where no conversion can
//! clip.

mod compare;
mod exact;
mod hardware;

pub use compare::{Comparison, Mismatch, compare};
pub use exact::{reduce_exact, reduce_exact_counted};
pub use hardware::{HardwareCounters, HardwareResult, reduce_hardware, reduce_hardware_counted};

#[cfg(test)]
mod tests;
