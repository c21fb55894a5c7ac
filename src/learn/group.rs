//! Grouping the ids by the method of the configuration.

use super::occurring::{self, FEWEST_BY_RULE};
use super::placement;
use super::{methods, optimized};
use crate::config::{Method, Resolved};
use crate::error::Result;
use crate::formats::trace::Bags;
use crate::ids::EmbeddingId;
use crate::mapping::{Classes, IdSet, Mapping, RestOrder, RestPart};
use crate::progress::Progress;

/// Groups of listed ids, and the rule for all others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grouping {
    /// The groups; no id is in two of them.
    pub groups: Vec<Vec<EmbeddingId>>,
    /// The other ids; empty if all are listed.
    pub rest: Vec<RestPart>,
}

impl Grouping {
    /// The grouping of a mapping.
    pub fn of(mapping: Mapping) -> Self {
        Grouping {
            groups: mapping.groups.into_iter().map(|g| g.ids).collect(),
            rest: mapping.rest.map(|rest| rest.parts).unwrap_or_default(),
        }
    }

    /// Number of groups that the rule forms.
    pub fn rest_groups(&self) -> u64 {
        self.rest.iter().map(|p| u64::from(p.groups)).sum()
    }
}

impl From<Vec<Vec<EmbeddingId>>> for Grouping {
    fn from(groups: Vec<Vec<EmbeddingId>>) -> Self {
        let rest = Vec::new();
        Grouping { groups, rest }
    }
}

/// Groups the ids of `history` as the configuration's `mapping` section says. Also returns the
/// report of method `optimized` for each class of tables (tables of the same width).
///
/// # Errors
/// Those of [`learn`](super::learn()).
pub fn group(
    resolved: &Resolved,
    history: &Bags,
    progress: &dyn Progress,
) -> Result<(Grouping, Vec<optimized::GroupingReport>)> {
    let rows = resolved.config.crossbar.rows;
    let classes = Classes::of(resolved, history.embeddings());
    // Checked before any work is done.
    placement::room_for(classes.groups(rows), resolved)?;
    let mut reports = Vec::new();
    let part = |(groups, order), ids| RestPart { ids, groups, order };
    if classes.is_one() {
        let (groups, rest) = group_class(resolved, history, 1.0, &mut reports, progress)?;
        let parts = rest.into_iter().zip(classes.ranges());
        let rest = parts.map(|(rest, ids)| part(rest, ids)).collect();
        return Ok((Grouping { groups, rest }, reports));
    }
    let all = history.lookups().max(1) as f64;
    let mut grouping = Grouping::default();
    for ((history, ids), ranges) in classes.split(history).zip(classes.ranges()) {
        let share = history.lookups() as f64 / all;
        let (groups, rest) = group_class(resolved, &history, share, &mut reports, progress)?;
        grouping.groups.extend(original(groups, &ids));
        grouping.rest.extend(rest.map(|rest| part(rest, ranges)));
    }
    Ok((grouping, reports))
}

/// Number of groups for the unlisted ids, and how these are dealt over them.
type RestGroups = (u32, RestOrder);

/// Groups with the original id of each number.
fn original(
    groups: Vec<Vec<EmbeddingId>>,
    ids: &[EmbeddingId],
) -> impl Iterator<Item = Vec<EmbeddingId>> + '_ {
    let original = |group: Vec<EmbeddingId>| group.iter().map(|id| ids[id.index()]).collect();
    groups.into_iter().map(original)
}

/// Groups the ids of one class of tables, which has `share` of all lookups and gets that share of
/// the work. Where most ids do not occur, most of these are left to a rule.
fn group_class(
    resolved: &Resolved,
    history: &Bags,
    share: f64,
    reports: &mut Vec<optimized::GroupingReport>,
    progress: &dyn Progress,
) -> Result<(Vec<Vec<EmbeddingId>>, Option<RestGroups>)> {
    let (options, rows) = (&resolved.config.mapping, resolved.config.crossbar.rows);
    let mut learn = |history: &Bags| match options.method {
        Method::Optimized => {
            let options = optimized::Options::of(resolved)?.scaled(share);
            let made = optimized::group(history, &options, progress)?;
            reports.push(made.report);
            Ok(made.groups)
        }
        method => group_by(method, history, rows, options.seed, progress),
    };
    let listed = occurring::listed(history, rows);
    let (Some(listed), ids) = (listed, history.embeddings()) else {
        return Ok((learn(history)?, None));
    };
    let rest = |listed: usize| (ids - listed as u32).div_ceil(rows);
    let (groups, order) = match options.method {
        // These do not depend on what occurs: the groups stay, and those in use are listed.
        Method::IdOrder => (blocks_in_use(history, rows), RestOrder::InOrder),
        Method::Random => {
            let seen = IdSet::new(ids, history.ids().iter().copied());
            let in_use = |id: &EmbeddingId| seen.as_ref().is_some_and(|s| s.contains(id.0));
            let mut groups = learn(history)?;
            groups.retain(|group| group.iter().any(in_use));
            (groups, RestOrder::Dealt)
        }
        Method::Frequency | Method::Recross | Method::Optimized => {
            let numbers: Vec<EmbeddingId> = listed.iter().collect();
            let groups = match occurring::renumbered(history, &listed) {
                Some(history) if !numbers.is_empty() => learn(&history)?,
                _ => Vec::new(),
            };
            (original(groups, &numbers).collect(), RestOrder::Dealt)
        }
    };
    let held: usize = groups.iter().map(Vec::len).sum();
    if ids - (held as u32) < FEWEST_BY_RULE {
        return Ok((learn(history)?, None));
    }
    Ok((groups, Some((rest(held), order))))
}

/// The groups of method `id_order` with an id of the history.
fn blocks_in_use(history: &Bags, rows: u32) -> Vec<Vec<EmbeddingId>> {
    let rows = rows.max(1);
    let blocks = history.embeddings().div_ceil(rows);
    let of = history.ids().iter().map(|id| EmbeddingId(id.0 / rows));
    let in_use = IdSet::new(blocks, of);
    let ids = |block: EmbeddingId| {
        let first = block.0 * rows;
        let end = history.embeddings().min(first.saturating_add(rows));
        (first..end).map(EmbeddingId).collect()
    };
    in_use.iter().flat_map(IdSet::iter).map(ids).collect()
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
