//! From a history to a mapping: group, replicate, place.

use super::commands::{Scratch, commands, cost_table};
use super::placement::{self, Load};
use super::replication::{self, Copies};
use super::types::{Group, Location, Mapping, Training};
use super::{Progress, methods};
use crate::config::{Method, Resolved};
use crate::error::Result;
use crate::ids::{EmbeddingId, GroupId};
use crate::trace::Bags;

/// A mapping and what there is to say about how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Learned {
    /// The mapping.
    pub mapping: Mapping,
    /// Copies per group as placed, and what bounded them.
    pub copies: Copies,
}

/// The name of a method, as the configuration and `mapping.json` write it.
pub(super) fn method_name(method: Method) -> &'static str {
    match method {
        Method::IdOrder => "id_order",
        Method::Random => "random",
        Method::Frequency => "frequency",
        Method::Recross => "recross",
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

/// [`learn`], with a word on the copies.
///
/// # Errors
/// As [`learn`].
pub fn learn_with_report(
    resolved: &Resolved,
    history: &Bags,
    progress: &dyn Progress,
) -> Result<Learned> {
    let options = &resolved.config.mapping;
    let rows = resolved.config.crossbar.rows;
    // Known before any work is done.
    placement::room_for(history.embeddings().div_ceil(rows) as usize, resolved)?;
    let groups = methods::group(options.method, history, rows, options.seed, progress)?;

    progress.step("counting accesses", 0, 1)?;
    let (loads, activations) = loads(&groups, history, resolved);
    let accesses: Vec<u64> = loads.iter().map(|l| l.commands).collect();
    let mut copies = replication::copies(options.replication, &accesses, resolved);
    progress.step("placing", 0, 1)?;
    let places = placement::place(&copies.per_group, &loads, resolved)?;

    copies.per_group = places.iter().map(|p| p.len() as u32).collect();
    copies.extra = places.iter().map(|p| p.len() as u64 - 1).sum();
    let groups = groups
        .into_iter()
        .zip(places)
        .map(|(ids, placements)| Group {
            ids,
            copies: placements.len() as u32,
            placements,
        })
        .collect();
    Ok(Learned {
        mapping: Mapping {
            format: super::json::FORMAT,
            rows,
            embeddings: history.embeddings(),
            groups,
            method: method_name(options.method).to_owned(),
            seed: options.seed,
            train: Training {
                bags: history.len() as u64,
                activations,
            },
        },
        copies,
    })
}

/// What the history asks of each group, and its activations (bag and group pairs).
fn loads(groups: &[Vec<EmbeddingId>], history: &Bags, resolved: &Resolved) -> (Vec<Load>, u64) {
    let mut locations = vec![
        Location {
            group: GroupId(0),
            row: 0
        };
        history.embeddings() as usize
    ];
    for (g, ids) in groups.iter().enumerate() {
        for (row, id) in ids.iter().enumerate() {
            locations[id.index()] = Location {
                group: GroupId(g as u32),
                row: row as u32,
            };
        }
    }
    let costs = cost_table(resolved);
    let mut loads = vec![Load::default(); groups.len()];
    let mut activations = 0;
    let mut scratch = Scratch::default();
    for bag in history.iter() {
        commands(bag, &locations, &mut scratch, |group, n, active| {
            activations += u64::from(n == 0);
            loads[group.index()].commands += 1;
            loads[group.index()].cycles += costs[active as usize].cycles;
        });
    }
    (loads, activations)
}
