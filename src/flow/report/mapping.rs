//! What mappings cost, beside each other.

use serde::Serialize;

use super::{Head, RenumberedReport};
use crate::config::{Choice, Resolved};
use crate::flow::Candidate;
use crate::flow::fit::Chosen;
use crate::formats::trace::Sample;
use crate::learn::Score;
use crate::mapping::{Mapping, Training};

/// A mapping's size.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayoutReport {
    /// The method that made it.
    pub method: String,
    /// Its seed.
    pub seed: u64,
    /// The file it was read from; `None` if it was learned now.
    pub path: Option<String>,
    /// Embeddings of all tables.
    pub embeddings: u32,
    /// Groups.
    pub groups: u64,
    /// Crossbars that hold a replica (each with its column blocks).
    pub crossbars: u64,
    /// Crossbars beyond one for each group.
    pub copies: u64,
    /// Of them those that hold row copies.
    pub row_copies: u64,
    /// Crossbars that the engine has.
    pub crossbars_available: u64,
    /// What it was learned from.
    pub train: Training,
    /// Whether the user ended the search for it early; left out if not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub interrupted: bool,
}

impl LayoutReport {
    /// Describes a mapping on a configuration's engine.
    pub fn new(mapping: &Mapping, path: Option<String>, resolved: &Resolved) -> Self {
        let groups = mapping.group_count();
        LayoutReport {
            method: mapping.method.clone(),
            seed: mapping.seed,
            path,
            embeddings: mapping.embeddings,
            groups,
            crossbars: mapping.crossbars(),
            copies: mapping.crossbars().saturating_sub(groups),
            row_copies: mapping.row_copy_crossbars(),
            crossbars_available: u64::from(resolved.slots),
            train: mapping.train,
            interrupted: false,
        }
    }
}

impl LayoutReport {
    /// Says whether the user ended the search early.
    pub(crate) fn interrupted(self, interrupted: bool) -> Self {
        LayoutReport {
            interrupted,
            ..self
        }
    }
}

/// One line of the comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CandidateReport {
    /// Grouping method.
    pub method: String,
    /// Copies of hot groups.
    pub replication: String,
    /// Crossbars that hold a replica.
    pub crossbars: u64,
    /// Cost on the history.
    pub history: Score,
    /// Cost on bags that were held out, if any were.
    pub holdout: Option<Score>,
    /// Wall seconds that learning took.
    pub learn_seconds: f64,
    /// Most memory meanwhile in MiB, rounded down, the trace included; `None` where the system does
    /// not tell it.
    pub peak_memory_mib: Option<u64>,
}

impl From<&Candidate> for CandidateReport {
    fn from(c: &Candidate) -> Self {
        CandidateReport {
            method: c.method.name(),
            replication: c.replication.name(),
            crossbars: c.crossbars,
            history: c.history.clone(),
            holdout: c.holdout.clone(),
            learn_seconds: c.learn_seconds,
            peak_memory_mib: c.peak_memory.map(|bytes| bytes >> 20),
        }
    }
}

/// What `recross map` says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MapReport {
    /// Version and command.
    #[serde(flatten)]
    pub head: Head,
    /// What `--fit` changed of the configuration.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fitted: Vec<Chosen>,
    /// The trace.
    pub trace: String,
    /// What of it was sampled, if it takes more than `mapping.memory_mib`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<Sample>,
    /// Which lists gave ids their numbers, with `--renumber`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub renumbered: Vec<RenumberedReport>,
    /// The trace that the mapping was judged on, if it is another.
    pub holdout: Option<String>,
    /// Bags that the mapping learned from.
    pub history_bags: u64,
    /// Bags held out.
    pub holdout_bags: u64,
    /// The mapping.
    pub mapping: LayoutReport,
    /// Whether the engine's crossbars, and not the budget, bounded the copies.
    pub copies_bounded_by_room: bool,
    /// Its cost first, then the other methods'.
    pub candidates: Vec<CandidateReport>,
    /// Files written.
    pub files: Vec<String>,
}

/// What `recross score` says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScoreReport {
    /// Version and command.
    #[serde(flatten)]
    pub head: Head,
    /// What `--fit` changed of the configuration.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fitted: Vec<Chosen>,
    /// The trace.
    pub trace: String,
    /// What of it was sampled, if it takes more than `mapping.memory_mib`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<Sample>,
    /// Which lists gave ids their numbers, with `--renumber`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub renumbered: Vec<RenumberedReport>,
    /// The mapping.
    pub mapping: LayoutReport,
    /// Its cost.
    pub score: Score,
    /// Another mapping on the same bags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub against: Option<AgainstReport>,
}

/// A mapping that another is held against.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AgainstReport {
    /// The mapping.
    pub mapping: LayoutReport,
    /// Its cost.
    pub score: Score,
}

/// What `recross mapping export` says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExportReport {
    /// Version and command.
    #[serde(flatten)]
    pub head: Head,
    /// The mapping's file.
    pub mapping: String,
    /// Its ids.
    pub embeddings: u32,
    /// Its groups.
    pub groups: u64,
    /// Wordlines of a crossbar.
    pub rows: u32,
    /// Files written.
    pub files: Vec<String>,
}
