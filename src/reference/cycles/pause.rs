//! Pauses of the streams: the same random patterns as the harness drives.

use crate::config::Simulation;
use verilated::{Stall, StallPattern};

/// A stream that pauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    /// Ids of a port.
    Ids(u32),
    /// Vectors of a port.
    Vectors(u32),
}

/// The pause pattern of a stream. Each stream has its own; the harness and the cycle model both use
/// this function.
pub(crate) fn stall_of(simulation: &Simulation, stream: Stream) -> Stall {
    let (per_1024, number) = match stream {
        Stream::Ids(port) => (simulation.input_idle, 2 * u64::from(port)),
        Stream::Vectors(port) => (simulation.output_stall, 2 * u64::from(port) + 1),
    };
    let seed = simulation.seed.wrapping_mul(1 << 16).wrapping_add(number);
    Stall::new(per_1024, seed)
}

/// Whether a stream may move, cycle by cycle.
#[derive(Debug, Clone)]
pub(super) struct Pauses(Option<StallPattern>);

impl Pauses {
    pub fn new(simulation: &Simulation, stream: Stream) -> Self {
        let stall = stall_of(simulation, stream);
        Pauses((stall.per_1024 > 0).then(|| stall.pattern()))
    }

    /// Whether the stream may move in the next cycle. Must be called once for each cycle.
    #[inline(always)]
    pub fn next_cycle(&mut self) -> bool {
        self.0.as_mut().is_none_or(StallPattern::next_cycle)
    }
}
