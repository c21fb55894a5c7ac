//! Which start, and how much smoothing: chosen on bags of the history that nothing was learned
//! from, then done again on all of it.

use super::anneal::{self, Done, Schedule, anneal};
use super::graph::Graph;
use super::layout::{Layout, total_cost};
use super::options::{Options, Report, Start};
use super::price::Price;
use super::{Grouping, bisect::bisect, greedy::greedy};
use crate::config::{Effort, Method};
use crate::error::Result;
use crate::ids::EmbeddingId;
use crate::mapping::{Progress, methods};
use crate::trace::Bags;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use std::time::{Duration, Instant};

/// Part of the history that judges: one bag in so many, the last ones.
const JUDGED: usize = 7;
/// Histories with fewer bags than this judge nothing: they are taken as they are.
const FEWEST_JUDGED: usize = 16;
/// Histories with more pins than this start from bisection only.
const MANY_PINS: usize = 4_000_000;
/// Shares of ids that are counted on, to choose from.
const KEEPS: [f64; 4] = [1.0, 0.6, 0.4, 0.25];
/// The share where nothing is judged but the history is long.
const USUAL_KEEP: f64 = 0.5;
/// Temperatures, in activations. The end is so cold that only gains are taken.
const HOT: f64 = 0.3;
/// A trial has no time to mend what a hot start breaks.
const WARM: f64 = 0.1;
const COLD: f64 = 0.03;

/// Work of an effort, in visits of a pin.
struct Plan {
    trial: u64,
    last: u64,
    /// Most proposals for each id: small problems are done sooner.
    per_id: u64,
}

fn plan(effort: Effort, pins: u64) -> Plan {
    match effort {
        Effort::Fast => Plan {
            trial: 0,
            last: 30_000_000 + pins,
            per_id: 100,
        },
        Effort::Balanced => Plan {
            trial: 20_000_000 + 60 * pins,
            last: 400_000_000 + pins,
            per_id: 1000,
        },
        // The last one is planned by the clock.
        Effort::High => Plan {
            trial: 40_000_000 + 120 * pins,
            last: 400_000_000 + pins,
            per_id: u64::MAX / u32::MAX as u64,
        },
    }
}

/// What was chosen on the held-out part.
struct Choice {
    start: Start,
    keep: Option<f64>,
    judged_on: usize,
}

pub(super) fn run(history: &Bags, options: &Options, progress: &dyn Progress) -> Result<Grouping> {
    let begun = Instant::now();
    let mut choice = choose(history, options, progress)?;
    if options.weigh_heat {
        // No start knows of heat: it is weighed here or not at all, and under a price that fades.
        choice.keep = Some(choice.keep.map_or(USUAL_KEEP, |keep| keep.min(USUAL_KEEP)));
    }
    let graph = Graph::new(history, 0..history.len());
    let order = start(choice.start, history, &graph, options, progress)?;
    let mut report = Report {
        start: choice.start,
        keep: choice.keep,
        judged_on: choice.judged_on as u64,
        proposals: 0,
        exchanges: 0,
    };
    let layout = match choice.keep {
        Some(_) => Layout::new(&graph, &order, options.rows),
        None => None,
    };
    let groups = match (layout, choice.keep) {
        (Some(mut layout), Some(keep)) => {
            let price = Price::new(options.costs(), keep);
            if options.weigh_heat {
                layout.weigh_heat(heat_cap(&graph, &layout), &price);
            }
            let done = last(&mut layout, &price, options, begun, progress)?;
            report.proposals = done.proposals;
            report.exchanges = done.exchanges;
            layout.groups_of_ids()
        }
        _ => {
            report.keep = None;
            order.chunks(options.rows).map(<[_]>::to_vec).collect()
        }
    };
    let groups = groups
        .into_iter()
        .map(|g| g.into_iter().map(EmbeddingId).collect())
        .collect();
    Ok(Grouping { groups, report })
}

/// No group can be touched by fewer bags than its hottest id, and all together not by fewer than
/// they are: beyond the larger of the two, heat is avoidable.
fn heat_cap(graph: &Graph, layout: &Layout<'_>) -> i64 {
    let hottest = (0..graph.ids()).map(|id| graph.degree(id)).max();
    let costs = super::price::activations(layout.rows);
    let touched = total_cost(graph, &layout.group_of, &costs) as i64 - graph.singles as i64;
    (hottest.unwrap_or(0) as i64).max(touched / layout.groups().max(1) as i64)
}

fn choose(history: &Bags, options: &Options, progress: &dyn Progress) -> Result<Choice> {
    let judged_on = history.len() / JUDGED;
    let plan = plan(options.effort, history.lookups());
    let large = history.lookups() as usize > MANY_PINS;
    if plan.trial == 0 || judged_on < FEWEST_JUDGED {
        // A short history is all that there is; a long one is a sample.
        let keep = if judged_on < FEWEST_JUDGED {
            1.0
        } else {
            USUAL_KEEP
        };
        return Ok(Choice {
            start: Start::Bisection,
            keep: Some(keep),
            judged_on: 0,
        });
    }
    if large {
        return Ok(Choice {
            start: Start::Bisection,
            keep: Some(USUAL_KEEP),
            judged_on: 0,
        });
    }
    let cut = history.len() - judged_on;
    let known = history.slice(0..cut);
    let graph = Graph::new(&known, 0..cut);
    let judge = Graph::new(history, cut..history.len());
    let cost = |group_of: &[u32]| total_cost(&judge, group_of, options.costs());

    let mut best: Option<(f64, Start, Vec<u32>)> = None;
    let starts = [
        Start::Bisection,
        Start::ExactGain,
        Start::Cooccurrence,
        Start::Frequency,
        Start::IdOrder,
    ];
    for (i, kind) in starts.into_iter().enumerate() {
        progress.step("trying starts", i as u64, starts.len() as u64)?;
        let order = start(kind, &known, &graph, options, &())?;
        let mut group_of = vec![0u32; order.len()];
        for (place, &id) in order.iter().enumerate() {
            group_of[id as usize] = (place / options.rows) as u32;
        }
        let cost = cost(&group_of);
        if best.as_ref().is_none_or(|b| cost < b.0) {
            best = Some((cost, kind, order));
        }
    }
    let Some((mut least, kind, order)) = best else {
        return Ok(Choice {
            start: Start::Bisection,
            keep: None,
            judged_on,
        });
    };
    let mut choice = Choice {
        start: kind,
        keep: None,
        judged_on,
    };
    let Some(layout) = Layout::new(&graph, &order, options.rows) else {
        return Ok(choice);
    };
    let movable = anneal::movable(&layout).len() as u64;
    for keep in KEEPS {
        let mut layout = layout.clone();
        let price = Price::new(options.costs(), keep);
        let schedule = Schedule {
            hot: WARM,
            cold: COLD,
            proposals: plan.per_id * movable,
            visits: plan.trial,
            until: None,
        };
        anneal(
            &mut layout,
            &price,
            schedule,
            options.seed,
            &mut |done, of| progress.step("trying smoothing", done, of),
        )?;
        let cost = cost(&layout.group_of);
        if cost < least {
            least = cost;
            choice.keep = Some(keep);
        }
    }
    Ok(choice)
}

/// The annealing that counts.
fn last(
    layout: &mut Layout<'_>,
    price: &Price,
    options: &Options,
    begun: Instant,
    progress: &dyn Progress,
) -> Result<Done> {
    let plan = plan(options.effort, layout.graph.pins() as u64);
    let movable = anneal::movable(layout).len() as u64;
    let mut schedule = Schedule {
        hot: HOT,
        cold: COLD,
        proposals: plan.per_id * movable,
        visits: plan.last,
        until: None,
    };
    let mut tell = |done, of| progress.step("annealing", done, of);
    if options.effort == Effort::High {
        schedule.visits = u64::MAX;
        schedule.until = Some(begun + Duration::from_secs_f64(options.time_budget_s));
    }
    if let Some(fixed) = options.proposals {
        schedule.proposals = fixed;
        schedule.visits = u64::MAX;
        schedule.until = None;
    }
    anneal(layout, price, schedule, options.seed, &mut tell)
}

/// All ids in the order of a start's groups; ids of no shared bag come last.
fn start(
    kind: Start,
    history: &Bags,
    graph: &Graph,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Vec<u32>> {
    let method = match kind {
        Start::Bisection | Start::ExactGain => {
            let (mut seen, unseen): (Vec<u32>, Vec<u32>) =
                (0..graph.ids() as u32).partition(|&id| graph.degree(id as usize) > 0);
            progress.step("starting", 0, 1)?;
            let mut order = match kind {
                Start::ExactGain => greedy(graph, options.rows),
                _ => {
                    // Ids carry no information that could be relied on.
                    seen.shuffle(&mut ChaCha8Rng::seed_from_u64(options.seed));
                    bisect(graph, &seen, options.rows)
                }
            };
            order.extend(unseen);
            return Ok(order);
        }
        Start::Cooccurrence => Method::Recross,
        Start::Frequency => Method::Frequency,
        Start::IdOrder => Method::IdOrder,
    };
    let groups = methods::group(method, history, options.rows as u32, options.seed, progress)?;
    Ok(groups.concat().into_iter().map(|id| id.0).collect())
}
