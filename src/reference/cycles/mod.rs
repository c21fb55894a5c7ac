//! The cycle model: it predicts the RTL's cycles and event counts exactly, without simulating the
//! RTL.
//!
//! [`Model::run`] predicts the cycle of every bag's result, the total number of cycles, and every
//! event counter of [`crate::hardware::Counters`], for bags offered from cycle 0 on under the
//! configuration's pauses. It does not predict values. Each co-simulation compares it with the RTL
//! ([`crate::cosim`]).
//!
//! `docs/model.md` explains how the model steps from event to event and why that is exact. Three
//! files model RTL modules: `bank`, `lane` (dispatcher, merge, accumulators) and `window`
//! (retirement and its order).

mod attribution;
mod bank;
mod lane;
mod model;
mod pause;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
mod watch;
mod wheel;
mod window;
mod work;

pub use attribution::{Attribution, Limit, Parts};
pub use model::{Model, Timing, run};
pub(crate) use pause::{Stream, stall_of};
pub(crate) use watch::{Taken, Watch};
