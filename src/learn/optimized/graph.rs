//! The history as a hypergraph: ids are vertices, bags are edges. Both directions are stored in
//! compressed sparse rows.

use crate::formats::trace::Bags;
use crate::ids::EmbeddingId;
use rayon::prelude::*;
use std::ops::Range;

/// Bags that one task converts to sets.
const CHUNK: usize = 4096;

/// The set of ids of each bag and the bags of each id, both ascending.
///
/// Bags with fewer than two distinct ids are left out: they cost the same in every grouping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Graph {
    bag_starts: Vec<usize>,
    bag_ids: Vec<u32>,
    id_starts: Vec<usize>,
    id_bags: Vec<u32>,
    /// Number of bags with exactly one distinct id.
    pub(super) singles: u64,
}

impl Graph {
    /// The graph of the bags in `range`, clamped to the history's length.
    pub(super) fn new(history: &Bags, range: Range<usize>) -> Self {
        let end = range.end.min(history.len());
        let start = range.start.min(end);
        let parts: Vec<(Vec<u32>, Vec<u32>, u64)> = (start..end)
            .into_par_iter()
            .step_by(CHUNK)
            .map(|first| {
                let bags = (first..end.min(first + CHUNK)).map(|b| history.bag(b));
                sets(bags)
            })
            .collect();

        let pins = parts.iter().map(|p| p.1.len()).sum();
        let mut bag_starts = Vec::with_capacity(1 + parts.iter().map(|p| p.0.len()).sum::<usize>());
        let mut bag_ids = Vec::with_capacity(pins);
        let mut singles = 0;
        bag_starts.push(0);
        for (sizes, ids, alone) in parts {
            for size in sizes {
                bag_starts.push(bag_starts[bag_starts.len() - 1] + size as usize);
            }
            bag_ids.extend(ids);
            singles += alone;
        }
        let (id_starts, id_bags) = transpose(&bag_starts, &bag_ids, history.embeddings() as usize);
        Graph {
            bag_starts,
            bag_ids,
            id_starts,
            id_bags,
            singles,
        }
    }

    pub(super) fn ids(&self) -> usize {
        self.id_starts.len() - 1
    }

    pub(super) fn bags(&self) -> usize {
        self.bag_starts.len() - 1
    }

    /// Number of pairs of a bag and an id in it.
    pub(super) fn pins(&self) -> usize {
        self.bag_ids.len()
    }

    #[inline]
    pub(super) fn bag(&self, bag: usize) -> &[u32] {
        &self.bag_ids[self.bag_starts[bag]..self.bag_starts[bag + 1]]
    }

    #[inline]
    pub(super) fn bags_of(&self, id: usize) -> &[u32] {
        &self.id_bags[self.id_starts[id]..self.id_starts[id + 1]]
    }

    #[inline]
    pub(super) fn degree(&self, id: usize) -> usize {
        self.id_starts[id + 1] - self.id_starts[id]
    }
}

/// Sizes and members of the bags with at least two distinct ids, and the number of bags with one.
fn sets<'a>(bags: impl Iterator<Item = &'a [EmbeddingId]>) -> (Vec<u32>, Vec<u32>, u64) {
    let (mut sizes, mut out, mut singles) = (Vec::new(), Vec::new(), 0);
    let mut set: Vec<u32> = Vec::new();
    for bag in bags {
        set.clear();
        set.extend(bag.iter().map(|id| id.0));
        set.sort_unstable();
        set.dedup();
        singles += u64::from(set.len() == 1);
        if set.len() > 1 {
            sizes.push(set.len() as u32);
            out.extend_from_slice(&set);
        }
    }
    (sizes, out, singles)
}

/// Transposes compressed sparse rows: for each column below `columns`, its rows in ascending order.
pub(super) fn transpose(starts: &[usize], items: &[u32], columns: usize) -> (Vec<usize>, Vec<u32>) {
    let mut out_starts = vec![0usize; columns + 1];
    for &item in items {
        out_starts[item as usize + 1] += 1;
    }
    for i in 0..columns {
        out_starts[i + 1] += out_starts[i];
    }
    let mut next = out_starts.clone();
    let mut out = vec![0u32; items.len()];
    for (row, range) in starts.windows(2).enumerate() {
        for &item in &items[range[0]..range[1]] {
            let at = &mut next[item as usize];
            out[*at] = row as u32;
            *at += 1;
        }
    }
    (out_starts, out)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn bags_are_sets_and_bags_of_one_id_are_only_counted() {
        let lists = [vec![3, 1, 3], vec![2, 2], vec![], vec![4, 0, 1], vec![1, 3]];
        let bags = Bags::from_lists(6, &lists).unwrap();
        let graph = Graph::new(&bags, 0..5);
        assert_eq!((graph.ids(), graph.bags(), graph.pins()), (6, 3, 7));
        let sets: Vec<&[u32]> = (0..3).map(|b| graph.bag(b)).collect();
        assert_eq!(sets, [&[1, 3][..], &[0, 1, 4], &[1, 3]]);
        let of: Vec<&[u32]> = (0..6).map(|i| graph.bags_of(i)).collect();
        assert_eq!(of, [&[1][..], &[0, 1, 2], &[], &[0, 2], &[1], &[]]);
        assert_eq!(graph.singles, 1);
        assert_eq!(graph.degree(1), 3);
        let part = Graph::new(&bags, 3..9);
        assert_eq!((part.bags(), part.singles), (2, 0));
    }
}
