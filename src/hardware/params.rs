//! Parameters of the Verilog modules. Each is declared once, in the list below: [`Params`], the top
//! module, the test bench, the package's README and its `config.json` follow from the list.

use crate::config::{EventCounters, Resolved};
use serde::Serialize;

/// A parameter of `recross_engine`.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Its name in Verilog.
    pub name: &'static str,
    /// The configuration keys that it follows from, separated by commas (`adc.*`: all of that
    /// section); empty if it is the same for all configurations.
    pub keys: &'static str,
    /// What it is.
    pub about: &'static str,
    /// Its value among a configuration's [`Params`].
    pub value: fn(&Params) -> u32,
}

macro_rules! parameters {
    ($($field:ident, $name:literal, $keys:literal, $about:literal: $value:expr;)*) => {
        /// Values of the parameters of `recross_engine`.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
        pub struct Params {
            $(#[doc = $about] pub $field: u32),*
        }

        impl Params {
            /// Parameters of a configuration.
            pub fn new(resolved: &Resolved) -> Self {
                $(let $field: fn(&Resolved) -> u32 = $value;)*
                Params { $($field: $field(resolved)),* }
            }
        }

        /// Every parameter, in the order of the module's declaration.
        pub const PARAMETERS: &[Parameter] = &[
            $(Parameter { name: $name, keys: $keys, about: $about, value: |p| p.$field }),*
        ];
    };
}

parameters! {
    lanes, "Lanes", "engine.lanes",
        "lanes": |r| r.config.engine.lanes;
    lane_bits, "LaneBits", "engine.lanes",
        "bits of a lane's number": |r| r.lane_bits;
    tree_fan_in, "TreeFanIn", "engine.tree_fan_in",
        "vectors that each adder of the tree over the lanes sums": |r| r.config.engine.tree_fan_in;
    levels, "Levels", "engine.lanes, engine.tree_fan_in",
        "stages of the adder tree over the lanes": |r| {
            bits(r.config.engine.lanes.into()).div_ceil(r.config.engine.tree_fan_in.ilog2())
        };
    ports, "Ports", "frontend.ports",
        "ports, each with a stream of ids and a stream of vectors": |r| r.config.frontend.ports;
    port_bits, "PortBits", "frontend.ports",
        "bits of a port's number": |r| bits(r.config.frontend.ports.into());
    ids, "Ids", "frontend.ids_per_beat",
        "ids of a beat": |r| r.config.frontend.ids_per_beat;
    window, "Window", "frontend.window",
        "bags in flight, of each port": |r| r.config.frontend.window;
    place_bits, "PlaceBits", "frontend.window",
        "bits of a bag's place in its port's window": |r| bits(r.config.frontend.window.into());
    hop_lanes, "HopLanes", "frontend.hop_lanes, engine.lanes",
        "lanes of a hop": |r| r.hop_lanes;
    hops, "Hops", "frontend.hop_lanes, engine.lanes",
        "hops that an id passes at most": |r| r.hops;
    hop_depth, "HopDepth", "frontend.hop_lanes, engine.lanes",
        "beats that a hop holds": |r| r.hop_depth;
    gather, "Gather", "frontend.gather, frontend.ports, engine.lanes",
        "commands that a lane gathers at a time": |r| r.gather;
    places, "Places", "frontend.places, frontend.ports, frontend.ids_per_beat, engine.lanes",
        "vectors that a lane can add up at a time": |r| r.places;
    pool_bits, "PoolBits", "frontend.places, frontend.ports, frontend.ids_per_beat, engine.lanes",
        "bits of the number of such a vector": |r| bits(r.places.into());
    pending_bits, "PendingBits", "frontend.gather, frontend.ports, engine.lanes, engine.banks_per_lane, engine.queue_depth",
        "bits of a number of commands in flight": |r| {
            let engine = &r.config.engine;
            // A bank has six commands at most beside those in its queue.
            bits((r.gather + engine.banks_per_lane * (engine.queue_depth + 6) + 4).into())
        };
    max_bag, "MaxBag", "embedding.max_bag",
        "most ids of a bag": |r| r.config.embedding.max_bag;
    count_bag_bits, "CountBagBits", "embedding.max_bag",
        "bits of a bag's number of ids": |r| bits(u64::from(r.config.embedding.max_bag) + 2);
    user_tag_bits, "UserTagBits", "frontend.tag_bits",
        "bits of the tag that comes back with a bag's vector": |r| r.config.frontend.tag_bits;
    element_bits, "ElementBits", "embedding.value_bits, embedding.max_bag, crossbar.rows",
        "bits of an element in a beat of results": |r| r.element_bits;
    result_bits, "ResultBits", "frontend.result_bits",
        "bits of a beat of results": |r| r.config.frontend.result_bits;
    beats, "Beats", "frontend.result_bits, embedding.dim",
        "beats of a vector": |r| r.result_beats;
    rows, "Rows", "crossbar.rows",
        "wordlines of an array": |r| r.config.crossbar.rows;
    cols, "Cols", "crossbar.cols",
        "bitlines of an array": |r| r.config.crossbar.cols;
    cell_bits, "CellBits", "crossbar.cell_bits",
        "bits of a cell": |r| r.config.crossbar.cell_bits;
    adcs, "Adcs", "crossbar.adcs",
        "converters of an array": |r| r.config.crossbar.adcs;
    blocks, "Blocks", "embedding.dim, embedding.value_bits, crossbar.*",
        "column blocks of a crossbar: arrays side by side that hold a vector": |r| r.column_blocks;
    slots, "Slots", "engine.crossbars_per_bank",
        "crossbars of a bank": |r| r.config.engine.crossbars_per_bank;
    banks, "Banks", "engine.banks_per_lane",
        "banks of a lane": |r| r.config.engine.banks_per_lane;
    dim, "Dim", "embedding.dim",
        "elements of a vector": |r| r.config.embedding.dim;
    value_bits, "ValueBits", "embedding.value_bits",
        "bits of a stored element": |r| r.config.embedding.value_bits;
    slices, "Slices", "embedding.value_bits, crossbar.cell_bits",
        "cells that hold an element": |r| r.slices;
    phases, "Phases", "crossbar.cols, crossbar.adcs",
        "column phases of an activation": |r| r.phases;
    phases_per_dim, "PhasesPerDim", "embedding.value_bits, crossbar.*",
        "column phases of an element": |r| r.phases_per_dim;
    dims_per_phase, "DimsPerPhase", "embedding.value_bits, crossbar.*",
        "elements of a column phase; 1 if an element takes several": |r| r.dims_per_phase.max(1);
    dims_per_block, "DimsPerBlock", "embedding.value_bits, crossbar.*",
        "elements of a column block": |r| r.dims_per_block;
    adc_bits, "AdcBits", "adc.bits, adc.max_active_rows, crossbar.rows, crossbar.cell_bits",
        "bits of a converter": |r| r.adc_bits;
    adc_level_bits, "AdcLevelBits", "adc.*, crossbar.rows, crossbar.cell_bits",
        "bits of the number of a converters' level": |r| bits(r.adc_levels.len() as u64);
    max_active_rows, "MaxActiveRows", "adc.max_active_rows, crossbar.rows",
        "most rows sensed at once": |r| r.max_active_rows;
    read_split_max, "ReadSplitMax", "adc.read_split_max",
        "most rows of an activation that is done as single-row reads; 1: none is": |r| r.read_split_max;
    wordline_cycles, "WordlineCycles", "technology.wordline_ns, technology.clock_mhz",
        "cycles of wordline set-up before an activation's first phase": |r| r.wordline_cycles;
    queue_depth, "QueueDepth", "engine.queue_depth",
        "commands that a bank queues": |r| r.config.engine.queue_depth;
    queue_bits, "QueueBits", "engine.queue_depth",
        "bits of a place in a queue": |r| bits(r.config.engine.queue_depth.into());
    slot_bits, "SlotBits", "engine.crossbars_per_bank",
        "bits of a crossbar's number in its bank": |r| r.slot_bits;
    row_number_bits, "RowNumberBits", "crossbar.rows",
        "bits of a row's number": |r| r.row_number_bits;
    block_bits, "BlockBits", "embedding.dim, embedding.value_bits, crossbar.*",
        "bits of a column block's number": |r| r.block_bits;
    bank_bits, "BankBits", "engine.banks_per_lane",
        "bits of a bank's number in its lane": |r| r.bank_bits;
    row_bits, "RowBits", "crossbar.rows",
        "bits of a number of rows": |r| bits(u64::from(r.config.crossbar.rows) + 1);
    phase_bits, "PhaseBits", "crossbar.cols, crossbar.adcs",
        "bits of a column phase's number": |r| bits(r.phases.into());
    psum_bits, "PsumBits", "embedding.value_bits, crossbar.rows",
        "bits of an element of a command's result": |r| r.psum_bits;
    acc_bits, "AccBits", "embedding.value_bits, embedding.max_bag, crossbar.rows",
        "bits of an element of a bag's result": |r| r.acc_bits;
    prog_bits, "ProgBits", "crossbar.cols, crossbar.cell_bits",
        "data bits of a block of a row": |r| r.prog_bits;
    prog_addr_bits, "ProgAddrBits", "engine.crossbars_per_bank, embedding.dim, embedding.value_bits, \
                                     crossbar.*",
        "bits of a block's place in its bank": |r| r.prog_addr_bits;
    trim_bits, "TrimBits", "",
        "bits of the macros' trim bus": |_| 8;
    tick_bits, "TickBits", "technology.*, adc.*, crossbar.rows, crossbar.cell_bits",
        "log2 of the cycles after which a macro that does not answer is reported": |r| {
            let slowest = r.adc_levels.iter().map(|l| l.phase_cycles).max().unwrap_or(1);
            bits(4 * u64::from(r.write_cycles.max(slowest))).max(8)
        };
    counters, "Counters", "engine.counters",
        "event counters: 0 none, 1 totals of each lane, 2 each bank's": |r| {
            match r.config.engine.counters {
                EventCounters::None => 0,
                EventCounters::Totals => 1,
                EventCounters::Full => 2,
            }
        };
    count_bits, "CountBits", "engine.counter_bits",
        "bits of an event counter": |r| r.config.engine.counter_bits;
}

/// `ceil(log2(count))`, at least 1: bits that number `count` things.
fn bits(count: u64) -> u32 {
    count.max(2).next_power_of_two().trailing_zeros()
}
