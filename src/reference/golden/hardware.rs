//! The hardware path in plain integers: activations, clipping converters, shift-add, accumulators.

use crate::config::Resolved;
use crate::error::{Error, Result};
use crate::formats::table::IntTable;
use crate::hardware::{Activation, activations};
use crate::host::Lowered;
use crate::ids::GroupId;
use crate::mapping::places::check_table;
use crate::mapping::{Directory, Location, Mapping};

/// Events that commands imply, whichever replica serves each command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HardwareCounters {
    /// Commands of all lanes.
    pub commands: u64,
    /// Commands of one row.
    pub row_commands: u64,
    /// Commands that are not the first of their bag in their lane: their results are added to an
    /// earlier one.
    pub adds: u64,
    /// Sensings of a crossbar (with all its column blocks).
    pub activations: u64,
    /// Activations of exactly one row.
    pub single_row_activations: u64,
    /// Active rows, summed over activations.
    pub active_rows: u64,
    /// Conversions by level of `Resolved::adc_levels`: `cols * column_blocks` per activation.
    pub conversions: Vec<u64>,
    /// Enabled thresholds, summed over conversions: the level's limit for each.
    pub comparators: u64,
}

impl HardwareCounters {
    /// Conversions of all levels.
    pub fn conversions_total(&self) -> u64 {
        self.conversions.iter().sum()
    }

    /// Conversions in read mode.
    pub fn conversions_read(&self, resolved: &Resolved) -> u64 {
        let levels = self.conversions.iter().zip(&resolved.adc_levels);
        levels.filter(|(_, l)| l.read_mode).map(|(n, _)| n).sum()
    }
}

/// Results and events of the hardware path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HardwareResult {
    /// Results, `bags * dim` elements, bag-major, in the order of `Lowered::headers`.
    pub values: Vec<i64>,
    /// The events that the commands imply.
    pub counters: HardwareCounters,
}

/// The low `bits` (1..=63) bits, read as two's complement.
fn wrap(value: i64, bits: u32) -> i64 {
    value << (64 - bits) >> (64 - bits)
}

/// Runs lowered bags through a model of the hardware path.
///
/// Each activation sums the cells of every bitline, clips the sum at the thresholds that the mode
/// switch enables for its number of rows, shifts and adds the slices, and subtracts the offset. A
/// command's activations are summed in `psum_bits` bits and a bag's commands in `acc_bits` bits;
/// both sums wrap like the registers that they model. The widths are derived so that no valid input
/// wraps.
///
/// # Errors
/// [`Error::Argument`] if the table does not fit the mapping and configuration, or the commands
/// were lowered with another mapping.
pub fn reduce_hardware(
    lowered: &Lowered,
    mapping: &Mapping,
    table: &IntTable,
    resolved: &Resolved,
) -> Result<HardwareResult> {
    check_table(table, mapping, resolved)?;
    let dim = table.dim as usize;
    let mut values = vec![0i64; lowered.headers.len() * dim];
    let mut counters = HardwareCounters {
        conversions: vec![0; resolved.adc_levels.len()],
        ..HardwareCounters::default()
    };
    let mut path = Path::new(mapping, table, resolved)?;
    let mut partial = vec![0i64; dim];
    for lane in 0..lowered.lanes.len() {
        let mut before = None;
        for command in lowered.lane(lane) {
            let group = command.global_group.index();
            partial.fill(0);
            for activation in activations(command.mask, resolved) {
                path.sense(group, &activation, &mut partial)?;
                count(&activation, resolved, &mut counters);
            }
            counters.commands += 1;
            counters.row_commands += u64::from(command.mask.count() == 1);
            counters.adds += u64::from(before == Some(command.bag));
            before = Some(command.bag);
            let at = command.bag.wrapping_sub(lowered.first_bag) as usize * dim;
            let bag = values
                .get_mut(at..at + dim)
                .ok_or_else(|| foreign(format!("a command of bag {}", command.bag)))?;
            for (sum, p) in bag.iter_mut().zip(&partial) {
                *sum = wrap(*sum + wrap(*p, resolved.psum_bits), resolved.acc_bits);
            }
        }
    }
    Ok(HardwareResult { values, counters })
}

fn foreign(found: String) -> Error {
    Error::argument(
        "commands",
        found,
        "commands lowered with this mapping",
        "lower the bags again with this mapping and configuration",
    )
}

fn count(activation: &Activation, resolved: &Resolved, counters: &mut HardwareCounters) {
    let rows = activation.active_rows();
    let level = resolved.adc_level(rows);
    let conversions = u64::from(resolved.config.crossbar.cols * resolved.column_blocks);
    counters.activations += 1;
    counters.single_row_activations += u64::from(rows == 1);
    counters.active_rows += u64::from(rows);
    counters.conversions[level] += conversions;
    counters.comparators += u64::from(resolved.adc_levels[level].limit) * conversions;
}

/// Data path of one bank.
struct Path<'a> {
    mapping: &'a Mapping,
    directory: Directory,
    table: &'a IntTable,
    resolved: &'a Resolved,
    /// Sums of the `dim * slices` bitlines in one activation.
    sums: Vec<u32>,
}

impl<'a> Path<'a> {
    fn new(mapping: &'a Mapping, table: &'a IntTable, resolved: &'a Resolved) -> Result<Self> {
        let directory = Directory::new(mapping);
        Ok(Path {
            mapping,
            directory: directory.ok_or_else(|| foreign("ids without a place".to_owned()))?,
            table,
            resolved,
            sums: vec![0; (table.dim * resolved.slices) as usize],
        })
    }

    /// Adds one activation's result to `partial`.
    fn sense(&mut self, group: usize, activation: &Activation, partial: &mut [i64]) -> Result<()> {
        let cell_bits = self.resolved.config.crossbar.cell_bits;
        let offset = 1i32 << (self.resolved.config.embedding.value_bits - 1);
        let slices = self.resolved.slices as usize;
        let group = GroupId(group as u32);
        self.sums.fill(0);
        for row in activation.rows() {
            let at = Location { group, row };
            let id = self.directory.id_at(self.mapping, at);
            let id = id.ok_or_else(|| foreign(format!("row {row} of group {group}")))?;
            let bitlines = self.sums.chunks_exact_mut(slices);
            for (bitlines, &value) in bitlines.zip(self.table.row(id).iter()) {
                let mut cells = (i32::from(value) + offset) as u32;
                for bitline in bitlines {
                    *bitline += cells & ((1 << cell_bits) - 1);
                    cells >>= cell_bits;
                }
            }
        }
        let rows = activation.active_rows();
        let limit = self.resolved.adc_levels[self.resolved.adc_level(rows)].limit;
        let offset = i64::from(rows) * i64::from(offset);
        for (sum, bitlines) in partial.iter_mut().zip(self.sums.chunks_exact(slices)) {
            let mut total = 0i64;
            for (slice, &bitline) in bitlines.iter().enumerate() {
                total += i64::from(bitline.min(limit)) << (cell_bits as usize * slice);
            }
            *sum += total - offset;
        }
        Ok(())
    }
}
