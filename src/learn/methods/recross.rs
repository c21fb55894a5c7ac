//! Greedy co-occurrence grouping, as ReCross (arXiv 2509.10627) describes it: a group starts with
//! the hottest ungrouped id, then repeatedly takes the id that co-occurs most often with its
//! members, until it is full.
//!
//! The co-occurrence graph is never stored. When an id joins the open group, the weights of the
//! ungrouped ids in its bags are updated. The time is proportional to half the sum of the squared
//! bag sizes; the memory is linear in the lookups.

use super::counts::{bag_counts, hottest_first};
use super::pack::pack;
use crate::error::Result;
use crate::formats::trace::Bags;
use crate::ids::EmbeddingId;
use crate::learn::merge::merge_equal;
use crate::progress::Progress;

/// In bags with more ids than this, only pairs within stretches of this many ids are counted.
const LONGEST_STRETCH: usize = 4096;
/// Approximate limit on the pairs that are visited; stretches are shortened to keep it.
const MOST_PAIRS: u64 = 1 << 33;

pub(in crate::learn) fn recross(
    history: &Bags,
    rows: usize,
    progress: &dyn Progress,
) -> Result<Vec<Vec<EmbeddingId>>> {
    let counts = bag_counts(history);
    // From here on ids are represented by their rank, hottest first. Hot ids are then close in
    // memory, and ties go to the lowest rank.
    let by_heat = hottest_first(&counts);
    let seen = by_heat.partition_point(|id| counts[id.index()] > 0);
    let mut rank = vec![0u32; by_heat.len()];
    for (r, id) in by_heat.iter().enumerate() {
        rank[id.index()] = r as u32;
    }

    let mut open = OpenGroup::new(Stretches::new(history, &rank, seen, rows), seen);
    let mut pieces = Vec::new();
    let mut done = 0;
    for first in 0..seen as u32 {
        if open.is_grouped(first) {
            continue;
        }
        let mut members = vec![by_heat[first as usize]];
        open.join(first);
        while members.len() < rows {
            let Some(next) = open.closest() else { break };
            members.push(by_heat[next as usize]);
            open.join(next);
        }
        open.close();
        done += members.len() as u64;
        pieces.push(members);
        progress.step("grouping", done, seen as u64)?;
    }
    Ok(pack(pieces, &by_heat[seen..], rows))
}

/// Bags as sets of ranks, large ones cut into stretches, and the stretches of each rank.
struct Stretches {
    members: Vec<u32>,
    starts: Vec<usize>,
    /// Number of ungrouped members of each stretch; they come first.
    live: Vec<u32>,
    of_rank: Vec<u32>,
    of_rank_starts: Vec<usize>,
    /// Number of equal stretches that each stands for; empty if all are 1.
    weights: Vec<u32>,
}

impl Stretches {
    fn new(history: &Bags, rank: &[u32], seen: usize, rows: usize) -> Self {
        let longest = longest_stretch(history, rows, MOST_PAIRS);
        let mut members = Vec::with_capacity(history.lookups() as usize);
        let mut starts = vec![0];
        let mut bag_ranks = Vec::new();
        for bag in history.iter() {
            bag_ranks.clear();
            bag_ranks.extend(bag.iter().map(|id| rank[id.index()]));
            bag_ranks.sort_unstable();
            bag_ranks.dedup();
            for stretch in bag_ranks.chunks(longest).filter(|s| s.len() > 1) {
                members.extend_from_slice(stretch);
                starts.push(members.len());
            }
        }
        let weights = merge_equal(&mut starts, &mut members).weights;
        let mut degree = vec![0usize; seen + 1];
        for &r in &members {
            degree[r as usize] += 1;
        }
        let mut sum = 0;
        for d in &mut degree {
            sum += std::mem::replace(d, sum);
        }
        let of_rank_starts = degree;
        let mut next = of_rank_starts.clone();
        let mut of_rank = vec![0u32; members.len()];
        for (s, range) in starts.windows(2).enumerate() {
            for &r in &members[range[0]..range[1]] {
                of_rank[next[r as usize]] = s as u32;
                next[r as usize] += 1;
            }
        }
        let live = starts.windows(2).map(|w| (w[1] - w[0]) as u32).collect();
        Stretches {
            members,
            starts,
            live,
            of_rank,
            of_rank_starts,
            weights,
        }
    }
}

/// The largest power of two up to [`LONGEST_STRETCH`] that keeps the visited pairs within
/// `most_pairs`, but not below 64 or a crossbar's rows.
fn longest_stretch(history: &Bags, rows: usize, most_pairs: u64) -> usize {
    let least = rows.next_power_of_two().max(64);
    let mut longest = LONGEST_STRETCH.max(least);
    let pairs = |longest: usize| -> u64 {
        let one = |bag: &[EmbeddingId]| bag.len() as u64 * bag.len().min(longest) as u64 / 2;
        history.iter().map(one).sum()
    };
    while longest > least && pairs(longest) > most_pairs {
        longest /= 2;
    }
    longest
}

/// Weights of all ungrouped ids with respect to the group that is being filled.
struct OpenGroup {
    stretches: Stretches,
    grouped: Vec<bool>,
    /// Co-occurrences of each rank with the open group's members.
    weight: Vec<u32>,
    /// Largest weight in each block of `1 << shift` ranks, so that the search takes O(sqrt(ids)).
    block_best: Vec<u32>,
    shift: u32,
    /// Ranks whose weight is not 0.
    touched: Vec<u32>,
}

impl OpenGroup {
    fn new(stretches: Stretches, seen: usize) -> Self {
        let shift = (seen.max(1).ilog2() / 2).max(4);
        OpenGroup {
            stretches,
            grouped: vec![false; seen],
            weight: vec![0; seen],
            block_best: vec![0; (seen >> shift) + 1],
            shift,
            touched: Vec::new(),
        }
    }

    fn is_grouped(&self, rank: u32) -> bool {
        self.grouped[rank as usize]
    }

    /// Adds `rank` to the open group, and its co-occurrences to the weights of ungrouped ids.
    fn join(&mut self, rank: u32) {
        let r = rank as usize;
        self.grouped[r] = true;
        if std::mem::take(&mut self.weight[r]) > 0 {
            let block = r >> self.shift;
            let low = block << self.shift;
            let high = (low + (1 << self.shift)).min(self.weight.len());
            self.block_best[block] = self.weight[low..high].iter().copied().max().unwrap_or(0);
        }
        let s = &mut self.stretches;
        for &stretch in &s.of_rank[s.of_rank_starts[r]..s.of_rank_starts[r + 1]] {
            let (start, live) = (
                s.starts[stretch as usize],
                s.live[stretch as usize] as usize,
            );
            let members = &mut s.members[start..start + live];
            if let Some(at) = members.iter().position(|&m| m == rank) {
                members.swap(at, live - 1);
                s.live[stretch as usize] -= 1;
            }
            let each = s.weights.get(stretch as usize).copied().unwrap_or(1);
            for &m in &members[..live - 1] {
                let weight = &mut self.weight[m as usize];
                if *weight == 0 {
                    self.touched.push(m);
                }
                *weight = weight.saturating_add(each);
                let best = &mut self.block_best[m as usize >> self.shift];
                *best = (*best).max(*weight);
            }
        }
    }

    /// The rank with the largest weight, the hottest on a tie; `None` if nothing co-occurs.
    fn closest(&self) -> Option<u32> {
        let best = self.block_best.iter().copied().max().filter(|&w| w > 0)?;
        let block = self.block_best.iter().position(|&w| w == best)?;
        let low = block << self.shift;
        let at = self.weight[low..].iter().position(|&w| w == best)?;
        Some((low + at) as u32)
    }

    /// Resets the weights for the next group.
    fn close(&mut self) {
        for m in self.touched.drain(..) {
            self.weight[m as usize] = 0;
            self.block_best[m as usize >> self.shift] = 0;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn numbers(groups: Vec<Vec<EmbeddingId>>) -> Vec<Vec<u32>> {
        groups
            .into_iter()
            .map(|g| g.into_iter().map(|id| id.0).collect())
            .collect()
    }

    #[test]
    fn weights_add_up_over_members_and_ties_go_to_the_hotter() {
        // Id 1 is in five bags, 0 in four, 2 and 3 in three, 4 and 5 in one, 6 in none.
        let lists = [
            vec![0, 1, 2],
            vec![0, 1, 2],
            vec![1, 3],
            vec![1, 3, 3],
            vec![3, 0],
            vec![4, 2],
            vec![5],
            vec![0, 1],
        ];
        let bags = Bags::from_lists(7, &lists).unwrap();
        // Bags that repeat are merged, with a weight.
        let by_heat = hottest_first(&bag_counts(&bags));
        let mut rank = [0; 7];
        for (r, id) in by_heat.iter().enumerate() {
            rank[id.index()] = r as u32;
        }
        assert_eq!(Stretches::new(&bags, &rank, 6, 3).weights, [2, 2, 1, 1, 1]);
        // With {1}, 0 has weight 3. With {1, 0}, 2 has weight 2 + 2 and 3 has 2 + 1. The next group
        // starts with 3.
        let groups = numbers(recross(&bags, 3, &()).unwrap());
        assert_eq!(groups, [vec![1, 0, 2], vec![3, 4, 5], vec![6]]);
        let groups = numbers(recross(&bags, 4, &()).unwrap());
        assert_eq!(groups, [vec![1, 0, 2, 3], vec![4, 5, 6]]);
    }

    #[test]
    fn large_bags_are_cut_into_stretches() {
        let giant = Bags::from_lists(10_000, &[(0..10_000).collect()]).unwrap();
        let rank: Vec<u32> = (0..10_000).collect();
        let stretches = Stretches::new(&giant, &rank, 10_000, 64);
        assert_eq!(stretches.live, [4096, 4096, 1808]);
        // 10,000 * 1,024 / 2 pairs.
        assert_eq!(longest_stretch(&giant, 64, 5_120_000), 1024);
        assert_eq!(longest_stretch(&giant, 64, 5_119_999), 512);
        assert_eq!(longest_stretch(&giant, 200, 0), 256);
        assert_eq!(longest_stretch(&giant, 2, u64::MAX), 4096);
    }
}
