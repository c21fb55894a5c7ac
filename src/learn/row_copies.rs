//! Copies of hot rows: crossbars that hold second copies of single rows of many groups.
//!
//! A copy of a whole group takes load off one group only, and also stores its cold rows. Most
//! commands have one row, and most of those are for few ids. A crossbar with copies of such ids can
//! take load off as many groups as it has rows, whichever of them are busy in a batch. It cannot
//! serve commands of several rows, so both kinds of copies are useful. [`choose`] compares mixes of
//! the two on batches of the history.

use super::batches::{Batches, Limits};
use super::replication::{BatchQueues, Demand, most_copies};
use crate::config::Resolved;
use crate::formats::trace::Bags;
use crate::hardware::BankWork;
use crate::ids::EmbeddingId;
use crate::mapping::commands::{Scratch, commands};
use crate::mapping::{Classes, Location};
use crate::progress::Count;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// Quarters of the extra crossbars that hold copies of whole groups, in the order of trial.
const WHOLE_GROUP_QUARTERS: [u64; 5] = [4, 3, 2, 1, 0];
/// The batches that are drawn. Every second one is held out to judge the mixes.
const LIMITS: Limits = Limits {
    most: 512,
    fewest: 16,
    commands: 2 << 20,
};
/// Length of the stretch of the history that a batch is drawn from, in batches. Drawing from a
/// stretch keeps the variation of traffic over time without repeating actual batches.
const STRETCH: usize = 4;
/// Weight of a further copy of a row, relative to its share of the row's load: once a row has a
/// copy, its commands have a choice already.
const FURTHER_COPY_FACTOR: f64 = 0.3;

/// What the crossbars beyond one per group hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct CopyMix {
    /// Replicas of each group, at least 1.
    pub copies: Vec<u32>,
    /// Ids of each crossbar of row copies.
    pub rows: Vec<Vec<EmbeddingId>>,
}

/// Groups and the history whose commands they serve.
pub(super) struct Workload<'a> {
    pub groups: &'a [Vec<EmbeddingId>],
    pub locations: &'a [Location],
    pub history: &'a Bags,
    pub resolved: &'a Resolved,
    /// Groups touched, summed over the bags of the history.
    pub groups_touched: u64,
    /// The original id of each id of the history; empty if they are the same.
    pub original: &'a [EmbeddingId],
    /// Number of original ids.
    pub embeddings: u32,
}

/// One command: its group, its id if it has exactly one row, and its cycles.
type CommandLoad = (u32, Option<EmbeddingId>, u32);

/// Units that [`choose`] counts: each batch that is drawn, and each extra crossbar of each mix.
pub(super) fn steps(workload: &Workload<'_>, spend: u64) -> u64 {
    let copies = WHOLE_GROUP_QUARTERS.iter().map(|q| spend * q / 4);
    let all =
        |batches: Batches<'_>| (1 + WHOLE_GROUP_QUARTERS.len() as u64) * batches.count() as u64;
    match spend {
        0 => 0,
        _ => all(workload.drawn()) + copies.sum::<u64>(),
    }
}

/// Returns the mix of copies of whole groups and of rows, `spend` crossbars in total, with the
/// smallest sum over held-out batches of the longest queue at a crossbar, in cycles. Ties go to the
/// mix with more copies of groups.
pub(super) fn choose(workload: &Workload<'_>, spend: u64, count: &Count) -> CopyMix {
    let groups = workload.groups.len();
    if spend == 0 {
        return CopyMix {
            copies: vec![1; groups],
            rows: Vec::new(),
        };
    }
    let batches = workload.batches(count);
    let loads: Vec<Vec<(u32, u32)>> = batches.iter().step_by(2).map(|b| by_group(b)).collect();
    let mut accesses = vec![0u64; groups];
    for &(group, cycles) in loads.iter().flatten() {
        accesses[group as usize] += u64::from(cycles);
    }
    let row_demand = RowDemand::new(workload);
    let tried: Vec<(u64, CopyMix)> = WHOLE_GROUP_QUARTERS
        .par_iter()
        .map(|quarters| {
            let demand = Demand {
                accesses: &accesses,
                rest: 0,
                batches: &loads,
            };
            let queues = BatchQueues::new(demand, most_copies(workload.resolved));
            let copies = queues.allocate(spend * quarters / 4, count);
            let whole: u64 = copies.iter().map(|&c| u64::from(c - 1)).sum();
            let rows = row_demand.rows(workload, &copies, spend - whole);
            let mix = CopyMix { copies, rows };
            count.add(batches.len() as u64);
            let judged = batches.iter().skip(1).step_by(2);
            (mix.sum_of_longest_queues(workload, judged), mix)
        })
        .collect();
    let best = tried.into_iter().min_by_key(|t| t.0);
    best.map(|t| t.1).unwrap_or_default()
}

/// Cycles by group.
fn by_group(batch: &[CommandLoad]) -> Vec<(u32, u32)> {
    let mut all: Vec<(u32, u32)> = batch.iter().map(|a| (a.0, a.2)).collect();
    all.sort_unstable();
    let same = all.chunk_by(|a, b| a.0 == b.0);
    same.map(|g| (g[0].0, g.iter().map(|a| a.1).sum()))
        .collect()
}

impl Workload<'_> {
    /// The batches to draw.
    fn drawn(&self) -> Batches<'_> {
        Batches::new(self.history, self.groups_touched, self.resolved, LIMITS)
    }

    /// The commands of batches; each batch is drawn from one stretch of the history.
    fn batches(&self, count: &Count) -> Vec<Vec<CommandLoad>> {
        let batches = self.drawn();
        let size = batches.size();
        let stretch = (STRETCH * size).min(self.history.len());
        let pick = |i: usize, rng: &mut ChaCha8Rng| {
            let first = batches.stretch(i, stretch);
            let mut drawn = sample(rng, stretch, size).into_vec();
            drawn.sort_unstable();
            drawn.into_iter().map(|b| first + b).collect()
        };
        let cycles_of = BankWork::cycles_by_rows(self.resolved);
        let loads = |bag: &[EmbeddingId], scratch: &mut Scratch, out: &mut Vec<CommandLoad>| {
            commands(
                bag,
                |id| self.locations[id.index()],
                scratch,
                |group, _, active, row| {
                    let id = self.groups[group.index()][row as usize];
                    let cycles = cycles_of[active as usize] as u32;
                    out.push((group.0, (active == 1).then_some(id), cycles));
                },
            );
        };
        batches.draw(pick, loads, |batch| {
            count.one();
            batch
        })
    }
}

/// Load of the whole history, by row and by group.
struct RowDemand {
    /// Single-row commands of each id.
    alone: Vec<u64>,
    /// Busy cycles of each group.
    groups: Vec<u64>,
}

/// A row that may get one more copy.
#[derive(PartialEq)]
struct RowClaim {
    weight: f64,
    id: EmbeddingId,
    copies: u32,
}

impl Eq for RowClaim {}

impl Ord for RowClaim {
    fn cmp(&self, other: &Self) -> Ordering {
        let order = self.weight.total_cmp(&other.weight);
        order.then(other.id.cmp(&self.id))
    }
}

impl PartialOrd for RowClaim {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl RowDemand {
    fn new(workload: &Workload<'_>) -> Self {
        let cycles_of = BankWork::cycles_by_rows(workload.resolved);
        let mut demand = RowDemand {
            alone: vec![0; workload.locations.len()],
            groups: vec![0; workload.groups.len()],
        };
        let mut scratch = Scratch::default();
        for bag in workload.history.iter() {
            commands(
                bag,
                |id| workload.locations[id.index()],
                &mut scratch,
                |group, _, active, row| {
                    demand.groups[group.index()] += cycles_of[active as usize];
                    let id = workload.groups[group.index()][row as usize];
                    demand.alone[id.index()] += u64::from(active == 1);
                },
            );
        }
        demand
    }

    /// Chooses the rows for `crossbars` crossbars, given the `copies` of each group: those with the
    /// largest product of single-row commands and cycles of the group, both per copy of the group.
    fn rows(
        &self,
        workload: &Workload<'_>,
        copies: &[u32],
        crossbars: u64,
    ) -> Vec<Vec<EmbeddingId>> {
        let rows = workload.resolved.config.crossbar.rows as usize;
        let room = crossbars as usize * rows;
        let mut claims: BinaryHeap<RowClaim> = BinaryHeap::new();
        for (g, (group, &n)) in workload.groups.iter().zip(copies).enumerate() {
            let n = f64::from(n.max(1));
            let busy = self.groups[g] as f64 / n;
            claims.extend(group.iter().filter_map(|&id| {
                let weight = self.alone[id.index()] as f64 / n * busy;
                (weight > 0.0).then_some(RowClaim {
                    weight,
                    id,
                    copies: 0,
                })
            }));
        }
        let mut granted: Vec<(EmbeddingId, u32)> = Vec::new();
        let mut used = 0;
        while used < room
            && let Some(mut claim) = claims.pop()
        {
            used += 1;
            claim.copies += 1;
            if u64::from(claim.copies) < crossbars {
                let n = f64::from(claim.copies);
                let weight = claim.weight * FURTHER_COPY_FACTOR * n / (n + 1.0);
                claims.push(RowClaim { weight, ..claim });
            } else {
                granted.push((claim.id, claim.copies));
            }
        }
        let rest = claims.into_iter().filter(|w| w.copies > 0);
        granted.extend(rest.map(|w| (w.id, w.copies)));
        self.pack(workload, granted, crossbars as usize)
    }

    /// Distributes rows over at most `crossbars` crossbars with even expected loads. A crossbar
    /// holds an id at most once, and only ids of tables of one width.
    fn pack(
        &self,
        workload: &Workload<'_>,
        granted: Vec<(EmbeddingId, u32)>,
        crossbars: usize,
    ) -> Vec<Vec<EmbeddingId>> {
        let rows = workload.resolved.config.crossbar.rows as usize;
        let classes = Classes::of(workload.resolved, workload.embeddings);
        let mut of_class = vec![Vec::new(); classes.count()];
        for (id, copies) in granted {
            let original = workload.original.get(id.index()).unwrap_or(&id);
            of_class[classes.of_id(*original)].push((id, copies));
        }
        let mut out = Vec::new();
        for mut granted in of_class {
            let wanted: usize = granted.iter().map(|g| g.1 as usize).sum();
            // With several classes, each gets only crossbars that it fills.
            let own = match classes.count() {
                1 => crossbars.min(wanted.div_ceil(rows)),
                _ => wanted / rows,
            };
            let load =
                |&(id, copies): &(EmbeddingId, u32)| self.alone[id.index()] / u64::from(copies + 1);
            granted.sort_unstable_by_key(|g| (Reverse(load(g)), g.0));
            let mut arrays = vec![Vec::new(); own];
            let mut idle: BinaryHeap<Reverse<(u64, usize)>> =
                (0..own).map(|a| Reverse((0, a))).collect();
            for of_id in granted {
                let (id, copies) = of_id;
                // Popped before any is pushed back, so that each crossbar occurs at most once.
                let emptiest: Vec<(u64, usize)> = (0..copies)
                    .filter_map(|_| idle.pop())
                    .map(|r| r.0)
                    .collect();
                for (sum, a) in emptiest {
                    let array: &mut Vec<EmbeddingId> = &mut arrays[a];
                    array.push(id);
                    if array.len() < rows {
                        idle.push(Reverse((sum + load(&of_id), a)));
                    }
                }
            }
            out.extend(arrays.into_iter().filter(|a| !a.is_empty()));
        }
        out
    }
}

impl CopyMix {
    /// Sum over batches of the longest queue, in cycles, if each command goes to the crossbar with
    /// the shortest queue so far.
    fn sum_of_longest_queues<'b>(
        &self,
        workload: &Workload<'_>,
        batches: impl Iterator<Item = &'b Vec<CommandLoad>>,
    ) -> u64 {
        let mut first = vec![0u32];
        for &copies in &self.copies {
            first.push(first[first.len() - 1] + copies);
        }
        let whole = first[first.len() - 1];
        let mut second: Vec<Vec<u32>> = vec![Vec::new(); workload.locations.len()];
        for (crossbar, ids) in (whole..).zip(&self.rows) {
            ids.iter().for_each(|id| second[id.index()].push(crossbar));
        }
        let mut sum = 0;
        let mut queues = vec![0u64; whole as usize + self.rows.len()];
        for batch in batches {
            queues.fill(0);
            for &(group, alone, cycles) in batch {
                let own = first[group as usize]..first[group as usize + 1];
                let copies = alone
                    .iter()
                    .flat_map(|id| second[id.index()].iter().copied());
                let shortest = own.chain(copies).min_by_key(|&c| queues[c as usize]);
                if let Some(crossbar) = shortest {
                    queues[crossbar as usize] += u64::from(cycles);
                }
            }
            sum += queues.iter().copied().max().unwrap_or(0);
        }
        sum
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::ids::GroupId;

    /// Groups of four consecutive ids, batches of 16 bags.
    fn mix(lists: &[Vec<u32>], groups: u32, spend: u64) -> CopyMix {
        let mut config = Config::default();
        config.crossbar.rows = 4;
        config.mapping.batch = 16;
        let resolved = config.resolve("test").unwrap();
        let history = Bags::from_lists(4 * groups, lists).unwrap();
        let ids = |g: u32| (4 * g..4 * g + 4).map(EmbeddingId).collect();
        let groups: Vec<Vec<EmbeddingId>> = (0..groups).map(ids).collect();
        let locations: Vec<Location> = (0..history.embeddings())
            .map(|id| Location {
                group: GroupId(id / 4),
                row: id % 4,
            })
            .collect();
        let workload = Workload {
            groups: &groups,
            locations: &locations,
            history: &history,
            resolved: &resolved,
            groups_touched: history.lookups(),
            original: &[],
            embeddings: history.embeddings(),
        };
        choose(&workload, spend, &Count::default())
    }

    /// 64 bags of one id each, for every id in turn.
    fn waves(ids: impl Iterator<Item = u32>) -> Vec<Vec<u32>> {
        ids.flat_map(|id| std::iter::repeat_n(vec![id], 64))
            .collect()
    }

    #[test]
    fn rows_are_copied_where_one_crossbar_takes_load_off_four_groups() {
        let lists = waves([0, 4, 8, 12].into_iter());
        let mix = mix(&lists, 5, 1);
        assert_eq!(mix.copies, [1; 5]);
        let mut rows = mix.rows.concat();
        rows.sort_unstable();
        assert_eq!(rows, [0, 4, 8, 12].map(EmbeddingId));
    }

    #[test]
    fn a_group_with_commands_of_several_rows_gets_whole_copies() {
        let mut lists = vec![vec![0, 1, 2]; 200];
        lists.extend(waves([4, 8].into_iter()));
        let mix = mix(&lists, 4, 2);
        assert_eq!((mix.copies, mix.rows), (vec![3, 1, 1, 1], vec![]));
    }

    #[test]
    fn a_mix_is_chosen_where_it_is_best() {
        // The first half has commands of two rows on group 0, the second half has waves.
        let mut lists = vec![vec![0, 1]; 512];
        lists.extend(waves((4..36).step_by(4)));
        let mix = mix(&lists, 10, 4);
        assert!(mix.copies[0] > 1 && !mix.rows.is_empty(), "{mix:?}");
        let whole: u32 = mix.copies.iter().map(|c| c - 1).sum();
        assert!(whole as usize + mix.rows.len() <= 4);
    }

    #[test]
    fn a_crossbar_holds_an_id_once_and_no_unseen_id() {
        let lists = waves([0, 1, 4].into_iter());
        for spend in 0..6 {
            let mix = mix(&lists, 3, spend);
            for ids in &mix.rows {
                let mut once = ids.clone();
                once.sort_unstable();
                once.dedup();
                assert_eq!(once.len(), ids.len());
                assert!(ids.len() <= 4 && ids.iter().all(|id| [0, 1, 4].contains(&id.0)));
            }
        }
        assert_eq!(mix(&[], 3, 2).copies, [1; 3]);
    }

    #[test]
    fn queues_by_hand() {
        let read = |group, id| (group, Some(EmbeddingId(id)), 9);
        let batch = vec![
            read(0, 0),
            read(0, 0),
            (0, None, 17),
            read(0, 1),
            read(1, 4),
        ];
        let mut config = Config::default();
        config.crossbar.rows = 4;
        let resolved = config.resolve("test").unwrap();
        let locations = vec![
            Location {
                group: GroupId(0),
                row: 0
            };
            8
        ];
        let history = Bags::none(8);
        let workload = Workload {
            groups: &[],
            locations: &locations,
            history: &history,
            resolved: &resolved,
            groups_touched: 0,
            original: &[],
            embeddings: 8,
        };
        let of = |copies: &[u32], rows: &[&[u32]]| {
            let ids = |r: &&[u32]| r.iter().map(|&id| EmbeddingId(id)).collect();
            let mix = CopyMix {
                copies: copies.to_vec(),
                rows: rows.iter().map(ids).collect(),
            };
            mix.sum_of_longest_queues(&workload, std::iter::once(&batch))
        };
        assert_eq!(of(&[1, 1], &[]), 9 + 9 + 17 + 9);
        // 9 and 17; 9 and 9.
        assert_eq!(of(&[2, 1], &[]), 9 + 17);
        // The copy takes one command of id 0; the group takes the other and the rest: 9, 17, 9.
        assert_eq!(of(&[1, 1], &[&[0, 5]]), 9 + 17 + 9);
        assert_eq!(of(&[1, 1], &[&[0, 1]]), 9 + 17);
    }
}
