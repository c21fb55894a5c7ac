//! From a history to a mapping: group, replicate, place.

use super::group::group;
use super::methods;
use super::optimized;
use super::placement::{self, BatchLoads, Load};
use super::replication::{self, Copies, Demand, Spend};
use super::row_copies::{self, Asked, Mix};
use crate::config::{Choice, Replication, Resolved};
use crate::error::Result;
use crate::formats::trace::Bags;
use crate::hardware::BankWork;
use crate::ids::{EmbeddingId, GroupId};
use crate::mapping::commands::{Scratch, commands};
use crate::mapping::{FORMAT, Group, Location, Mapping, Placement, Training};
use crate::progress::Progress;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// A mapping and what there is to say about how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Learned {
    /// The mapping.
    pub mapping: Mapping,
    /// Copies per group as placed, and what bounded them.
    pub copies: Copies,
    /// How method `optimized` grouped the tables of each width.
    pub grouping: Vec<optimized::Report>,
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
    let (groups, grouping) = group(resolved, history, progress)?;
    let (mapping, copies) = lay_out(resolved, groups, history, progress)?;
    Ok(Learned {
        mapping,
        copies,
        grouping,
    })
}

/// Replicates and places groups that are given, for the demand of `history`, as the configuration's
/// `mapping` section says. `groups` has each id of `history` once, at most `crossbar.rows` a group.
///
/// # Errors
/// As [`learn`].
pub fn lay_out(
    resolved: &Resolved,
    groups: Vec<Vec<EmbeddingId>>,
    history: &Bags,
    progress: &dyn Progress,
) -> Result<(Mapping, Copies)> {
    let options = &resolved.config.mapping;
    progress.step("counting accesses", 0, 1)?;
    let locations = locations(&groups, history);
    let (mut loads, activations) = loads(&groups, history, &locations, resolved);
    let accesses: Vec<u64> = loads.iter().map(|l| l.commands).collect();
    expect_unseen(&mut loads, &groups, history, resolved);
    let Spend { budget, room } = Spend::of(groups.len(), resolved);
    let mut rows = Vec::new();
    let per_group = match options.replication {
        Replication::Rows => {
            progress.step("choosing copies", 0, 1)?;
            let asked = Asked {
                groups: &groups,
                locations: &locations,
                history,
                resolved,
                activations,
            };
            let mix = row_copies::choose(&asked, budget.min(room));
            share_loads(&mut loads, &mix, resolved);
            rows = mix.rows;
            mix.copies
        }
        kind => {
            let batches = match kind {
                Replication::Optimized => batches(history, &locations, activations, resolved),
                Replication::None
                | Replication::Log
                | Replication::Proportional
                | Replication::Rows => Vec::new(),
            };
            let demand = Demand {
                accesses: &accesses,
                batches: &batches,
            };
            replication::copies(kind, demand, resolved).per_group
        }
    };
    progress.step("placing", 0, 1)?;
    let arrays = groups.len() + rows.len();
    let sampled = batch_loads(history, &locations, arrays, resolved);
    let mut copies = per_group.clone();
    copies.resize(arrays, 1);
    let mut places = placement::place(&copies, &loads, &sampled, resolved)?;
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
        format: FORMAT,
        rows: resolved.config.crossbar.rows,
        embeddings: history.embeddings(),
        groups: groups.into_iter().zip(places).map(placed).collect(),
        row_copies: rows.into_iter().zip(of_rows).map(placed).collect(),
        method: options.method.name(),
        seed: options.seed,
        train: Training {
            bags: history.len() as u64,
            activations,
        },
    };
    Ok((mapping, copies))
}

/// Appends the loads of crossbars of row copies, and takes what they do off the groups.
fn share_loads(loads: &mut Vec<Load>, mix: &Mix, resolved: &Resolved) {
    let read = BankWork::new(resolved, 1).cycles();
    for (load, &commands) in loads.iter_mut().zip(&mix.relief) {
        load.commands -= commands;
        load.cycles -= commands * read;
    }
    loads.extend(mix.taken.iter().map(|&cycles| Load {
        commands: cycles / read.max(1),
        cycles,
    }));
}

fn locations(groups: &[Vec<EmbeddingId>], history: &Bags) -> Vec<Location> {
    let nowhere = Location {
        group: GroupId(0),
        row: 0,
    };
    let mut locations = vec![nowhere; history.embeddings() as usize];
    for (g, ids) in groups.iter().enumerate() {
        for (row, id) in ids.iter().enumerate() {
            locations[id.index()] = Location {
                group: GroupId(g as u32),
                row: row as u32,
            };
        }
    }
    locations
}

/// What the history asks of each group, and all activations (bag and group pairs).
fn loads(
    groups: &[Vec<EmbeddingId>],
    history: &Bags,
    locations: &[Location],
    resolved: &Resolved,
) -> (Vec<Load>, u64) {
    let cycles = BankWork::cycles_by_rows(resolved);
    let mut loads = vec![Load::default(); groups.len()];
    let mut activations = 0;
    let mut scratch = Scratch::default();
    for bag in history.iter() {
        commands(bag, locations, &mut scratch, |group, n, active, _| {
            activations += u64::from(n == 0);
            loads[group.index()].commands += 1;
            loads[group.index()].cycles += cycles[active as usize];
        });
    }
    (loads, activations)
}

/// Batches that placement looks at, at most.
const PLACED_BATCHES: usize = 64;

/// What batches of the history, as they came, ask of the groups.
fn batch_loads(
    history: &Bags,
    locations: &[Location],
    groups: usize,
    resolved: &Resolved,
) -> BatchLoads {
    let cycles = BankWork::cycles_by_rows(resolved);
    let size = resolved.config.mapping.batch.max(1) as usize;
    let batches = history.len().div_ceil(size);
    let count = batches.min(PLACED_BATCHES);
    let batch = |i: usize| {
        let first = i * batches / count * size;
        let mut loads = BTreeMap::<u32, Load>::new();
        let mut scratch = Scratch::default();
        for b in first..history.len().min(first + size) {
            commands(
                history.bag(b),
                locations,
                &mut scratch,
                |group, _, active, _| {
                    let load = loads.entry(group.0).or_default();
                    load.commands += 1;
                    load.cycles += cycles[active as usize];
                },
            );
        }
        loads.into_iter().collect()
    };
    let sampled: Vec<Vec<(u32, Load)>> = (0..count).into_par_iter().map(batch).collect();
    BatchLoads::new(&sampled, groups)
}

/// Batches that replication looks at, at most, and commands in all of them, about.
const BATCHES: usize = 4096;
const BATCH_COMMANDS: u64 = 4 << 20;
/// One batch in so many is a stretch of the history; the others are bags drawn at random, as there
/// are many more of those, and chance meetings should not be learned by heart.
const STRETCHES: usize = 4;

/// Commands of each group in batches of the history's bags, ascending by group. `activations` are
/// those of the whole history.
fn batches(
    history: &Bags,
    locations: &[Location],
    activations: u64,
    resolved: &Resolved,
) -> Vec<Vec<(u32, u32)>> {
    let options = &resolved.config.mapping;
    let bags = history.len();
    let size = (options.batch.max(1) as usize).min(bags);
    let each = activations * size as u64 / (bags as u64).max(1) + 1;
    let count = match bags {
        0 => 0,
        _ => BATCHES.min((BATCH_COMMANDS / each) as usize).max(64),
    };
    let base = ChaCha8Rng::seed_from_u64(options.seed);
    let batch = |i: usize| {
        let mut rng = base.clone();
        rng.set_stream(i as u64);
        let first = i * (bags - size + 1) / count;
        let mut groups = Vec::new();
        let mut scratch = Scratch::default();
        for b in first..first + size {
            let b = match i % STRETCHES {
                0 => b,
                _ => rng.random_range(0..bags),
            };
            commands(history.bag(b), locations, &mut scratch, |group, _, _, _| {
                groups.push(group.0);
            });
        }
        groups.sort_unstable();
        let same = groups.chunk_by(|a, b| a == b);
        same.map(|g| (g[0], g.len() as u32)).collect()
    };
    (0..count).into_par_iter().map(batch).collect()
}

/// Adds what ids that the history never touched will ask for.
///
/// Turing's estimate: lookups of new ids come as often as lookups of ids that were seen once. They
/// are spread evenly over the unseen ids. Without this, the groups of unseen ids, which look
/// weightless, pile up in the banks that are idle in the history and make them the slowest.
fn expect_unseen(
    loads: &mut [Load],
    groups: &[Vec<EmbeddingId>],
    history: &Bags,
    resolved: &Resolved,
) {
    let counts = methods::bag_counts(history);
    let unseen = counts.iter().filter(|&&c| c == 0).count() as u64;
    let once = counts.iter().filter(|&&c| c == 1).count() as u64;
    if unseen == 0 {
        return;
    }
    let read = BankWork::new(resolved, 1).cycles();
    for (load, ids) in loads.iter_mut().zip(groups) {
        let here = ids.iter().filter(|id| counts[id.index()] == 0).count() as u64;
        let commands = here * once / unseen;
        load.commands += commands;
        load.cycles += commands * read;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn unseen_ids_are_expected_as_often_as_ids_seen_once() {
        let r = Config::default().resolve("test").unwrap();
        let (read, mac) = (9, 17);
        assert_eq!(u64::from(r.activation_cycles(1)), read);
        assert_eq!(u64::from(r.activation_cycles(2)), mac);
        // 0..4 hot, 4..10 once (10 twice in its bag is once), 11..19 never: 7 / 8 each.
        let mut lists = vec![vec![0, 1, 2, 3]; 10];
        lists.extend((4..10).map(|i| vec![i]));
        lists.push(vec![10, 10]);
        let history = Bags::from_lists(19, &lists).unwrap();
        let ids = |range: std::ops::Range<u32>| range.map(EmbeddingId).collect::<Vec<_>>();
        let groups = [ids(0..4), ids(4..13), ids(13..19)];
        let at = locations(&groups, &history);
        let (mut of, activations) = loads(&groups, &history, &at, &r);
        assert_eq!(activations, 17);
        let load = |commands, cycles| Load { commands, cycles };
        assert_eq!(of, [load(10, 10 * mac), load(8, 8 * read), load(0, 0)]);
        expect_unseen(&mut of, &groups, &history, &r);
        // 2 * 7 / 8 = 1 and 6 * 7 / 8 = 5 commands of one row.
        assert_eq!(
            of,
            [load(10, 10 * mac), load(9, 9 * read), load(5, 5 * read)]
        );
    }

    #[test]
    fn batches_are_stretches_and_draws_of_the_history() {
        let mut config = Config::default();
        config.mapping.batch = 2;
        let r = config.resolve("test").unwrap();
        let lists = [vec![0], vec![0, 2, 2], vec![1, 0]];
        let history = Bags::from_lists(3, &lists).unwrap();
        let groups = [vec![EmbeddingId(0), EmbeddingId(1)], vec![EmbeddingId(2)]];
        let of = |bags: &Bags| batches(bags, &locations(&groups, bags), 4, &r);
        // Twice id 2 in a bag is two commands, 1 and 0 together one.
        let stretch = vec![(0, 2), (1, 2)];
        let found = of(&history);
        assert_eq!(found.len(), BATCHES);
        assert_eq!((&found[0], &found[BATCHES - 4]), (&stretch, &stretch));
        // Any two bags, and the same bag twice.
        let draws = found.iter().filter(|&b| *b == [(0, 2), (1, 4)]).count();
        assert!((200..500).contains(&draws), "{draws}");
        assert_eq!(of(&history.slice(0..1))[0], [(0, 1)]);
        assert!(of(&history.slice(0..0)).is_empty());
    }
}
