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
    /// Bits of queues, and of the memories of sums.
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
    /// Of `lane`, what makes commands of ids, knows what is outstanding, and holds vectors until they
    /// retire.
    pub lane_front: Gates,
    /// All that is around the lanes: ports with their chains and adder trees, and control.
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
/// Gates a bit that count the ones of a mask.
const COUNT: f64 = 13.0;
/// Gates a row that find the lowest row of a mask.
const LOWEST: f64 = 6.0;
/// Gates a row that take the lowest rows of a mask up to a limit, and count them.
const TAKE: f64 = 45.0;
/// Register bits of a bank's state.
const CONTROL: f64 = 30.0;

/// Gates that put one bit of many onto a wire.
const SELECT: f64 = 2.0;
/// Gates of a port whose turn it may be, and of each id that it offers.
const TURN: f64 = 75.0;
const TURN_ID: f64 = 32.0;
/// Gates of a gather entry for each bit that two units are compared with, that a new entry gets, and that
/// leaves.
const MATCH: f64 = 28.0;
/// Gates of a gather entry for each row: two units look whether it is set, and set it, and it leaves.
const GATHER: f64 = 14.0;
/// Gates of the control slave, but for the block of a row that it collects.
const CONTROL_SLAVE: f64 = 6900.0;
/// Gates that find out whether a gather entry is the next to leave.
const NEXT: f64 = 30.0;
/// Gates for each row that the numbers of two rows are decoded to.
const DECODE: f64 = 7.0;
/// Gates of a place for each bit of its number of outstanding commands, which goes up and down.
const COUNT_PLACE: f64 = 12.0;
/// Gates of a place for each bit that links it to the next one of its port.
const LINK: f64 = 8.0;
/// Gates of a port for its list of places, and for the vector that waits for its retirement.
const PORT_PLACE: f64 = 124.0;
const PORT_VECTOR: f64 = 75.0;
/// Gates that check an id's range.
const RANGE: f64 = 170.0;
/// Gates of a port's input beside them: the queue's pointers, the bag's number and its count of ids.
const INTAKE: f64 = 600.0;
/// Gates that offer an id to a lane.
const OFFER: f64 = 13.0;

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
        lane_front: lane_front(&p),
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

/// The choice of ids, the store that gathers them, the places of sums, and the vectors that wait for
/// their retirement.
fn lane_front(p: &Params) -> Gates {
    let f = f64::from;
    let (ports, ids, rows) = (f(p.ports), f(p.ids), f(p.rows));
    let (port, pool, place) = (f(p.port_bits), f(p.pool_bits), f(p.place_bits));
    let group = f(p.bank_bits + p.slot_bits);
    let body = group + f(p.row_number_bits);

    // Ids of two crossbars a cycle, each of one of the ports.
    let unit = port + pool + group + 1.0 + ids * f(p.row_number_bits + 1);
    let pick = 2.0 * unit * REGISTER
        + 2.0 * ports * (ids * (body + 2.0) + pool) * SELECT
        + ports * (TURN + ids * TURN_ID);

    let entries = f(p.gather);
    let fields = port + pool + group;
    let store = entries
        * ((fields + rows + 4.0) * REGISTER + fields * MATCH + rows * GATHER + NEXT)
        + rows * ids * DECODE;

    let places = f(p.places) * ((f(p.pending_bits) + pool + place + 2.0) * REGISTER)
        + f(p.places) * (f(p.pending_bits) * COUNT_PLACE + (pool + place) * LINK)
        + ports * ((2.0 * pool + place + 2.0) * REGISTER + PORT_PLACE);

    let vectors = ports * ((f(p.dim * p.acc_bits) + place + 3.0) * REGISTER + PORT_VECTOR);
    Gates {
        gates: pick + store + places + vectors,
        memory_bits: 0.0,
    }
}

fn lane(p: &Params) -> Gates {
    let f = f64::from;
    let banks = f(p.banks);
    let (psum, acc) = (f(p.dim * p.psum_bits), f(p.dim * p.acc_bits));
    let counted = match p.counters {
        0 => 0.0,
        1 => counters(p, COUNTERS_LANE.len() as u32) + totals(p),
        _ => counters(p, COUNTERS_LANE.len() as u32),
    };
    // The result of one of the banks, and its register.
    let merge = 3.0 * banks * psum * GATE + psum * REGISTER;
    // A sum that is forwarded, and the choice of what is added to what.
    let sums = acc * (REGISTER + ADDER + 5.0 * MUX) + f(p.places) * REGISTER;
    let memory = Gates {
        gates: merge + sums + counted,
        memory_bits: f(p.places) * acc,
    };
    memory + lane_front(p)
}

/// A port: intake, chain, retirement with its tree, and results.
fn port(p: &Params) -> Gates {
    let f = f64::from;
    let (lanes, acc, ids) = (f(p.lanes), f(p.dim * p.acc_bits), f(p.ids));
    let user = f(p.user_tag_bits + 2);

    // The tags and flags of the bags in flight, and the ids' ranges.
    let body = p.bank_bits + p.slot_bits + p.row_number_bits;
    let intake = f(p.window) * user * (REGISTER + MUX) + ids * RANGE + INTAKE;

    // The beats of each hop. A lane compares its number with that of each id.
    let beat = f(1 + p.place_bits) + ids * f(3 + p.lane_bits + body);
    let depth = f(p.hop_depth);
    let chain = f(p.hops) * beat * (depth * REGISTER + (depth - 1.0) * MUX) + lanes * ids * OFFER;

    let below = |stage| p.tree_fan_in.pow(stage);
    let sums = |stages: std::ops::RangeInclusive<u32>| -> f64 {
        f(stages.map(|s| p.lanes.div_ceil(below(s))).sum())
    };
    let retire = (sums(1..=p.levels) * acc + f(p.levels) * user) * REGISTER
        + (lanes - 1.0) * acc * ADDER
        + sums(0..=p.levels - 1) * acc * GATE
        + lanes * COUNT;

    let result = (2.0 * (acc + user) + f(p.beats)) * REGISTER + 2.5 * acc * MUX;
    Gates {
        gates: intake + chain + retire + result,
        // The input's queue: two beats with tag, end, and four bits an id that tell that it is there,
        // and a second part that is not used.
        memory_bits: 2.0 * (ids * 36.0 + f(p.user_tag_bits) + 2.0),
    }
}

fn engine(p: &Params) -> Gates {
    let f = f64::from;
    let (lanes, ports) = (f(p.lanes), f(p.ports));
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
    // The word to be written, the answer of one of the lanes, and the first fault of a port.
    let answer = f(4 + p.slot_bits + p.row_number_bits);
    let programming = (f(p.prog_bits + p.prog_addr_bits) + 4.0 * answer) * REGISTER
        + lanes * answer * MUX
        + 34.0 * (REGISTER + ports * MUX);
    let control = CONTROL_SLAVE + f(p.prog_bits) * (REGISTER + GATE);
    let around = Gates {
        gates: programming + counted + control,
        memory_bits: 0.0,
    };
    port(p) * ports + around
}
