//! Parameters of the Verilog modules.

use crate::config::{Dispatch, Resolved};
use serde::Serialize;

/// Parameters of `recross_engine`, in its words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs)] // each is the module parameter of the same name
pub struct Params {
    pub lanes: u32,
    pub lane_bits: u32,
    pub tree_fan_in: u32,
    pub levels: u32,
    pub rows: u32,
    pub cols: u32,
    pub cell_bits: u32,
    pub adcs: u32,
    pub blocks: u32,
    pub slots: u32,
    pub banks: u32,
    pub dim: u32,
    pub value_bits: u32,
    pub slices: u32,
    pub phases: u32,
    pub phases_per_dim: u32,
    pub dims_per_phase: u32,
    pub dims_per_block: u32,
    pub adc_bits: u32,
    pub sum_bits: u32,
    pub max_active_rows: u32,
    pub read_split_max: u32,
    pub wordline_cycles: u32,
    pub cycle_bits: u32,
    pub queue_depth: u32,
    pub queue_bits: u32,
    pub window: u32,
    pub retire_ports: u32,
    pub tag_bits: u32,
    pub slot_bits: u32,
    pub bank_bits: u32,
    pub groups: u32,
    pub group_bits: u32,
    pub max_replicas: u32,
    pub replica_bits: u32,
    pub table_bits: u32,
    pub round_robin: u32,
    pub row_bits: u32,
    /// Bits of a row's number, which the modules work out from `rows`.
    pub number_bits: u32,
    pub phase_bits: u32,
    pub psum_bits: u32,
    pub acc_bits: u32,
    pub pending_bits: u32,
    pub prog_bits: u32,
    pub prog_addr_bits: u32,
    pub count_bits: u32,
}

/// `ceil(log2(count))`, at least 1: bits that number `count` things.
fn bits(count: u64) -> u32 {
    count.max(2).next_power_of_two().trailing_zeros()
}

impl Params {
    /// Parameters of a configuration.
    pub fn new(r: &Resolved) -> Self {
        let (e, x, n) = (&r.config.embedding, &r.config.crossbar, &r.config.engine);
        let slowest = r.adc_levels.iter().map(|l| l.phase_cycles).max();
        let cycles = u64::from(r.wordline_cycles) + u64::from(slowest.unwrap_or(1));
        let largest_sum = u64::from(x.rows) * ((1 << x.cell_bits) - 1);
        Params {
            lanes: n.lanes,
            lane_bits: bits(n.lanes.into()),
            tree_fan_in: n.tree_fan_in,
            levels: bits(n.lanes.into()).div_ceil(n.tree_fan_in.ilog2()),
            rows: x.rows,
            cols: x.cols,
            cell_bits: x.cell_bits,
            adcs: x.adcs,
            blocks: r.column_blocks,
            slots: n.crossbars_per_bank,
            banks: n.banks_per_lane,
            dim: e.dim,
            value_bits: e.value_bits,
            slices: r.slices,
            phases: r.phases,
            phases_per_dim: r.phases_per_dim,
            dims_per_phase: r.dims_per_phase.max(1),
            dims_per_block: r.dims_per_block,
            adc_bits: r.adc_bits,
            sum_bits: bits(largest_sum + 1),
            max_active_rows: r.max_active_rows,
            read_split_max: r.read_split_max,
            wordline_cycles: r.wordline_cycles,
            cycle_bits: bits(cycles + 1),
            queue_depth: n.queue_depth,
            queue_bits: bits(n.queue_depth.into()),
            window: n.window,
            retire_ports: n.retire_ports,
            tag_bits: r.tag_bits,
            slot_bits: r.slot_bits,
            bank_bits: r.bank_bits,
            groups: r.lane_slots,
            group_bits: r.group_bits,
            max_replicas: n.max_replicas,
            replica_bits: bits(u64::from(n.max_replicas) + 1),
            table_bits: r.table_bits,
            round_robin: u32::from(n.dispatch == Dispatch::RoundRobin),
            row_bits: bits(u64::from(x.rows) + 1),
            number_bits: bits(x.rows.into()),
            phase_bits: bits(r.phases.into()),
            psum_bits: r.psum_bits,
            acc_bits: r.acc_bits,
            pending_bits: bits(u64::from(e.max_bag) + 1),
            prog_bits: r.prog_bits,
            prog_addr_bits: r.prog_addr_bits,
            count_bits: 48,
        }
    }
}
