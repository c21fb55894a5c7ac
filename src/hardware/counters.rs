//! The engine's event counters, from the RTL or the cycle model, and the bounds that they imply.

use super::params::Params;
use crate::config::Resolved;
use serde::Serialize;

/// Counters of a bank (`count_kind_i` 2) in index order: name and meaning.
pub const COUNTERS_BANK: &[(&str, &str)] = &[
    ("commands", "commands served"),
    ("activations", "activations"),
    ("single_row", "activations of one row"),
    ("active_rows", "active rows, summed over activations"),
    (
        "read_phases",
        "column phases in read mode; times adcs * column blocks: conversions",
    ),
    (
        "mac_phases",
        "column phases in MAC mode; times adcs * column blocks: conversions",
    ),
    (
        "thresholds",
        "enabled thresholds of one converter, summed over phases",
    ),
    (
        "busy",
        "cycles in which the sensing stage held an activation",
    ),
    (
        "merge_stall",
        "of those, cycles in which it waited for an earlier result to be merged",
    ),
    (
        "row_commands",
        "commands of one row that came as its number (cmd_single_i)",
    ),
];

/// Counters of a lane (`count_kind_i` 1) in index order.
pub const COUNTERS_LANE: &[(&str, &str)] = &[
    ("commands", "commands sent to banks"),
    (
        "wait_place",
        "cycles in which an id found no place for its bag's sum",
    ),
    (
        "wait_room",
        "cycles in which an id with a place found the gather store full",
    ),
    (
        "wait_queue",
        "cycles in which commands were due and no bank had room for one",
    ),
    (
        "merge_conflicts",
        "cycles in which more than one bank had a result to merge",
    ),
    (
        "adds",
        "results added to an earlier one of their bag; the others were its first in this lane",
    ),
];

/// Counters of the engine (`count_kind_i` 0) in index order.
pub const COUNTERS_ENGINE: &[(&str, &str)] = &[
    ("cycles", "cycles"),
    ("retired", "bags retired"),
    (
        "ids_wait",
        "cycles in which a beat of ids was not taken; each such port counts",
    ),
    (
        "results_wait",
        "cycles in which a beat of results was not taken; each such port counts",
    ),
    (
        "tree_words",
        "vectors that registers of the trees over the lanes took, the lanes' own included",
    ),
    ("tree_adds", "additions of two vectors in those trees"),
];

macro_rules! counters {
    ($(#[$doc:meta])* $name:ident, $map:ident { $($field:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
        #[allow(missing_docs)] // each is the counter of that name in the package's README
        pub struct $name { $(pub $field: u64),* }

        impl $name {
            const NAMES: &'static [&'static str] = &[$(stringify!($field)),*];

            pub(crate) fn from_values(values: &[u64]) -> Self {
                let mut values = values.iter().copied();
                $name { $($field: values.next().unwrap_or(0)),* }
            }

            /// Each counter's name and count.
            pub fn named(&self) -> impl Iterator<Item = (&'static str, u64)> {
                Self::NAMES.iter().copied().zip([$(self.$field),*])
            }

            /// Adds the counts of `other`.
            pub fn add(&mut self, other: &Self) {
                self.add_times(other, 1);
            }

            /// Adds `times` times the counts of `other`.
            pub(crate) fn add_times(&mut self, other: &Self, times: u64) {
                $(self.$field += other.$field * times;)*
            }
        }

        // Software and hardware must have the same counters.
        const _: () = assert!($name::NAMES.len() == $map.len());
    };
}

counters!(
    /// Counters of the engine.
    EngineCounters, COUNTERS_ENGINE { cycles, retired, ids_wait, results_wait, tree_words, tree_adds }
);
counters!(
    /// Counters of one lane.
    LaneCounters, COUNTERS_LANE { commands, wait_place, wait_room, wait_queue, merge_conflicts, adds }
);
counters!(
    /// Counters of one bank.
    BankCounters, COUNTERS_BANK {
        commands, activations, single_row, active_rows, read_phases, mac_phases, thresholds, busy,
        merge_stall, row_commands,
    }
);

/// All counters of an engine.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Counters {
    /// Counters of the engine.
    pub engine: EngineCounters,
    /// Counters of each lane.
    pub lanes: Vec<LaneCounters>,
    /// Counters of each bank, lane by lane.
    pub banks: Vec<BankCounters>,
}

/// The bounds of the throughput contract, and the pipeline's fill, in cycles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Bounds {
    /// Beats of ids of the port with the most.
    pub ids_in: u64,
    /// Busy cycles of the busiest bank, without stalls by the merge.
    pub busiest_bank: u64,
    /// Commands of the lane with the most commands.
    pub commands_per_lane: u64,
    /// Bags of the port with the most, each of which retires one a cycle.
    pub bags_retired: u64,
    /// Beats of results of that port.
    pub results_out: u64,
    /// Cycles of a bag with one command of the slowest kind in an empty pipeline.
    pub fill: u64,
}

impl Bounds {
    /// The bounds of a run with these counts: `beats` of ids at the port with the most, and `bags` at
    /// the port with the most.
    pub fn new(counters: &Counters, beats: u64, bags: u64, resolved: &Resolved) -> Self {
        let activation = u64::from(resolved.activation_cycles(resolved.max_active_rows));
        let tree = u64::from(Params::new(resolved).levels);
        let busy = counters.banks.iter().map(|b| b.busy - b.merge_stall);
        Bounds {
            ids_in: beats,
            busiest_bank: busy.max().unwrap_or(0),
            commands_per_lane: counters.lanes.iter().map(|l| l.commands).max().unwrap_or(0),
            bags_retired: bags,
            results_out: bags * u64::from(resolved.result_beats),
            // Intake, hops, pick and match, store; queue and preparation, conversion, result, merge,
            // sum; register, tree and result.
            fill: 2
                + u64::from(resolved.hops)
                + 2
                + 3
                + activation
                + 5
                + tree
                + u64::from(resolved.result_beats),
        }
    }

    /// The bounds with their names.
    pub fn named(&self) -> [(&'static str, u64); 5] {
        [
            ("ids in", self.ids_in),
            ("busiest bank", self.busiest_bank),
            ("commands per lane", self.commands_per_lane),
            ("bags retired", self.bags_retired),
            ("results out", self.results_out),
        ]
    }

    /// The name and value of the largest bound; of equal ones, the first in
    /// [`Bounds::named`].
    pub fn largest(&self) -> (&'static str, u64) {
        let mut best = ("ids in", 0);
        for bound in self.named() {
            if bound.1 > best.1 {
                best = bound;
            }
        }
        best
    }

    /// (`cycles` - fill) / largest bound.
    pub fn ratio(&self, cycles: u64) -> f64 {
        cycles.saturating_sub(self.fill) as f64 / self.largest().1.max(1) as f64
    }
}

impl Counters {
    /// The sum over all banks.
    pub fn bank_total(&self) -> BankCounters {
        let mut total = BankCounters::default();
        self.banks.iter().for_each(|b| total.add(b));
        total
    }

    /// The sum over all lanes.
    pub fn lane_total(&self) -> LaneCounters {
        let mut total = LaneCounters::default();
        self.lanes.iter().for_each(|l| total.add(l));
        total
    }
}
