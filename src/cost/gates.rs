//! Gate count of the digital part, estimated from its parameters.

use serde::Serialize;
use std::ops::{Add, Mul, Sub};

use crate::config::Resolved;
use crate::hardware::{COUNTERS_BANK, COUNTERS_ENGINE, COUNTERS_LANE, Params};

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
/// Gates that add 0 or 1 to a bit of a counter.
const INCREMENT: f64 = 5.75;
/// Gates of a bit of a two-way multiplexer.
const MUX: f64 = 2.33;
/// Gates of a two-input gate other than NAND or NOR.
const GATE: f64 = 1.33;

/// Estimates the gates of a configuration's design from its registers, adders and multiplexers.
///
/// Memory bits are exact. The gates are within 30 % of the count by Yosys 0.23 for the designs that the
/// tests compare. Event counters are counted as far as the design has them.
pub fn estimate_gates(resolved: &Resolved) -> GateCount {
    let p = Params::new(resolved);
    GateCount {
        source: GateSource::Estimate,
        bank: bank(&p),
        lane: lane(&p),
        engine: engine(&p),
    }
}

/// Gates of `number` event counters, of their choice by an index, and of the register that holds the
/// value that was read.
fn counters(p: &Params, number: u32) -> f64 {
    let (number, bits) = (f64::from(number), f64::from(p.count_bits));
    bits * ((number + 1.0) * (REGISTER + MUX) + number * INCREMENT)
}

/// Gates of a lane's sums of its banks' counters: the counters, and in each cycle the events of all banks
/// added up.
fn totals(p: &Params) -> f64 {
    let events = p.row_bits + p.adc_bits + 8;
    counters(p, COUNTERS_BANK.len() as u32) + f64::from(p.banks * events) * ADDER
}

fn bank(p: &Params) -> Gates {
    let f = f64::from;
    let rows = f(p.rows);
    let counted = match p.counters {
        2 => counters(p, COUNTERS_BANK.len() as u32),
        _ => 0.0,
    };
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
    // Prepared and sensed activation, partial sums, result.
    let registers = 2.0 * command + rows + total + vector;
    let codes = f(p.blocks * p.adcs);
    let shift_add = codes * f(p.psum_bits + p.adc_bits);
    let adders = shift_add + 2.0 * phase + rows;
    // Each element of a phase is selected from the vector and written back to its place.
    let picked = total * (1.0 + steps.log2().max(1.0)) + phase * steps + 3.5 * total * elements;
    // Selection of a row's number or a mask, and of a phase's sums or its unchanged codes.
    let muxes = picked + 4.0 * rows + 2.0 * phase;
    let logic = registers * REGISTER + adders * ADDER + muxes * MUX + 4.0 * rows * GATE;
    Gates {
        gates: logic + counted,
        memory_bits: f(p.queue_depth) * command,
    }
}

fn lane(p: &Params) -> Gates {
    let f = f64::from;
    let (window, dim, banks) = (f(p.window), f(p.dim), f(p.banks));
    let command = f(p.tag_bits + 1 + p.rows + p.table_bits);
    let (psum, acc) = (dim * f(p.psum_bits), dim * f(p.acc_bits));
    let counted = match p.counters {
        0 => 0.0,
        1 => counters(p, COUNTERS_LANE.len() as u32) + totals(p),
        _ => counters(p, COUNTERS_LANE.len() as u32),
    };
    // Each retirement port has its own accumulator with fewer places, an adder and an output
    // register.
    let ports = f(p.retire_ports) * acc;
    let registers = command + psum + ports + 5.0 * window;
    let adders = ports + f(p.max_replicas) * 8.0;
    let muxes = 3.0 * ports + 16.0 * window;
    let logic = registers * REGISTER + adders * ADDER + muxes * MUX + 2.0 * banks * psum * GATE;
    let turns = if p.round_robin == 1 {
        p.replica_bits
    } else {
        0
    };
    Gates {
        gates: logic + counted,
        memory_bits: window * (acc + f(p.pending_bits)) + f(p.groups) * f(p.table_bits + turns),
    }
}

fn engine(p: &Params) -> Gates {
    let f = f64::from;
    let (lanes, acc) = (f(p.lanes), f(p.dim * p.acc_bits));
    let counted = match p.counters {
        0 => 0.0,
        // Events of all ports are added up in 16 bits, but for `cycles`. The value that is read comes
        // from one of the lanes.
        _ => {
            let number = COUNTERS_ENGINE.len() as u32;
            counters(p, number)
                + f((number - 1) * 16 * p.retire_ports) * ADDER
                + lanes * f(p.count_bits) * MUX
        }
    };
    // Every retirement port has an adder tree.
    let ports = f(p.retire_ports);
    let below = |stage| p.tree_fan_in.pow(stage);
    let sums = ports * f((1..=p.levels).map(|s| p.lanes.div_ceil(below(s))).sum());
    let added = ports * f(p.lanes - 1);
    let registers = sums * acc + f(p.prog_bits + p.prog_addr_bits) + 4.0 * ports * lanes;
    let adders = added * acc;
    Gates {
        gates: registers * REGISTER + adders * ADDER + counted,
        memory_bits: f(p.window) * lanes,
    }
}
