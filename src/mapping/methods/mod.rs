//! Grouping methods: which embeddings share a crossbar.

mod pack;
mod recross;
mod simple;

use super::{Progress, optimized};
use crate::config::Method;
use crate::error::Result;
use crate::ids::EmbeddingId;
use crate::trace::Bags;

/// Cuts all ids of `history` into `ceil(embeddings / rows)` groups of at most `rows`, each id in
/// exactly one, ids that the history never touches included. Row order is the order in the group.
///
/// `optimized` is done with balanced effort for activations; [`optimized::group`] takes more options.
///
/// The result depends on the arguments only, not on the number of threads.
///
/// # Errors
/// Only what `progress` returns.
pub fn group(
    method: Method,
    history: &Bags,
    rows: u32,
    seed: u64,
    progress: &dyn Progress,
) -> Result<Vec<Vec<EmbeddingId>>> {
    let rows = rows.max(1) as usize;
    match method {
        Method::IdOrder => Ok(simple::id_order(history, rows)),
        Method::Random => Ok(simple::random(history, rows, seed)),
        Method::Frequency => Ok(simple::frequency(history, rows)),
        Method::Recross => recross::recross(history, rows, progress),
        Method::Optimized => {
            let options = optimized::Options::new(rows as u32, seed);
            Ok(optimized::group(history, &options, progress)?.groups)
        }
    }
}

/// In how many bags each id occurs.
pub(super) fn bag_counts(history: &Bags) -> Vec<u32> {
    let mut counts = vec![0u32; history.embeddings() as usize];
    let mut last = vec![usize::MAX; counts.len()];
    for (b, bag) in history.iter().enumerate() {
        for id in bag {
            if std::mem::replace(&mut last[id.index()], b) != b {
                counts[id.index()] += 1;
            }
        }
    }
    counts
}

/// All ids, the one in most bags first, ties by id.
fn hottest_first(counts: &[u32]) -> Vec<EmbeddingId> {
    let mut ids: Vec<EmbeddingId> = (0..counts.len() as u32).map(EmbeddingId).collect();
    ids.sort_by_key(|id| std::cmp::Reverse(counts[id.index()]));
    ids
}
