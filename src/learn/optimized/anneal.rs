//! Simulated annealing by exchanges of two ids, with exact costs.
//!
//! Tasks propose and evaluate exchanges in parallel on an unchanging assignment. Accepted proposals
//! are then evaluated again, one after the other, and made if they still pay. The result depends
//! only on the seed and the number of proposals, not on the number of threads.

use super::assignment::Assignment;
use super::price::{ONE, Price};
use crate::error::Result;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::ops::ControlFlow;
use std::time::Instant;

/// Tasks between two updates of the assignment; each has its own stream of random numbers.
const TASKS: u64 = 16;
/// Most proposals of one task.
const LONGEST_TASK: usize = 256;
/// Fixed work of a proposal, expressed in bag visits.
const OVERHEAD: u64 = 24;
/// Random members of a group among which the one with the lowest attachment is proposed to leave.
const CANDIDATES: usize = 8;

/// Range of the initial temperature, in units of [`ONE`] (one group touched), and the visits per id
/// for which it is `WARM`. It grows with the square root of the visits.
const WARM: f64 = 0.1;
const HOT: f64 = 0.5;
const WARM_WORK: f64 = 800.0;
/// Final temperature: practically only exchanges that pay are accepted.
const COLD: f64 = 0.03;

/// The number of proposals and the range of the temperature, which falls exponentially.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Schedule {
    /// Initial temperature, in units of [`ONE`].
    pub(super) hot: f64,
    /// Final temperature.
    pub(super) cold: f64,
    /// Most proposals, rounded up to whole batches.
    pub(super) proposals: u64,
    /// Most work, in bag visits.
    pub(super) visits: u64,
    /// When the work ends; `None` if only the amount of work counts.
    pub(super) until: Option<Instant>,
}

impl Schedule {
    /// For about `visits` bag visits, and at most `per_id` proposals per movable id.
    ///
    /// A higher initial temperature finds better assignments, but destroys more of the start and so
    /// needs more work.
    pub(super) fn new(visits: u64, per_id: u64, movable: u64) -> Self {
        let proposals = per_id.saturating_mul(movable);
        let work =
            visits.min(proposals.saturating_mul(2 * OVERHEAD)) as f64 / movable.max(1) as f64;
        Schedule {
            hot: (WARM * (work / WARM_WORK).sqrt()).clamp(WARM, HOT),
            cold: COLD,
            proposals,
            visits,
            until: None,
        }
    }
}

/// Work done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Stats {
    pub(super) proposals: u64,
    pub(super) visits: u64,
    pub(super) exchanges: u64,
    /// What the exchanges cost in all, in units of `1 / ONE`; negative if they paid.
    pub(super) cost: i64,
    /// Attachments computed.
    pub(super) attachments: u64,
}

/// Hears of the assignment, the work and the share of it, in 1/1000, that is done; may end the work.
pub(super) type Report<'r> =
    dyn FnMut(&Assignment<'_>, &Stats, u64) -> Result<ControlFlow<()>> + 'r;

struct Proposal {
    a: u32,
    b: u32,
    /// Most that the exchange may cost.
    limit: i64,
}

/// The ids that can move: those that share a bag with another id.
pub(super) fn movable(assignment: &Assignment<'_>) -> Vec<u32> {
    (0..assignment.graph.ids() as u32)
        .filter(|&id| assignment.graph.degree(id as usize) > 0)
        .collect()
}

/// Anneals `assignment`. Calls `report(assignment, work, share)` after each batch of proposals, which
/// may end the work; `share` of it, in 1/1000, is done.
///
/// # Errors
/// Only what `report` returns.
pub(super) fn anneal(
    assignment: &mut Assignment<'_>,
    price: &Price,
    schedule: Schedule,
    seed: u64,
    report: &mut Report<'_>,
) -> Result<Stats> {
    let movable = movable(assignment);
    let mut stats = Stats::default();
    if movable.is_empty()
        || assignment.groups() < 2
        || schedule.proposals == 0
        || schedule.visits == 0
    {
        return Ok(stats);
    }
    // On small problems, long batches would evaluate too many proposals on an outdated assignment.
    let task = (movable.len() / 64).clamp(4, LONGEST_TASK);
    let per_batch = task as u64 * TASKS;
    let begun = Instant::now();
    let planned = schedule
        .proposals
        .div_ceil(per_batch)
        .saturating_mul(per_batch);
    let refresh = (movable.len() as u64).div_ceil(per_batch);
    let base = ChaCha8Rng::seed_from_u64(seed);
    // Ids that share no bag keep the attachment 0.
    let mut attachments = vec![0; assignment.places.len()];
    let mut fresh = Vec::new();
    for batch in 0.. {
        // Work counts do not depend on the number of threads; time does.
        let share = match schedule.until {
            Some(end) => {
                let left = end.saturating_duration_since(Instant::now()).as_secs_f64();
                1.0 - left / (left + begun.elapsed().as_secs_f64())
            }
            None => f64::max(
                stats.proposals as f64 / planned as f64,
                stats.visits as f64 / schedule.visits as f64,
            ),
        };
        if share >= 1.0 {
            break;
        }
        let temperature = schedule.hot * (schedule.cold / schedule.hot).powf(share) * ONE as f64;
        let view = &*assignment;
        if batch % refresh == 0 {
            movable
                .par_iter()
                .with_min_len(1024)
                .map(|&id| view.attachment(id, price))
                .collect_into_vec(&mut fresh);
            for (&id, &attachment) in movable.iter().zip(&fresh) {
                attachments[id as usize] = attachment;
            }
            stats.attachments += movable.len() as u64;
        }
        let proposer = Proposer {
            assignment: view,
            movable: &movable,
            attachments: &attachments,
            price,
            temperature,
        };
        let found: Vec<(Vec<Proposal>, u64)> = (0..TASKS)
            .into_par_iter()
            .map(|t| {
                let mut rng = base.clone();
                rng.set_stream(batch * TASKS + t);
                let mut visits = task as u64 * OVERHEAD;
                let found = (0..task).filter_map(|_| proposer.propose(&mut rng, &mut visits));
                (found.collect(), visits)
            })
            .collect();
        stats.visits += found.iter().map(|f| f.1).sum::<u64>();
        for p in found.into_iter().flat_map(|f| f.0) {
            if assignment.group_of[p.a as usize] == assignment.group_of[p.b as usize] {
                continue;
            }
            let cost = assignment.swap_cost(p.a, p.b, price);
            if cost <= p.limit {
                assignment.swap(p.a, p.b);
                stats.exchanges += 1;
                stats.cost += cost;
            }
        }
        stats.proposals += per_batch;
        if report(assignment, &stats, (share * 1000.0) as u64)?.is_break() {
            break;
        }
    }
    Ok(stats)
}

struct Proposer<'a, 'g> {
    assignment: &'a Assignment<'g>,
    movable: &'a [u32],
    /// [`Assignment::attachment`] of each id. May be outdated, since it only guides the choice.
    attachments: &'a [i64],
    price: &'a Price,
    temperature: f64,
}

impl Proposer<'_, '_> {
    /// A random exchange, if the present temperature accepts it.
    fn propose(&self, rng: &mut ChaCha8Rng, visits: &mut u64) -> Option<Proposal> {
        let assignment = self.assignment;
        let a = self.movable[rng.random_range(0..self.movable.len())];
        // The target is a group that one of the id's bags touches.
        let graph = assignment.graph;
        let bag = rng.random_range(0..graph.degree(a as usize));
        let bag = graph.bag(graph.nth_bag_of(a as usize, bag));
        let beside = bag[rng.random_range(0..bag.len())];
        let from = assignment.group_of[a as usize];
        let to = assignment.group_of[beside as usize];
        // Drawn before the cost is computed, so that the evaluation can stop at this limit.
        let chance: f64 = rng.random();
        if from == to {
            return None;
        }
        let limit = (-self.temperature * chance.max(f64::MIN_POSITIVE).ln()) as i64;
        let rows = assignment.rows;
        let b = (0..CANDIDATES)
            .map(|_| assignment.places[to as usize * rows + rng.random_range(0..rows)])
            .min_by_key(|&c| self.attachments[c as usize])?;
        let degree = assignment.degree(b);
        let most = limit.saturating_add(self.price.span * degree as i64);
        let one = assignment.move_cost_below(a, (from, to), self.price, most, visits)?;
        if !assignment.may_pay(one, degree, self.price, limit) {
            return None;
        }
        let left = limit - one.sum();
        let two = assignment.move_cost_below(b, (to, from), self.price, left, visits)?;
        if assignment.least_cost(one, two, self.price) > limit {
            return None;
        }
        let cost = assignment.exchange_cost(a, b, one, two, self.price);
        (cost <= limit).then_some(Proposal { a, b, limit })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::super::graph::Graph;
    use super::super::price::groups_touched;
    use super::*;
    use crate::formats::trace::Bags;

    #[test]
    fn work_does_not_grow_with_the_ids_that_cannot_move() {
        let lists: Vec<Vec<u32>> = (0..200).map(|b| vec![b % 37, b % 11, 37 + b % 5]).collect();
        let annealed = |ids: u32| {
            let graph = Graph::new(&Bags::from_lists(ids, &lists).unwrap(), 0..lists.len());
            let order: Vec<u32> = (0..ids).collect();
            let mut assignment = Assignment::new(&graph, &order, 8).unwrap();
            let price = Price::new(&groups_touched(8), 1.0);
            let schedule = Schedule::new(100_000, 1000, 42);
            anneal(&mut assignment, &price, schedule, 1, &mut |_, _, _| {
                Ok(ControlFlow::Continue(()))
            })
            .unwrap()
        };
        let (few, many) = (annealed(48), annealed(48_000));
        assert!(few.attachments > 0 && few.proposals > 0);
        // The work is the same a proposal; unseen neighbours only end some of them sooner.
        let refreshes = |s: Stats| (s.attachments as f64) / (s.proposals as f64);
        assert!(
            (refreshes(few) - refreshes(many)).abs() < 0.1,
            "{few:?} {many:?}"
        );
    }
}
