//! Learning a mapping and judging it beside the other methods.

use std::time::Instant;

use crate::config::{Choice, Method, Replication, Resolved};
use crate::error::Result;
use crate::formats::trace::Bags;
use crate::learn::{self, Learned, Score};
use crate::mapping::Mapping;
use crate::progress::Progress;

/// A mapping's cost on what it learned from and on what it has not seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Grouping method.
    pub method: Method,
    /// Copies of hot groups.
    pub replication: Replication,
    /// Crossbars that hold a replica.
    pub crossbars: u64,
    /// Cost on the history.
    pub history: Score,
    /// Cost on bags that were held out, if any were.
    pub holdout: Option<Score>,
    /// Wall seconds that learning took.
    pub learn_seconds: f64,
    /// Most bytes of memory that the process used meanwhile, the trace included, where known.
    pub peak_memory: Option<u64>,
}

/// A learned mapping and the methods it is compared with.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The mapping that the configuration asks for.
    pub chosen: Learned,
    /// Its cost first, then the others'.
    pub candidates: Vec<Candidate>,
}

/// Learns the configuration's mapping from `history` and judges it on both parts; with `all`, beside
/// the naive layout and every other method with the same kind of copies.
///
/// # Errors
/// As [`mapping::learn`] and [`mapping::score`].
pub fn learn_against(
    resolved: &Resolved,
    history: &Bags,
    holdout: Option<&Bags>,
    all: bool,
    progress: &dyn Progress,
) -> Result<Judged> {
    let own = (
        resolved.config.mapping.method,
        resolved.config.mapping.replication,
    );
    let others = match all {
        true => others(own),
        false => Vec::new(),
    };
    let total = 1 + others.len() as u64;
    let part = |done: usize| {
        if total > 1 {
            progress.part("method", done as u64, total);
        }
    };
    part(0);
    let (chosen, first) = judge(resolved, history, holdout, progress)?;
    let mut candidates = vec![first];
    for (method, replication) in others {
        part(candidates.len());
        let resolved = with(resolved, method, replication);
        candidates.push(judge(&resolved, history, holdout, progress)?.1);
    }
    part(total as usize);
    Ok(Judged { chosen, candidates })
}

/// The naive layout and every other method, with the same kind of copies.
fn others(own: (Method, Replication)) -> Vec<(Method, Replication)> {
    let naive = (Method::IdOrder, Replication::None);
    let mut others: Vec<_> = Method::all().into_iter().map(|m| (m, own.1)).collect();
    if !others.contains(&naive) {
        others.insert(0, naive);
    }
    others.retain(|&other| other != own);
    others
}

/// The naive layout: groups in id order, one copy each.
///
/// # Errors
/// As [`mapping::learn`].
pub fn naive(resolved: &Resolved, history: &Bags, progress: &dyn Progress) -> Result<Mapping> {
    let resolved = with(resolved, Method::IdOrder, Replication::None);
    learn::learn(&resolved, history, progress)
}

fn with(resolved: &Resolved, method: Method, replication: Replication) -> Resolved {
    let mut resolved = resolved.clone();
    resolved.config.mapping.method = method;
    resolved.config.mapping.replication = replication;
    resolved
}

fn judge(
    resolved: &Resolved,
    history: &Bags,
    holdout: Option<&Bags>,
    progress: &dyn Progress,
) -> Result<(Learned, Candidate)> {
    super::memory::forget_peak();
    let start = Instant::now();
    let learned = learn::learn_with_report(resolved, history, progress)?;
    let learn_seconds = start.elapsed().as_secs_f64();
    let peak_memory = super::memory::peak();
    let score = |bags: &Bags| learn::score(&learned.mapping, bags, resolved);
    let candidate = Candidate {
        method: resolved.config.mapping.method,
        replication: resolved.config.mapping.replication,
        crossbars: learned.mapping.crossbars(),
        history: score(history)?,
        holdout: holdout.map(score).transpose()?,
        learn_seconds,
        peak_memory,
    };
    Ok((learned, candidate))
}
