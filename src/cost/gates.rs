//! Gate count of the digital part, estimated from its parameters.

use serde::Serialize;
use std::ops::{Add, Mul, Sub};

use crate::config::Resolved;
use crate::hardware::Params;

/// Size of logic and small memories.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Gates {
    /// Logic and registers, in two-input NAND gates.
    pub gates: f64,
    /// Bits of queues, tables and bag accumulators.
    pub memory_bits: f64,
}

impl Add for Gates {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Gates {
            gates: self.gates + other.gates,
            memory_bits: self.memory_bits + other.memory_bits,
        }
    }
}

impl Sub for Gates {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + other * -1.0
    }
}

impl Mul<f64> for Gates {
    type Output = Self;
    fn mul(self, by: f64) -> Self {
        Gates {
            gates: self.gates * by,
            memory_bits: self.memory_bits * by,
        }
    }
}

/// Source of a gate count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GateSource {
    /// Counted by Yosys in the emitted design.
    Yosys,
    /// Estimated from the parameters.
    Estimate,
}

/// Gates of each level of the hierarchy, without arrays and converters.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct GateCount {
    /// Source of the count.
    pub source: GateSource,
    /// One bank.
    pub bank: Gates,
    /// A lane without its banks.
    pub lane: Gates,
    /// The engine without its lanes.
    pub engine: Gates,
}

/// Gates of a register bit with enable.
const REGISTER: f64 = 7.67;
/// Gates of an adder bit, as Yosys maps it.
const ADDER: f64 = 10.0;
/// Gates of a bit of a two-way multiplexer.
const MUX: f64 = 2.33;
/// Gates of a two-input gate other than NAND or NOR.
const GATE: f64 = 1.33;

/// Estimates the gates of a configuration's design from its registers, adders and multiplexers.
///
/// Memory bits are exact. The gates are within 10 % of the count by Yosys 0.23 for the presets, and
/// within 20 % for very small designs.
pub fn estimate_gates(resolved: &Resolved) -> GateCount {
    let p = Params::new(resolved);
    GateCount {
        source: GateSource::Estimate,
        bank: bank(&p),
        lane: lane(&p),
        engine: engine(&p),
    }
}

fn bank(p: &Params) -> Gates {
    let f = f64::from;
    let (rows, count) = (f(p.rows), f(p.count_bits));
    let command = f(p.tag_bits + p.slot_bits + 1) + rows;
    // Number of elements that one phase adds to, and of phase groups per vector.
    let elements = f(p.blocks
        * if p.phases_per_dim == 1 {
            p.dims_per_phase
        } else {
            1
        });
    let steps = f(p.phases / p.phases_per_dim);
    let psum = f(p.psum_bits);
    let (phase, total) = (elements * psum, elements * psum * steps);
    let vector = f(p.dim) * psum;
    // Prepared and sensed activation, partial sums, result, counters.
    let registers = 2.0 * command + rows + total + vector + 11.0 * count;
    let codes = f(p.blocks * p.adcs);
    let shift_add = codes * f(p.psum_bits + p.adc_bits);
    let adders = shift_add + 2.0 * phase + 10.0 * count + rows;
    // Each element of a phase is selected from the vector and written back to its place.
    let picked = total * (1.0 + steps.log2().max(1.0)) + phase * steps + 3.5 * total * elements;
    // Selection of a row's number or a mask, and of a phase's sums or its unchanged codes.
    let muxes = picked + 4.0 * rows + 2.0 * phase + 11.0 * count;
    Gates {
        gates: registers * REGISTER + adders * ADDER + muxes * MUX + 4.0 * rows * GATE,
        memory_bits: f(p.queue_depth) * command,
    }
}

fn lane(p: &Params) -> Gates {
    let f = f64::from;
    let (window, dim, banks) = (f(p.window), f(p.dim), f(p.banks));
    let command = f(p.tag_bits + 1 + p.rows + p.table_bits);
    let (psum, acc) = (dim * f(p.psum_bits), dim * f(p.acc_bits));
    let count = f(p.count_bits);
    // Each retirement port has its own accumulator with fewer places, an adder and an output
    // register.
    let ports = f(p.retire_ports) * acc;
    let registers = command + psum + ports + 5.0 * window + 8.0 * count;
    let adders = ports + 6.0 * count + f(p.max_replicas) * 8.0;
    let muxes = 3.0 * ports + 16.0 * window + 8.0 * count;
    let turns = if p.round_robin == 1 {
        p.replica_bits
    } else {
        0
    };
    Gates {
        gates: registers * REGISTER + adders * ADDER + muxes * MUX + 2.0 * banks * psum * GATE,
        memory_bits: window * (acc + f(p.pending_bits)) + f(p.groups) * f(p.table_bits + turns),
    }
}

fn engine(p: &Params) -> Gates {
    let f = f64::from;
    let (lanes, acc, count) = (f(p.lanes), f(p.dim * p.acc_bits), f(p.count_bits));
    // Every retirement port has an adder tree.
    let ports = f(p.retire_ports);
    let below = |stage| p.tree_fan_in.pow(stage);
    let sums = ports * f((1..=p.levels).map(|s| p.lanes.div_ceil(below(s))).sum());
    let added = ports * f(p.lanes - 1);
    let registers =
        sums * acc + f(p.prog_bits + p.prog_addr_bits) + 6.0 * count + 4.0 * ports * lanes;
    let adders = added * acc + 4.0 * count;
    Gates {
        gates: registers * REGISTER + adders * ADDER + (4.0 + lanes) * count * MUX,
        memory_bits: f(p.window) * lanes,
    }
}
