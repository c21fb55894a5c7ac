//! The configuration's keys. Each is declared here and nowhere else: its type, its default, its text
//! (the doc comment), and its bounds and unit as schema attributes. The check of ranges, the JSON
//! schema and the annotated template follow from the declaration. Rules over several keys are in
//! `checks.rs`.
//!
//! Extensions of the schema: `x-unit` is the unit, `x-power-of-two` admits powers of two only, `x-zero`
//! says what a special 0 means. `not` takes values out of a range.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::converter::Converter;

/// A whole configuration file. Every section and key has a default; unknown keys are refused.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// What is stored: embedding vectors in one or more tables.
    pub embedding: Embedding,
    /// One ReRAM array.
    pub crossbar: Crossbar,
    /// Analog-to-digital converters and their mode switch.
    pub adc: Adc,
    /// Lanes, banks and queues.
    pub engine: Engine,
    /// Ports for ids and vectors, and what is between them and the banks.
    pub frontend: Frontend,
    /// Names in the emitted Verilog.
    pub rtl: Rtl,
    /// How embeddings are laid out on the crossbars.
    pub mapping: MappingOptions,
    /// Clock and latencies of the hardware. Nanoseconds are rounded up to whole clock cycles.
    pub technology: TechnologyKeys,
    /// How co-simulation drives the model.
    pub simulation: Simulation,
}

/// What is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Embedding {
    /// Elements of an embedding vector.
    #[schemars(range(min = 1, max = 256))]
    pub dim: u32,
    /// Width of one signed element.
    #[schemars(range(min = 2, max = 16), extend("x-unit" = "bits"))]
    pub value_bits: u32,
    /// Number of rows of each table, in order. Leave it empty for a single table that is as large as
    /// the table file, or as the trace needs if the values are random.
    #[schemars(inner(range(min = 1, max = 1 << 30)))]
    pub tables: Vec<u32>,
    /// Number of elements in the vectors of each table, at most `dim`: one entry for each entry of
    /// `tables`. Leave it empty if all tables have `dim` elements. Narrower vectors end in zeros, and
    /// only tables of the same width share crossbars.
    #[schemars(inner(range(min = 1, max = 256)))]
    pub dims: Vec<u32>,
    /// Most lookups in one bag. It sets the width of the accumulators.
    #[schemars(range(min = 1, max = 1 << 20))]
    pub max_bag: u32,
}

impl Default for Embedding {
    fn default() -> Self {
        Embedding {
            dim: 16,
            value_bits: 8,
            tables: Vec::new(),
            dims: Vec::new(),
            max_bag: 4096,
        }
    }
}

/// One ReRAM array.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Crossbar {
    /// Wordlines of an array, which is also the number of embeddings in a group.
    #[schemars(range(min = 2, max = 512))]
    pub rows: u32,
    /// Bitlines of an array.
    #[schemars(range(min = 1, max = 1024))]
    pub cols: u32,
    /// Bits that one cell stores, at most `embedding.value_bits`.
    #[schemars(range(min = 1, max = 4), extend("x-unit" = "bits"))]
    pub cell_bits: u32,
    /// Converters of an array; must divide `cols`. An activation takes `cols / adcs` column phases.
    #[schemars(range(min = 1, max = 1024))]
    pub adcs: u32,
}

impl Default for Crossbar {
    fn default() -> Self {
        Crossbar {
            rows: 64,
            cols: 64,
            cell_bits: 2,
            adcs: 8,
        }
    }
}

/// How a converter's resolution follows the number of active rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[cfg_attr(feature = "cli", value(rename_all = "snake_case"))]
pub enum AdcSwitch {
    /// Always full resolution.
    Off,
    /// Read mode for a single active row, full resolution (MAC mode) for more.
    Dynamic,
    /// The resolution follows the number of active rows, in the steps that `levels` gives.
    Graded,
}

/// The width of a converter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum AdcBits {
    /// The word `auto`.
    Auto(Auto),
    /// That many bits. A width that cannot resolve every sum clips the larger ones, in the hardware
    /// and in the golden model alike.
    Bits(#[schemars(range(min = 1, max = 14), extend("x-unit" = "bits"))] u32),
}

/// The word `auto`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[cfg_attr(feature = "cli", value(rename_all = "snake_case"))]
pub enum Auto {
    /// The smallest width that resolves every sum.
    Auto,
}

/// Converters and their mode switch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Adc {
    /// Kind of converter.
    #[schemars(extend("not" = {
        "const": "murmann",
        "description": "murmann is an energy model, not a converter that can be built; a technology \
                        file takes it as adc.model"
    }))]
    pub kind: Converter,
    /// Full resolution of a converter.
    pub bits: AdcBits,
    /// How the resolution follows the number of active rows.
    pub switch: AdcSwitch,
    /// Levels of the graded switch: numbers of active rows in ascending order. An activation uses the
    /// smallest level that covers its rows, or else full resolution. Leave it empty for the powers of
    /// two.
    #[schemars(length(max = 16), inner(range(min = 1, max = 512)))]
    pub levels: Vec<u32>,
    /// Most rows that are sensed at once, at most `crossbar.rows`. A command of more rows takes several
    /// activations.
    #[schemars(range(min = 0, max = 512), extend("x-zero" = "all rows"))]
    pub max_active_rows: u32,
    /// Activations of 2 to this many rows are done as reads of single rows. With 0 or 1 none are.
    #[schemars(range(min = 0, max = 512))]
    pub read_split_max: u32,
}

impl Default for Adc {
    fn default() -> Self {
        Adc {
            kind: Converter::Flash,
            bits: AdcBits::Auto(Auto::Auto),
            switch: AdcSwitch::Dynamic,
            levels: Vec::new(),
            max_active_rows: 0,
            read_split_max: 1,
        }
    }
}

/// Event counters that the hardware has. Co-simulation compares them with the cycle model, which counts
/// the same events; reports take what is missing from the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[cfg_attr(feature = "cli", value(rename_all = "snake_case"))]
pub enum EventCounters {
    /// No counters.
    None,
    /// Counters of the engine and of each lane, and for each lane the sums of its banks' counters.
    Totals,
    /// Counters of the engine, of each lane and of each bank.
    Full,
}

/// Lanes, banks and queues.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Engine {
    /// Identical command lanes.
    #[schemars(range(min = 1, max = 64))]
    pub lanes: u32,
    /// Banks of a lane.
    #[schemars(range(min = 1, max = 64))]
    pub banks_per_lane: u32,
    /// Crossbars of a bank. A vector that needs several arrays side by side (column blocks) counts as
    /// one crossbar.
    #[schemars(range(min = 1, max = 65536))]
    pub crossbars_per_bank: u32,
    /// Commands that a bank can queue.
    #[schemars(range(min = 2, max = 1024), extend("x-power-of-two" = true))]
    pub queue_depth: u32,
    /// Vectors that one stage of the adder tree over the lanes adds up. A larger number gives fewer
    /// stages with longer paths.
    #[schemars(range(min = 2, max = 8), extend("x-power-of-two" = true))]
    pub tree_fan_in: u32,
    /// Event counters that the hardware has.
    pub counters: EventCounters,
    /// Width of an event counter. A counter that reaches 2^`counter_bits` starts again from 0.
    #[schemars(range(min = 8, max = 48), extend("x-unit" = "bits"))]
    pub counter_bits: u32,
}

impl Default for Engine {
    fn default() -> Self {
        Engine {
            lanes: 4,
            banks_per_lane: 4,
            crossbars_per_bank: 32,
            queue_depth: 16,
            tree_fan_in: 2,
            counters: EventCounters::Totals,
            counter_bits: 32,
        }
    }
}

/// Most ids of a beat.
pub(crate) const MAX_IDS_PER_BEAT: usize = 4;

/// Ports for ids and vectors, and what is between them and the banks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Frontend {
    /// Ports. Each takes bags of ids on a stream of its own, and gives their vectors in the same order.
    /// Ports do not wait for each other. Short bags need more ports.
    #[schemars(range(min = 1, max = 8))]
    pub ports: u32,
    /// Ids that a port takes in a cycle. More ports do better than more ids a beat.
    #[schemars(range(min = 1, max = MAX_IDS_PER_BEAT), extend("x-power-of-two" = true))]
    pub ids_per_beat: u32,
    /// Bags in flight, of each port. Short bags need more.
    #[schemars(range(min = 2, max = 1024), extend("x-power-of-two" = true))]
    pub window: u32,
    /// Commands that a lane gathers from the ids of its ports at a time. With too few, an id leaves
    /// before others of its group arrive, and the banks get more commands. What is derived suits ids in
    /// the order in which the host software of this package gives them; others need several times as
    /// many.
    #[schemars(
        range(min = 0, max = 64),
        extend("x-zero" = "a number that suits lanes and ports", "not" = { "minimum": 1, "maximum": 1 })
    )]
    pub gather: u32,
    /// Vectors that a lane can add up at a time, for all ports together; at least one for each port.
    #[schemars(range(min = 0, max = 256), extend("x-zero" = "a number that suits lanes and ports"))]
    pub places: u32,
    /// Lanes that one hop of the chain serves. Ids pass a hop a cycle.
    #[schemars(range(min = 0, max = 64), extend("x-zero" = "about 8"))]
    pub hop_lanes: u32,
    /// Width of a beat of results: a multiple of an element's 32 bits, or 64 where the sums of
    /// `embedding.max_bag` elements need more than 32.
    #[schemars(
        range(min = 32, max = 1024),
        extend("x-unit" = "bits", "x-power-of-two" = true)
    )]
    pub result_bits: u32,
    /// Width of the tag that comes in with a bag and back with its vector.
    #[schemars(range(min = 1, max = 32), extend("x-unit" = "bits"))]
    pub tag_bits: u32,
}

impl Default for Frontend {
    fn default() -> Self {
        Frontend {
            ports: 4,
            ids_per_beat: 1,
            window: 32,
            gather: 0,
            places: 0,
            hop_lanes: 0,
            result_bits: 64,
            tag_bits: 16,
        }
    }
}

/// Names in the emitted Verilog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Rtl {
    /// Start of the names of all modules and files of an RTL package: an identifier of at most 32
    /// characters. Two packages in one chip need different prefixes.
    #[schemars(length(min = 1, max = 32))]
    pub prefix: String,
}

impl Default for Rtl {
    fn default() -> Self {
        Rtl {
            prefix: Rtl::DEFAULT_PREFIX.to_owned(),
        }
    }
}

/// Method that groups embeddings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[cfg_attr(feature = "cli", value(rename_all = "snake_case"))]
pub enum Method {
    /// In the order of their ids: the naive layout.
    IdOrder,
    /// A seeded shuffle.
    Random,
    /// In the order of their access counts, the most frequent first.
    Frequency,
    /// Greedy grouping by co-occurrence, as the ReCross paper describes it.
    Recross,
    /// Bisection or greedy grouping, improved by annealing: the result that does best on held-out bags.
    Optimized,
}

/// How much work method `optimized` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[cfg_attr(feature = "cli", value(rename_all = "snake_case"))]
pub enum Effort {
    /// Bisection and a short annealing; takes seconds.
    Fast,
    /// Several starts, judged on held-out bags, and a longer annealing.
    Balanced,
    /// Annealing for as long as `time_budget_s` allows.
    High,
}

/// What method `optimized` minimises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[cfg_attr(feature = "cli", value(rename_all = "snake_case"))]
pub enum Objective {
    /// The number of groups that the bags touch.
    Activations,
    /// The energy of the commands according to the technology file, where a read of one row is cheap
    /// and sensing several rows is not.
    Energy,
    /// As `activations`, with a penalty for groups that are hotter than they have to be.
    Makespan,
}

/// Which copies are made of hot groups and rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[cfg_attr(feature = "cli", value(rename_all = "snake_case"))]
pub enum Replication {
    /// No copies.
    None,
    /// Copies of groups, their number growing with the logarithm of the access count.
    Log,
    /// Copies of groups, their number growing with the access count.
    Proportional,
    /// Copies of groups, each where it shortens a batch most.
    Optimized,
    /// Copies of groups as with `optimized`, and crossbars that hold second homes of single hot rows of
    /// many groups. The mix of the two is chosen on batches of the history.
    Rows,
}

/// How embeddings are laid out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MappingOptions {
    /// Method that groups embeddings.
    pub method: Method,
    /// How much work method `optimized` does.
    pub effort: Effort,
    /// Time that effort `high` takes.
    #[schemars(range(min = 1, max = 86400), extend("x-unit" = "s"))]
    pub time_budget_s: f64,
    /// Exchanges that method `optimized` proposes. A number makes effort `high` reproducible.
    #[schemars(
        range(min = 0, max = 9_223_372_036_854_775_807_u64),
        extend("x-zero" = "as many as the effort says")
    )]
    pub proposals: u64,
    /// What method `optimized` minimises.
    pub objective: Objective,
    /// Which copies are made of hot groups and rows.
    pub replication: Replication,
    /// Extra crossbars for copies, as a fraction of the number of groups.
    #[schemars(range(min = 0, max = 16))]
    pub budget: f64,
    /// Fraction of the trace, at its end, that is kept out of learning and used to judge the mapping.
    #[schemars(range(min = 0, max = 0.99))]
    pub holdout: f64,
    /// Memory for the trace and for learning from it. A trace that needs more is sampled.
    #[schemars(
        range(min = 0, max = 1 << 20),
        extend("x-unit" = "MiB", "x-zero" = "no bound", "not" = { "minimum": 1, "maximum": 63 })
    )]
    pub memory_mib: u32,
    /// Bags that are issued together. The makespan is that of such a batch.
    #[schemars(range(min = 1, max = 65536))]
    pub batch: u32,
    /// Seed of all random choices of the mapping.
    #[schemars(range(min = 0, max = 9_223_372_036_854_775_807_u64))]
    pub seed: u64,
}

impl Default for MappingOptions {
    fn default() -> Self {
        MappingOptions {
            method: Method::Optimized,
            effort: Effort::Balanced,
            time_budget_s: 60.0,
            proposals: 0,
            objective: Objective::Activations,
            replication: Replication::Optimized,
            budget: 0.2,
            holdout: 0.2,
            memory_mib: 0,
            batch: 256,
            seed: 1,
        }
    }
}

impl MappingOptions {
    /// Whether there are crossbars for copies.
    pub fn copies(&self) -> bool {
        self.replication != Replication::None && self.budget > 0.0
    }
}

/// Clock and latencies. Nanoseconds are rounded up to cycles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TechnologyKeys {
    /// Clock of the digital part. The default is that of MNSIM-2.0 (SimConfig.ini).
    #[schemars(range(min = 1, max = 10_000), extend("x-unit" = "MHz"))]
    pub clock_mhz: f64,
    /// Wordline set-up before the first column phase, at least one cycle. The default is inferred.
    #[schemars(range(min = 0, max = 10_000), extend("x-unit" = "ns"))]
    pub wordline_ns: f64,
    /// Writing and verifying one row of an array. The default is that of the NeuRRAM chip (8,520 ns);
    /// a single pulse takes 50 ns. Only rows that the control slave writes take it.
    #[schemars(range(min = 0, max = 1_000_000), extend("x-unit" = "ns"))]
    pub write_ns: f64,
    /// Column phase of a flash converter in MAC mode. The default is that of NeuroSim V1.4 for a 64x64
    /// array at 22 nm with 6 bits.
    #[schemars(range(min = 0.01, max = 10_000), extend("x-unit" = "ns"))]
    pub flash_mac_ns: f64,
    /// Column phase of a flash converter in read mode. The default is that of NeuroSim V1.4 for the same
    /// array with 2 bits.
    #[schemars(range(min = 0.01, max = 10_000), extend("x-unit" = "ns"))]
    pub flash_read_ns: f64,
    /// Column phase of a flash converter at the resolutions between read mode and full resolution, which
    /// only the graded switch has.
    pub flash_latency: FlashLatency,
    /// Technology file (TOML) whose numbers for energy, area and comparison override the built-in ones.
    /// Its path starts at the folder of this file. Leave it empty for the built-in numbers, which
    /// `recross init --technology` prints. The Verilog does not depend on them.
    pub file: String,
}

impl Default for TechnologyKeys {
    fn default() -> Self {
        TechnologyKeys {
            clock_mhz: 500.0,
            wordline_ns: 2.0,
            write_ns: 8520.0,
            flash_mac_ns: 2.31,
            flash_read_ns: 1.23,
            flash_latency: FlashLatency::Mode,
            file: String::new(),
        }
    }
}

/// Latency of a flash converter between read mode and full resolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[cfg_attr(feature = "cli", value(rename_all = "snake_case"))]
pub enum FlashLatency {
    /// That of MAC mode.
    Mode,
    /// On a straight line over the resolved bits, from `flash_read_ns` at 2 bits to `flash_mac_ns` at 6,
    /// the resolutions at which the default numbers were measured. The line is inferred: nothing
    /// between the two was measured.
    Bits,
}

/// How co-simulation drives the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Simulation {
    /// Chance that an input stream pauses in a cycle.
    #[schemars(range(min = 0, max = 1000), extend("x-unit" = "of 1024"))]
    pub input_idle: u32,
    /// Chance that a result stream is not ready in a cycle.
    #[schemars(range(min = 0, max = 1000), extend("x-unit" = "of 1024"))]
    pub output_stall: u32,
    /// Start from random contents of every register and memory, which reset and programming have to
    /// replace.
    pub random_init: bool,
    /// Seed of the random contents.
    #[schemars(range(min = 1, max = 2_147_483_647))]
    pub init_seed: u32,
    /// Seed of the pauses.
    #[schemars(range(min = 0, max = 9_223_372_036_854_775_807_u64))]
    pub seed: u64,
    /// Cycles without any handshake after which a run counts as hung.
    #[schemars(range(min = 1000, max = 4_294_967_295_u32), extend("x-unit" = "cycles"))]
    pub idle_limit: u32,
}

impl Default for Simulation {
    fn default() -> Self {
        Simulation {
            input_idle: 0,
            output_stall: 0,
            random_init: true,
            init_seed: 1,
            seed: 1,
            idle_limit: 100_000,
        }
    }
}
