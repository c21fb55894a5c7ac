//! Gate count of the digital part, estimated from its parameters.

use serde::Serialize;
use std::ops::{Add, Mul, Sub};

use crate::config::{Converter, Resolved};
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

/// Gates of each level of the hierarchy, without the analog macros.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct GateCount {
    /// Source of the count.
    pub source: GateSource,
    /// Logic of the converters of one bank: encoders of flash converters, controller of SAR ones.
    pub converters: Gates,
    /// One bank without the logic of its converters.
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

/// Gates that find a converter's bit: a majority of three comparators, and the next comparator.
const MAJORITY: f64 = 15.0;
/// Gates a row that count the rows of a mask.
const COUNT: f64 = 13.0;
/// Gates a row that find the lowest row of a mask.
const LOWEST: f64 = 6.0;
/// Gates a row that take the lowest rows of a mask up to a limit, and count them.
const TAKE: f64 = 45.0;
/// Register bits of a bank's state.
const CONTROL: f64 = 30.0;

/// Estimates the gates of a configuration's design from its registers, adders and multiplexers.
///
/// Memory bits are exact. The gates are within 30 % of the count by Yosys 0.23 for the designs that the
/// tests compare. Event counters are counted as far as the design has them.
pub fn estimate_gates(resolved: &Resolved) -> GateCount {
    let p = Params::new(resolved);
    GateCount {
        source: GateSource::Estimate,
        converters: converters(resolved, &p),
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

fn converters(resolved: &Resolved, p: &Params) -> Gates {
    let bits = f64::from(p.adc_bits);
    let each = match resolved.config.adc.kind {
        // The trial code, the code that is kept, and what the bank sees of it.
        Converter::Sar => bits * (REGISTER + 2.0 * MUX + 2.0 * GATE),
        // A search over the comparators by multiplexers, with a majority for each bit.
        Converter::Flash | Converter::Murmann => (bits.exp2() - 1.0) * MUX + bits * MAJORITY,
    };
    Gates {
        gates: f64::from(p.blocks * p.adcs) * each,
        memory_bits: 0.0,
    }
}

fn bank(p: &Params) -> Gates {
    let f = f64::from;
    let rows = f(p.rows);
    // A command that is always one activation has no rest, and its rows are counted only. Without a
    // limit, nothing is split.
    let one_activation = p.max_active_rows == p.rows && p.read_split_max == 1;
    let (rest, split) = match (one_activation, p.read_split_max == p.max_active_rows) {
        (true, _) => (0.0, rows * COUNT),
        (false, true) => (rows + 2.0, rows * LOWEST),
        (false, false) => (rows + 2.0, rows * TAKE),
    };
    let head = f(p.pool_bits + p.slot_bits + 1);
    // The elements of a phase, and of all phases.
    let elements = f(p.blocks
        * if p.phases_per_dim == 1 {
            p.dims_per_phase
        } else {
            1
        });
    let (psum, total) = (f(p.psum_bits), f(p.blocks * p.dims_per_block * p.psum_bits));
    let phase = elements * psum;
    let vector = f(p.dim) * psum;
    let row_bits = f(p.row_bits);
    // The prepared, the sensed and the converted activation, and the result.
    let stages =
        2.0 * (head + rows + row_bits) + rest + f(p.pool_bits + p.row_bits) + f(p.pool_bits);
    let writing = f(p.slot_bits + p.row_number_bits + p.block_bits);
    let events = match p.counters {
        0 => 0.0,
        _ => 8.0 + row_bits + 2.0 * f(p.adc_bits),
    };
    let pointers = 2.0 * f(p.queue_bits + 1);
    let registers = stages + total + vector + writing + events + pointers + CONTROL;
    // Codes are weighted with wires between adders; the first one needs none.
    let codes = f(p.blocks * p.adcs) - elements;
    let adders =
        codes.max(0.0) * (f(p.adc_bits) + 2.0) + phase * if one_activation { 1.0 } else { 2.0 };
    // A mask and its part in the queue, the choice of an element's part, and the codes side by side.
    let parts = if p.phases_per_dim == 1 { 0.0 } else { 4.0 };
    let muxes = rest + phase * (2.0 + parts);
    let counted = match p.counters {
        2 => counters(p, COUNTERS_BANK.len() as u32),
        _ => 0.0,
    };
    let logic = registers * REGISTER + adders * ADDER + muxes * MUX + split + 2.0 * rows * GATE;
    Gates {
        gates: logic + counted,
        memory_bits: f(p.queue_depth) * (head + rows),
    }
}

fn lane(p: &Params) -> Gates {
    let f = f64::from;
    let (window, dim, banks) = (f(p.window * p.ports), f(p.dim), f(p.banks));
    let command = f(p.pool_bits + 1 + p.rows);
    let (psum, acc) = (dim * f(p.psum_bits), dim * f(p.acc_bits));
    let counted = match p.counters {
        0 => 0.0,
        1 => counters(p, COUNTERS_LANE.len() as u32) + totals(p),
        _ => counters(p, COUNTERS_LANE.len() as u32),
    };
    // Each retirement port has its own accumulator with fewer places, an adder and an output
    // register.
    let ports = f(p.ports) * acc;
    let registers = command + psum + ports + 5.0 * window;
    let adders = ports;
    let muxes = 3.0 * ports + 16.0 * window;
    let logic = registers * REGISTER + adders * ADDER + muxes * MUX + 2.0 * banks * psum * GATE;
    Gates {
        gates: logic + counted,
        memory_bits: window * (acc + f(p.pending_bits)),
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
                + f((number - 1) * 16 * p.ports) * ADDER
                + lanes * f(p.count_bits) * MUX
        }
    };
    // Every retirement port has an adder tree.
    let ports = f(p.ports);
    let below = |stage| p.tree_fan_in.pow(stage);
    let sums = ports * f((1..=p.levels).map(|s| p.lanes.div_ceil(below(s))).sum());
    let added = ports * f(p.lanes - 1);
    let registers = sums * acc + f(p.prog_bits + p.prog_addr_bits) + 4.0 * ports * lanes;
    let adders = added * acc;
    Gates {
        gates: registers * REGISTER + adders * ADDER + counted,
        memory_bits: f(p.window * p.ports) * lanes,
    }
}
