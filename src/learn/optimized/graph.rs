//! The history as a hypergraph: ids are vertices, bags are edges. Both directions are stored in
//! compressed sparse rows.

use crate::formats::trace::Bags;
use crate::ids::EmbeddingId;
use crate::learn::merge::{Merged, merge_equal};
use rayon::prelude::*;
use std::ops::Range;

/// Bags that one task converts to sets.
const CHUNK: usize = 4096;

/// The set of ids of each bag and the bags of each id, both ascending.
///
/// Bags with fewer than two distinct ids are left out: they cost the same in every grouping. In a
/// merged graph, one bag stands for all that have the same set of ids; its weight is their number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Graph {
    bag_starts: Vec<usize>,
    bag_ids: Vec<u32>,
    id_starts: Vec<usize>,
    id_bags: Vec<u32>,
    /// Weight of each bag; empty if all are 1.
    weights: Vec<u32>,
    /// For each pin of `id_bags`, the weights of the id's bags up to and with this one; empty if
    /// all weights are 1.
    weights_so_far: Vec<u32>,
    /// The bag that stands for each bag of the history that is not left out; empty if none is merged.
    stand_in: Vec<u32>,
    /// Number of bags with exactly one distinct id.
    pub(super) singles: u64,
}

impl Graph {
    /// The graph of the bags in `range`, clamped to the history's length, each with weight 1.
    #[cfg(test)]
    pub(super) fn new(history: &Bags, range: Range<usize>) -> Self {
        Graph::build(history, range, false)
    }

    /// The graph of the bags in `range`, clamped to the history's length, with equal bags merged where
    /// [`merge_equal`] finds that this pays.
    pub(super) fn merged(history: &Bags, range: Range<usize>) -> Self {
        Graph::build(history, range, true)
    }

    fn build(history: &Bags, range: Range<usize>, merge: bool) -> Self {
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
        let Merged { weights, stand_in } = match merge {
            true => merge_equal(&mut bag_starts, &mut bag_ids),
            false => Merged::default(),
        };
        let (id_starts, id_bags) = transpose(&bag_starts, &bag_ids, history.embeddings() as usize);
        let mut weights_so_far = Vec::new();
        if !weights.is_empty() {
            weights_so_far.reserve_exact(id_bags.len());
            for range in id_starts.windows(2) {
                let mut sum = 0;
                weights_so_far.extend(id_bags[range[0]..range[1]].iter().map(|&bag| {
                    sum += weights[bag as usize];
                    sum
                }));
            }
        }
        Graph {
            bag_starts,
            bag_ids,
            id_starts,
            id_bags,
            weights,
            weights_so_far,
            stand_in,
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

    /// Whether bags have weights other than 1.
    #[inline]
    pub(super) fn is_weighted(&self) -> bool {
        !self.weights.is_empty()
    }

    /// Number of bags of the history that are not left out.
    pub(super) fn original_bags(&self) -> usize {
        match self.is_weighted() {
            true => self.stand_in.len(),
            false => self.bags(),
        }
    }

    /// The bag that stands for a bag of the history, by its number among those not left out.
    pub(super) fn stand_in(&self, original: usize) -> usize {
        match self.is_weighted() {
            true => self.stand_in[original] as usize,
            false => original,
        }
    }

    /// Number of bags of the history that `bag` stands for.
    #[inline]
    pub(super) fn weight(&self, bag: usize) -> u32 {
        match self.is_weighted() {
            true => self.weights[bag],
            false => 1,
        }
    }

    /// Number of bags of the history with `id` and another id: the sum of the weights of its bags.
    #[inline]
    pub(super) fn degree(&self, id: usize) -> usize {
        let range = self.id_starts[id]..self.id_starts[id + 1];
        match self.is_weighted() {
            true => self.weights_so_far[range]
                .last()
                .map_or(0, |&sum| sum as usize),
            false => range.len(),
        }
    }

    /// The bag that stands for the `n`th bag of the history with `id`, for `n` below its degree.
    #[inline]
    pub(super) fn nth_bag_of(&self, id: usize, n: usize) -> usize {
        let bags = self.bags_of(id);
        if !self.is_weighted() {
            return bags[n] as usize;
        }
        let so_far = &self.weights_so_far[self.id_starts[id]..self.id_starts[id + 1]];
        bags[so_far.partition_point(|&sum| sum as usize <= n)] as usize
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

    #[test]
    fn equal_bags_are_merged_where_that_pays() {
        // As sets, the first and the last two bags with two ids are equal.
        let lists = [
            vec![3, 1, 3],
            vec![2],
            vec![4, 0, 1],
            vec![1, 3],
            vec![3, 1],
        ];
        let bags = Bags::from_lists(6, &lists).unwrap();
        let graph = Graph::merged(&bags, 0..5);
        assert_eq!((graph.bags(), graph.pins(), graph.singles), (2, 5, 1));
        assert_eq!((graph.bag(0), graph.bag(1)), (&[1, 3][..], &[0, 1, 4][..]));
        assert_eq!([0, 1].map(|b| graph.weight(b)), [3, 1]);
        assert_eq!(graph.bags_of(1), [0, 1]);
        assert_eq!([0, 1, 2, 3].map(|i| graph.degree(i)), [1, 4, 0, 3]);
        assert_eq!([0, 1, 2, 3].map(|n| graph.nth_bag_of(1, n)), [0, 0, 0, 1]);
        assert_eq!(Graph::new(&bags, 0..5).weight(3), 1);
    }

    #[test]
    fn a_history_with_few_repeats_keeps_its_graph() {
        let mut lists: Vec<Vec<u32>> = (0..7).map(|b| vec![b, b + 1]).collect();
        lists.extend([vec![3, 4], vec![3, 4]]);
        let bags = Bags::from_lists(9, &lists).unwrap();
        let graph = Graph::merged(&bags, 0..9);
        assert!(!graph.is_weighted());
        assert_eq!(graph, Graph::new(&bags, 0..9));
        // With one bag less, 2 of 8 remain to merge.
        assert!(Graph::merged(&bags, 1..9).is_weighted());
    }

    #[test]
    fn fifty_equal_bags_need_the_pins_of_one() {
        let lists = vec![(0..4000).collect::<Vec<u32>>(); 50];
        let graph = Graph::merged(&Bags::from_lists(4000, &lists).unwrap(), 0..50);
        assert_eq!((graph.bags(), graph.pins()), (1, 4000));
        assert_eq!((graph.weight(0), graph.degree(3999)), (50, 50));
    }
}
