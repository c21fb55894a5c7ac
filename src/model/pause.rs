//! Pauses of the streams, drawn as the harness draws them.

use crate::config::Simulation;
use verilated::{Stall, StallPattern};

/// The pauses of stream `number`: 0 the headers, 1 the results, 2 + l the commands of lane l.
///
/// Each stream pauses by a pattern of its own. The harness and the cycle model both take it from here.
pub(crate) fn stall_of(simulation: &Simulation, number: u64) -> Stall {
    let per_1024 = match number {
        1 => simulation.output_stall,
        _ => simulation.input_idle,
    };
    let seed = simulation.seed.wrapping_mul(1 << 16).wrapping_add(number);
    Stall::new(per_1024, seed)
}

/// In which cycles a stream may move. Questions must come in order of time.
#[derive(Debug, Clone)]
pub(super) struct Pauses {
    /// `None`: it never pauses, and nothing needs to be drawn.
    pattern: Option<StallPattern>,
    /// Cycles drawn so far.
    drawn: u64,
    /// Whether the stream may move in the cycle drawn last.
    free: bool,
}

impl Pauses {
    pub fn new(simulation: &Simulation, number: u64) -> Self {
        let stall = stall_of(simulation, number);
        Pauses {
            pattern: (stall.per_1024 > 0).then(|| stall.pattern()),
            drawn: 0,
            free: true,
        }
    }

    /// Whether the stream may move in `cycle`.
    pub fn may_move(&mut self, cycle: u64) -> bool {
        let Some(pattern) = &mut self.pattern else {
            return true;
        };
        while self.drawn <= cycle {
            self.free = pattern.next_cycle();
            self.drawn += 1;
        }
        self.free
    }

    /// The first cycle from `cycle` on in which the stream may move.
    pub fn next_move(&mut self, mut cycle: u64) -> u64 {
        while !self.may_move(cycle) {
            cycle += 1;
        }
        cycle
    }
}
