//! Which start, and how much smoothing: judged on bags of the history that nothing was learned from.

use super::anneal::{self, Schedule, anneal};
use super::graph::Graph;
use super::layout::{Layout, total_cost};
use super::options::{Options, Start};
use super::price::Price;
use super::starts::start;
use crate::config::Effort;
use crate::error::Result;
use crate::formats::trace::Bags;
use crate::progress::Progress;
use rayon::prelude::*;

/// Part of the history that judges: one bag in so many, neighbours.
const JUDGED: usize = 7;
/// Histories with fewer bags than this judge nothing: they are taken as they are.
const FEWEST_BAGS: usize = 16 * JUDGED;
/// Pins that should judge; a short history is cut in several ways, to have as many.
const ENOUGH_PINS: usize = 50_000;
/// Histories with more pins than this compare starts only.
const MANY_PINS: usize = 4_000_000;
/// Shares of ids that are counted on, to choose from.
const KEEPS: [f64; 4] = [1.0, 0.6, 0.4, 0.25];
/// The share where none is chosen but the history is long.
pub(super) const USUAL_KEEP: f64 = 0.5;

/// Most proposals of a trial for each id.
const TRIED_PER_ID: u64 = 1000;

/// Work of an effort, in visits of a bag.
pub(super) struct Plan {
    /// Of one trial, all folds together.
    pub(super) trial: u64,
    /// Of what is kept in the end.
    pub(super) last: u64,
    /// Most proposals for each id: small problems are done sooner.
    pub(super) per_id: u64,
}

pub(super) fn plan(effort: Effort, pins: u64) -> Plan {
    match effort {
        Effort::Fast => Plan {
            trial: 5_000_000 + pins,
            last: 30_000_000 + pins,
            per_id: 100,
        },
        Effort::Balanced => Plan {
            trial: 20_000_000 + 45 * pins,
            last: 240_000_000 + pins,
            per_id: 1000,
        },
        // The last one is paced by the clock.
        Effort::High => Plan {
            trial: 40_000_000 + 120 * pins,
            last: 400_000_000 + pins,
            per_id: u64::MAX / u64::from(u32::MAX),
        },
    }
}

/// What was chosen on the held-out bags.
pub(super) struct Choice {
    pub(super) start: Start,
    pub(super) keep: Option<f64>,
    pub(super) judged_on: usize,
}

/// One way to cut the history.
struct Fold {
    known: Bags,
    graph: Graph,
    judge: Graph,
}

impl Fold {
    fn new(history: &Bags, first: usize, bags: usize) -> Self {
        let known = history.without(first..first + bags);
        Fold {
            graph: Graph::new(&known, 0..known.len()),
            judge: Graph::new(history, first..first + bags),
            known,
        }
    }

    fn cost(&self, group_of: &[u32], options: &Options) -> f64 {
        total_cost(&self.judge, group_of, options.costs())
    }
}

/// What a start costs on the held-out bags, and the orders that it gives.
fn try_start(kind: Start, folds: &[Fold], options: &Options) -> Result<(f64, Vec<Vec<u32>>)> {
    let (mut cost, mut orders) = (0.0, Vec::new());
    for fold in folds {
        let order = start(kind, &fold.known, &fold.graph, options, &())?;
        let mut group_of = vec![0u32; order.len()];
        for (place, &id) in order.iter().enumerate() {
            group_of[id as usize] = (place / options.rows) as u32;
        }
        cost += fold.cost(&group_of, options);
        orders.push(order);
    }
    Ok((cost, orders))
}

/// Chooses start and smoothing for `history`.
///
/// # Errors
/// Only what `progress` returns.
pub(super) fn choose(history: &Bags, options: &Options, progress: &dyn Progress) -> Result<Choice> {
    if history.len() < FEWEST_BAGS {
        // So short a history is all that there is.
        return Ok(Choice {
            start: Start::Bisection,
            keep: Some(1.0),
            judged_on: 0,
        });
    }
    let bags = history.len() / JUDGED;
    let pins = history.lookups() as usize;
    let large = pins > MANY_PINS;
    let folds: Vec<Fold> = (0..ENOUGH_PINS.div_ceil(pins / JUDGED + 1).min(JUDGED))
        .map(|f| Fold::new(history, history.len() - (f + 1) * bags, bags))
        .collect();
    let judged_on = bags * folds.len();

    // The rest are worse than these two wherever there is much to learn from.
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
    progress.step("trying starts", 0, 1)?;
    let tried: Vec<(f64, Vec<Vec<u32>>)> = starts
        .par_iter()
        .map(|&kind| try_start(kind, &folds, options))
        .collect::<Result<_>>()?;
    let first_best = |a: &(_, &(f64, _)), b: &(_, &(f64, _))| f64::total_cmp(&a.1.0, &b.1.0);
    let Some((&start, &(mut least, ref orders))) = starts.iter().zip(&tried).min_by(first_best)
    else {
        return Ok(Choice {
            start: Start::Bisection,
            keep: None,
            judged_on,
        });
    };
    let mut choice = Choice {
        start,
        keep: large.then_some(USUAL_KEEP),
        judged_on,
    };
    let keeps: &[f64] = match (large, options.effort) {
        (true, _) => &[],
        (false, Effort::Fast) => &[USUAL_KEEP],
        (false, Effort::Balanced | Effort::High) => &KEEPS,
    };
    let plan = plan(options.effort, history.lookups());
    for (i, &keep) in keeps.iter().enumerate() {
        progress.step("trying smoothing", i as u64, keeps.len() as u64)?;
        let price = Price::new(options.costs(), keep);
        let mut cost = 0.0;
        for (fold, order) in folds.iter().zip(orders) {
            let Some(mut layout) = Layout::new(&fold.graph, order, options.rows) else {
                return Ok(choice);
            };
            let movable = anneal::movable(&layout).len() as u64;
            let visits = plan.trial / folds.len() as u64;
            let schedule = Schedule::new(visits, plan.per_id.min(TRIED_PER_ID), movable);
            let mut tell = |_: &Layout<'_>, _, _| {
                progress.step("trying smoothing", i as u64, keeps.len() as u64)
            };
            anneal(&mut layout, &price, schedule, options.seed, &mut tell)?;
            cost += fold.cost(&layout.group_of, options);
        }
        if cost < least {
            least = cost;
            choice.keep = Some(keep);
        }
    }
    Ok(choice)
}
