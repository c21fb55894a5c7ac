//! The whole method: choose a start and a `keep` on held-out bags, then apply both to the whole
//! history and anneal.

use super::anneal::{self, Schedule, Stats, anneal};
use super::assignment::Assignment;
use super::choice::{USUAL_KEEP, choose, plan};
use super::graph::Graph;
use super::options::{GroupingReport, Options};
use super::price::Price;
use super::starts::start;
use crate::config::Effort;
use crate::error::Result;
use crate::formats::trace::Bags;
use crate::ids::EmbeddingId;
use crate::progress::{Progress, counted};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// Groups and how they were found.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupingResult {
    /// `ceil(embeddings / rows)` groups of at most `rows` ids, each id in exactly one.
    pub groups: Vec<Vec<EmbeddingId>>,
    /// The choices made and the work done.
    pub report: GroupingReport,
}

/// Groups the ids of `history`.
///
/// The same arguments give the same groups with any number of threads, unless a time budget sets
/// the number of proposals (see [`Options::proposals`]). With effort `high`, [`Progress::enough`]
/// ends the search: the best groups so far are returned, and the report says so.
///
/// # Errors
/// Only what `progress` returns.
pub fn group(history: &Bags, options: &Options, progress: &dyn Progress) -> Result<GroupingResult> {
    if !options.may_end_early() {
        return search(history, options, progress);
    }
    progress.search(true);
    let result = search(history, options, progress);
    progress.search(false);
    if result.as_ref().is_ok_and(|r| r.report.interrupted) {
        progress.note(
            "note: interrupted: the search for a mapping ended early, and the best one so far is \
             used; Ctrl-C again ends the program",
        );
    }
    result
}

fn search(history: &Bags, options: &Options, progress: &dyn Progress) -> Result<GroupingResult> {
    let started = Instant::now();
    let mut choice = choose(history, options, progress)?;
    if options.balance_load {
        // No start balances load, so the annealing always runs here, and with `keep` below 1: the
        // load penalty needs increments that fall gradually.
        choice.keep = Some(choice.keep.map_or(USUAL_KEEP, |keep| keep.min(USUAL_KEEP)));
    }
    let graph = Graph::merged(history, 0..history.len());
    let ids = u64::from(history.embeddings());
    let order = counted(progress, ("starting", ids), |count| {
        start(choice.start, history, &graph, options, count)
    })??;
    let mut report = GroupingReport {
        start: choice.start,
        keep: choice.keep,
        judged_on: choice.judged_on as u64,
        proposals: 0,
        exchanges: 0,
        interrupted: choice.interrupted,
    };
    let assignment = match choice.keep {
        Some(_) => Assignment::new(&graph, &order, options.rows),
        None => None,
    };
    let groups = match (assignment, choice.keep) {
        (Some(mut assignment), Some(keep)) => {
            let price = Price::new(options.costs(), keep);
            if options.balance_load {
                assignment.balance_load(&price, options.copies);
            }
            let (stats, best) = final_annealing(
                &mut assignment,
                &price,
                (options, started),
                history.len(),
                progress,
            )?;
            report.proposals = stats.proposals;
            report.exchanges = stats.exchanges;
            report.interrupted |= best.interrupted;
            match best.of_interrupted(stats.cost) {
                Some(places) => assignment.groups_at(places),
                None => assignment.groups_of_ids(),
            }
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
    Ok(GroupingResult { groups, report })
}

/// Anneals the assignment that is returned, as opposed to those of the trials.
fn final_annealing(
    assignment: &mut Assignment<'_>,
    price: &Price,
    (options, started): (&Options, Instant),
    bags: usize,
    progress: &dyn Progress,
) -> Result<(Stats, Best)> {
    let movable = anneal::movable(assignment).len() as u64;
    let plan = plan(options.effort, assignment.graph.pins() as u64);
    let visits = match options.effort {
        Effort::High => (options.time_budget_s * VISITS_PER_SECOND) as u64,
        Effort::Fast | Effort::Balanced => plan.final_run,
    };
    let mut schedule = Schedule::new(visits, plan.per_id, movable);
    let mut last_quality: Option<Instant> = None;
    let mut best = Best::default();
    if options.may_end_early() {
        best.places.clone_from(&assignment.places);
    }
    let mut report_progress = |assignment: &Assignment<'_>, stats: &Stats, done| {
        progress.step("annealing", done, 1000)?;
        if last_quality.is_none_or(|at| at.elapsed() > QUALITY_INTERVAL) {
            progress.quality(assignment.groups_touched() as f64 / bags.max(1) as f64);
            last_quality = Some(Instant::now());
            if options.may_end_early() && stats.cost < best.cost {
                best.cost = stats.cost;
                best.places.clone_from(&assignment.places);
            }
        }
        best.interrupted = options.may_end_early() && progress.enough();
        Ok(match best.interrupted {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        })
    };
    if options.effort == Effort::High {
        schedule.visits = u64::MAX;
        // The trials are limited by work, not time. If they used up the budget, the final annealing
        // still gets a fifth of it.
        let budget = Duration::from_secs_f64(options.time_budget_s);
        schedule.until = Some((started + budget).max(Instant::now() + budget / 5));
    }
    if let Some(fixed) = options.proposals {
        schedule.proposals = fixed;
        schedule.visits = u64::MAX;
        schedule.until = None;
    }
    let stats = anneal(
        assignment,
        price,
        schedule,
        options.seed,
        &mut report_progress,
    )?;
    Ok((stats, best))
}

/// The best assignment that an annealing of effort `high` passed, so that one that ends hot need not
/// end worse than it began.
#[derive(Default)]
struct Best {
    /// Its cost less the start's.
    cost: i64,
    places: Vec<u32>,
    interrupted: bool,
}

impl Best {
    /// The places that are better than the last, which cost `last`, if the annealing was interrupted.
    fn of_interrupted(&self, last: i64) -> Option<&[u32]> {
        (self.interrupted && self.cost < last).then_some(&self.places)
    }
}

/// Time between two reports of the assignment's quality.
const QUALITY_INTERVAL: Duration = Duration::from_millis(500);
/// Approximate bag visits per second of one core; sets the initial temperature of effort `high`.
const VISITS_PER_SECOND: f64 = 1e7;
