//! Copies of hot rows: crossbars that are a second home for single rows of many groups.
//!
//! A copy of a whole group relieves one group only, and spends a crossbar on its cold rows, too. Most
//! commands have one row, and most of those are for few ids. A crossbar of such ids takes load off as
//! many groups as it has rows: whichever of them is asked for much in a batch. Commands of more rows
//! cannot go there, so both kinds have their use; [`choose`] tries mixes on batches of the history.

use super::replication::{Demand, Waits, most_copies};
use crate::config::Resolved;
use crate::formats::trace::Bags;
use crate::hardware::BankWork;
use crate::ids::EmbeddingId;
use crate::mapping::commands::{Scratch, commands};
use crate::mapping::{Classes, Location};
use rand::SeedableRng;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// Quarters of the extra crossbars that are copies of whole groups; what is tried, in this order.
const WHOLE: [u64; 5] = [4, 3, 2, 1, 0];
/// Batches that are drawn, at most, and commands in all of them, about. Every other one judges.
const BATCHES: usize = 512;
const BATCH_COMMANDS: u64 = 2 << 20;
/// A batch is drawn from a stretch of the history this many times as long: traffic has its hours,
/// but no batch comes again as it was.
const STRETCH: usize = 4;
/// A further copy of a row is worth this share of what the rule of shares says: by then there is a
/// choice already.
const AGAIN: f64 = 0.3;

/// Which crossbars beyond one a group are for what.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Mix {
    /// Replicas of each group, at least 1.
    pub copies: Vec<u32>,
    /// Ids of each crossbar of row copies.
    pub rows: Vec<Vec<EmbeddingId>>,
}

/// Groups and what the history asks of them.
pub(super) struct Asked<'a> {
    pub groups: &'a [Vec<EmbeddingId>],
    pub locations: &'a [Location],
    pub history: &'a Bags,
    pub resolved: &'a Resolved,
    /// Pairs of a bag and a group that it touches.
    pub groups_touched: u64,
}

/// One command: its group, its id if it has one row only, and its cycles.
type Asking = (u32, Option<EmbeddingId>, u32);

/// The mix of copies of whole groups and of rows, `spend` crossbars in all, under which batches of the
/// history have the shortest longest queue of cycles at a crossbar; more whole copies among equals.
pub(super) fn choose(asked: &Asked<'_>, spend: u64) -> Mix {
    let groups = asked.groups.len();
    if spend == 0 {
        return Mix {
            copies: vec![1; groups],
            rows: Vec::new(),
        };
    }
    let batches = asked.batches();
    let loads: Vec<Vec<(u32, u32)>> = batches.iter().step_by(2).map(|b| by_group(b)).collect();
    let mut accesses = vec![0u64; groups];
    for &(group, cycles) in loads.iter().flatten() {
        accesses[group as usize] += u64::from(cycles);
    }
    let asks = Asks::new(asked);
    let tried: Vec<(u64, Mix)> = WHOLE
        .par_iter()
        .map(|quarters| {
            let demand = Demand {
                accesses: &accesses,
                batches: &loads,
            };
            let waits = Waits::new(demand, most_copies(asked.resolved));
            let copies = waits.share_out(spend * quarters / 4);
            let whole: u64 = copies.iter().map(|&c| u64::from(c - 1)).sum();
            let rows = asks.rows(asked, &copies, spend - whole);
            let mix = Mix { copies, rows };
            let judged = batches.iter().skip(1).step_by(2);
            (mix.longest_queues(asked, judged), mix)
        })
        .collect();
    let best = tried.into_iter().min_by_key(|t| t.0);
    best.map(|t| t.1).unwrap_or_default()
}

/// Cycles by group.
fn by_group(batch: &[Asking]) -> Vec<(u32, u32)> {
    let mut all: Vec<(u32, u32)> = batch.iter().map(|a| (a.0, a.2)).collect();
    all.sort_unstable();
    let same = all.chunk_by(|a, b| a.0 == b.0);
    same.map(|g| (g[0].0, g.iter().map(|a| a.1).sum()))
        .collect()
}

impl Asked<'_> {
    /// Batches of bags that were near each other in the history, each as its commands.
    fn batches(&self) -> Vec<Vec<Asking>> {
        let options = &self.resolved.config.mapping;
        let bags = self.history.len();
        let size = (options.batch.max(1) as usize).min(bags);
        let stretch = (STRETCH * size).min(bags);
        let each = self.groups_touched * size as u64 / (bags as u64).max(1) + 1;
        let count = match bags {
            0 => 0,
            _ => BATCHES.min((BATCH_COMMANDS / each) as usize).max(16),
        };
        let base = ChaCha8Rng::seed_from_u64(options.seed);
        let cycles_of = BankWork::cycles_by_rows(self.resolved);
        let batch = |i: usize| {
            let mut rng = base.clone();
            rng.set_stream(i as u64);
            let first = i * (bags - stretch + 1) / count;
            let mut drawn = sample(&mut rng, stretch, size).into_vec();
            drawn.sort_unstable();
            let mut out = Vec::new();
            let mut scratch = Scratch::default();
            for b in drawn {
                let bag = self.history.bag(first + b);
                commands(
                    bag,
                    self.locations,
                    &mut scratch,
                    |group, _, active, row| {
                        let id = self.groups[group.index()][row as usize];
                        let cycles = cycles_of[active as usize] as u32;
                        out.push((group.0, (active == 1).then_some(id), cycles));
                    },
                );
            }
            out
        };
        (0..count).into_par_iter().map(batch).collect()
    }
}

/// What the whole history asks.
struct Asks {
    /// Commands of that id alone.
    alone: Vec<u64>,
    /// Cycles of each group.
    groups: Vec<u64>,
}

/// A row that may get one more copy.
#[derive(PartialEq)]
struct Wish {
    weight: f64,
    id: EmbeddingId,
    copies: u32,
}

impl Eq for Wish {}

impl Ord for Wish {
    fn cmp(&self, other: &Self) -> Ordering {
        let order = self.weight.total_cmp(&other.weight);
        order.then(other.id.cmp(&self.id))
    }
}

impl PartialOrd for Wish {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Asks {
    fn new(asked: &Asked<'_>) -> Self {
        let cycles_of = BankWork::cycles_by_rows(asked.resolved);
        let mut asks = Asks {
            alone: vec![0; asked.locations.len()],
            groups: vec![0; asked.groups.len()],
        };
        let mut scratch = Scratch::default();
        for bag in asked.history.iter() {
            commands(
                bag,
                asked.locations,
                &mut scratch,
                |group, _, active, row| {
                    asks.groups[group.index()] += cycles_of[active as usize];
                    let id = asked.groups[group.index()][row as usize];
                    asks.alone[id.index()] += u64::from(active == 1);
                },
            );
        }
        asks
    }

    /// The rows that are worth most on `crossbars` crossbars, where groups have `copies`: those asked
    /// for most by themselves, in the groups that have most to do.
    fn rows(&self, asked: &Asked<'_>, copies: &[u32], crossbars: u64) -> Vec<Vec<EmbeddingId>> {
        let rows = asked.resolved.config.crossbar.rows as usize;
        let room = crossbars as usize * rows;
        let mut wishes: BinaryHeap<Wish> = BinaryHeap::new();
        for (g, (group, &n)) in asked.groups.iter().zip(copies).enumerate() {
            let n = f64::from(n.max(1));
            let busy = self.groups[g] as f64 / n;
            wishes.extend(group.iter().filter_map(|&id| {
                let weight = self.alone[id.index()] as f64 / n * busy;
                (weight > 0.0).then_some(Wish {
                    weight,
                    id,
                    copies: 0,
                })
            }));
        }
        let mut granted: Vec<(EmbeddingId, u32)> = Vec::new();
        let mut used = 0;
        while used < room
            && let Some(mut wish) = wishes.pop()
        {
            used += 1;
            wish.copies += 1;
            if u64::from(wish.copies) < crossbars {
                let n = f64::from(wish.copies);
                let weight = wish.weight * AGAIN * n / (n + 1.0);
                wishes.push(Wish { weight, ..wish });
            } else {
                granted.push((wish.id, wish.copies));
            }
        }
        let rest = wishes.into_iter().filter(|w| w.copies > 0);
        granted.extend(rest.map(|w| (w.id, w.copies)));
        self.pack(asked, granted, crossbars as usize)
    }

    /// Deals rows out to at most `crossbars` crossbars, evenly by what they will have to do; an id
    /// comes once in a crossbar, and ids of tables of one width only.
    fn pack(
        &self,
        asked: &Asked<'_>,
        granted: Vec<(EmbeddingId, u32)>,
        crossbars: usize,
    ) -> Vec<Vec<EmbeddingId>> {
        let rows = asked.resolved.config.crossbar.rows as usize;
        let classes = Classes::of(asked.resolved, asked.history.embeddings());
        let mut of_class = vec![Vec::new(); classes.count()];
        for (id, copies) in granted {
            of_class[classes.of_id(id)].push((id, copies));
        }
        let mut out = Vec::new();
        for mut granted in of_class {
            let wanted: usize = granted.iter().map(|g| g.1 as usize).sum();
            // Rows of a class that fill no crossbar wait for a larger budget.
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
                // Taken out of the heap meanwhile, so each at most once.
                let taken: Vec<(u64, usize)> = (0..copies)
                    .filter_map(|_| idle.pop())
                    .map(|r| r.0)
                    .collect();
                for (sum, a) in taken {
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

impl Mix {
    /// Sum over batches of the longest queue, in cycles, if each command goes to the crossbar that
    /// has least to do by then.
    fn longest_queues<'b>(
        &self,
        asked: &Asked<'_>,
        batches: impl Iterator<Item = &'b Vec<Asking>>,
    ) -> u64 {
        let mut first = vec![0u32];
        for &copies in &self.copies {
            first.push(first[first.len() - 1] + copies);
        }
        let whole = first[first.len() - 1];
        let mut second: Vec<Vec<u32>> = vec![Vec::new(); asked.locations.len()];
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
    fn mix(lists: &[Vec<u32>], groups: u32, spend: u64) -> Mix {
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
        let asked = Asked {
            groups: &groups,
            locations: &locations,
            history: &history,
            resolved: &resolved,
            groups_touched: history.lookups(),
        };
        choose(&asked, spend)
    }

    /// Each stretch of the history asks for another id, all as often as each other.
    fn waves(ids: impl Iterator<Item = u32>) -> Vec<Vec<u32>> {
        ids.flat_map(|id| std::iter::repeat_n(vec![id], 64))
            .collect()
    }

    #[test]
    fn one_crossbar_of_rows_relieves_four_groups_that_one_copy_cannot() {
        let lists = waves([0, 4, 8, 12].into_iter());
        let mix = mix(&lists, 5, 1);
        assert_eq!(mix.copies, [1; 5]);
        let mut rows = mix.rows.concat();
        rows.sort_unstable();
        assert_eq!(rows, [0, 4, 8, 12].map(EmbeddingId));
    }

    #[test]
    fn a_group_that_is_asked_for_several_rows_gets_whole_copies() {
        let mut lists = vec![vec![0, 1, 2]; 200];
        lists.extend(waves([4, 8].into_iter()));
        let mix = mix(&lists, 4, 2);
        assert_eq!((mix.copies, mix.rows), (vec![3, 1, 1, 1], vec![]));
    }

    #[test]
    fn a_mix_is_taken_where_it_is_best() {
        // Group 0 is asked for two rows at a time in one half of the history; then come waves.
        let mut lists = vec![vec![0, 1]; 512];
        lists.extend(waves((4..36).step_by(4)));
        let mix = mix(&lists, 10, 4);
        assert!(mix.copies[0] > 1 && !mix.rows.is_empty(), "{mix:?}");
        let whole: u32 = mix.copies.iter().map(|c| c - 1).sum();
        assert!(whole as usize + mix.rows.len() <= 4);
    }

    #[test]
    fn an_id_lies_once_in_a_crossbar_and_never_asked_ones_nowhere() {
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
        let asked = Asked {
            groups: &[],
            locations: &locations,
            history: &history,
            resolved: &resolved,
            groups_touched: 0,
        };
        let of = |copies: &[u32], rows: &[&[u32]]| {
            let ids = |r: &&[u32]| r.iter().map(|&id| EmbeddingId(id)).collect();
            let mix = Mix {
                copies: copies.to_vec(),
                rows: rows.iter().map(ids).collect(),
            };
            mix.longest_queues(&asked, std::iter::once(&batch))
        };
        assert_eq!(of(&[1, 1], &[]), 9 + 9 + 17 + 9);
        // 9 and 17; 9 and 9.
        assert_eq!(of(&[2, 1], &[]), 9 + 17);
        // The copy takes one of id 0, the group the other and the rest: 9, 17, 9.
        assert_eq!(of(&[1, 1], &[&[0, 5]]), 9 + 17 + 9);
        assert_eq!(of(&[1, 1], &[&[0, 1]]), 9 + 17);
    }
}
