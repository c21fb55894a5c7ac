//! Recursive graph bisection (Dhulipala et al., KDD 2016) with cuts at multiples of a crossbar's
//! rows: the ids are split in halves recursively, and at each cut pairs of ids change sides while
//! that reduces the cost.

use super::graph::{Graph, transpose};
use crate::progress::Count;
use rayon::prelude::*;

/// Most rounds of exchanges at one cut.
const ROUNDS: usize = 20;
/// In each round, one pair in `STAY` is not exchanged.
const STAY: usize = 7;
/// A round that exchanges at most one id in `STILL` is the last.
const STILL: usize = 2000;
/// Fewest pins (pairs of a bag and an id) for which one cut is computed in parallel.
const PARALLEL: usize = 1 << 15;

/// The ids of a cut and the bags that hold at least two of them. Pins are indices into `ids`.
struct Node {
    ids: Vec<u32>,
    bag_starts: Vec<usize>,
    pins: Vec<u32>,
    /// Weight of each bag; empty if all are 1.
    weights: Vec<u32>,
}

/// Orders the ids of `start` so that each stretch of `rows` ids is a good group. Each cut starts
/// from the order of `start`.
///
/// Each id counts as a unit of work; if the work is stopped, the order is none.
pub(super) fn bisect(graph: &Graph, start: &[u32], rows: usize, count: &Count) -> Vec<u32> {
    let mut place = vec![u32::MAX; graph.ids()];
    for (i, &id) in start.iter().enumerate() {
        place[id as usize] = i as u32;
    }
    let mut root = Node {
        ids: start.to_vec(),
        bag_starts: vec![0],
        pins: Vec::with_capacity(graph.pins()),
        weights: Vec::new(),
    };
    for b in 0..graph.bags() {
        let first = root.pins.len();
        let here = graph.bag(b).iter().map(|&id| place[id as usize]);
        root.pins.extend(here.filter(|&p| p != u32::MAX));
        root.close_bag(first, graph.is_weighted().then(|| graph.weight(b)));
    }
    let mut out = vec![0; start.len()];
    let groups = start.len().div_ceil(rows).max(1);
    let depth = u64::from(groups.next_power_of_two().ilog2()).max(1);
    cut(root, (rows, count), (0, depth), &mut out);
    out
}

/// `level` of `depth` cuts are above this one.
fn cut(
    mut node: Node,
    (rows, count): (usize, &Count),
    (level, depth): (u64, u64),
    out: &mut [u32],
) {
    // Each cut of an id takes about as long. Rounded up, what was counted before is never too little.
    let ids = node.ids.len() as u64;
    let before = (ids * level).div_ceil(depth);
    let groups = node.ids.len().div_ceil(rows);
    if groups <= 1 || node.pins.is_empty() {
        out.copy_from_slice(&node.ids);
        count.add(ids - before);
        return;
    }
    let left_groups = groups / 2;
    let left = left_groups * rows;
    let mut side = vec![false; node.ids.len()];
    side[left..].fill(true);
    exchange(&node, &mut side, [left, (groups - left_groups) * rows]);
    let now = ids * (level + 1) / depth;
    if !count.add(now.saturating_sub(before)) {
        return;
    }
    let (low, high) = out.split_at_mut(left);
    let large = node.pins.len() >= PARALLEL / 8;
    let [a, b] = node.halve(&side);
    drop(node);
    let (how, at) = ((rows, count), (level + 1, depth));
    if large {
        rayon::join(|| cut(a, how, at, low), || cut(b, how, at, high));
    } else {
        cut(a, how, at, low);
        cut(b, how, at, high);
    }
}

/// Increments of the logarithmic gap cost `d * log2(ids / (d + 1))` of a bag with `d` ids on a side
/// of `ids` ids, for `d` in 0..=most. They fall with every further id, so ids of a bag are
/// attracted to one side long before a side is as small as a group.
fn log_gaps(ids: usize, most: usize) -> Vec<f32> {
    let cost = |d: usize| d as f64 * (ids as f64 / (d + 1) as f64).log2();
    (0..=most).map(|d| (cost(d + 1) - cost(d)) as f32).collect()
}

/// Exchanges pairs of ids between the sides, best pairs first, until no exchange pays.
fn exchange(node: &Node, side: &mut [bool], sizes: [usize; 2]) {
    let bags = node.bag_starts.len() - 1;
    let largest = (0..bags).map(|b| node.bag(b).len()).max().unwrap_or(0);
    let curves = sizes.map(|ids| log_gaps(ids, largest));
    let (id_starts, id_bags) = transpose(&node.bag_starts, &node.pins, node.ids.len());
    let parallel = node.pins.len() >= PARALLEL;
    let bag_len = if parallel { 1024 } else { usize::MAX };
    let mut gains = vec![0f32; node.ids.len()];
    let mut moves = vec![[0f32; 2]; bags];
    let mut sides: [Vec<u32>; 2] = Default::default();
    for round in 0..ROUNDS {
        // Gain of a bag when one of its ids leaves the left side, and the right side.
        moves
            .par_iter_mut()
            .enumerate()
            .with_min_len(bag_len)
            .for_each(|(b, m)| {
                let pins = node.bag(b);
                let right = pins.iter().filter(|&&p| side[p as usize]).count();
                let left = pins.len() - right;
                let gain = |from: &[f32], f: usize, to: &[f32], t: usize| match f {
                    0 => 0.0,
                    _ => from[f - 1] - to[t],
                };
                let weight = node.weights.get(b).map_or(1.0, |&weight| weight as f32);
                *m = [
                    weight * gain(&curves[0], left, &curves[1], right),
                    weight * gain(&curves[1], right, &curves[0], left),
                ];
            });
        gains
            .par_iter_mut()
            .enumerate()
            .with_min_len(bag_len)
            .for_each(|(i, g)| {
                let from = usize::from(side[i]);
                let of = &id_bags[id_starts[i]..id_starts[i + 1]];
                *g = of.iter().map(|&b| moves[b as usize][from]).sum();
            });
        for s in &mut sides {
            s.clear();
        }
        for i in 0..side.len() {
            sides[usize::from(side[i])].push(i as u32);
        }
        let by_gain = |a: &u32, b: &u32| {
            gains[*b as usize]
                .total_cmp(&gains[*a as usize])
                .then(a.cmp(b))
        };
        for s in &mut sides {
            if parallel {
                s.par_sort_unstable_by(by_gain);
            } else {
                s.sort_unstable_by(by_gain);
            }
        }
        let mut swapped = 0;
        let [left, right] = &sides;
        for (k, (&a, &b)) in left.iter().zip(right).enumerate() {
            if gains[a as usize] + gains[b as usize] <= 0.0 {
                break;
            }
            // Two ids that attract each other could exchange sides in every round; skipping some
            // pairs ends such cycles.
            if (k + round) % STAY == 0 {
                continue;
            }
            side[a as usize] = true;
            side[b as usize] = false;
            swapped += 1;
        }
        if swapped * STILL <= side.len() {
            break;
        }
    }
}

impl Node {
    fn bag(&self, b: usize) -> &[u32] {
        &self.pins[self.bag_starts[b]..self.bag_starts[b + 1]]
    }

    /// Ends the bag that started at pin `first`, with its weight if bags have one; drops it if it
    /// has fewer than two pins.
    fn close_bag(&mut self, first: usize, weight: Option<u32>) {
        if self.pins.len() - first < 2 {
            self.pins.truncate(first);
        } else {
            self.bag_starts.push(self.pins.len());
            self.weights.extend(weight);
        }
    }

    /// Both sides with their bags; ids keep their order. Frees this node's pins.
    fn halve(&mut self, side: &[bool]) -> [Node; 2] {
        let mut number = vec![0u32; side.len()];
        let mut ids: [Vec<u32>; 2] = Default::default();
        for (i, &s) in side.iter().enumerate() {
            let ids = &mut ids[usize::from(s)];
            number[i] = ids.len() as u32;
            ids.push(self.ids[i]);
        }
        let make = |ids: Vec<u32>, s: bool| {
            let mut half = Node {
                ids,
                bag_starts: vec![0],
                pins: Vec::new(),
                weights: Vec::new(),
            };
            for b in 0..self.bag_starts.len() - 1 {
                let first = half.pins.len();
                let here = self.bag(b).iter().filter(|&&p| side[p as usize] == s);
                half.pins.extend(here.map(|&p| number[p as usize]));
                half.close_bag(first, self.weights.get(b).copied());
            }
            half
        };
        let [a, b] = ids;
        let (a, b) = if self.pins.len() >= PARALLEL {
            rayon::join(|| make(a, false), || make(b, true))
        } else {
            (make(a, false), make(b, true))
        };
        self.pins = Vec::new();
        [a, b]
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::formats::trace::Bags;

    #[test]
    fn heavy_bags_outweigh_more_light_ones() {
        // Two bags that repeat want the even and the odd ids together, many others neighbours.
        let neighbours = (0..15).map(|i| vec![i, i + 1]);
        let mut lists: Vec<Vec<u32>> = neighbours.collect();
        for _ in 0..20 {
            lists.extend([0, 1].map(|first| (0..8).map(|i| 2 * i + first).collect()));
        }
        let graph = Graph::merged(&Bags::from_lists(16, &lists).unwrap(), 0..lists.len());
        assert_eq!(graph.bags(), 17);
        let order = bisect(&graph, &(0..16).collect::<Vec<u32>>(), 8, &Count::default());
        let parity = |ids: &[u32]| ids.iter().filter(|&&id| id % 2 == 0).count();
        assert_eq!(parity(&order[..8]) % 8, 0, "{order:?}");
    }
}
