//! Pauses of the streams: the same random patterns as the harness drives.

use crate::config::Simulation;
use verilated::{Stall, StallPattern};

/// A stream that pauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    /// Headers of a retirement port.
    Headers(u32),
    /// Results of a retirement port.
    Results(u32),
    /// Commands of a lane.
    Commands(u32),
}

impl Stream {
    /// A number that no other stream has, which selects the pattern. Port 0 comes first, then the
    /// lanes (at most 64), then the other ports: adding ports leaves the patterns of the other
    /// streams as they are.
    fn number(self) -> u64 {
        let port = |port: u32| if port == 0 { 0 } else { 64 + 2 * port };
        u64::from(match self {
            Stream::Headers(p) => port(p),
            Stream::Results(p) => port(p) + 1,
            Stream::Commands(lane) => 2 + lane,
        })
    }
}

/// The pause pattern of a stream. Each stream has its own; the harness and the cycle model both use
/// this function.
pub(crate) fn stall_of(simulation: &Simulation, stream: Stream) -> Stall {
    let per_1024 = match stream {
        Stream::Results(_) => simulation.output_stall,
        Stream::Headers(_) | Stream::Commands(_) => simulation.input_idle,
    };
    let number = stream.number();
    let seed = simulation.seed.wrapping_mul(1 << 16).wrapping_add(number);
    Stall::new(per_1024, seed)
}

/// The cycles in which a stream may move. Cycles must be queried in ascending order.
#[derive(Debug, Clone)]
pub(super) struct Pauses {
    /// `None` if the stream never pauses.
    pattern: Option<StallPattern>,
    /// Cycles drawn so far.
    drawn: u64,
    /// Whether the stream may move in the cycle drawn last.
    free: bool,
}

impl Pauses {
    pub fn new(simulation: &Simulation, stream: Stream) -> Self {
        let stall = stall_of(simulation, stream);
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
