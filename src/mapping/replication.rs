//! How many copies each group gets.

use crate::config::{Replication, Resolved};
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

/// Most copies of one group that can work at the same time: one a bank, and not more in a lane
/// than its replica table holds.
pub fn most_copies(resolved: &Resolved) -> u32 {
    let engine = &resolved.config.engine;
    engine.lanes * engine.max_replicas.min(engine.banks_per_lane)
}

/// What a history asks of the groups.
#[derive(Debug, Clone, Copy)]
pub struct Demand<'a> {
    /// Commands of each group.
    pub accesses: &'a [u64],
    /// Commands that a busy batch brings each group: the mean over the batches plus twice the
    /// standard deviation.
    pub peaks: &'a [f64],
}

/// Decides the copies of each group.
///
/// - `none`: one of each.
/// - `log`: a group with `a` accesses wants `1 + floor(log2(1 + a / mean))` copies, where `mean` is
///   the mean over all groups; the hottest are served first. (The formula is ours: the paper says
///   that copies grow with the logarithm of the access count, and not how.) Dividing by the mean
///   makes it independent of the history's length.
/// - `proportional`: the next copy goes to the group with the most accesses per copy, which is how
///   seats are shared out in proportion to votes (D'Hondt).
/// - `optimized`: the next copy goes to the group with the largest peak per copy: the one that a
///   batch waits for.
///
/// Equals are served in group order. A group that was never accessed gets no second copy.
pub fn copies(kind: Replication, demand: Demand<'_>, resolved: &Resolved) -> Copies {
    let accesses = demand.accesses;
    let groups = accesses.len() as u64;
    let budget = (resolved.config.mapping.budget * groups as f64).floor() as u64;
    let room = u64::from(resolved.slots).saturating_sub(groups);
    let most = most_copies(resolved);
    let spend = budget.min(room);
    let per_group = match kind {
        Replication::None => vec![1; accesses.len()],
        Replication::Log => logarithmic(accesses, spend, most),
        Replication::Proportional => {
            // Whole numbers of this size are exact as floating point numbers too.
            let weights: Vec<f64> = accesses.iter().map(|&a| a as f64).collect();
            highest_average(&weights, spend, most)
        }
        Replication::Optimized => highest_average(demand.peaks, spend, most),
    };
    let extra = per_group.iter().map(|&c| u64::from(c - 1)).sum();
    Copies {
        per_group,
        budget,
        room,
        extra,
    }
}

fn logarithmic(accesses: &[u64], mut spend: u64, most: u32) -> Vec<u32> {
    let (groups, total) = (accesses.len() as u128, sum(accesses));
    let mut hottest: Vec<usize> = (0..accesses.len()).filter(|&g| accesses[g] > 0).collect();
    hottest.sort_by_key(|&g| std::cmp::Reverse(accesses[g]));
    let mut out = vec![1; accesses.len()];
    for g in hottest {
        // floor(log2(1 + a * groups / total)) in whole numbers: the floor of the quotient has the
        // same logarithm.
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

/// A group that may get one more copy; the greatest is served next.
#[derive(PartialEq)]
struct Claim {
    weight: f64,
    copies: u32,
    group: usize,
}

impl Eq for Claim {}

impl Ord for Claim {
    fn cmp(&self, other: &Self) -> Ordering {
        // weight / copies, compared crosswise: products of small numbers are exact.
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

/// Gives the next copy to the group with the most weight per copy, again and again.
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

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn copies(kind: Replication, accesses: &[u64], resolved: &Resolved) -> Copies {
        let peaks = vec![0.0; accesses.len()];
        let demand = Demand {
            accesses,
            peaks: &peaks,
        };
        super::copies(kind, demand, resolved)
    }
    use crate::config::Config;

    fn resolved(budget: f64, change: impl FnOnce(&mut Config)) -> Resolved {
        let mut config = Config::default();
        config.mapping.budget = budget;
        change(&mut config);
        config.resolve("test").unwrap()
    }

    #[test]
    fn log_follows_its_formula_hottest_first() {
        // Mean 25: relative heat 1 + 0, 1 + 0.04, 1 + 1, 1 + 3.12, 1 + 1.84 -> log2 0, 0, 1, 2, 1.
        let accesses = [0, 1, 25, 78, 46, 0];
        let enough = copies(Replication::Log, &accesses, &resolved(1.0, |_| ()));
        assert_eq!(enough.per_group, [1, 1, 2, 3, 2, 1]);
        assert_eq!((enough.budget, enough.extra), (6, 4));
        let scarce = copies(Replication::Log, &accesses, &resolved(0.5, |_| ()));
        assert_eq!(scarce.per_group, [1, 1, 1, 3, 2, 1]);
    }

    #[test]
    fn proportional_shares_out_by_highest_average() {
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
    fn optimized_serves_the_group_that_a_batch_waits_for() {
        // Per copy: 9, 8, 7.5; 9/2, then 8/2, 7.5/2; then 9/3.
        let (accesses, peaks) = ([5, 100, 0, 7], [9.0, 7.5, 0.0, 8.0]);
        let of = |budget| {
            let demand = Demand {
                accesses: &accesses,
                peaks: &peaks,
            };
            let r = resolved(budget, |_| ());
            super::copies(Replication::Optimized, demand, &r).per_group
        };
        assert_eq!(of(0.25), [2, 1, 1, 1]);
        assert_eq!(of(0.5), [2, 1, 1, 2]);
        assert_eq!(of(1.0), [3, 2, 1, 2]);
    }

    #[test]
    fn copies_stop_at_banks_and_replica_tables() {
        let small = |c: &mut Config| {
            (c.engine.lanes, c.engine.banks_per_lane) = (2, 8);
            c.engine.max_replicas = 3;
        };
        let r = resolved(16.0, small);
        let c = copies(Replication::Proportional, &[1000, 1, 0], &r);
        assert_eq!(c.per_group, [6, 6, 1]);
        let r = resolved(16.0, |c| {
            (c.engine.lanes, c.engine.banks_per_lane) = (1, 2);
            c.engine.max_replicas = 4;
        });
        assert_eq!(most_copies(&r), 2);
    }

    #[test]
    fn copies_stop_at_the_room_and_say_so() {
        let r = resolved(2.0, |c| c.engine.crossbars_per_bank = 1); // 16 crossbars
        let c = copies(Replication::Log, &[5; 14], &r);
        assert_eq!((c.budget, c.room, c.extra, c.clamped()), (28, 2, 2, true));
        assert_eq!(c.per_group[..3], [2, 2, 1]);
    }

    #[test]
    fn no_history_no_copies() {
        let r = resolved(1.0, |_| ());
        for kind in [Replication::Log, Replication::Proportional] {
            assert_eq!(copies(kind, &[0; 5], &r).per_group, [1; 5]);
            assert_eq!(copies(kind, &[], &r).per_group, [0u32; 0]);
        }
    }
}
