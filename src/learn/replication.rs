//! How many copies each group gets.

use crate::config::{Replication, Resolved};
use crate::progress::Count;
use serde::Serialize;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Copies per group and what bounded them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Copies {
    /// Number of replicas of each group, at least 1.
    pub per_group: Vec<u32>,
    /// Extra crossbars that the area budget allows: `floor(budget * groups)`.
    pub budget: u64,
    /// Extra crossbars that the engine has room for.
    pub room: u64,
    /// Extra crossbars in use: at most `budget` and `room`.
    pub extra: u64,
}

impl Copies {
    /// Whether the engine's crossbars, and not the area budget, bounded the copies.
    pub fn clamped(&self) -> bool {
        self.room < self.budget
    }
}

/// Most copies of one group that can work at the same time: one per bank.
pub fn most_copies(resolved: &Resolved) -> u32 {
    resolved.banks
}

/// Crossbars beyond one for each of `groups` groups that a budget allows: `floor(budget * groups)`.
pub fn extra_crossbars(groups: u64, budget: f64) -> u64 {
    (budget * groups as f64).floor() as u64
}

/// Crossbars beyond one per group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExtraCrossbars {
    /// Number that the area budget allows: `floor(budget * groups)`.
    pub budget: u64,
    /// Number that the engine has room for.
    pub room: u64,
}

impl ExtraCrossbars {
    /// For `groups` groups under the configuration's `mapping.budget` and engine.
    pub fn of(groups: usize, resolved: &Resolved) -> Self {
        let groups = groups as u64;
        ExtraCrossbars {
            budget: extra_crossbars(groups, resolved.config.mapping.budget),
            room: u64::from(resolved.slots).saturating_sub(groups),
        }
    }
}

/// Commands that a history needs, by group.
#[derive(Debug, Clone, Copy)]
pub struct Demand<'a> {
    /// Commands of each group.
    pub accesses: &'a [u64],
    /// Number of further groups, which have no commands.
    pub rest: usize,
    /// For each batch, the groups that it uses and the number of commands on each.
    pub batches: &'a [Vec<(u32, u32)>],
}

/// Decides the copies of each group.
///
/// - `none`: one copy of each group.
/// - `log`: a group with `a` accesses gets `1 + floor(log2(1 + a / mean))` copies, where `mean` is
///   the mean over all groups; the hottest groups are served first. (The formula is ours: the paper
///   states that copies grow with the logarithm of the access count, but gives no formula.)
///   Dividing by the mean makes the result independent of the history's length.
/// - `proportional`: the next copy goes to the group with the most accesses per copy, as in the
///   D'Hondt method of apportionment.
/// - `optimized`: the next copy goes where it most reduces the mean of the batches' longest queues;
///   see `BatchQueues`.
/// - `rows`: as `optimized`. The mix of copies of groups and of rows is chosen in
///   `super::row_copies` instead.
///
/// Ties go to the lower group number. A group that was never accessed gets no second copy: lookups
/// of unseen ids are spread over many groups, so a copy of one of them hardly shortens a batch. Each copy
/// that is spent on the longest queues of the batches is a unit of `count`.
pub fn copies(kind: Replication, demand: Demand<'_>, resolved: &Resolved, count: &Count) -> Copies {
    let accesses = demand.accesses;
    let groups = accesses.len() + demand.rest;
    let ExtraCrossbars { budget, room } = ExtraCrossbars::of(groups, resolved);
    let most = most_copies(resolved);
    let spend = budget.min(room);
    let per_group = match kind {
        Replication::None => vec![1; accesses.len()],
        Replication::Log => logarithmic(accesses, groups, spend, most),
        Replication::Proportional => {
            // Counts of this size are exact in f64.
            let weights: Vec<f64> = accesses.iter().map(|&a| a as f64).collect();
            highest_average(&weights, spend, most)
        }
        Replication::Optimized | Replication::Rows => {
            BatchQueues::new(demand, most).allocate(spend, count)
        }
    };
    let extra = per_group.iter().map(|&c| u64::from(c - 1)).sum();
    Copies {
        per_group,
        budget,
        room,
        extra,
    }
}

fn logarithmic(accesses: &[u64], groups: usize, mut spend: u64, most: u32) -> Vec<u32> {
    let (groups, total) = (groups as u128, sum(accesses));
    let mut hottest: Vec<usize> = (0..accesses.len()).filter(|&g| accesses[g] > 0).collect();
    hottest.sort_by_key(|&g| std::cmp::Reverse(accesses[g]));
    let mut out = vec![1; accesses.len()];
    for g in hottest {
        // floor(log2(1 + a * groups / total)) in integers: taking the floor of the quotient first
        // does not change the result.
        let relative = 1 + u128::from(accesses[g]) * groups / total;
        let extra = u64::from(relative.ilog2().min(most - 1)).min(spend);
        out[g] += extra as u32;
        spend -= extra;
    }
    out
}

fn sum(accesses: &[u64]) -> u128 {
    accesses.iter().map(|&a| u128::from(a)).sum()
}

/// A group that may get one more copy; the greatest claim is served next.
#[derive(PartialEq)]
struct Claim {
    weight: f64,
    copies: u32,
    group: usize,
}

impl Eq for Claim {}

impl Ord for Claim {
    fn cmp(&self, other: &Self) -> Ordering {
        // Compares weight / copies by cross-multiplication: products of small integers are exact.
        let one = self.weight * f64::from(other.copies);
        let two = other.weight * f64::from(self.copies);
        one.total_cmp(&two).then(other.group.cmp(&self.group))
    }
}

impl PartialOrd for Claim {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Gives each next copy to the group with the most weight per copy.
fn highest_average(weights: &[f64], mut spend: u64, most: u32) -> Vec<u32> {
    let mut out = vec![1; weights.len()];
    let mut claims: BinaryHeap<Claim> = weights
        .iter()
        .enumerate()
        .filter(|&(_, &weight)| weight > 0.0 && most > 1)
        .map(|(group, &weight)| Claim {
            weight,
            copies: 1,
            group,
        })
        .collect();
    while spend > 0
        && let Some(mut claim) = claims.pop()
    {
        claim.copies += 1;
        out[claim.group] = claim.copies;
        spend -= 1;
        if claim.copies < most {
            claims.push(claim);
        }
    }
    out
}

/// Batches as queues of commands (or of their cycles), one per group. The length of a queue is the
/// group's commands in the batch divided by the group's copies; the time of a batch is the length
/// of its longest queue.
pub(super) struct BatchQueues {
    copies: Vec<u32>,
    most: u32,
    /// Queues of each batch, the longest first. A claim whose `copies` differ from the group's is
    /// outdated.
    queues: Vec<BinaryHeap<Claim>>,
    /// Group and length of the two longest queues of each batch.
    longest: Vec<[Option<(usize, f64)>; 2]>,
}

impl BatchQueues {
    pub(super) fn new(demand: Demand<'_>, most: u32) -> Self {
        let queue = |&(group, commands): &(u32, u32)| Claim {
            weight: f64::from(commands),
            copies: 1,
            group: group as usize,
        };
        let batches = demand.batches.iter();
        let mut new = BatchQueues {
            copies: vec![1; demand.accesses.len()],
            most,
            queues: batches.map(|b| b.iter().map(queue).collect()).collect(),
            longest: vec![[None; 2]; demand.batches.len()],
        };
        (0..new.queues.len()).for_each(|b| new.find_longest(b));
        new
    }

    /// Updates the two longest queues of a batch.
    fn find_longest(&mut self, batch: usize) {
        let (queues, copies) = (&mut self.queues[batch], &self.copies);
        let mut longest = || {
            while let Some(mut top) = queues.pop() {
                if top.copies == copies[top.group] {
                    return Some(top);
                }
                top.copies = copies[top.group];
                queues.push(top);
            }
            None
        };
        let found = [longest(), longest()];
        let length = |c: &Claim| (c.group, c.weight / f64::from(c.copies));
        self.longest[batch] = [found[0].as_ref().map(length), found[1].as_ref().map(length)];
        queues.extend(found.into_iter().flatten());
    }

    /// Distributes up to `spend` copies beyond the first, each a unit; returns the copies of each group.
    pub(super) fn allocate(mut self, spend: u64, count: &Count) -> Vec<u32> {
        let mut gains = vec![0.0; self.copies.len()];
        let mut touched = Vec::new();
        for _ in (0..spend).take_while(|_| count.one()) {
            for [first, second] in &self.longest {
                let Some((group, length)) = *first else {
                    continue;
                };
                let copies = self.copies[group];
                if copies >= self.most {
                    continue;
                }
                let shorter = length * f64::from(copies) / f64::from(copies + 1);
                let next = second.map_or(0.0, |s| s.1);
                // The time that the batch gains now, plus a small share of what it gains once the
                // next queue, which may be as long, is shortened too.
                let gain = (length - next.max(shorter)) + LATER_GAIN_WEIGHT * (length - shorter);
                if gains[group] == 0.0 {
                    touched.push(group);
                }
                gains[group] += gain;
            }
            let best = touched.iter().copied().max_by(|&a, &b| {
                let order = f64::total_cmp(&gains[a], &gains[b]);
                order.then(b.cmp(&a))
            });
            touched.drain(..).for_each(|g| gains[g] = 0.0);
            let Some(best) = best else { break };
            self.copies[best] += 1;
            for batch in 0..self.longest.len() {
                if self.longest[batch].iter().flatten().any(|t| t.0 == best) {
                    self.find_longest(batch);
                }
            }
        }
        self.copies
    }
}

/// Weight of a gain that takes effect only after other queues are shortened too.
const LATER_GAIN_WEIGHT: f64 = 0.05;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn copies(kind: Replication, accesses: &[u64], resolved: &Resolved) -> Copies {
        let demand = Demand {
            accesses,
            rest: 0,
            batches: &[],
        };
        super::copies(kind, demand, resolved, &Count::default())
    }
    use crate::config::Config;

    fn resolved(budget: f64, change: impl FnOnce(&mut Config)) -> Resolved {
        let mut config = Config::default();
        config.mapping.budget = budget;
        change(&mut config);
        config.resolve("test").unwrap()
    }

    #[test]
    fn log_follows_its_formula_and_serves_the_hottest_first() {
        // Mean 25: relative heat 1 + 0, 1 + 0.04, 1 + 1, 1 + 3.12, 1 + 1.84 -> log2 0, 0, 1, 2, 1.
        let accesses = [0, 1, 25, 78, 46, 0];
        let enough = copies(Replication::Log, &accesses, &resolved(1.0, |_| ()));
        assert_eq!(enough.per_group, [1, 1, 2, 3, 2, 1]);
        assert_eq!((enough.budget, enough.extra), (6, 4));
        let scarce = copies(Replication::Log, &accesses, &resolved(0.5, |_| ()));
        assert_eq!(scarce.per_group, [1, 1, 1, 3, 2, 1]);
    }

    #[test]
    fn proportional_copies_go_to_the_highest_average() {
        // Quotients after the first copy: 100, 40, 10; then 100/2 = 50, 40, 100/3 = 33, 40/2...
        let accesses = [100, 40, 10, 0];
        let of = |budget| {
            let r = resolved(budget, |_| ());
            copies(Replication::Proportional, &accesses, &r).per_group
        };
        assert_eq!(of(0.0), [1, 1, 1, 1]);
        assert_eq!(of(0.5), [3, 1, 1, 1]);
        assert_eq!(of(0.75), [3, 2, 1, 1]);
        assert_eq!(of(1.0), [4, 2, 1, 1]);
    }

    #[test]
    fn optimized_shortens_the_longest_queues() {
        // Group 0 is in every batch, but the longest queues are those of group 3 (twice) and 1.
        let batches = [
            vec![(0, 4), (3, 10)],
            vec![(0, 4), (3, 9)],
            vec![(0, 4), (1, 6)],
        ];
        let of = |budget| {
            let demand = Demand {
                accesses: &[12, 6, 0, 19],
                rest: 0,
                batches: &batches,
            };
            let r = resolved(budget, |_| ());
            super::copies(Replication::Optimized, demand, &r, &Count::default()).per_group
        };
        // Longest queues: 10, 9, 6; then 5, 4.5, 6; then 5, 4.5, 4, where group 3 saves 1 and 0.5.
        assert_eq!(of(0.25), [1, 1, 1, 2]);
        assert_eq!(of(0.5), [1, 2, 1, 2]);
        assert_eq!(of(0.75), [1, 2, 1, 3]);
    }

    proptest::proptest! {
        /// Compares the next copy with the best one of a search that recomputes all queues.
        #[test]
        fn the_next_copy_is_the_best_one(
            loads in proptest::collection::vec(proptest::collection::vec(0u32..20, 6), 1..8),
            spend in 1u64..12,
        ) {
            let batches: Vec<Vec<(u32, u32)>> = loads
                .iter()
                .map(|l| (0..).zip(l.iter().copied()).filter(|q| q.1 > 0).collect())
                .collect();
            let accesses: Vec<u64> =
                (0..6).map(|g| loads.iter().map(|l| u64::from(l[g])).sum()).collect();
            let demand = Demand { accesses: &accesses, rest: 0, batches: &batches };
            let with = |n: u64| BatchQueues::new(demand, 8).allocate(n, &Count::default());
            let (before, after) = (with(spend - 1), with(spend));
            let queues = |copies: &[u32]| -> f64 {
                let longest = |l: &Vec<u32>| {
                    let queues = l.iter().zip(copies).map(|(&n, &c)| f64::from(n) / f64::from(c));
                    queues.fold(0.0, f64::max)
                };
                loads.iter().map(longest).sum()
            };
            let all: Vec<Vec<u32>> = (0..6)
                .map(|g| {
                    let mut copies = before.clone();
                    copies[g] += 1;
                    copies
                })
                .collect();
            if before.iter().sum::<u32>() == after.iter().sum::<u32>() {
                proptest::prop_assert!(all.iter().all(|c| queues(c) == queues(&before) || c.iter().any(|&c| c > 8)));
            } else {
                proptest::prop_assert!(all.contains(&after));
                let best = all.iter().map(|c| queues(before_capped(c, &before))).fold(f64::MAX, f64::min);
                // The weight of later gains allows this difference.
                let most: f64 = loads.iter().map(|l| f64::from(*l.iter().max().unwrap())).sum();
                proptest::prop_assert!(queues(&after) <= best + LATER_GAIN_WEIGHT * most);
            }
        }
    }

    /// `copies` if they respect the limit of 8, else `before`.
    fn before_capped<'a>(copies: &'a [u32], before: &'a [u32]) -> &'a [u32] {
        if copies.iter().any(|&c| c > 8) {
            before
        } else {
            copies
        }
    }

    #[test]
    fn copies_stop_at_banks_and_replica_tables() {
        let small = |c: &mut Config| {
            (c.engine.lanes, c.engine.banks_per_lane) = (2, 8);
        };
        let r = resolved(16.0, small);
        let c = copies(Replication::Proportional, &[1000, 1, 0], &r);
        assert_eq!(c.per_group, [16, 16, 1]);
        let r = resolved(16.0, |c| {
            (c.engine.lanes, c.engine.banks_per_lane) = (1, 2);
        });
        assert_eq!(most_copies(&r), 2);
    }

    #[test]
    fn copies_stop_at_the_room_and_are_reported_as_clamped() {
        let r = resolved(2.0, |c| c.engine.crossbars_per_bank = 1); // 16 crossbars
        let c = copies(Replication::Log, &[5; 14], &r);
        assert_eq!((c.budget, c.room, c.extra, c.clamped()), (28, 2, 2, true));
        assert_eq!(c.per_group[..3], [2, 2, 1]);
    }

    #[test]
    fn no_history_no_copies() {
        let r = resolved(1.0, |_| ());
        for kind in [
            Replication::Log,
            Replication::Proportional,
            Replication::Optimized,
        ] {
            assert_eq!(copies(kind, &[0; 5], &r).per_group, [1; 5]);
            assert_eq!(copies(kind, &[], &r).per_group, [0u32; 0]);
        }
    }
}
