//! What a co-simulation found.

use std::path::Path;

use serde::Serialize;

use super::head::ratio;
use super::{Head, LayoutReport, RenumberedReport, TimingReport};
use crate::config::Resolved;
use crate::cosim::check::EventDifference;
use crate::cosim::counters::Sources;
use crate::cosim::{StatusDifference, Verdict};
use crate::flow::fit::Chosen;
use crate::flow::{Seconds, Simulated, Split};
use crate::formats::table::{PoolingError, TableReport};
use crate::formats::trace::{Bags, Sample};
use crate::hardware::{Bounds, Counters};
use crate::learn::Score;
use crate::mapping::Mapping;
use crate::reference::golden::Mismatch;

/// What `recross run` and `recross cosim` say: the content of `report.json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Version and command.
    #[serde(flatten)]
    pub head: Head,
    /// What `--fit` changed of the configuration.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fitted: Vec<Chosen>,
    /// The trace and what of it was driven.
    pub trace: TraceReport,
    /// The tables.
    pub tables: Vec<TableReport>,
    /// The design.
    pub design: DesignReport,
    /// The mapping.
    pub mapping: LayoutReport,
    /// The mapping's cost on the driven bags, by counting.
    pub score: Score,
    /// The naive layout on the same bags.
    pub naive: NaiveReport,
    /// What the RTL did.
    pub simulation: SimulationReport,
    /// What the cycle model says, and whether the RTL agrees.
    pub timing: TimingReport,
    /// Whether it was right.
    pub check: CheckReport,
    /// Float tables: pooled results against float pooling of the unquantised table.
    pub quantisation: Option<PoolingError>,
    /// Files written.
    pub files: Vec<String>,
    /// What depends on the machine.
    pub host: HostReport,
}

/// A trace and what of it was driven.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TraceReport {
    /// The file.
    pub path: String,
    /// Bags of the file, or of the sample of it.
    pub bags: u64,
    /// Lookups of the file, or of the sample of it.
    pub lookups: u64,
    /// What was sampled, if the file takes more than `mapping.memory_mib`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<Sample>,
    /// Which lists gave ids their numbers, with `--renumber`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub renumbered: Vec<RenumberedReport>,
    /// Bags that the mapping learned from; 0 if it came from a file.
    pub history_bags: u64,
    /// Number of the first driven bag, counted from 0.
    pub first_driven_bag: u64,
    /// Bags driven.
    pub driven_bags: u64,
    /// Their lookups.
    pub driven_lookups: u64,
    /// Whether the driven bags are apart from the history.
    pub held_out: bool,
}

impl TraceReport {
    /// The trace `bags`, cut as `split` says; `learned`: a mapping was learned from its history.
    pub fn new(
        (path, sample, renumbered): (&Path, Option<Sample>, Vec<RenumberedReport>),
        bags: &Bags,
        split: &Split,
        learned: bool,
    ) -> Self {
        TraceReport {
            sample,
            renumbered,
            path: path.display().to_string(),
            bags: bags.len() as u64,
            lookups: bags.lookups(),
            history_bags: if learned {
                split.history.len() as u64
            } else {
                0
            },
            first_driven_bag: split.first as u64,
            driven_bags: split.driven.len() as u64,
            driven_lookups: split.driven.lookups(),
            held_out: learned && split.held_out,
        }
    }
}

/// The geometry in short; `config.json` has all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DesignReport {
    /// Command lanes.
    pub lanes: u32,
    /// Banks of all lanes.
    pub banks: u32,
    /// Wordlines of a crossbar.
    pub rows: u32,
    /// Bitlines of a crossbar.
    pub cols: u32,
    /// Bits of a cell.
    pub cell_bits: u32,
    /// Crossbars side by side that hold one vector.
    pub column_blocks: u32,
    /// Converters of an array.
    pub adcs: u32,
    /// Their full resolution.
    pub adc_bits: u32,
    /// The smallest lossless resolution.
    pub adc_bits_lossless: u32,
}

impl DesignReport {
    /// The geometry of a configuration.
    pub fn new(r: &Resolved) -> Self {
        let x = &r.config.crossbar;
        DesignReport {
            lanes: r.config.engine.lanes,
            banks: r.banks,
            rows: x.rows,
            cols: x.cols,
            cell_bits: x.cell_bits,
            column_blocks: r.column_blocks,
            adcs: x.adcs,
            adc_bits: r.adc_bits,
            adc_bits_lossless: r.adc_bits_lossless,
        }
    }
}

/// The naive layout (id order, one copy) on the same bags.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NaiveReport {
    /// Crossbars that it takes.
    pub crossbars: u64,
    /// Its cost, by counting.
    pub score: Score,
    /// Its activations over those of the mapping that was driven.
    pub activations_ratio: f64,
    /// Its sensings of crossbars per bag.
    pub activations_per_bag: f64,
}

impl NaiveReport {
    /// The naive mapping, its cost, and the cost of the mapping that was driven.
    pub fn new(naive: &Mapping, score: Score, driven: &Score) -> Self {
        NaiveReport {
            crossbars: naive.crossbars(),
            activations_ratio: ratio(score.activations, driven.activations),
            activations_per_bag: ratio(score.activations, score.bags),
            score,
        }
    }
}

/// Conversions by mode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conversions {
    /// In read mode (one active row).
    pub read: u64,
    /// In MAC mode.
    pub mac: u64,
    /// Thresholds enabled over all conversions.
    pub thresholds: u64,
    /// By level of the mode switch.
    pub levels: Vec<LevelReport>,
}

/// Conversions at one level of the mode switch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LevelReport {
    /// Most active rows of the level.
    pub max_rows: u32,
    /// Bits resolved.
    pub bits: u32,
    /// Whether it is the read mode.
    pub read_mode: bool,
    /// Conversions, as the commands imply.
    pub conversions: u64,
}

/// The throughput contract's bounds and which of them it was.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BoundReport {
    /// The largest bound's name.
    pub name: &'static str,
    /// The largest bound, in cycles.
    pub cycles: u64,
    /// Cycles over that bound, the pipeline's fill taken off.
    pub ratio: f64,
    /// All bounds.
    pub all: Bounds,
}

/// Counts of the run's events, and where they come from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CountersReport {
    /// Where they come from.
    pub source: Sources,
    /// All counts, in full.
    #[serde(flatten)]
    pub counters: Counters,
}

/// What the RTL did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SimulationReport {
    /// Cycles from the first offer to the last result.
    pub cycles: u64,
    /// What bounded them.
    pub bound: BoundReport,
    /// Commands of all lanes.
    pub commands: u64,
    /// Sensings of crossbars.
    pub activations: u64,
    /// Per driven bag.
    pub activations_per_bag: f64,
    /// Activations of exactly one row.
    pub single_row: u64,
    /// Their share.
    pub single_row_share: f64,
    /// Rows over all activations.
    pub active_rows: u64,
    /// Conversions by mode.
    pub conversions: Conversions,
    /// Cycles that programming the memories took.
    pub program_cycles: u64,
    /// Cycles clocked in all, programming and counter reading included.
    pub simulated_cycles: u64,
    /// All events.
    pub counters: CountersReport,
}

impl SimulationReport {
    /// Sums up a run of `bags` bags.
    pub fn new(simulated: &Simulated, bags: u64, r: &Resolved) -> Self {
        let (outcome, counts) = (&simulated.outcome, &simulated.verdict.counts);
        let banks = &counts.bank_total;
        let converters = u64::from(r.config.crossbar.adcs) * u64::from(r.column_blocks);
        let bounds = simulated.predicted.timing.bounds;
        let (name, cycles) = bounds.largest();
        let levels = r.adc_levels.iter().zip(&simulated.implied.conversions);
        SimulationReport {
            cycles: outcome.cycles,
            bound: BoundReport {
                name,
                cycles,
                ratio: bounds.ratio(outcome.cycles),
                all: bounds,
            },
            commands: banks.commands,
            activations: banks.activations,
            activations_per_bag: ratio(banks.activations, bags),
            single_row: banks.single_row,
            single_row_share: ratio(banks.single_row, banks.activations),
            active_rows: banks.active_rows,
            conversions: Conversions {
                read: banks.read_phases * converters,
                mac: banks.mac_phases * converters,
                thresholds: banks.thresholds * converters,
                levels: levels
                    .map(|(l, &conversions)| LevelReport {
                        max_rows: l.max_rows,
                        bits: l.bits,
                        read_mode: l.read_mode,
                        conversions,
                    })
                    .collect(),
            },
            program_cycles: outcome.program_cycles,
            simulated_cycles: outcome.simulated_cycles,
            counters: CountersReport {
                source: counts.source,
                counters: counts.counters.clone(),
            },
        }
    }
}

/// An element that differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Bag, counted from the first driven.
    pub bag: u64,
    /// Element of the vector.
    pub element: u64,
    /// What it should be.
    pub expected: i64,
    /// What the RTL gave.
    pub got: i64,
}

impl From<&Mismatch> for Difference {
    fn from(m: &Mismatch) -> Self {
        Difference {
            bag: m.bag as u64,
            element: m.element as u64,
            expected: m.expected,
            got: m.got,
        }
    }
}

/// Whether the results were right.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckReport {
    /// Whether everything matched.
    pub passed: bool,
    /// What the results were held against: the exact golden reducer, or, for converters that clip by
    /// choice, the golden model of the hardware.
    pub against: &'static str,
    /// Bags compared.
    pub bags: u64,
    /// Elements compared.
    pub elements: u64,
    /// Bags with a wrong element.
    pub mismatched_bags: u64,
    /// Wrong elements.
    pub mismatched_elements: u64,
    /// The first of them.
    pub first: Vec<Difference>,
    /// Number of counts that are not what the commands imply.
    pub mismatched_events: u64,
    /// These counts.
    pub events: Vec<EventDifference>,
    /// Status outputs that are wrong after the run.
    pub status: Vec<StatusDifference>,
    /// Converters that clip by choice: how far results are from exact.
    pub clipping: Option<Clipping>,
}

/// How far clipped results are from the exact ones.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Clipping {
    /// Share of the elements that differ.
    pub share: f64,
    /// Mean absolute difference over all elements.
    pub mean_abs: f64,
    /// Largest absolute difference.
    pub max_abs: u64,
}

impl CheckReport {
    /// What a verdict says.
    pub fn new(v: &Verdict) -> Self {
        let c = v.deciding();
        CheckReport {
            passed: v.passed(),
            against: match v.lossy {
                true => "hardware golden model",
                false => "exact golden reducer",
            },
            bags: c.bags,
            elements: c.elements,
            mismatched_bags: c.wrong_bags,
            mismatched_elements: c.wrong_elements,
            first: c.first.iter().map(Difference::from).collect(),
            mismatched_events: v.events.len() as u64,
            events: v.events.clone(),
            status: v.status.clone(),
            clipping: v.lossy.then(|| Clipping {
                share: v.exact.wrong_share(),
                mean_abs: v.exact.mean_abs(),
                max_abs: v.exact.max_abs,
            }),
        }
    }
}

/// What depends on the machine and its load.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HostReport {
    /// Whether the model was built now, not found in the cache.
    pub model_built: bool,
    /// Wall seconds to build or find it.
    pub build_seconds: f64,
    /// Processor seconds of the compilers, where the system tells.
    pub build_cpu_seconds: Option<f64>,
    /// Wall seconds in the clock loop.
    pub simulation_seconds: f64,
    /// Cycles clocked per second there.
    pub cycles_per_second: f64,
    /// Activations per second there.
    pub activations_per_second: f64,
    /// Wall seconds of everything so far.
    pub total_seconds: f64,
    /// Wall seconds neither in the build nor in the clock loop.
    pub other_seconds: f64,
    /// Wall seconds to learn the mapping.
    pub map_seconds: f64,
    /// Wall seconds to translate the bags.
    pub translate_seconds: f64,
    /// Wall seconds of the golden models.
    pub golden_seconds: f64,
    /// Wall seconds of the cycle model.
    pub model_seconds: f64,
}

impl HostReport {
    /// Times of a run that has taken `total_seconds` in all.
    pub fn new(simulated: &Simulated, map_seconds: f64, total_seconds: f64) -> Self {
        let s: &Seconds = &simulated.seconds;
        let per_second = |n: u64| match s.clock_loop {
            0.0 => 0.0,
            seconds => n as f64 / seconds,
        };
        HostReport {
            model_built: simulated.build.fresh,
            build_seconds: s.build,
            build_cpu_seconds: simulated.build.cpu_seconds,
            simulation_seconds: s.clock_loop,
            cycles_per_second: per_second(simulated.outcome.simulated_cycles),
            activations_per_second: per_second(simulated.verdict.counts.bank_total.activations),
            total_seconds,
            other_seconds: (total_seconds - s.build - s.clock_loop).max(0.0),
            map_seconds,
            translate_seconds: s.translate,
            golden_seconds: s.golden,
            model_seconds: s.model,
        }
    }
}
