//! Grouping the ids by the method of the configuration.

use super::placement;
use super::{methods, optimized};
use crate::config::{Method, Resolved};
use crate::error::Result;
use crate::formats::trace::Bags;
use crate::ids::EmbeddingId;
use crate::mapping::Classes;
use crate::progress::Progress;

/// Groups the ids of `history` as the configuration's `mapping` section says. Also returns the
/// report of method `optimized` for each class of tables (tables of the same width).
///
/// # Errors
/// Those of [`learn`](super::learn()).
pub fn group(
    resolved: &Resolved,
    history: &Bags,
    progress: &dyn Progress,
) -> Result<(Vec<Vec<EmbeddingId>>, Vec<optimized::GroupingReport>)> {
    let rows = resolved.config.crossbar.rows;
    let classes = Classes::of(resolved, history.embeddings());
    // Checked before any work is done.
    placement::room_for(classes.groups(rows), resolved)?;
    let mut reports = Vec::new();
    if classes.is_one() {
        let groups = group_class(resolved, history, 1.0, &mut reports, progress)?;
        return Ok((groups, reports));
    }
    let all = history.lookups().max(1) as f64;
    let mut groups = Vec::new();
    for (part, ids) in classes.split(history) {
        let share = part.lookups() as f64 / all;
        let of_class = group_class(resolved, &part, share, &mut reports, progress)?;
        let flat = |group: Vec<EmbeddingId>| group.iter().map(|id| ids[id.index()]).collect();
        groups.extend(of_class.into_iter().map(flat).collect::<Vec<_>>());
    }
    Ok((groups, reports))
}

/// Groups the ids of one class of tables, which has `share` of all lookups and gets that share of
/// the work.
fn group_class(
    resolved: &Resolved,
    history: &Bags,
    share: f64,
    reports: &mut Vec<optimized::GroupingReport>,
    progress: &dyn Progress,
) -> Result<Vec<Vec<EmbeddingId>>> {
    let options = &resolved.config.mapping;
    match options.method {
        Method::Optimized => {
            let options = optimized::Options::of(resolved)?.scaled(share);
            let made = optimized::group(history, &options, progress)?;
            reports.push(made.report);
            Ok(made.groups)
        }
        method => {
            let rows = resolved.config.crossbar.rows;
            group_by(method, history, rows, options.seed, progress)
        }
    }
}

/// Divides all ids of `history`, unseen ones included, into `ceil(embeddings / rows)` groups of at
/// most `rows` ids. Each id is in exactly one group; its position in the group is its row.
///
/// `optimized` minimises groups touched with balanced effort; [`optimized::group`] takes more
/// options.
///
/// The result depends on the arguments only, not on the number of threads.
///
/// # Errors
/// Only what `progress` returns.
pub fn group_by(
    method: Method,
    history: &Bags,
    rows: u32,
    seed: u64,
    progress: &dyn Progress,
) -> Result<Vec<Vec<EmbeddingId>>> {
    let rows = rows.max(1) as usize;
    match method {
        Method::IdOrder => Ok(methods::id_order(history, rows)),
        Method::Random => Ok(methods::random(history, rows, seed)),
        Method::Frequency => Ok(methods::frequency(history, rows)),
        Method::Recross => methods::recross(history, rows, progress),
        Method::Optimized => {
            let options = optimized::Options::new(rows as u32, seed);
            Ok(optimized::group(history, &options, progress)?.groups)
        }
    }
}
