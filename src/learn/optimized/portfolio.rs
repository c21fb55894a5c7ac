//! A start, annealed: as chosen on bags of the history that nothing was learned from, on all of it.

use super::anneal::{self, Done, Schedule, anneal};
use super::choice::{USUAL_KEEP, choose, plan};
use super::graph::Graph;
use super::layout::Layout;
use super::options::{Options, Report};
use super::price::Price;
use super::starts::start;
use crate::config::Effort;
use crate::error::Result;
use crate::formats::trace::Bags;
use crate::ids::EmbeddingId;
use crate::progress::Progress;
use std::time::{Duration, Instant};

/// Groups and how they came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Grouping {
    /// `ceil(embeddings / rows)` groups of at most `rows` ids, each id in exactly one.
    pub groups: Vec<Vec<EmbeddingId>>,
    /// What was chosen and done.
    pub report: Report,
}

/// Groups the ids of `history`.
///
/// The same arguments give the same groups with any number of threads, as long as the number of
/// proposals does not follow from a time budget ([`Options::proposals`]).
///
/// # Errors
/// Only what `progress` returns.
pub fn group(history: &Bags, options: &Options, progress: &dyn Progress) -> Result<Grouping> {
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
                layout.weigh_heat(&price, options.copies);
            }
            let done = last(
                &mut layout,
                &price,
                (options, begun),
                history.len(),
                progress,
            )?;
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

/// The annealing that counts.
fn last(
    layout: &mut Layout<'_>,
    price: &Price,
    (options, begun): (&Options, Instant),
    bags: usize,
    progress: &dyn Progress,
) -> Result<Done> {
    let movable = anneal::movable(layout).len() as u64;
    let plan = plan(options.effort, layout.graph.pins() as u64);
    let visits = match options.effort {
        Effort::High => (options.time_budget_s * VISITS_A_SECOND) as u64,
        Effort::Fast | Effort::Balanced => plan.last,
    };
    let mut schedule = Schedule::new(visits, plan.per_id, movable);
    let mut told: Option<Instant> = None;
    let mut tell = |layout: &Layout<'_>, done, of| {
        progress.step("annealing", done, of)?;
        if told.is_none_or(|at| at.elapsed() > BETWEEN) {
            progress.quality(layout.activations() as f64 / bags.max(1) as f64);
            told = Some(Instant::now());
        }
        Ok(())
    };
    if options.effort == Effort::High {
        schedule.visits = u64::MAX;
        // Trials are counted, not timed: a budget that they have used up is overdrawn by a little.
        let budget = Duration::from_secs_f64(options.time_budget_s);
        schedule.until = Some((begun + budget).max(Instant::now() + budget / 5));
    }
    if let Some(fixed) = options.proposals {
        schedule.proposals = fixed;
        schedule.visits = u64::MAX;
        schedule.until = None;
    }
    anneal(layout, price, schedule, options.seed, &mut tell)
}

/// Time between two words on how good the layout is.
const BETWEEN: Duration = Duration::from_millis(500);
/// Work of a processor's core in a second, about; sets the temperature that `high` starts with.
const VISITS_A_SECOND: f64 = 1e7;
