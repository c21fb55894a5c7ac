//! Simulated annealing by exchanges of two ids, each judged exactly.
//!
//! Exchanges are proposed and judged in parallel on the layout as it stands, then the promising
//! ones are judged again, one after the other, and made. The result depends on the seed and on the
//! number of proposals only, not on the number of threads.

use super::layout::Layout;
use super::price::{ONE, Price};
use crate::error::Result;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::time::Instant;

/// Tasks between two updates of the layout; each has its own stream of random numbers.
const TASKS: u64 = 16;
/// Most proposals of one task.
const LONGEST_TASK: usize = 256;
/// What a proposal takes beside visits of bags, in such visits.
const OVERHEAD: u64 = 24;
/// Members of a group among which the one that is attached least is to leave it.
const CANDIDATES: usize = 8;

/// Temperatures to start with, in activations, and the visits for each id that the lower one takes.
const WARM: f64 = 0.1;
const HOT: f64 = 0.5;
const WARM_WORK: f64 = 800.0;
/// The end is so cold that only gains are taken.
const COLD: f64 = 0.03;

/// How many exchanges are proposed and how the temperature falls meanwhile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Schedule {
    /// Temperature at the start, in activations.
    pub(super) hot: f64,
    /// Temperature at the end.
    pub(super) cold: f64,
    /// Most proposals, rounded up to whole batches.
    pub(super) proposals: u64,
    /// Most work, in visits of a bag.
    pub(super) visits: u64,
    /// When the work ends, if the clock sets the pace.
    pub(super) until: Option<Instant>,
}

impl Schedule {
    /// For about `visits` visits of a bag, and at most `per_id` proposals for each of `movable` ids.
    ///
    /// A hot start finds better layouts, but it needs time to mend what it breaks first.
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

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Done {
    pub(super) proposals: u64,
    pub(super) visits: u64,
    pub(super) exchanges: u64,
}

struct Proposal {
    a: u32,
    b: u32,
    /// Most that the exchange may cost.
    limit: i64,
}

/// Ids that can move: all that are in a bag with others.
pub(super) fn movable(layout: &Layout<'_>) -> Vec<u32> {
    (0..layout.graph.ids() as u32)
        .filter(|&id| layout.graph.degree(id as usize) > 0)
        .collect()
}

/// Anneals `layout`; `tell` hears how many proposals of how many are done.
///
/// # Errors
/// Only what `tell` returns.
pub(super) fn anneal(
    layout: &mut Layout<'_>,
    price: &Price,
    schedule: Schedule,
    seed: u64,
    tell: &mut dyn FnMut(&Layout<'_>, u64, u64) -> Result<()>,
) -> Result<Done> {
    let movable = movable(layout);
    let mut done = Done::default();
    if movable.is_empty() || layout.groups() < 2 || schedule.proposals == 0 || schedule.visits == 0
    {
        return Ok(done);
    }
    // Small problems change under a long batch's feet.
    let task = (movable.len() / 64).clamp(4, LONGEST_TASK);
    let per_batch = task as u64 * TASKS;
    let begun = Instant::now();
    let planned = schedule
        .proposals
        .div_ceil(per_batch)
        .saturating_mul(per_batch);
    let refresh = (movable.len() as u64).div_ceil(per_batch);
    let base = ChaCha8Rng::seed_from_u64(seed);
    let mut attached: Vec<i64> = Vec::new();
    for batch in 0.. {
        // Counted work is the same for any number of threads; the time is not.
        let share = match schedule.until {
            Some(end) => {
                let left = end.saturating_duration_since(Instant::now()).as_secs_f64();
                1.0 - left / (left + begun.elapsed().as_secs_f64())
            }
            None => f64::max(
                done.proposals as f64 / planned as f64,
                done.visits as f64 / schedule.visits as f64,
            ),
        };
        if share >= 1.0 {
            break;
        }
        let heat = schedule.hot * (schedule.cold / schedule.hot).powf(share) * ONE as f64;
        let view = &*layout;
        if batch % refresh == 0 {
            (0..view.places.len() as u32)
                .into_par_iter()
                .with_min_len(1024)
                .map(|id| view.attachment(id, price))
                .collect_into_vec(&mut attached);
        }
        let proposer = Proposer {
            layout: view,
            movable: &movable,
            attached: &attached,
            price,
            heat,
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
        done.visits += found.iter().map(|f| f.1).sum::<u64>();
        for p in found.into_iter().flat_map(|f| f.0) {
            if layout.group_of[p.a as usize] != layout.group_of[p.b as usize]
                && layout.swap_cost(p.a, p.b, price) <= p.limit
            {
                layout.swap(p.a, p.b);
                done.exchanges += 1;
            }
        }
        done.proposals += per_batch;
        tell(layout, (share * 1000.0) as u64, 1000)?;
    }
    Ok(done)
}

struct Proposer<'a, 'g> {
    layout: &'a Layout<'g>,
    movable: &'a [u32],
    /// What each id saves where it is; a little stale, as it only guides the choice.
    attached: &'a [i64],
    price: &'a Price,
    heat: f64,
}

impl Proposer<'_, '_> {
    /// An exchange that the present temperature allows.
    fn propose(&self, rng: &mut ChaCha8Rng, visits: &mut u64) -> Option<Proposal> {
        let layout = self.layout;
        let a = self.movable[rng.random_range(0..self.movable.len())];
        // To a group that one of its bags touches.
        let bags = layout.bags_of(a);
        let bag = layout
            .graph
            .bag(bags[rng.random_range(0..bags.len())] as usize);
        let beside = bag[rng.random_range(0..bag.len())];
        let from = layout.group_of[a as usize];
        let to = layout.group_of[beside as usize];
        // Drawn before anything is known, so that hopeless exchanges are dropped early.
        let chance: f64 = rng.random();
        if from == to {
            return None;
        }
        let limit = (-self.heat * chance.max(f64::MIN_POSITIVE).ln()) as i64;
        let rows = layout.rows;
        let b = (0..CANDIDATES)
            .map(|_| layout.places[to as usize * rows + rng.random_range(0..rows)])
            .min_by_key(|&c| self.attached[c as usize])?;
        let most = limit.saturating_add(self.price.span * layout.bags_of(b).len() as i64);
        let one = layout.move_cost_below(a, (from, to), self.price, most, visits)?;
        if !layout.may_pay(one, layout.bags_of(b).len(), self.price, limit) {
            return None;
        }
        let left = limit - one.sum();
        let two = layout.move_cost_below(b, (to, from), self.price, left, visits)?;
        if layout.least_cost(one, two, self.price) > limit {
            return None;
        }
        let cost = layout.exchange_cost(a, b, one, two, self.price);
        (cost <= limit).then_some(Proposal { a, b, limit })
    }
}
