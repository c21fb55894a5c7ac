//! Chooses the start and `keep` on held-out bags of the history.
//!
//! `keep` is the probability with which each id of a bag is assumed to occur again (see
//! [`Price::new`]); smaller values smooth more.

use super::anneal::{self, Schedule, Stats, anneal};
use super::assignment::{Assignment, total_cost};
use super::graph::Graph;
use super::options::{Options, Start};
use super::price::Price;
use super::starts::start;
use crate::config::Effort;
use crate::error::Result;
use crate::formats::trace::Bags;
use crate::progress::{Count, Progress, counted};
use rayon::prelude::*;
use std::ops::ControlFlow;

/// One in so many bags of the history is held out; a fold holds out consecutive bags.
const HELD_OUT_ONE_IN: usize = 7;
/// With fewer bags than this, nothing is held out and nothing is chosen.
const FEWEST_BAGS: usize = 16 * HELD_OUT_ONE_IN;
/// Held-out pins (pairs of a bag and an id) to aim for; a short history is split into several folds
/// to reach this number.
const ENOUGH_PINS: usize = 50_000;
/// With more pins than this, only starts are compared and `keep` is [`USUAL_KEEP`].
const MANY_PINS: usize = 4_000_000;
/// Values of `keep` to choose from, in the order of trial. As `keep` falls, the cost on the held-out bags falls
/// to one minimum and then rises, if they are many enough to tell; then the first value that is worse than the
/// one before it is the last tried.
const KEEPS: [f64; 4] = [1.0, 0.6, 0.4, 0.25];
/// `keep` where no other value is chosen.
pub(super) const USUAL_KEEP: f64 = 0.5;

/// Most proposals of a trial per id.
const TRIED_PER_ID: u64 = 1000;

/// Work of an effort, in bag visits.
pub(super) struct Plan {
    /// Of one trial, all folds together.
    pub(super) trial: u64,
    /// Of the final annealing.
    pub(super) final_run: u64,
    /// Most proposals per id, so that small problems end sooner.
    pub(super) per_id: u64,
}

pub(super) fn plan(effort: Effort, pins: u64) -> Plan {
    match effort {
        Effort::Fast => Plan {
            trial: 5_000_000 + pins,
            final_run: 30_000_000 + pins,
            per_id: 100,
        },
        Effort::Balanced => Plan {
            trial: 20_000_000 + 45 * pins,
            final_run: 240_000_000 + pins,
            per_id: 1000,
        },
        // The clock limits the final annealing.
        Effort::High => Plan {
            trial: 40_000_000 + 120 * pins,
            final_run: 400_000_000 + pins,
            per_id: u64::MAX / u64::from(u32::MAX),
        },
    }
}

/// The start and `keep` that did best on the held-out bags.
pub(super) struct StartChoice {
    pub(super) start: Start,
    pub(super) keep: Option<f64>,
    pub(super) judged_on: usize,
    /// Whether the user ended the trials.
    pub(super) interrupted: bool,
}

/// The history split into a training part and held-out bags.
struct Fold {
    training: Bags,
    graph: Graph,
    held_out: Graph,
}

impl Fold {
    fn new(history: &Bags, first: usize, bags: usize) -> Self {
        let training = history.without(first..first + bags);
        Fold {
            graph: Graph::merged(&training, 0..training.len()),
            held_out: Graph::merged(history, first..first + bags),
            training,
        }
    }

    fn cost(&self, group_of: &[u32], options: &Options) -> f64 {
        total_cost(&self.held_out, group_of, options.costs())
    }
}

/// Cost of a start on the held-out bags of all folds, and its order of ids for each fold.
fn try_start(
    kind: Start,
    folds: &[Fold],
    options: &Options,
    count: &Count,
) -> Result<(f64, Vec<Vec<u32>>)> {
    let (mut cost, mut orders) = (0.0, Vec::new());
    for fold in folds {
        let order = start(kind, &fold.training, &fold.graph, options, count)?;
        let mut group_of = vec![0u32; order.len()];
        for (place, &id) in order.iter().enumerate() {
            group_of[id as usize] = (place / options.rows) as u32;
        }
        cost += fold.cost(&group_of, options);
        orders.push(order);
    }
    Ok((cost, orders))
}

/// Chooses the start and `keep` for `history`.
///
/// # Errors
/// Only what `progress` returns.
pub(super) fn choose(
    history: &Bags,
    options: &Options,
    progress: &dyn Progress,
) -> Result<StartChoice> {
    if history.len() < FEWEST_BAGS {
        // Too short to hold anything out.
        return Ok(StartChoice {
            start: Start::Bisection,
            keep: Some(1.0),
            judged_on: 0,
            interrupted: false,
        });
    }
    let bags = history.len() / HELD_OUT_ONE_IN;
    let pins = history.lookups() as usize;
    let large = pins > MANY_PINS;
    let folds: Vec<Fold> = (0..ENOUGH_PINS
        .div_ceil(pins / HELD_OUT_ONE_IN + 1)
        .min(HELD_OUT_ONE_IN))
        .map(|f| Fold::new(history, history.len() - (f + 1) * bags, bags))
        .collect();
    let judged_on = bags * folds.len();

    // On large histories, the other starts are always worse than these two.
    let starts: &[Start] = match large {
        true => &[Start::Bisection, Start::ExactGain],
        false => &[
            Start::Bisection,
            Start::ExactGain,
            Start::Cooccurrence,
            Start::Frequency,
            Start::IdOrder,
        ],
    };
    let units = (starts.len() * folds.len()) as u64 * u64::from(history.embeddings());
    let tried: Vec<(f64, Vec<Vec<u32>>)> = counted(progress, ("trying starts", units), |count| {
        starts
            .par_iter()
            .map(|&kind| try_start(kind, &folds, options, count))
            .collect::<Result<_>>()
    })??;
    let first_best = |a: &(_, &(f64, _)), b: &(_, &(f64, _))| f64::total_cmp(&a.1.0, &b.1.0);
    let Some((&start, &(mut least, ref orders))) = starts.iter().zip(&tried).min_by(first_best)
    else {
        return Ok(StartChoice {
            start: Start::Bisection,
            keep: None,
            judged_on,
            interrupted: false,
        });
    };
    let mut choice = StartChoice {
        start,
        keep: large.then_some(USUAL_KEEP),
        judged_on,
        interrupted: false,
    };
    let keeps: &[f64] = match (large, options.effort) {
        (true, _) => &[],
        (false, Effort::Fast) => &[USUAL_KEEP],
        (false, Effort::Balanced | Effort::High) => &KEEPS,
    };
    let plan = plan(options.effort, history.lookups());
    let enough = || options.may_end_early() && progress.enough();
    // Of each trial, thousandths.
    let trials = 1000 * (keeps.len() * folds.len()) as u64;
    let mut tried = 0;
    let mut before = f64::INFINITY;
    for &keep in keeps {
        let price = Price::new(options.costs(), keep);
        let mut cost = 0.0;
        for (fold, order) in folds.iter().zip(orders) {
            let Some(mut assignment) = Assignment::new(&fold.graph, order, options.rows) else {
                return Ok(choice);
            };
            let movable = anneal::movable(&assignment).len() as u64;
            let visits = plan.trial / folds.len() as u64;
            let schedule = Schedule::new(visits, plan.per_id.min(TRIED_PER_ID), movable);
            let mut report = |_: &Assignment<'_>, _: &Stats, share: u64| {
                progress.step("trying smoothing", tried + share, trials)?;
                Ok(match enough() {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                })
            };
            anneal(&mut assignment, &price, schedule, options.seed, &mut report)?;
            cost += fold.cost(&assignment.group_of, options);
            tried += 1000;
        }
        if enough() {
            // This trial is not whole.
            choice.interrupted = true;
            break;
        }
        if cost < least {
            least = cost;
            choice.keep = Some(keep);
        }
        if cost > before && folds.len() == 1 {
            break;
        }
        before = cost;
    }
    Ok(choice)
}
