//! Simple reimplementations of greedy grouping and of scoring.

use crate::config::Resolved;
use crate::ids::{BankId, EmbeddingId};
use crate::learn::{BusyBank, Makespan, Score};
use crate::mapping::{Group, Mapping};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Greedy grouping with an explicit co-occurrence map; returns the pieces before packing.
pub(super) fn greedy_oracle(embeddings: u32, lists: &[Vec<u32>], rows: usize) -> Vec<Vec<u32>> {
    let mut heat = vec![0u32; embeddings as usize];
    let mut together: HashMap<(u32, u32), u32> = HashMap::new();
    for list in lists {
        let set: BTreeSet<u32> = list.iter().copied().collect();
        for &a in &set {
            heat[a as usize] += 1;
            for &b in set.iter().filter(|&&b| b != a) {
                *together.entry((a, b)).or_default() += 1;
            }
        }
    }
    let mut left: Vec<u32> = (0..embeddings).filter(|&i| heat[i as usize] > 0).collect();
    left.sort_by_key(|&i| (std::cmp::Reverse(heat[i as usize]), i));
    let mut pieces = Vec::new();
    while !left.is_empty() {
        let mut piece = vec![left.remove(0)];
        while piece.len() < rows {
            let weight = |i: u32| -> u32 {
                let with = |&m: &u32| together.get(&(m, i)).copied().unwrap_or(0);
                piece.iter().map(with).sum()
            };
            // The first with the largest weight, as `left` is sorted hottest first.
            let best = left.iter().map(|&i| weight(i)).max().unwrap_or(0);
            if best == 0 {
                break;
            }
            let at = left.iter().position(|&i| weight(i) == best).unwrap();
            piece.push(left.remove(at));
        }
        pieces.push(piece);
    }
    pieces
}

/// Scores with maps and one counter per quantity, following the documentation literally.
pub(super) fn score_oracle(mapping: &Mapping, lists: &[Vec<u32>], resolved: &Resolved) -> Score {
    let mut group_of = HashMap::new();
    for (g, group) in mapping.groups.iter().enumerate() {
        for id in &group.ids {
            assert!(group_of.insert(id.0, g).is_none());
        }
    }
    let cycles_of = |rows: u32| -> (u64, u64) {
        let (mut left, mut activations, mut cycles) = (rows, 0, 0);
        while left > 0 {
            let piece = left.min(resolved.max_active_rows);
            left -= piece;
            let (n, rows) = match piece <= resolved.read_split_max {
                true => (u64::from(piece), 1),
                false => (1, piece),
            };
            activations += n;
            cycles += n * u64::from(resolved.activation_cycles(rows));
        }
        (activations, cycles)
    };
    let batch = resolved.config.mapping.batch as usize;
    let (mut groups_touched, mut commands, mut single, mut all_activations) =
        (0u64, 0u64, 0u64, 0u64);
    let mut spans: Vec<(u64, u64)> = Vec::new();
    let mut total: BTreeMap<u32, u64> = BTreeMap::new();
    for chunk in lists.chunks(batch) {
        let mut queue: [BTreeMap<u32, u64>; 2] = Default::default();
        for list in chunk {
            let mut times: BTreeMap<usize, BTreeMap<u32, u32>> = BTreeMap::new();
            for id in list {
                *times
                    .entry(group_of[id])
                    .or_default()
                    .entry(*id)
                    .or_default() += 1;
            }
            groups_touched += times.len() as u64;
            for (g, mut ids) in times {
                while !ids.is_empty() {
                    let rows = ids.len() as u32;
                    let mut places = mapping.groups[g].placements.clone();
                    if let (1, Some(id)) = (rows, ids.keys().next()) {
                        let holds = |c: &&Group| c.ids.contains(&EmbeddingId(*id));
                        let copies = mapping.row_copies.iter().filter(holds);
                        places.extend(copies.flat_map(|c| c.placements.clone()));
                    }
                    ids.values_mut().for_each(|n| *n -= 1);
                    ids.retain(|_, n| *n > 0);
                    let (activations, cycles) = cycles_of(rows);
                    commands += 1;
                    single += u64::from(rows == 1);
                    all_activations += activations;
                    for (q, add) in [(0, activations), (1, cycles)] {
                        let mut best: Option<(u64, u32)> = None;
                        for place in &places {
                            let load = queue[q].get(&place.0.0).copied().unwrap_or(0);
                            if best.is_none_or(|(b, _)| load < b) {
                                best = Some((load, place.0.0));
                            }
                        }
                        *queue[q].entry(best.unwrap().1).or_default() += add;
                    }
                }
            }
        }
        let most = |q: &BTreeMap<u32, u64>| q.values().copied().max().unwrap_or(0);
        spans.push((most(&queue[0]), most(&queue[1])));
        for (bank, cycles) in &queue[1] {
            *total.entry(*bank).or_default() += cycles;
        }
    }
    let lookups: usize = lists.iter().map(Vec::len).sum();
    let per = |a: u64, b: u64| if b == 0 { 0.0 } else { a as f64 / b as f64 };
    let span = |of: &dyn Fn(&(u64, u64)) -> u64| Makespan {
        mean: per(spans.iter().map(of).sum(), spans.len() as u64),
        max: spans.iter().map(of).max().unwrap_or(0),
    };
    let top = total.values().copied().max();
    Score {
        bags: lists.len() as u64,
        lookups: lookups as u64,
        groups_touched,
        commands,
        activations: all_activations,
        groups_touched_per_bag: per(groups_touched, lists.len() as u64),
        activations_per_bag: per(all_activations, lists.len() as u64),
        single_row_share: per(single, commands),
        mean_active_rows: per(lookups as u64, commands),
        batch: batch as u32,
        batches: spans.len() as u64,
        makespan_activations: span(&|s| s.0),
        makespan_cycles: span(&|s| s.1),
        busiest_bank: top.map(|t| BusyBank {
            bank: BankId(*total.iter().find(|(_, c)| **c == t).unwrap().0),
            cycles: t,
        }),
    }
}
