//! From a history to a mapping: group, replicate, place.

use super::batches::Batches;
use super::group::{Grouping, group};
use super::loads::{LIMITS, accesses, draw, expected_loads, locations};
use super::occurring;
use super::optimized;
use super::placement;
use super::replication::{self, Copies, Demand, ExtraCrossbars};
use super::row_copies::{self, Workload};
use crate::config::{Choice, Replication, Resolved};
use crate::error::{Error, Result};
use crate::formats::trace::Bags;
use crate::ids::EmbeddingId;
use crate::mapping::{FORMAT, FORMAT_WITH_REST, Group, IdSet, Mapping, Placement, Rest, Training};
use crate::progress::{Progress, counted};

/// A mapping and how it was learned.
#[derive(Debug, Clone, PartialEq)]
pub struct Learned {
    /// The mapping.
    pub mapping: Mapping,
    /// Copies per group as placed, and what bounded them.
    pub copies: Copies,
    /// Reports of method `optimized`, one per class of tables (tables of the same width).
    pub grouping: Vec<optimized::GroupingReport>,
}

impl Learned {
    /// Whether the user ended the search early: another run would find another mapping.
    pub fn interrupted(&self) -> bool {
        self.grouping.iter().any(|g| g.interrupted)
    }
}

/// Learns a mapping of all ids of `history` as the configuration's `mapping` section says.
///
/// Deterministic: the same arguments give the same mapping with any number of threads.
///
/// # Errors
/// [`crate::Error::Argument`] when the groups do not fit the engine's crossbars, and what
/// `progress` returns.
pub fn learn(resolved: &Resolved, history: &Bags, progress: &dyn Progress) -> Result<Mapping> {
    learn_with_report(resolved, history, progress).map(|l| l.mapping)
}

/// Does what [`learn`] does, and also reports the copies and the grouping.
///
/// # Errors
/// Those of [`learn`].
pub fn learn_with_report(
    resolved: &Resolved,
    history: &Bags,
    progress: &dyn Progress,
) -> Result<Learned> {
    let (groups, grouping) = group(resolved, history, progress)?;
    let (mapping, copies) = lay_out(resolved, groups, history, progress)?;
    Ok(Learned {
        mapping,
        copies,
        grouping,
    })
}

/// Replicates and places the given groups for the load of `history`, as the configuration's
/// `mapping` section says. `groups` must hold each id of `history` once, at most `crossbar.rows`
/// per group; ids that do not occur may be left to a rule.
///
/// # Errors
/// Those of [`learn`]; [`Error::Argument`] if an id of `history` is in no group.
pub fn lay_out(
    resolved: &Resolved,
    groups: impl Into<Grouping>,
    history: &Bags,
    progress: &dyn Progress,
) -> Result<(Mapping, Copies)> {
    let grouping = groups.into();
    if grouping.rest.is_empty() {
        return place(resolved, grouping, (history, &[]), history, progress);
    }
    // Everything below follows the listed ids, renumbered from 0.
    let missing = || {
        let found = "an id of the history that no group lists";
        Error::argument("groups", found, "groups that were learned from it", "")
    };
    let ids = grouping.groups.iter().flatten().copied();
    let listed = IdSet::new(history.embeddings(), ids).ok_or_else(missing)?;
    let numbered = occurring::renumbered(history, &listed).ok_or_else(missing)?;
    let original: Vec<EmbeddingId> = listed.iter().collect();
    let number = |id: &EmbeddingId| EmbeddingId(listed.rank(id.0));
    let groups = grouping.groups.iter();
    let grouping = Grouping {
        groups: groups.map(|g| g.iter().map(number).collect()).collect(),
        rest: grouping.rest,
    };
    let (mut mapping, copies) = place(
        resolved,
        grouping,
        (&numbered, &original),
        history,
        progress,
    )?;
    for array in mapping.groups.iter_mut().chain(&mut mapping.row_copies) {
        for id in &mut array.ids {
            *id = original[id.index()];
        }
    }
    Ok((mapping, copies))
}

/// As [`lay_out`], for the history over the listed ids and the original id of each (none if all are
/// listed), and the history as it was. The mapping's groups hold numbers of listed ids.
fn place(
    resolved: &Resolved,
    Grouping { groups, rest }: Grouping,
    (history, original): (&Bags, &[EmbeddingId]),
    whole: &Bags,
    progress: &dyn Progress,
) -> Result<(Mapping, Copies)> {
    let options = &resolved.config.mapping;
    let rest_groups = rest.iter().map(|p| p.groups as usize).sum();
    let locations = locations(&groups, history);
    let bags = history.len() as u64;
    let (accesses, groups_touched) = counted(progress, ("counting accesses", bags), |count| {
        accesses(groups.len(), history, &locations, count)
    })?;
    let workload = Workload {
        groups: &groups,
        locations: &locations,
        history,
        resolved,
        groups_touched,
        original,
        embeddings: whole.embeddings(),
    };
    let ExtraCrossbars { budget, room } = ExtraCrossbars::of(groups.len() + rest_groups, resolved);
    let mut rows = Vec::new();
    let spend = budget.min(room);
    let mut copies = match options.replication {
        Replication::Rows => {
            let steps = row_copies::steps(&workload, spend);
            let mix = counted(progress, ("choosing copies", steps), |count| {
                row_copies::choose(&workload, spend, count)
            })?;
            rows = mix.rows;
            mix.copies
        }
        kind => {
            let batches = match kind {
                Replication::Optimized => {
                    let batches = Batches::new(history, groups_touched, resolved, LIMITS);
                    let drawn = ("drawing batches", batches.count() as u64);
                    counted(progress, drawn, |count| {
                        draw(&batches, history, &locations, count)
                    })?
                }
                Replication::None
                | Replication::Log
                | Replication::Proportional
                | Replication::Rows => Vec::new(),
            };
            let demand = Demand {
                accesses: &accesses,
                rest: rest_groups,
                batches: &batches,
            };
            counted(progress, ("choosing copies", spend), |count| {
                replication::copies(kind, demand, resolved, count).per_group
            })?
        }
    };
    let steps = bags + (groups.len() + rows.len()) as u64;
    let mut places = counted(progress, ("placing", steps), |count| {
        let (loads, sampled) = expected_loads(&workload, &copies, &rows, count);
        copies.resize(groups.len() + rows.len(), 1);
        placement::place(
            &copies,
            (&loads, &sampled),
            rest_groups as u64,
            resolved,
            count,
        )
    })??;
    let of_rows = places.split_off(groups.len());
    let placed = |(ids, placements): (Vec<EmbeddingId>, Vec<Placement>)| Group {
        ids,
        copies: placements.len() as u32,
        placements,
    };
    let copies = Copies {
        per_group: places.iter().map(|p| p.len() as u32).collect(),
        budget,
        room,
        extra: places.iter().map(|p| p.len() as u64 - 1).sum::<u64>() + rows.len() as u64,
    };
    let mapping = Mapping {
        format: match rest.is_empty() {
            true => FORMAT,
            false => FORMAT_WITH_REST,
        },
        rows: resolved.config.crossbar.rows,
        embeddings: whole.embeddings(),
        rest: (!rest.is_empty()).then_some(Rest {
            lanes: resolved.config.engine.lanes,
            banks: resolved.banks,
            slots: resolved.config.engine.crossbars_per_bank,
            parts: rest,
        }),
        groups: groups.into_iter().zip(places).map(placed).collect(),
        row_copies: rows.into_iter().zip(of_rows).map(placed).collect(),
        method: options.method.name(),
        seed: options.seed,
        train: Training {
            bags: history.len() as u64,
            groups_touched,
        },
        ids: Vec::new(),
    };
    Ok((mapping, copies))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn unseen_ids_count_in_the_loads_that_placement_uses() {
        // Group 0 is hot, groups 1..9 hold unseen ids, groups 9..17 hold ids that were seen once.
        // So one lookup is expected of each unseen id, and groups 1..17 have equal expected loads.
        let mut config = Config::default();
        config.crossbar.rows = 4;
        (config.engine.lanes, config.engine.banks_per_lane) = (1, 2);
        (config.mapping.method, config.mapping.batch) = (crate::config::Method::IdOrder, 16);
        config.mapping.replication = Replication::None;
        let r = config.resolve("test").unwrap();
        let mut lists: Vec<Vec<u32>> = (0..32).flat_map(|i| [vec![i % 4], vec![36 + i]]).collect();
        let history = Bags::from_lists(68, &lists).unwrap();
        let mapping = learn(&r, &history, &()).unwrap();
        lists.extend((4..36).map(|id| vec![id]));
        let score = crate::learn::score(&mapping, &Bags::from_lists(68, &lists).unwrap(), &r);
        // 96 reads of 9 cycles, half in each of the two banks.
        let busiest = score.unwrap().busiest_bank.unwrap();
        assert_eq!(busiest.cycles, 48 * 9);
    }
}
