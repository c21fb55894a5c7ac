//! From a history to a mapping: group, replicate, place.

use super::group::group;
use super::methods;
use super::optimized;
use super::placement::{self, Load};
use super::replication::{self, Copies, Demand, Spend};
use super::row_copies::{self, Asked};
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
use std::ops::Range;

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
    let (accesses, groups_touched) = accesses(groups.len(), history, &locations);
    let asked = Asked {
        groups: &groups,
        locations: &locations,
        history,
        resolved,
        groups_touched,
    };
    let Spend { budget, room } = Spend::of(groups.len(), resolved);
    let mut rows = Vec::new();
    let mut copies = match options.replication {
        Replication::Rows => {
            progress.step("choosing copies", 0, 1)?;
            let mix = row_copies::choose(&asked, budget.min(room));
            rows = mix.rows;
            mix.copies
        }
        kind => {
            let batches = match kind {
                Replication::Optimized => batches(history, &locations, groups_touched, resolved),
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
    let (loads, sampled) = expected_loads(&asked, &copies, &rows);
    copies.resize(groups.len() + rows.len(), 1);
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
            groups_touched,
        },
    };
    Ok((mapping, copies))
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

/// Commands of each group in the history, and the groups touched: pairs of a bag and a group.
fn accesses(groups: usize, history: &Bags, locations: &[Location]) -> (Vec<u64>, u64) {
    let mut accesses = vec![0; groups];
    let mut groups_touched = 0;
    let mut scratch = Scratch::default();
    for bag in history.iter() {
        commands(bag, locations, &mut scratch, |group, n, _, _| {
            groups_touched += u64::from(n == 0);
            accesses[group.index()] += 1;
        });
    }
    (accesses, groups_touched)
}

/// Batches that placement looks at, at most.
const PLACED_BATCHES: usize = 64;

/// What bags like those of the history are expected to ask of each crossbar, of the groups and then
/// of the copies of `rows`: all in all, and in batches of the history as they came.
///
/// Both count the same: what the history asks for, where the places of a row share its commands
/// evenly, and what is expected of ids that it never touched. If groups of those weighed nothing in
/// the batches, lighter groups, which come later, would pile up on them.
fn expected_loads(
    asked: &Asked<'_>,
    copies: &[u32],
    rows: &[Vec<EmbeddingId>],
) -> (Vec<Load>, Vec<Vec<Load>>) {
    let (groups, bags) = (asked.groups, asked.history.len());
    let cycles = BankWork::cycles_by_rows(asked.resolved);
    let unseen = unseen_commands(groups, asked.history);
    let mut copies_of: Vec<Vec<u32>> = match rows {
        [] => Vec::new(),
        _ => vec![Vec::new(); asked.locations.len()],
    };
    for (crossbar, ids) in (groups.len() as u32..).zip(rows) {
        ids.iter()
            .for_each(|id| copies_of[id.index()].push(crossbar));
    }
    let of = |range: Range<usize>| {
        let mut loads = vec![Load::default(); groups.len() + rows.len()];
        for (load, each) in loads.iter_mut().zip(&unseen) {
            let commands = each * range.len() as f64;
            *load += Load {
                commands,
                cycles: commands * cycles[1] as f64,
            };
        }
        let mut scratch = Scratch::default();
        for b in range {
            let bag = asked.history.bag(b);
            commands(
                bag,
                asked.locations,
                &mut scratch,
                |group, _, active, row| {
                    let load = Load {
                        commands: 1.0,
                        cycles: cycles[active as usize] as f64,
                    };
                    let id = groups[group.index()][row as usize];
                    let others = match (active, copies_of.get(id.index())) {
                        (1, Some(others)) => others.as_slice(),
                        _ => &[],
                    };
                    let own = f64::from(copies[group.index()]);
                    let all = own + others.len() as f64;
                    loads[group.index()] += load / (all / own);
                    for &other in others {
                        loads[other as usize] += load / all;
                    }
                },
            );
        }
        loads
    };
    let size = asked.resolved.config.mapping.batch.max(1) as usize;
    let batches = bags.div_ceil(size);
    let count = batches.min(PLACED_BATCHES);
    let batch = |i: usize| {
        let first = i * batches / count * size;
        of(first..bags.min(first + size))
    };
    let sampled = (0..count).into_par_iter().map(batch).collect();
    (of(0..bags), sampled)
}

/// Batches that replication looks at, at most, and commands in all of them, about.
const BATCHES: usize = 4096;
const BATCH_COMMANDS: u64 = 4 << 20;
/// One batch in so many is a stretch of the history; the others are bags drawn at random, as there
/// are many more of those, and chance meetings should not be learned by heart.
const STRETCHES: usize = 4;

/// Commands of each group in batches of the history's bags, ascending by group. `groups_touched` are
/// those of the whole history.
fn batches(
    history: &Bags,
    locations: &[Location],
    groups_touched: u64,
    resolved: &Resolved,
) -> Vec<Vec<(u32, u32)>> {
    let options = &resolved.config.mapping;
    let bags = history.len();
    let size = (options.batch.max(1) as usize).min(bags);
    let each = groups_touched * size as u64 / (bags as u64).max(1) + 1;
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

/// Commands of each group for ids that the history never touched, in a bag.
///
/// Turing's estimate: lookups of new ids come as often as lookups of ids that were seen once. They
/// are spread evenly over the unseen ids, and rarely come together.
fn unseen_commands(groups: &[Vec<EmbeddingId>], history: &Bags) -> Vec<f64> {
    let counts = methods::bag_counts(history);
    let unseen = counts.iter().filter(|&&c| c == 0).count();
    let once = counts.iter().filter(|&&c| c == 1).count();
    let each = once as f64 / (unseen.max(1) * history.len().max(1)) as f64;
    let here = |ids: &Vec<EmbeddingId>| ids.iter().filter(|id| counts[id.index()] == 0).count();
    groups.iter().map(|ids| here(ids) as f64 * each).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn loads_of_batches_add_up_to_those_of_the_history() {
        let mut config = Config::default();
        config.mapping.batch = 5;
        let r = config.resolve("test").unwrap();
        let (read, mac) = (9.0, 17.0);
        assert_eq!(f64::from(r.activation_cycles(1)), read);
        assert_eq!(f64::from(r.activation_cycles(2)), mac);
        // 0..4 together, 4..10 alone and once, 10 twice in a bag, 11..19 never: 6 lookups of those.
        let mut lists = vec![vec![0, 1, 2, 3]; 10];
        lists.extend((4..10).map(|i| vec![i]));
        lists.extend(vec![vec![10, 10]; 2]);
        let history = Bags::from_lists(19, &lists).unwrap();
        let ids = |range: Range<u32>| range.map(EmbeddingId).collect::<Vec<_>>();
        let groups = [ids(0..4), ids(4..13), ids(13..19)];
        let at = locations(&groups, &history);
        let (accesses, groups_touched) = accesses(3, &history, &at);
        assert_eq!((&accesses[..], groups_touched), (&[10, 10, 0][..], 18));
        let asked = Asked {
            groups: &groups,
            locations: &at,
            history: &history,
            resolved: &r,
            groups_touched,
        };
        let load = |commands: f64, cycles: f64| Load { commands, cycles };
        let reads = |commands: f64| load(commands, commands * read);
        let near = |a: &Load, b: &Load| {
            (a.commands - b.commands).abs() < 1e-9 && (a.cycles - b.cycles).abs() < 1e-9
        };
        // Id 10 shares its four commands with two copies of group 1 and one of its row; the row of id
        // 0 is never asked for alone.
        let rows = [ids(10..11), ids(0..1)];
        for (copies, rows, wanted) in [
            ([1; 3], &rows[..0], vec![reads(10.0 + 1.5)]),
            (
                [1, 2, 1],
                &rows[..1],
                vec![reads(6.0 + 1.5 + 8.0 / 3.0), reads(4.0 / 3.0)],
            ),
            (
                [1; 3],
                &rows[..],
                vec![reads(6.0 + 1.5 + 2.0), reads(2.0), reads(0.0)],
            ),
        ] {
            let (all, batches) = expected_loads(&asked, &copies, rows);
            let mut wanted = wanted;
            wanted.splice(0..0, [load(10.0, 10.0 * mac)]);
            wanted.insert(2, reads(4.5));
            assert_eq!(all.len(), wanted.len());
            assert!(all.iter().zip(&wanted).all(|(a, b)| near(a, b)), "{all:?}");
            assert_eq!(batches.len(), 4);
            for (crossbar, all) in all.iter().enumerate() {
                let mut sum = Load::default();
                batches.iter().for_each(|b| sum += b[crossbar]);
                assert!(near(&sum, all), "{sum:?} {all:?}");
            }
            // Five bags of eighteen.
            assert!(near(&batches[0][2], &reads(4.5 * 5.0 / 18.0)));
        }
    }

    #[test]
    fn what_was_never_seen_counts_wherever_loads_are_weighed() {
        // Group 0 is hot, of 1..9 nothing was seen, of 9..17 each id once: so each id of 1..9 is
        // expected once, and each of these groups to be as busy as each of those.
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
        // 96 reads of 9 cycles: two banks do half each.
        let busiest = score.unwrap().busiest_bank.unwrap();
        assert_eq!(busiest.cycles, 48 * 9);
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
