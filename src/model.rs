//! Cycle model of the engine.

use crate::config::Resolved;
use crate::counters::Counters;
use crate::error::Result;
use crate::ids::EmbeddingId;
use crate::mapping::Mapping;

/// What the engine does with a trace.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timing {
    /// Cycles from the first offer to the last result.
    pub cycles: u64,
    /// Event counters at the end.
    pub counters: Counters,
}

/// Runs the model of `resolved`'s engine with `mapping` over `bags`, all offered from cycle 0 on.
/// `retired` is called with each bag's sequence number and the cycle of its result, in order.
///
/// # Errors
/// As [`crate::lower::Lowering::new`] and [`crate::lower::LoweringStream::push`].
pub fn run<'b>(
    _resolved: &Resolved,
    _mapping: &Mapping,
    _bags: impl Iterator<Item = &'b [EmbeddingId]>,
    _retired: &mut dyn FnMut(u64, u64),
) -> Result<Timing> {
    Ok(Timing::default())
}
