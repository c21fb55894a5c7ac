//! Greedy grouping by exact gain: a group takes the id with the largest
//! `saved groups touched / sqrt(bags of the id)`. The division favours ids most of whose bags
//! already touch the group.

use super::graph::Graph;
use crate::progress::Count;

/// Orders the ids that occur in at least one bag: each stretch of `rows` ids is a group. Each group
/// starts with the hottest ungrouped id.
///
/// An id's gain is the number of its bags that touch the open group, each with its weight. Each bag is visited once per
/// group that it touches, and only its ungrouped ids are visited.
///
/// Each id that is ordered counts as a unit of work; if the work is stopped, ids are missing.
pub(super) fn greedy(graph: &Graph, rows: usize, count: &Count) -> Vec<u32> {
    let mut hottest: Vec<u32> = (0..graph.ids() as u32)
        .filter(|&id| graph.degree(id as usize) > 0)
        .collect();
    hottest.sort_by_key(|&id| std::cmp::Reverse(graph.degree(id as usize)));
    let mut rank = vec![0u32; graph.ids()];
    for (r, &id) in hottest.iter().enumerate() {
        rank[id as usize] = r as u32;
    }
    let mut open = Open::new(graph, &hottest, &rank);
    let mut out = Vec::with_capacity(hottest.len());
    let mut first = 0;
    let mut group = 0;
    while out.len() < hottest.len() {
        group += 1;
        let ids = rows.min(hottest.len() - out.len());
        for _ in 0..ids {
            let next = open.best().unwrap_or_else(|| {
                while open.grouped[first] {
                    first += 1;
                }
                first as u32
            });
            out.push(hottest[next as usize]);
            open.join(next, group, graph, &hottest);
        }
        open.close();
        if !count.add(ids as u64) {
            break;
        }
    }
    out
}

/// The group that is being filled. Ids are represented by rank; rank 0 is the hottest id.
struct Open {
    grouped: Vec<bool>,
    /// Ranks of the ids of each bag, the ungrouped ones first.
    members: Vec<u32>,
    starts: Vec<usize>,
    /// Number of ungrouped ids of each bag.
    live: Vec<u32>,
    /// The last group that touched each bag.
    touched_by: Vec<u32>,
    gain: Vec<u32>,
    /// `1 / sqrt(bags)` of each rank.
    weight: Vec<f32>,
    /// Largest score in each block of `1 << shift` ranks.
    block_best: Vec<f32>,
    shift: u32,
    changed: Vec<u32>,
}

impl Open {
    fn new(graph: &Graph, hottest: &[u32], rank: &[u32]) -> Self {
        let mut members = Vec::with_capacity(graph.pins());
        let mut starts = vec![0];
        for b in 0..graph.bags() {
            members.extend(graph.bag(b).iter().map(|&id| rank[id as usize]));
            starts.push(members.len());
        }
        let shift = (hottest.len().max(1).ilog2() / 2).max(4);
        let weight = hottest
            .iter()
            .map(|&id| 1.0 / (graph.degree(id as usize) as f32).sqrt());
        Open {
            grouped: vec![false; hottest.len()],
            members,
            live: starts.windows(2).map(|w| (w[1] - w[0]) as u32).collect(),
            starts,
            touched_by: vec![0; graph.bags()],
            gain: vec![0; hottest.len()],
            weight: weight.collect(),
            block_best: vec![0.0; (hottest.len() >> shift) + 1],
            shift,
            changed: Vec::new(),
        }
    }

    fn score(&self, rank: usize) -> f32 {
        self.gain[rank] as f32 * self.weight[rank]
    }

    /// The rank with the best score, the hottest on a tie; `None` if no id has a gain.
    fn best(&self) -> Option<u32> {
        let (mut best, mut at) = (0.0, None);
        for (block, &score) in self.block_best.iter().enumerate() {
            if score > best {
                (best, at) = (score, Some(block));
            }
        }
        let low = at? << self.shift;
        let high = (low + (1 << self.shift)).min(self.gain.len());
        (low..high)
            .find(|&r| self.score(r) == best)
            .map(|r| r as u32)
    }

    fn join(&mut self, rank: u32, group: u32, graph: &Graph, hottest: &[u32]) {
        let r = rank as usize;
        self.grouped[r] = true;
        if std::mem::take(&mut self.gain[r]) > 0 {
            let block = r >> self.shift;
            let low = block << self.shift;
            let high = (low + (1 << self.shift)).min(self.gain.len());
            self.block_best[block] = (low..high).map(|r| self.score(r)).fold(0.0, f32::max);
        }
        for &bag in graph.bags_of(hottest[r] as usize) {
            let bag = bag as usize;
            let live = self.live[bag] as usize;
            let start = self.starts[bag];
            if let Some(at) = self.members[start..start + live]
                .iter()
                .position(|&m| m == rank)
            {
                self.members.swap(start + at, start + live - 1);
                self.live[bag] -= 1;
            }
            if std::mem::replace(&mut self.touched_by[bag], group) == group {
                continue;
            }
            let weight = graph.weight(bag);
            for &m in &self.members[start..start + self.live[bag] as usize] {
                let gain = &mut self.gain[m as usize];
                if *gain == 0 {
                    self.changed.push(m);
                }
                *gain += weight;
                let score = *gain as f32 * self.weight[m as usize];
                let best = &mut self.block_best[m as usize >> self.shift];
                *best = best.max(score);
            }
        }
    }

    fn close(&mut self) {
        for m in self.changed.drain(..) {
            self.gain[m as usize] = 0;
            self.block_best[m as usize >> self.shift] = 0.0;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::formats::trace::Bags;
    use proptest::prelude::*;

    proptest! {
        /// Against a search that recounts every gain at every step.
        #[test]
        fn order_equals_that_of_a_search_that_recounts_every_gain(
            mut lists in prop::collection::vec(prop::collection::vec(0u32..40, 2..9), 1..25),
            repeats in prop::collection::vec(0usize..25, 0..25), rows in 2usize..7,
        ) {
            for repeat in repeats {
                lists.push(lists[repeat % lists.len()].clone());
            }
            let bags = Bags::from_lists(40, &lists).unwrap();
            let graph = Graph::new(&bags, 0..lists.len());
            let mut left: Vec<u32> = (0..40).filter(|&i| graph.degree(i as usize) > 0).collect();
            left.sort_by_key(|&i| std::cmp::Reverse(graph.degree(i as usize)));
            let mut expected: Vec<u32> = Vec::new();
            while !left.is_empty() {
                let group = &expected[expected.len() / rows * rows..];
                let score = |id: u32| {
                    let bags = graph.bags_of(id as usize);
                    let touched = |b: u32| graph.bag(b as usize).iter().any(|i| group.contains(i));
                    let gain = bags.iter().filter(|&&b| touched(b)).count();
                    gain as f32 * (1.0 / (bags.len() as f32).sqrt())
                };
                let mut best = 0;
                for (at, &id) in left.iter().enumerate() {
                    if score(id) > score(left[best]) {
                        best = at;
                    }
                }
                expected.push(left.remove(best));
            }
            prop_assert_eq!(&greedy(&graph, rows, &Count::default()), &expected);
            let merged = Graph::merged(&bags, 0..lists.len());
            prop_assert_eq!(greedy(&merged, rows, &Count::default()), expected);
        }
    }
}
