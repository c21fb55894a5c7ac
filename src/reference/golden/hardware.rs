//! The hardware path in plain integers: activations, clipping converters, shift-add, accumulators.

use crate::config::Resolved;
use crate::error::{Error, Result};
use crate::formats::table::IntTable;
use crate::hardware::{Activation, activations};
use crate::ids::GroupId;
use crate::mapping::places::{Layout, check_table};
use crate::mapping::{Location, Mapping};
use crate::progress::Count;
use crate::reference::Commands;
use std::collections::{BTreeMap, BTreeSet};

/// Events that commands imply.
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
    /// Results, `bags * dim` elements, bag-major.
    pub values: Vec<i64>,
    /// The events that the commands imply.
    pub counters: HardwareCounters,
}

/// The low `bits` (1..=63) bits, read as two's complement.
fn wrap(value: i64, bits: u32) -> i64 {
    value << (64 - bits) >> (64 - bits)
}

/// Runs commands through a model of the hardware path, for `bags` bags. A bag without a command has a zero vector.
///
/// Each activation sums the cells of every bitline, clips the sum at the thresholds that the mode
/// switch enables for its number of rows, shifts and adds the slices, and subtracts the offset. A
/// command's activations are summed in `psum_bits` bits and a bag's commands in `acc_bits` bits;
/// both sums wrap like the registers that they model. The widths are derived so that no valid input
/// wraps.
///
/// # Errors
/// [`Error::Argument`] if the table does not fit the mapping and configuration, or a command has a row
/// that the mapping does not use, or another bag.
pub fn reduce_hardware(
    commands: &Commands,
    bags: usize,
    mapping: &Mapping,
    table: &IntTable,
    resolved: &Resolved,
) -> Result<HardwareResult> {
    reduce_hardware_counted(
        (commands, bags),
        mapping,
        table,
        resolved,
        &Count::default(),
    )
}

/// As [`reduce_hardware`]; each command is one of `units`.
///
/// # Errors
/// As [`reduce_hardware`], and [`Error::Interrupted`] if the work is stopped.
pub fn reduce_hardware_counted(
    (commands, bags): (&Commands, usize),
    mapping: &Mapping,
    table: &IntTable,
    resolved: &Resolved,
    units: &Count,
) -> Result<HardwareResult> {
    check_table(table, mapping, resolved)?;
    let dim = table.dim as usize;
    let mut values = vec![0i64; bags * dim];
    let mut counters = HardwareCounters {
        conversions: vec![0; resolved.adc_levels.len()],
        ..HardwareCounters::default()
    };
    let mut path = Path::new(mapping, table, resolved)?;
    let mut partial = vec![0i64; dim];
    let mut started = BTreeSet::new();
    for command in commands.iter() {
        if !units.one() {
            return Err(Error::Interrupted);
        }
        let group = path.group([command.lane, command.bank, command.slot])?;
        partial.fill(0);
        for activation in activations(command.mask, resolved) {
            path.sense(group, &activation, &mut partial)?;
            count(&activation, resolved, &mut counters);
        }
        counters.commands += 1;
        counters.row_commands += u64::from(command.mask.count() == 1);
        counters.adds += u64::from(!started.insert((command.bag, command.lane)));
        let at = command.bag as usize * dim;
        let bag = values
            .get_mut(at..at.saturating_add(dim))
            .ok_or_else(|| foreign(format!("a command of bag {}", command.bag)))?;
        for (sum, p) in bag.iter_mut().zip(&partial) {
            *sum = wrap(*sum + wrap(*p, resolved.psum_bits), resolved.acc_bits);
        }
    }
    Ok(HardwareResult { values, counters })
}

fn foreign(found: String) -> Error {
    Error::argument(
        "commands",
        found,
        "commands of bags that were translated with this mapping",
        "translate the bags again with this mapping and configuration",
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

/// Data path of the banks.
struct Path<'a> {
    mapping: &'a Mapping,
    layout: Layout,
    /// The array in each crossbar (lane, bank, slot) in use.
    arrays: BTreeMap<[u32; 3], u32>,
    table: &'a IntTable,
    resolved: &'a Resolved,
    /// Sums of the `dim * slices` bitlines in one activation.
    sums: Vec<u32>,
}

impl<'a> Path<'a> {
    fn new(mapping: &'a Mapping, table: &'a IntTable, resolved: &'a Resolved) -> Result<Self> {
        let layout = Layout::new(mapping, resolved)?;
        let occupants = layout.occupants().iter();
        Ok(Path {
            mapping,
            arrays: occupants
                .map(|o| ([o.lane, o.bank, o.slot], o.group))
                .collect(),
            layout,
            table,
            resolved,
            sums: vec![0; (table.dim * resolved.slices) as usize],
        })
    }

    /// The array in a crossbar.
    fn group(&self, place: [u32; 3]) -> Result<usize> {
        let group = self.arrays.get(&place).map(|&group| group as usize);
        group.ok_or_else(|| {
            let [lane, bank, slot] = place;
            foreign(format!("lane {lane}, bank {bank}, crossbar {slot}"))
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
            let id = self.layout.directory().id_at(self.mapping, at);
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
