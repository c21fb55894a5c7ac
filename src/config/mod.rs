//! Configuration: what the user writes (TOML), checked, with everything that follows from it.
//!
//! [`Config`] mirrors the file; [`Resolved`] is the only form that the rest of the program sees.

mod checks;
mod derived;
mod names;
mod presets;

pub use derived::{AdcLevel, Resolved};
pub use presets::{PRESETS, Preset, annotated_template, preset};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use std::path::Path;

/// A whole configuration file. Every section and key has a default; unknown keys are refused.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// What is stored: vectors and tables.
    pub embedding: Embedding,
    /// One ReRAM array.
    pub crossbar: Crossbar,
    /// Converters and their mode switch.
    pub adc: Adc,
    /// Lanes, banks, queues and windows.
    pub engine: Engine,
    /// Names in the emitted Verilog.
    pub rtl: Rtl,
    /// How embeddings are laid out.
    pub mapping: MappingOptions,
    /// Clock and latencies; where the other technology numbers are.
    pub technology: Technology,
    /// How co-simulation drives the model.
    pub simulation: Simulation,
}

/// What is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Embedding {
    /// Elements of one embedding vector, 1..=256.
    pub dim: u32,
    /// Bits of one signed element, 2..=16.
    pub value_bits: u32,
    /// Rows of each table, in order. Empty: one table, as large as the table file or, with
    /// `random:SEED`, as the trace needs.
    pub tables: Vec<u32>,
    /// Elements of each table's vectors, 1..=dim, one entry for each of `tables`. Empty: all have
    /// `dim`. Narrower vectors end in zeros, and only tables of the same width share crossbars.
    pub dims: Vec<u32>,
    /// Most lookups in one bag, 1..=1048576; sizes the accumulators.
    pub max_bag: u32,
}

/// One ReRAM array.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Crossbar {
    /// Wordlines, 2..=512: embeddings of one group.
    pub rows: u32,
    /// Bitlines, 1..=1024.
    pub cols: u32,
    /// Bits of one cell, 1..=4.
    pub cell_bits: u32,
    /// Converters of one array; divides `cols`. An activation has `cols / adcs` column phases.
    pub adcs: u32,
}

/// Kind of converter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdcKind {
    /// All thresholds at once; latency per mode from the technology section.
    Flash,
    /// One cycle per bit that is resolved.
    Sar,
}

/// How the converter's resolution follows the number of active rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdcSwitch {
    /// Always full resolution.
    Off,
    /// Read mode for exactly one active row, full MAC mode otherwise.
    Dynamic,
    /// Thresholds enabled follow the active rows.
    Graded,
}

/// `"auto"` or a number of bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "neither \"auto\" nor a whole number of bits")]
pub enum AdcBits {
    /// The smallest lossless width.
    Auto(Auto),
    /// This many bits; fewer than lossless clips, in RTL and golden model alike.
    Bits(u32),
}

/// The word `auto`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Auto {
    /// Chosen by recross.
    Auto,
}

/// Converters and their mode switch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Adc {
    /// `flash` or `sar`.
    pub kind: AdcKind,
    /// `"auto"` or 1..=14.
    pub bits: AdcBits,
    /// `off`, `dynamic` or `graded`.
    pub switch: AdcSwitch,
    /// Levels of the graded switch, in active rows, ascending, at most 16; empty: powers of two.
    /// An activation uses the smallest level that covers it, else full resolution.
    pub levels: Vec<u32>,
    /// Most rows sensed at once, 1..=rows; 0 means `rows`. A fuller mask takes several activations.
    pub max_active_rows: u32,
    /// Activations of 2..=n rows are done as n single-row reads; 0 or 1: never.
    pub read_split_max: u32,
}

/// How a lane's dispatcher picks among the replicas of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Dispatch {
    /// The replica whose bank holds the fewest unfinished commands; ties to the lowest.
    LeastOccupied,
    /// Each group takes its replicas in turn.
    RoundRobin,
}

/// Lanes, banks, queues and windows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Engine {
    /// Identical command lanes, 1..=64.
    pub lanes: u32,
    /// Banks of a lane, 1..=64.
    pub banks_per_lane: u32,
    /// Crossbars (each with its column blocks) of a bank, 1..=65536.
    pub crossbars_per_bank: u32,
    /// Commands that a bank queues, a power of two, 2..=1024.
    pub queue_depth: u32,
    /// Bags in flight, a power of two, 2..=4096.
    pub window: u32,
    /// Bags that retire in a cycle at most, and header and result streams: a power of two, 1..=8, at
    /// most half the window. Bag b belongs to port b modulo `retire_ports`.
    pub retire_ports: u32,
    /// Vectors that a stage of the adder tree over the lanes adds up: 2, 4 or 8. More make fewer stages
    /// of longer paths.
    pub tree_fan_in: u32,
    /// Most replicas of a group inside one lane, 1..=64.
    pub max_replicas: u32,
    /// Replica choice at run time.
    pub dispatch: Dispatch,
}

/// Names in the emitted Verilog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Rtl {
    /// Begins the names of all modules and files of the package, an identifier of 1..=32 characters.
    /// Packages of one chip need different ones.
    pub prefix: String,
}

/// Grouping method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// By id: the naive layout.
    IdOrder,
    /// A seeded shuffle.
    Random,
    /// By descending access count.
    Frequency,
    /// Greedy co-occurrence grouping, as ReCross describes it.
    Recross,
    /// Bisection or greedy grouping, annealed, the best on held-out bags.
    Optimized,
}

impl Method {
    /// Every method.
    pub const ALL: [Method; 5] = [
        Method::IdOrder,
        Method::Random,
        Method::Frequency,
        Method::Recross,
        Method::Optimized,
    ];
}

/// How much work method `optimized` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Effort {
    /// Bisection and a short annealing: seconds.
    Fast,
    /// Several starts, judged on held-out bags, and a longer annealing.
    Balanced,
    /// As long as the time budget lasts.
    High,
}

/// What method `optimized` makes small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// Activations.
    Activations,
    /// Energy of the commands, by the technology file: reads of one row are cheap, sensing several
    /// is not.
    Energy,
    /// Activations, with groups that are no hotter than they must be.
    Makespan,
}

/// Copies of hot groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Replication {
    /// One copy of each group.
    None,
    /// Copies grow with the logarithm of the group's access count.
    Log,
    /// Copies grow with the access count.
    Proportional,
    /// The next copy goes where it shortens a batch most.
    Optimized,
    /// As `optimized`, or for some or all crossbars of the budget instead: crossbars of hot rows, each
    /// a second home for single rows of many groups. The mix is chosen on batches of the history.
    Rows,
}

/// How embeddings are laid out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MappingOptions {
    /// Grouping method.
    pub method: Method,
    /// Work of method `optimized`.
    pub effort: Effort,
    /// Seconds that effort `high` takes, 1..=86400.
    pub time_budget_s: f64,
    /// Exchanges that method `optimized` proposes; 0: as the effort says. A number makes effort
    /// `high` reproducible.
    pub proposals: u64,
    /// Objective of method `optimized`.
    pub objective: Objective,
    /// Copies of hot groups.
    pub replication: Replication,
    /// Extra crossbars for copies, as a fraction of the groups, 0..=16.
    pub budget: f64,
    /// Fraction of the trace, at its end, that the mapping does not learn from, 0..1 (exclusive).
    pub holdout: f64,
    /// MiB of memory for the trace and for learning from it, 64..=1048576; a trace that takes more
    /// is sampled. 0: no bound.
    pub memory_mib: u32,
    /// Bags issued together, 1..=65536; the unit of makespan.
    pub batch: u32,
    /// Seed of every random choice of the mapping.
    pub seed: u64,
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
pub struct Technology {
    /// Digital clock, MHz, 1..=10000. Default: MNSIM-2.0 SimConfig.ini.
    pub clock_mhz: f64,
    /// Wordline set-up before the first column phase, ns, 0..=10000. Default: one cycle (inferred).
    pub wordline_ns: f64,
    /// Column phase of a flash converter in MAC mode, ns. Default: NeuroSim V1.4, 64x64, 22 nm, 6 bit.
    pub flash_mac_ns: f64,
    /// Column phase of a flash converter in read mode, ns. Default: NeuroSim V1.4, 2-bit proxy.
    pub flash_read_ns: f64,
    /// Column phase of a flash converter at the resolutions between, which the graded switch has.
    pub flash_latency: FlashLatency,
    /// Energy, area and comparison numbers (TOML) over the built-in ones, beside the configuration's
    /// file. Empty: the built-in ones. The hardware does not depend on them.
    pub file: String,
}

/// Latency of a flash converter between read mode and full resolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FlashLatency {
    /// That of MAC mode.
    Mode,
    /// On a straight line over the resolved bits, from read mode's at 2 bits to MAC mode's at 6, the
    /// resolutions that the default numbers were measured at. Inferred: nothing in between was.
    Bits,
}

/// How co-simulation drives the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Simulation {
    /// Chance, in 1/1024, that an input stream pauses in a cycle, 0..=1000.
    pub input_idle: u32,
    /// Chance, in 1/1024, that the result stream is not ready in a cycle, 0..=1000.
    pub output_stall: u32,
    /// Seed of the pauses.
    pub seed: u64,
    /// Cycles without any handshake after which the run counts as hung, 1000..=4294967295.
    pub idle_limit: u32,
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

impl Default for Adc {
    fn default() -> Self {
        Adc {
            kind: AdcKind::Flash,
            bits: AdcBits::Auto(Auto::Auto),
            switch: AdcSwitch::Dynamic,
            levels: Vec::new(),
            max_active_rows: 0,
            read_split_max: 1,
        }
    }
}

impl Default for Engine {
    fn default() -> Self {
        Engine {
            lanes: 4,
            banks_per_lane: 4,
            crossbars_per_bank: 32,
            queue_depth: 32,
            window: 128,
            retire_ports: 1,
            tree_fan_in: 2,
            max_replicas: 4,
            dispatch: Dispatch::LeastOccupied,
        }
    }
}

impl Default for Rtl {
    fn default() -> Self {
        Rtl {
            prefix: Rtl::DEFAULT_PREFIX.to_owned(),
        }
    }
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

impl Default for Technology {
    fn default() -> Self {
        Technology {
            clock_mhz: 500.0,
            wordline_ns: 2.0,
            flash_mac_ns: 2.31,
            flash_read_ns: 1.23,
            flash_latency: FlashLatency::Mode,
            file: String::new(),
        }
    }
}

impl Default for Simulation {
    fn default() -> Self {
        Simulation {
            input_idle: 0,
            output_stall: 0,
            seed: 1,
            idle_limit: 100_000,
        }
    }
}

impl Config {
    /// Reads a TOML text; `origin` names it in messages.
    ///
    /// # Errors
    /// [`Error::Config`] with the line for a syntax error, an unknown key or a wrong type.
    pub fn from_toml(text: &str, origin: &str) -> Result<Self> {
        toml::from_str(text).map_err(|e| {
            let line = e
                .span()
                .map(|s| 1 + text[..s.start.min(text.len())].matches('\n').count());
            Error::Config {
                origin: match line {
                    Some(n) => format!("{origin}:{n}"),
                    None => origin.to_owned(),
                },
                key: key_at(text, e.span()),
                found: e.message().replace('\n', " "),
                expected: "a key and value of the schema".to_owned(),
                help: "`recross init` prints an annotated configuration, `recross schema` its \
                       JSON schema"
                    .to_owned(),
            }
        })
    }

    /// Reads and resolves a file.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read, else as [`Config::from_toml`] and [`Config::resolve`].
    pub fn load(path: &Path) -> Result<Resolved> {
        let bytes = std::fs::read(path).map_err(Error::io("read", path))?;
        let origin = path.display().to_string();
        let text = String::from_utf8(bytes).map_err(|_| Error::Config {
            origin: origin.clone(),
            key: "(file)".to_owned(),
            found: "bytes that are not UTF-8".to_owned(),
            expected: "a TOML text".to_owned(),
            help: "name a configuration file; `recross init` makes one".to_owned(),
        })?;
        let mut resolved = Self::from_toml(&text, &origin)?.resolve(&origin)?;
        resolved.folder = path.parent().map(Path::to_owned).unwrap_or_default();
        Ok(resolved)
    }

    /// Checks every value and derives what follows; `origin` names the file in messages.
    ///
    /// # Errors
    /// [`Error::Config`] for the first value that is out of range or contradicts another.
    pub fn resolve(self, origin: &str) -> Result<Resolved> {
        checks::check(&self, origin)?;
        Resolved::new(self, origin)
    }
}

/// The key on the line where the parser stopped, as well as the text tells.
fn key_at(text: &str, span: Option<std::ops::Range<usize>>) -> String {
    let Some(span) = span else {
        return "(file)".to_owned();
    };
    let start = span.start.min(text.len());
    let line_start = text[..start].rfind('\n').map_or(0, |i| i + 1);
    let line = text[line_start..].lines().next().unwrap_or("");
    let key = line.split('=').next().unwrap_or("").trim();
    let section = text[..line_start]
        .lines()
        .rev()
        .find_map(|l| l.trim().strip_prefix('[')?.split(']').next())
        .unwrap_or("");
    match (section, key) {
        ("", "") => "(file)".to_owned(),
        ("", k) => k.to_owned(),
        (s, k) => format!("{s}.{k}"),
    }
}
