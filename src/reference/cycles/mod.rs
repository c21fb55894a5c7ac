//! The cycle model: it predicts the RTL's cycles and event counts exactly, without simulating the
//! RTL.
//!
//! [`Model::run`] predicts the cycle of every bag's vector, the total number of cycles, and every
//! event counter of [`crate::hardware::Counters`], for bags offered from cycle 0 on under the
//! configuration's pauses. It does not predict values, but gives the commands that the lanes make,
//! from which values follow.
//!
//! `docs/model.md` explains the model. Its files follow the RTL's modules: `port` (intake, chain,
//! window, tree, results), `lane` with `gather` and `places`, and `bank`.

mod attribution;
mod bank;
mod beat;
mod gather;
mod lane;
mod model;
mod pause;
mod places;
mod port;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
mod watch;
mod wheel;
mod work;

pub use attribution::{Attribution, Limit, Parts};
pub use model::{Model, Timing};
pub(crate) use pause::{Stream, stall_of};
pub(crate) use watch::{Status, Watch};
