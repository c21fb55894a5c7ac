//! Everything that follows from a configuration; computed once, used everywhere.

use super::converter::PhaseTime;
use super::keys::{AdcBits, AdcSwitch, Config, FlashLatency, TechnologyKeys};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// One resolution that the converters can be switched to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdcLevel {
    /// Most active rows for which this level is chosen.
    pub max_rows: u32,
    /// Thresholds enabled: the largest code that can come out.
    pub limit: u32,
    /// Bits that are resolved.
    pub bits: u32,
    /// Clock cycles of one column phase.
    pub phase_cycles: u32,
    /// Whether this is the read mode (exactly one active row).
    pub read_mode: bool,
}

/// A configuration that passed every check, with its derived values.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Resolved {
    /// What the user wrote, defaults filled in.
    pub config: Config,
    /// Folder of the configuration's file, beside which `technology.file` is looked up.
    #[serde(skip)]
    pub folder: PathBuf,
    /// Cells (bitlines) that one element takes.
    pub slices: u32,
    /// Column phases of an activation, `cols / adcs`.
    pub phases: u32,
    /// Elements whose slices all fit one phase (0 when an element takes several phases).
    pub dims_per_phase: u32,
    /// Phases that one element takes (1 unless `slices > adcs`).
    pub phases_per_dim: u32,
    /// Elements that one crossbar's bitlines hold.
    pub dims_per_block: u32,
    /// Crossbars side by side that hold one vector.
    pub column_blocks: u32,
    /// Most rows sensed at once.
    pub max_active_rows: u32,
    /// Single-row split threshold, at least 1.
    pub read_split_max: u32,
    /// Full resolution of the converters, bits.
    pub adc_bits: u32,
    /// The smallest lossless resolution, bits.
    pub adc_bits_lossless: u32,
    /// Resolutions in ascending order of rows; the last covers `rows`.
    pub adc_levels: Vec<AdcLevel>,
    /// Cycles of wordline set-up in front of an activation's first phase.
    pub wordline_cycles: u32,
    /// Bits of one element of a command's partial sum.
    pub psum_bits: u32,
    /// Bits of one element of a bag's result.
    pub acc_bits: u32,
    /// Banks of all lanes.
    pub banks: u32,
    /// Crossbar places of all banks (a place holds one group, in all its column blocks).
    pub slots: u32,
    /// Crossbar places of one lane.
    pub lane_slots: u32,
    /// Commands that a lane gathers at a time.
    pub gather: u32,
    /// Vectors that a lane can add up at a time.
    pub places: u32,
    /// Lanes of one hop.
    pub hop_lanes: u32,
    /// Beats that a hop holds.
    pub hop_depth: u32,
    /// Hops of the chain.
    pub hops: u32,
    /// Bits of an element of a vector in a beat of results: 32 or 64.
    pub element_bits: u32,
    /// Beats of a vector.
    pub result_beats: u32,
    /// Bits of a lane's number, at least 1.
    pub lane_bits: u32,
    /// Bits of a bank number inside a lane, at least 1.
    pub bank_bits: u32,
    /// Bits of a slot number inside a bank, at least 1.
    pub slot_bits: u32,
    /// Bits of a row's number, at least 1.
    pub row_number_bits: u32,
    /// Bits of a column block's number, at least 1.
    pub block_bits: u32,
    /// Bits of one bitline word of a memory image: `rows * cell_bits`.
    pub array_bits: u32,
    /// Bits of one row of a column block: `cols * cell_bits`.
    pub row_data_bits: u32,
    /// Cycles that the analog macro takes to write and verify one row of a column block.
    pub write_cycles: u32,
    /// Data bits of a block as it is programmed.
    pub prog_bits: u32,
    /// Bits of a block's place in its bank: slot, row and block.
    pub prog_addr_bits: u32,
}

/// `ceil(log2(n))`; 0 for 0 and 1.
pub(crate) fn clog2(n: u64) -> u32 {
    n.max(1).next_power_of_two().trailing_zeros()
}

/// Bits that number `count` things, at least 1.
pub(super) fn bits_for(count: u64) -> u32 {
    clog2(count).max(1)
}

impl Resolved {
    pub(super) fn new(config: Config, origin: &str) -> Result<Self> {
        let (e, x, a, n) = (
            &config.embedding,
            &config.crossbar,
            &config.adc,
            &config.engine,
        );
        let slices = e.value_bits.div_ceil(x.cell_bits);
        let phases = x.cols / x.adcs;
        let (dims_per_phase, phases_per_dim, dims_per_block) = if x.adcs >= slices {
            let per_phase = x.adcs / slices;
            (per_phase, 1, per_phase * phases)
        } else {
            let per_dim = slices.div_ceil(x.adcs);
            (0, per_dim, phases / per_dim)
        };
        if dims_per_block == 0 {
            return Err(Error::Config {
                origin: origin.to_owned(),
                key: "crossbar.cols".to_owned(),
                found: format!(
                    "{} bitlines in {phases} phases of {} converters",
                    x.cols, x.adcs
                ),
                expected: format!(
                    "room for one element: {slices} slices of {} bit ({} phases)",
                    x.cell_bits,
                    slices.div_ceil(x.adcs)
                ),
                help: "use more bitlines, more bits per cell or fewer value bits".to_owned(),
            });
        }
        let max_active_rows = match a.max_active_rows {
            0 => x.rows,
            some => some,
        };
        let adc_bits_lossless = clog2(u64::from(max_active_rows * ((1 << x.cell_bits) - 1)) + 1);
        let adc_bits = match a.bits {
            AdcBits::Auto(_) => adc_bits_lossless,
            AdcBits::Bits(b) => b,
        };
        let lane_slots = n.banks_per_lane * n.crossbars_per_bank;
        let column_blocks = e.dim.div_ceil(dims_per_block);
        let bank_bits = bits_for(u64::from(n.banks_per_lane));
        let slot_bits = bits_for(u64::from(n.crossbars_per_bank));
        let array_bits = x.rows * x.cell_bits;
        let row_number_bits = bits_for(u64::from(x.rows));
        let block_bits = bits_for(u64::from(column_blocks));
        let row_data_bits = x.cols * x.cell_bits;
        // Hops of about equal size.
        let (hops, hop_lanes) = match config.frontend.hop_lanes {
            0 => {
                let hops = n.lanes.div_ceil(LANES_OF_A_HOP);
                (hops, n.lanes.div_ceil(hops))
            }
            lanes => (n.lanes.div_ceil(lanes), lanes),
        };
        let mut resolved = Resolved {
            slices,
            phases,
            dims_per_phase,
            phases_per_dim,
            dims_per_block,
            column_blocks,
            max_active_rows,
            read_split_max: a.read_split_max.max(1),
            adc_bits,
            adc_bits_lossless,
            adc_levels: Vec::new(),
            // In the first cycle no wordline is driven, while the mask changes.
            wordline_cycles: cycles(config.technology.wordline_ns, config.technology.clock_mhz)
                .max(1),
            write_cycles: cycles(config.technology.write_ns, config.technology.clock_mhz).max(1),
            psum_bits: e.value_bits + clog2(u64::from(x.rows)),
            acc_bits: acc_bits(&config),
            banks: n.lanes * n.banks_per_lane,
            slots: n.lanes * lane_slots,
            lane_slots,
            gather: gather(&config),
            places: places(&config),
            hop_lanes,
            hop_depth: hop_depth(hops),
            hops,
            element_bits: element_bits(&config),
            result_beats: (e.dim * element_bits(&config)).div_ceil(config.frontend.result_bits),
            lane_bits: bits_for(u64::from(n.lanes)),
            bank_bits,
            slot_bits,
            row_number_bits,
            block_bits,
            array_bits,
            row_data_bits,
            prog_bits: row_data_bits,
            prog_addr_bits: slot_bits + row_number_bits + block_bits,
            config,
            folder: PathBuf::new(),
        };
        resolved.adc_levels = levels(&resolved);
        Ok(resolved)
    }

    /// The same with a changed configuration, checked again; `origin` names the change in messages.
    ///
    /// # Errors
    /// As [`Config::resolve`].
    pub fn with(&self, origin: &str, change: impl FnOnce(&mut Config)) -> Result<Self> {
        let mut config = self.config.clone();
        change(&mut config);
        let mut changed = config.resolve(origin)?;
        changed.folder.clone_from(&self.folder);
        Ok(changed)
    }

    /// Time of a column phase at a level, ns; `None` for a converter that takes a cycle for each bit,
    /// however long a cycle is.
    pub fn phase_ns(&self, level: &AdcLevel) -> Option<f64> {
        phase_ns(&self.config, level.bits, level.read_mode)
    }

    /// The file that `technology.file` names, if it names one.
    pub fn technology_file(&self) -> Option<PathBuf> {
        let name = &self.config.technology.file;
        (!name.is_empty()).then(|| self.folder.join(name))
    }

    /// Whether no activation can clip.
    pub fn is_lossless(&self) -> bool {
        self.adc_bits >= self.adc_bits_lossless
    }

    /// What offset binary adds to a stored value: 2^(value_bits - 1).
    pub fn offset(&self) -> u32 {
        1 << (self.config.embedding.value_bits - 1)
    }

    /// Largest level of a cell.
    pub fn cell_max(&self) -> u32 {
        (1 << self.config.crossbar.cell_bits) - 1
    }

    /// Largest column sum that an activation can give.
    pub fn largest_sum(&self) -> u32 {
        self.max_active_rows * self.cell_max()
    }

    /// The level that the mode switch chooses for `active_rows` (at least 1) rows.
    pub fn adc_level(&self, active_rows: u32) -> usize {
        self.adc_levels
            .iter()
            .position(|l| active_rows <= l.max_rows)
            .unwrap_or(self.adc_levels.len() - 1)
    }

    /// Clock cycles that an activation of `active_rows` rows keeps its bank busy.
    pub fn activation_cycles(&self, active_rows: u32) -> u32 {
        let level = &self.adc_levels[self.adc_level(active_rows)];
        self.wordline_cycles + self.phases * level.phase_cycles
    }

    /// Column block, bitline and cell slice's place of slice `slice` of element `dim`:
    /// `(block, bitline)`. Phase `p` senses bitlines `p * adcs ..`.
    pub fn bitline(&self, dim: u32, slice: u32) -> (u32, u32) {
        let adcs = self.config.crossbar.adcs;
        let (block, local) = (dim / self.dims_per_block, dim % self.dims_per_block);
        let column = if self.phases_per_dim == 1 {
            (local / self.dims_per_phase) * adcs
                + (local % self.dims_per_phase) * self.slices
                + slice
        } else {
            (local * self.phases_per_dim + slice / adcs) * adcs + slice % adcs
        };
        (block, column)
    }

    /// Global bank number of bank `bank` in lane `lane`.
    pub fn bank(&self, lane: u32, bank: u32) -> crate::ids::BankId {
        crate::ids::BankId(lane * self.config.engine.banks_per_lane + bank)
    }
}

/// Lanes of a hop, unless configured.
const LANES_OF_A_HOP: u32 = 8;

/// Bits of an element of a bag's sum, which is never narrower than a command's partial sum.
fn acc_bits(config: &Config) -> u32 {
    let e = &config.embedding;
    let most = e.max_bag.max(config.crossbar.rows);
    e.value_bits + clog2(u64::from(most))
}

/// Bits of an element of a vector in a beat of results.
pub(super) fn element_bits(config: &Config) -> u32 {
    match acc_bits(config) > 32 {
        true => 64,
        false => 32,
    }
}

/// Entries of a lane's gather store: one that is being filled for each port, and some that wait for their
/// banks. The fewer lanes, the more commands come to one. Measured by `cargo run -p xtask -- frontend`.
fn gather(config: &Config) -> u32 {
    let f = &config.frontend;
    match (f.gather, config.engine.lanes) {
        (0, 0..=4) => f.ports + 20,
        (0, 5..=8) => f.ports + 8,
        (0, _) => f.ports + 4,
        (entries, _) => entries,
    }
}

/// Beats that each of so many hops holds: with several hops, those behind one go on while it waits for its
/// lanes.
fn hop_depth(hops: u32) -> u32 {
    match hops {
        1 => 2,
        _ => 4,
    }
}

/// Vectors of a lane: room for the bags of all ports that have a part in it at a time.
fn places(config: &Config) -> u32 {
    let f = &config.frontend;
    match (f.places, config.engine.lanes) {
        (0, 0..=4) => (16 * f.ports).clamp(16, 64),
        (0, 5..=8) => (8 * f.ports).clamp(16, 64),
        (0, 9..=16) => (6 * f.ports).clamp(16, 48),
        (0, _) if f.ids_per_beat == 4 => (8 * f.ports).max(16),
        (0, _) => (4 * f.ports).max(16),
        (places, _) => places,
    }
}

/// Nanoseconds in whole cycles, rounded up (a hair below a whole number counts as that number).
fn cycles(ns: f64, clock_mhz: f64) -> u32 {
    (ns * clock_mhz / 1000.0 - 1e-9).ceil().max(0.0) as u32
}

/// A column phase of a flash converter in MAC mode at a resolution, ns.
fn flash_ns(t: &TechnologyKeys, bits: u32) -> f64 {
    let (read, mac) = (2.0, 6.0);
    let share = match t.flash_latency {
        FlashLatency::Mode => 1.0,
        FlashLatency::Bits => ((f64::from(bits) - read) / (mac - read)).clamp(0.0, 1.0),
    };
    t.flash_read_ns + share * (t.flash_mac_ns - t.flash_read_ns)
}

/// A column phase, ns; `None` if it takes a cycle for each bit.
fn phase_ns(config: &Config, bits: u32, read_mode: bool) -> Option<f64> {
    match config.adc.kind.phase_time() {
        PhaseTime::CyclePerBit => None,
        PhaseTime::PerMode if read_mode => Some(config.technology.flash_read_ns),
        PhaseTime::PerMode => Some(flash_ns(&config.technology, bits)),
    }
}

/// The switchable resolutions, merged where two neighbours are the same hardware.
fn levels(r: &Resolved) -> Vec<AdcLevel> {
    let (a, x) = (&r.config.adc, &r.config.crossbar);
    let per_row = (1u32 << x.cell_bits) - 1;
    let full = (1u32 << r.adc_bits) - 1;
    let make = |max_rows: u32, limit: u32, read_mode: bool| {
        let bits = clog2(u64::from(limit) + 1);
        let phase_ns = phase_ns(&r.config, bits, read_mode);
        let phase_cycles = phase_ns.map_or(bits, |ns| cycles(ns, r.config.technology.clock_mhz));
        AdcLevel {
            max_rows,
            limit,
            bits,
            phase_cycles: phase_cycles.max(1),
            read_mode,
        }
    };
    let mut out = Vec::new();
    if a.switch != AdcSwitch::Off {
        out.push(make(1, per_row.min(full), true));
    }
    if a.switch == AdcSwitch::Graded {
        let wanted: Vec<u32> = if a.levels.is_empty() {
            (1..)
                .map(|k| 1 << k)
                .take_while(|&n| n < r.max_active_rows)
                .collect()
        } else {
            a.levels.clone()
        };
        for rows in wanted.into_iter().filter(|&n| n > 1 && n <= x.rows) {
            if rows * per_row < full {
                out.push(make(rows, rows * per_row, false));
            }
        }
    }
    // A last level that covers every row leaves nothing for full resolution.
    if out.last().is_none_or(|l| l.max_rows < x.rows) {
        out.push(make(x.rows, full, false));
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    /// 2-bit cells: 1, 2, 4, 8, 16, 32 and 64 rows need 2, 3, 4, 5, 6, 7 and 8 bits. From 1.23 ns at 2
    /// bits to 2.31 ns at 6: 1.50, 1.77 and 2.04 ns between, at 2 ns a cycle.
    #[test]
    fn latency_between_the_modes_follows_the_bits_if_asked_for() {
        let cycles = |latency| {
            let mut config = Config::default();
            config.adc.switch = AdcSwitch::Graded;
            config.technology.flash_latency = latency;
            let levels = config.resolve("test").unwrap().adc_levels;
            let of = |l: &AdcLevel| (l.bits, l.phase_cycles);
            levels.iter().map(of).collect::<Vec<_>>()
        };
        let bits = [(2, 1), (3, 1), (4, 1), (5, 2), (6, 2), (7, 2), (8, 2)];
        assert_eq!(cycles(FlashLatency::Bits), bits);
        let mode = [(2, 1), (3, 2), (4, 2), (5, 2), (6, 2), (7, 2), (8, 2)];
        assert_eq!(cycles(FlashLatency::Mode), mode);
        let ns = flash_ns(
            &TechnologyKeys {
                flash_latency: FlashLatency::Bits,
                ..TechnologyKeys::default()
            },
            5,
        );
        assert!((ns - 2.04).abs() < 1e-9);
    }
}
