//! The cycle model: what the RTL takes, to the cycle and to the event, without simulating it.
//!
//! [`Model::run`] predicts the cycle of every bag's result, the total, and every event counter of
//! [`crate::counters`], for bags offered from cycle 0 on under the configuration's pauses. Values are
//! not its business. Each co-simulation holds it against the RTL ([`crate::cosim`]).
//!
//! How it goes from event to event, and why that is exact, is told in `docs/model.md`; each file here
//! stands for one RTL module: `bank`, `lane` (dispatcher, merge, accumulators) and `window` (retire,
//! order).

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
pub(crate) use watch::Watch;
