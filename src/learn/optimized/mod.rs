//! The `optimized` grouping: several ways to start, exact annealing on top, and a part of the
//! history that is held out to judge which of them holds for bags that were not seen.

mod anneal;
mod bisect;
mod choice;
mod counts;
mod graph;
mod greedy;
mod heat;
mod layout;
mod options;
mod portfolio;
mod price;

#[cfg(test)]
mod tests;

pub use options::{Options, Report, Start};

use crate::error::Result;
use crate::formats::trace::Bags;
use crate::ids::EmbeddingId;
use crate::progress::Progress;

/// Groups and how they came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Grouping {
    /// `ceil(embeddings / rows)` groups of at most `rows` ids, each id in exactly one.
    pub groups: Vec<Vec<EmbeddingId>>,
    /// What was chosen and done.
    pub report: Report,
}

/// Groups the ids of `history`.
///
/// The same arguments give the same groups with any number of threads, as long as the number of
/// proposals does not follow from a time budget ([`Options::proposals`]).
///
/// # Errors
/// Only what `progress` returns.
pub fn group(history: &Bags, options: &Options, progress: &dyn Progress) -> Result<Grouping> {
    portfolio::run(history, options, progress)
}
