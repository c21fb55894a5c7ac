//! Number of ids that each bag has in each group: one small hash table per bag, so that memory is
//! proportional to the lookups and not to bags times groups.

use super::graph::Graph;
use rayon::prelude::*;

/// An empty cell of a table.
const EMPTY: u32 = 0;

/// Counts of ids by bag and group. Pairs with a count of 0 take no cell.
#[derive(Debug, Clone)]
pub(super) struct Counts {
    /// Start and size of each bag's table: `start << 6 | log2(size)`.
    tables: Vec<u64>,
    /// `group << shift | count`; 0 is empty.
    cells: Vec<u32>,
    shift: u32,
}

impl Counts {
    /// Whether `groups` groups of `rows` ids can be counted in 32 bits.
    pub(super) fn can_hold(groups: usize, rows: usize) -> bool {
        (groups as u64) << shift_for(rows) <= 1 << 32
    }

    /// Counts `graph` under `group_of`, with groups of at most `rows` ids.
    pub(super) fn new(graph: &Graph, group_of: &[u32], groups: usize, rows: usize) -> Self {
        let mut tables = Vec::with_capacity(graph.bags());
        let mut end = 0u64;
        for b in 0..graph.bags() {
            // During a swap, a bag may briefly touch one group more than it has ids.
            let most = graph.bag(b).len().min(groups) + 1;
            let size = (most + most / 4).next_power_of_two();
            tables.push(end << 6 | u64::from(size.trailing_zeros()));
            end += size as u64;
        }
        let mut counts = Counts {
            tables,
            cells: vec![EMPTY; end as usize],
            shift: shift_for(rows),
        };
        let shift = counts.shift;
        // Each bag has its own range of cells, so bags are counted in parallel.
        let mut stretches = Vec::with_capacity(graph.bags());
        let mut rest = counts.cells.as_mut_slice();
        for table in &counts.tables {
            let (own, others) = rest.split_at_mut(1 << (table & 63));
            stretches.push(own);
            rest = others;
        }
        stretches
            .into_par_iter()
            .enumerate()
            .for_each(|(b, cells)| {
                for &id in graph.bag(b) {
                    let group = group_of[id as usize];
                    let at = find(cells, group, shift);
                    cells[at] = (cells[at] & mask(shift)).wrapping_add(1) | group << shift;
                }
            });
        counts
    }

    #[inline]
    fn table(&self, bag: usize) -> &[u32] {
        let table = self.tables[bag];
        let start = (table >> 6) as usize;
        &self.cells[start..start + (1 << (table & 63))]
    }

    /// Ids of `bag` in `group`.
    #[inline]
    pub(super) fn get(&self, bag: usize, group: u32) -> u32 {
        let cells = self.table(bag);
        cells[find(cells, group, self.shift)] & mask(self.shift)
    }

    /// The cell where the search for `group` starts. Reading many of these before calling
    /// [`Counts::resolve`] overlaps their cache misses.
    #[inline]
    pub(super) fn peek(&self, bag: usize, group: u32) -> u32 {
        let table = self.tables[bag];
        self.cells[(table >> 6) as usize + home(group, 1 << (table & 63))]
    }

    /// [`Counts::get`], given the cell that [`Counts::peek`] returned.
    #[inline]
    pub(super) fn resolve(&self, bag: usize, group: u32, seen: u32) -> u32 {
        match seen {
            EMPTY => 0,
            cell if cell >> self.shift == group => cell & mask(self.shift),
            _ => self.get(bag, group),
        }
    }

    /// Counts one more id of `bag` in `group`; returns the count before.
    #[inline]
    pub(super) fn add(&mut self, bag: usize, group: u32) -> u32 {
        let shift = self.shift;
        let cells = self.table_mut(bag);
        let at = find(cells, group, shift);
        let before = cells[at] & mask(shift);
        cells[at] = group << shift | (before + 1);
        before
    }

    /// Counts one id of `bag` less in `group`, which must have one; returns the count after.
    #[inline]
    pub(super) fn remove(&mut self, bag: usize, group: u32) -> u32 {
        let shift = self.shift;
        let cells = self.table_mut(bag);
        let at = find(cells, group, shift);
        debug_assert!(cells[at] & mask(shift) > 0);
        cells[at] -= 1;
        let left = cells[at] & mask(shift);
        if left == 0 {
            close_gap(cells, at, shift);
        }
        left
    }

    /// Groups touched, summed over the bags.
    pub(super) fn groups_touched(&self) -> u64 {
        let used = self.cells.par_chunks(1 << 16);
        used.map(|cells| cells.iter().filter(|&&c| c != EMPTY).count() as u64)
            .sum()
    }

    /// The groups that `bag` touches with their counts, in no particular order.
    pub(super) fn touched(&self, bag: usize) -> impl Iterator<Item = (u32, u32)> + '_ {
        let (shift, mask) = (self.shift, mask(self.shift));
        self.table(bag)
            .iter()
            .filter(|&&cell| cell != EMPTY)
            .map(move |&cell| (cell >> shift, cell & mask))
    }

    #[inline]
    fn table_mut(&mut self, bag: usize) -> &mut [u32] {
        let table = self.tables[bag];
        let start = (table >> 6) as usize;
        &mut self.cells[start..start + (1 << (table & 63))]
    }
}

/// Bits of a count of 0..=rows + 1: an exchange briefly overfills a group.
fn shift_for(rows: usize) -> u32 {
    usize::BITS - (rows + 1).leading_zeros()
}

#[inline]
fn mask(shift: u32) -> u32 {
    (1 << shift) - 1
}

/// Where a group's search starts (Fibonacci hashing).
#[inline]
fn home(group: u32, cells: usize) -> usize {
    ((u64::from(group.wrapping_mul(0x9e37_79b9)) * cells as u64) >> 32) as usize
}

/// The group's cell, or the empty cell where it belongs. A table always has an empty cell.
#[inline]
fn find(cells: &[u32], group: u32, shift: u32) -> usize {
    let wrap = cells.len() - 1;
    let mut at = home(group, cells.len());
    while cells[at] != EMPTY && cells[at] >> shift != group {
        at = (at + 1) & wrap;
    }
    at
}

/// Empties cell `at` and moves later cells up, so that no search stops early.
fn close_gap(cells: &mut [u32], mut at: usize, shift: u32) {
    let wrap = cells.len() - 1;
    let mut next = at;
    loop {
        cells[at] = EMPTY;
        loop {
            next = (next + 1) & wrap;
            if cells[next] == EMPTY {
                return;
            }
            let wanted = home(cells[next] >> shift, cells.len());
            // The cell may move to `at` unless its home lies after `at`, on the way to `next`.
            if (next.wrapping_sub(wanted) & wrap) >= (next.wrapping_sub(at) & wrap) {
                break;
            }
        }
        cells[at] = cells[next];
        at = next;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::formats::trace::Bags;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        /// Compares the tables with a map per bag after a random sequence of moves.
        #[test]
        fn counts_equal_those_of_a_map(
            lists in prop::collection::vec(prop::collection::vec(0u32..30, 2..20), 1..8),
            groups in 1usize..12,
            moves in prop::collection::vec((0usize..30, 0u32..12), 0..200),
        ) {
            let bags = Bags::from_lists(30, &lists).unwrap();
            let graph = Graph::new(&bags, 0..lists.len());
            let mut group_of: Vec<u32> = (0..30).map(|i| i % groups as u32).collect();
            let mut counts = Counts::new(&graph, &group_of, groups, 30);
            for (id, to) in moves {
                let to = to % groups as u32;
                for &b in graph.bags_of(id) {
                    // The id joins before it leaves: no table gets fuller.
                    counts.add(b as usize, to);
                    counts.remove(b as usize, group_of[id]);
                }
                group_of[id] = to;
            }
            let mut groups_touched = 0;
            for b in 0..graph.bags() {
                let mut expected = BTreeMap::new();
                for &id in graph.bag(b) {
                    *expected.entry(group_of[id as usize]).or_insert(0u32) += 1;
                }
                let found: BTreeMap<u32, u32> = counts.touched(b).collect();
                prop_assert_eq!(&found, &expected);
                groups_touched += found.len() as u64;
                for g in 0..groups as u32 {
                    let count = expected.get(&g).copied().unwrap_or(0);
                    prop_assert_eq!(counts.get(b, g), count);
                    prop_assert_eq!(counts.resolve(b, g, counts.peek(b, g)), count);
                }
            }
            prop_assert_eq!(counts.groups_touched(), groups_touched);
        }
    }

    #[test]
    fn groups_beyond_32_bits_are_refused() {
        assert!(Counts::can_hold(1 << 25, 64));
        assert!(!Counts::can_hold((1 << 25) + 1, 64));
        assert!(Counts::can_hold(1 << 22, 512));
    }
}
