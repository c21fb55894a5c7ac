//! Energy of a run from counted events.

use serde::Serialize;

use super::adc::Model;
use super::events::Events;
use super::moved::Moved;
use crate::config::{Choice, Converter, Resolved};
use crate::hardware::Counters;
use crate::technology::{Provenance, Technology};

/// Picojoules per femtojoule.
const FJ: f64 = 1e-3;

/// Energy of a run by part of the design, pJ.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct EnergyParts {
    /// Charging the wordlines, and the cells' read current if the converters' energy does not
    /// include it.
    pub array: f64,
    /// Wordline drivers, switch matrices, column multiplexers.
    pub drivers: f64,
    /// Conversions in read mode.
    pub adc_read: f64,
    /// Conversions in MAC mode.
    pub adc_mac: f64,
    /// Counting the active rows of each activation of a command with a mask.
    pub population_count: f64,
    /// Weighting the codes by their slice, or, for one row, moving them to their places.
    pub shift_add: f64,
    /// Adding phases and activations in the banks, and commands in the lanes.
    pub accumulate: f64,
    /// The adder tree over the lanes.
    pub merge_tree: f64,
    /// Registers on the way from ids to commands, results and beats of vectors, and the memories of
    /// sums.
    pub buffers: f64,
    /// Moving ids along the lanes, commands to the banks, partial sums out of them, and vectors out.
    pub wires: f64,
    /// Leakage of all cells over the run's cycles, if the technology file gives one.
    pub leakage: f64,
}

impl EnergyParts {
    /// The parts with their names.
    pub fn named(&self) -> [(&'static str, f64); 11] {
        [
            ("array", self.array),
            ("drivers", self.drivers),
            ("adc_read", self.adc_read),
            ("adc_mac", self.adc_mac),
            ("population_count", self.population_count),
            ("shift_add", self.shift_add),
            ("accumulate", self.accumulate),
            ("merge_tree", self.merge_tree),
            ("buffers", self.buffers),
            ("wires", self.wires),
            ("leakage", self.leakage),
        ]
    }

    /// The sum of all parts.
    pub fn total(&self) -> f64 {
        self.named().iter().map(|p| p.1).sum()
    }
}

/// Energy of a run.
///
/// Not included: the host that translates ids, the event counters, control and programming, the few
/// bits that control a stage (valid flags, timers, pointers, numbers of rows, lists of places, turns
/// of gather entries), the decoder of a row's number, the wires of the tree over the lanes, and the clock
/// of idle registers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Energy {
    /// Energy model of the converters.
    pub adc_model: Converter,
    /// Energy by part, pJ.
    pub parts_pj: EnergyParts,
    /// Energy of all parts, pJ.
    pub total_pj: f64,
    /// Lookups: active rows over all activations.
    pub lookups: u64,
    /// Energy per lookup, pJ; `None` without lookups.
    pub per_lookup_pj: Option<f64>,
    /// Energy per bag, pJ; `None` without bags.
    pub per_bag_pj: Option<f64>,
    /// Numbers used that are not published, and notes about extrapolations and bounds.
    pub provenance: Provenance,
}

/// Energy of the events in `counters`, with the technology's converter model.
///
/// `counters` must cover a run from idle to idle; they come from the RTL or the cycle model.
pub fn energy(resolved: &Resolved, technology: &Technology, counters: &Counters) -> Energy {
    energy_with(
        resolved,
        technology,
        counters,
        technology.adc_model(resolved),
    )
}

/// As [`energy`] with each converter model, in the order of [`Converter`].
pub fn energy_by_model(
    resolved: &Resolved,
    technology: &Technology,
    counters: &Counters,
) -> Vec<Energy> {
    let model = |model| energy_with(resolved, technology, counters, model);
    Converter::all().into_iter().map(model).collect()
}

/// As [`energy`] with a given converter model.
pub fn energy_with(
    resolved: &Resolved,
    technology: &Technology,
    counters: &Counters,
    adc_model: Converter,
) -> Energy {
    let mut used = Provenance::default();
    let events = Events::new(resolved, counters);
    let mut parts = EnergyParts::default();
    analog(&mut parts, resolved, technology, &events, &mut used);
    converters(
        &mut parts,
        (resolved, technology),
        &events,
        adc_model,
        &mut used,
    );
    digital(
        &mut parts, resolved, technology, &events, counters, &mut used,
    );
    let seconds = counters.engine.cycles as f64 / (resolved.config.technology.clock_mhz * 1e6);
    // pW times seconds is pJ.
    parts.leakage = cells(resolved) * used.take(&technology.array.leakage) * seconds;
    let total_pj = parts.total();
    let lookups = counters.bank_total().active_rows;
    let per = |n: u64| (n > 0).then(|| total_pj / n as f64);
    Energy {
        adc_model,
        parts_pj: parts,
        total_pj,
        lookups,
        per_lookup_pj: per(lookups),
        per_bag_pj: per(counters.engine.retired),
        provenance: used,
    }
}

/// Number of cells of all crossbars.
pub(super) fn cells(r: &Resolved) -> f64 {
    let x = &r.config.crossbar;
    f64::from(r.slots) * f64::from(r.column_blocks) * f64::from(x.rows) * f64::from(x.cols)
}

/// Energy of wordlines and their drivers; every column block has its own.
fn analog(
    parts: &mut EnergyParts,
    r: &Resolved,
    t: &Technology,
    events: &Events,
    used: &mut Provenance,
) {
    let x = &r.config.crossbar;
    let (rows, cols) = (f64::from(x.rows), f64::from(x.cols));
    let blocks = f64::from(r.column_blocks);
    let wordline = used.take(&t.array.wordline) * cols / used.take(&t.reference.cols);
    let cell = used.take(&t.array.cell_read) * cols;
    parts.array = FJ * events.active_rows * blocks * (wordline + cell);
    let phases = f64::from(r.phases) / used.take(&t.reference.phases);
    let per_activation =
        used.take(&t.drivers.per_row) * rows + used.take(&t.drivers.per_cell) * rows * cols;
    let per_row = used.take(&t.drivers.active_row);
    parts.drivers =
        FJ * blocks * phases * (events.activations * per_activation + events.active_rows * per_row);
}

fn converters(
    parts: &mut EnergyParts,
    (resolved, technology): (&Resolved, &Technology),
    events: &Events,
    kind: Converter,
    used: &mut Provenance,
) {
    let model = Model {
        kind,
        technology,
        resolved,
    };
    if events.single.conversions > 0.0 {
        let energy = FJ * events.single.conversions * model.conversion(&events.single, used);
        match resolved.adc_levels[resolved.adc_level(1)].read_mode {
            true => parts.adc_read += energy,
            false => parts.adc_mac += energy,
        }
    }
    if events.several.conversions > 0.0 {
        parts.adc_mac += FJ * events.several.conversions * model.conversion(&events.several, used);
        if model.prices_thresholds() {
            used.note("activations of several rows are priced at their mean number of rows");
        } else if events.bits_bounded {
            used.note(
                "bits of a graded flash converter follow from its mean threshold: an upper bound",
            );
        }
    }
}

/// Energy of the digital part: commands in the banks, and their results in the lanes.
///
/// A command of one row carries the row's number, its codes are moved to their places unchanged,
/// and its result has `value_bits` bits per element. No wider register is written and nothing is
/// added in the bank.
fn digital(
    parts: &mut EnergyParts,
    r: &Resolved,
    t: &Technology,
    events: &Events,
    counters: &Counters,
    used: &mut Provenance,
) {
    let d = &t.digital;
    let (rows, dim) = (
        f64::from(r.config.crossbar.rows),
        f64::from(r.config.embedding.dim),
    );
    let (psum, acc) = (f64::from(r.psum_bits), f64::from(r.acc_bits));
    let value = f64::from(r.config.embedding.value_bits);
    let adder = FJ * used.take(&d.adder);
    let register = FJ * used.take(&d.register);
    let bus = FJ * used.take(&d.bus);
    let single = events.row_commands;
    // Activations of commands that have a mask.
    let masked = events.activations - single;

    // If every activation is a single-row read, there is nothing to count.
    if r.max_active_rows > r.read_split_max {
        let count = FJ * used.take(&d.population_count) * rows / used.take(&t.reference.rows);
        parts.population_count = masked * count;
    }

    // The code of a single row moves only the bits of its cell.
    let bit = FJ * used.take(&d.shift_add) / used.take(&d.shift_add_bits);
    let codes = f64::from(r.phases * r.config.crossbar.adcs * r.column_blocks);
    let cell = f64::from(r.config.crossbar.cell_bits);
    parts.shift_add = bit * codes * (masked * psum + single * cell);

    // In the bank, each element subtracts the offset and adds the phase's value, or just stores its
    // codes. In the lane, a vector that is not its bag's first is added to the sum.
    let elements = f64::from(r.column_blocks * r.dims_per_block);
    let phases = f64::from(r.phases_per_dim);
    let bank = masked * phases * psum * (2.0 * adder + register) + single * value * register;
    let adds = counters.lane_total().adds as f64;
    parts.accumulate = elements * bank + dim * acc * adds * adder;

    let (adds, words) = (counters.engine.tree_adds, counters.engine.tree_words);
    parts.merge_tree = dim * acc * (adds as f64 * adder + words as f64 * register);

    let moved = Moved::new(r, events, counters);
    let memory = FJ * used.take(&d.memory);
    parts.buffers =
        moved.registers * register + moved.counted * (adder + register) + moved.memory * memory;
    parts.wires = bus * moved.wires;
    if moved.beats_estimated {
        used.note("of a bag's last beat of ids, half of the places are taken to be empty");
    }
}
