//! Number of bags with each id.

use crate::formats::trace::Bags;
use crate::ids::EmbeddingId;

/// Number of bags in which each id occurs, by id.
pub(in crate::learn) fn bag_counts(history: &Bags) -> Vec<u32> {
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

/// All ids in order of falling counts; ties by id.
pub(super) fn hottest_first(counts: &[u32]) -> Vec<EmbeddingId> {
    let mut ids: Vec<EmbeddingId> = (0..counts.len() as u32).map(EmbeddingId).collect();
    ids.sort_by_key(|id| std::cmp::Reverse(counts[id.index()]));
    ids
}
