//! What the history asks of groups: accesses, loads by bank cycles, and batches drawn from it.

use super::batches::{Batches, Limits};
use super::methods;
use super::placement::Load;
use super::row_copies::Workload;
use crate::formats::trace::Bags;
use crate::hardware::BankWork;
use crate::ids::{EmbeddingId, GroupId};
use crate::mapping::Location;
use crate::mapping::commands::{Scratch, commands};
use crate::progress::Count;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::ops::Range;

/// Group and row of each id of the history.
pub(super) fn locations(groups: &[Vec<EmbeddingId>], history: &Bags) -> Vec<Location> {
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

/// Commands of each group in the history, and the groups touched, summed over the bags. Each bag is a unit.
pub(super) fn accesses(
    groups: usize,
    history: &Bags,
    locations: &[Location],
    count: &Count,
) -> (Vec<u64>, u64) {
    let mut accesses = vec![0; groups];
    let mut groups_touched = 0;
    let mut scratch = Scratch::default();
    for bag in history.iter().take_while(|_| count.one()) {
        let at = |id: EmbeddingId| locations[id.index()];
        commands(bag, at, &mut scratch, |group, n, _, _| {
            groups_touched += u64::from(n == 0);
            accesses[group.index()] += 1;
        });
    }
    (accesses, groups_touched)
}

/// Most batches that placement considers.
const PLACED_BATCHES: usize = 64;

/// Expected load of each group, then of each crossbar of row copies (`rows`): over the whole
/// history, and in each of a sample of its batches.
///
/// Both consist of the history's commands, with single-row commands shared evenly by all places of
/// the row, and of the expected commands for unseen ids. Without the latter in the batches,
/// placement would see no load at groups of unseen ids and put other groups into the same banks. Each bag
/// of the history is a unit.
pub(super) fn expected_loads(
    workload: &Workload<'_>,
    copies: &[u32],
    rows: &[Vec<EmbeddingId>],
    count: &Count,
) -> (Vec<Load>, Vec<Vec<Load>>) {
    let (groups, bags) = (workload.groups, workload.history.len());
    let cycles = BankWork::cycles_by_rows(workload.resolved);
    let unlisted = workload.embeddings - workload.history.embeddings();
    let unseen = unseen_commands(groups, workload.history, unlisted);
    let mut copies_of: Vec<Vec<u32>> = match rows {
        [] => Vec::new(),
        _ => vec![Vec::new(); workload.locations.len()],
    };
    for (crossbar, ids) in (groups.len() as u32..).zip(rows) {
        ids.iter()
            .for_each(|id| copies_of[id.index()].push(crossbar));
    }
    let of = |range: Range<usize>, count: &Count| {
        let mut loads = vec![Load::default(); groups.len() + rows.len()];
        for (load, each) in loads.iter_mut().zip(&unseen) {
            let commands = each * range.len() as f64;
            *load += Load {
                commands,
                cycles: commands * cycles[1] as f64,
            };
        }
        let mut scratch = Scratch::default();
        for b in range.take_while(|_| count.one()) {
            let bag = workload.history.bag(b);
            commands(
                bag,
                |id| workload.locations[id.index()],
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
    let size = workload.resolved.config.mapping.batch.max(1) as usize;
    let batches = workload.history.batches(size);
    let sampled = batches.len().min(PLACED_BATCHES);
    let batch = |i: usize| {
        of(
            batches[i * batches.len() / sampled].clone(),
            &Count::default(),
        )
    };
    let sampled = (0..sampled).into_par_iter().map(batch).collect();
    (of(0..bags, count), sampled)
}

/// The batches that replication considers.
pub(super) const LIMITS: Limits = Limits {
    most: 4096,
    fewest: 64,
    commands: 4 << 20,
};
/// One batch in so many is a stretch of the history; the others are bags drawn at random, so that
/// coincidences of particular bags in the history have little influence.
const STRETCHES: usize = 4;

/// Commands of each group in each batch, ascending by group. Each batch is a unit.
pub(super) fn draw(
    batches: &Batches<'_>,
    history: &Bags,
    locations: &[Location],
    count: &Count,
) -> Vec<Vec<(u32, u32)>> {
    let (bags, size) = (history.len(), batches.size());
    let pick = |i: usize, rng: &mut ChaCha8Rng| -> Vec<usize> {
        if !i.is_multiple_of(STRETCHES) {
            return (0..size).map(|_| rng.random_range(0..bags)).collect();
        }
        let first = batches.stretch(i, size);
        let crossed = history.parts().iter().find(|&&bag| bag > first);
        (first..crossed.map_or(first + size, |&part| part.min(first + size))).collect()
    };
    let groups_of = |bag: &[EmbeddingId], scratch: &mut Scratch, out: &mut Vec<u32>| {
        let at = |id: EmbeddingId| locations[id.index()];
        commands(bag, at, scratch, |group, _, _, _| out.push(group.0));
    };
    let by_group = |mut groups: Vec<u32>| {
        count.one();
        groups.sort_unstable();
        let same = groups.chunk_by(|a, b| a == b);
        same.map(|g| (g[0], g.len() as u32)).collect()
    };
    batches.draw(pick, groups_of, by_group)
}

/// Expected commands per bag for the unseen ids of each group.
///
/// Turing's estimate: new ids are looked up as often as the ids that occur in exactly one bag of
/// the history. These lookups are spread evenly over the unseen ids, and two of them rarely share a
/// bag, so each counts as a single-row command. `unlisted` ids are in none of the groups.
fn unseen_commands(groups: &[Vec<EmbeddingId>], history: &Bags, unlisted: u32) -> Vec<f64> {
    let counts = methods::bag_counts(history);
    let unseen = counts.iter().filter(|&&c| c == 0).count() + unlisted as usize;
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
        // Ids 0..4 occur together, 4..10 alone and once, 10 twice per bag, 11..19 never: the
        // estimate is 6 lookups of the latter.
        let mut lists = vec![vec![0, 1, 2, 3]; 10];
        lists.extend((4..10).map(|i| vec![i]));
        lists.extend(vec![vec![10, 10]; 2]);
        let history = Bags::from_lists(19, &lists).unwrap();
        let ids = |range: Range<u32>| range.map(EmbeddingId).collect::<Vec<_>>();
        let groups = [ids(0..4), ids(4..13), ids(13..19)];
        let at = locations(&groups, &history);
        let (accesses, groups_touched) = accesses(3, &history, &at, &Count::default());
        assert_eq!((&accesses[..], groups_touched), (&[10, 10, 0][..], 18));
        let workload = Workload {
            groups: &groups,
            locations: &at,
            history: &history,
            resolved: &r,
            groups_touched,
            original: &[],
            embeddings: 19,
        };
        let load = |commands: f64, cycles: f64| Load { commands, cycles };
        let reads = |commands: f64| load(commands, commands * read);
        let near = |a: &Load, b: &Load| {
            (a.commands - b.commands).abs() < 1e-9 && (a.cycles - b.cycles).abs() < 1e-9
        };
        // The four commands of id 10 are shared by the copies of group 1 and the copies of its row.
        // Id 0 has no single-row commands.
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
            let (all, batches) = expected_loads(&workload, &copies, rows, &Count::default());
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
            // The first batch has 5 of the 18 bags.
            assert!(near(&batches[0][2], &reads(4.5 * 5.0 / 18.0)));
        }
    }

    #[test]
    fn batches_are_stretches_or_random_bags_of_the_history() {
        let mut config = Config::default();
        config.mapping.batch = 2;
        let r = config.resolve("test").unwrap();
        let lists = [vec![0], vec![0, 2, 2], vec![1, 0]];
        let history = Bags::from_lists(3, &lists).unwrap();
        let groups = [vec![EmbeddingId(0), EmbeddingId(1)], vec![EmbeddingId(2)]];
        let of = |bags: &Bags| {
            let batches = Batches::new(bags, 4, &r, LIMITS);
            draw(&batches, bags, &locations(&groups, bags), &Count::default())
        };
        // Id 2 twice in a bag needs two commands; ids 1 and 0 together need one.
        let stretch = vec![(0, 2), (1, 2)];
        let found = of(&history);
        assert_eq!(found.len(), LIMITS.most);
        assert_eq!((&found[0], &found[LIMITS.most - 4]), (&stretch, &stretch));
        // Random batches may hold the same bag twice.
        let draws = found.iter().filter(|&b| *b == [(0, 2), (1, 4)]).count();
        assert!((200..500).contains(&draws), "{draws}");
        assert_eq!(of(&history.slice(0..1))[0], [(0, 1)]);
        assert!(of(&history.slice(0..0)).is_empty());
    }
}
