//! Equal rows of compressed sparse rows become one row with a weight.

use rayon::prelude::*;

/// Rows are merged only if at least one item in so many goes away.
const PAYS_ONE_IN: usize = 4;
/// Fewest rows that one task hashes.
const ROWS: usize = 1024;

/// What became of rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::learn) struct Merged {
    /// Number of rows that each remaining row stands for.
    pub weights: Vec<u32>,
    /// The remaining row that stands for each row.
    pub stand_in: Vec<u32>,
}

/// Merges equal rows where that pays: row `r` is `items[starts[r]..starts[r + 1]]`, and the first
/// of several equal rows keeps its place among the others. Returns nothing where the rows stay as
/// they are.
///
/// The result does not depend on the number of threads.
pub(in crate::learn) fn merge_equal(starts: &mut Vec<usize>, items: &mut Vec<u32>) -> Merged {
    let rows = starts.len().saturating_sub(1);
    let row = |r: u32| &items[starts[r as usize]..starts[r as usize + 1]];
    let pays = |removed: usize| removed > 0 && removed >= items.len().div_ceil(PAYS_ONE_IN);
    let mut by_hash: Vec<(u64, u32)> = (0..rows as u32)
        .into_par_iter()
        .with_min_len(ROWS)
        .map(|r| (hash(row(r)), r))
        .collect();
    by_hash.par_sort_unstable();
    let same_hash = || by_hash.chunk_by(|a, b| a.0 == b.0);

    // Most histories repeat little. Their rows need not be compared.
    let most = |run: &[(u64, u32)]| run[1..].iter().map(|&(_, r)| row(r).len()).sum::<usize>();
    if !pays(same_hash().map(most).sum()) {
        return Merged::default();
    }
    let mut weights = vec![1u32; rows];
    // The first row that equals each; it comes before.
    let mut stand_in: Vec<u32> = (0..rows as u32).collect();
    let mut removed = 0;
    let mut firsts: Vec<u32> = Vec::new();
    for run in same_hash() {
        firsts.clear();
        for &(_, r) in run {
            match firsts.iter().find(|&&first| row(first) == row(r)) {
                Some(&first) => {
                    weights[first as usize] += 1;
                    weights[r as usize] = 0;
                    stand_in[r as usize] = first;
                    removed += row(r).len();
                }
                None => firsts.push(r),
            }
        }
    }
    if !pays(removed) {
        return Merged::default();
    }

    let (mut kept, mut end) = (0, 0);
    for r in 0..rows {
        if weights[r] > 0 {
            let (from, to) = (starts[r], starts[r + 1]);
            items.copy_within(from..to, end);
            end += to - from;
            weights[kept] = weights[r];
            stand_in[r] = kept as u32;
            kept += 1;
            starts[kept] = end;
        } else {
            stand_in[r] = stand_in[stand_in[r] as usize];
        }
    }
    weights.truncate(kept);
    starts.truncate(kept + 1);
    items.truncate(end);
    items.shrink_to_fit();
    Merged { weights, stand_in }
}

/// A hash of a row's items in order.
fn hash(row: &[u32]) -> u64 {
    row.iter().fold(row.len() as u64, |hash, &item| {
        let mixed = (hash ^ u64::from(item)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^ mixed >> 32
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Rows as `starts` and items.
    fn sparse(rows: &[Vec<u32>]) -> (Vec<usize>, Vec<u32>) {
        let mut starts = vec![0];
        for row in rows {
            starts.push(starts[starts.len() - 1] + row.len());
        }
        (starts, rows.concat())
    }

    #[test]
    fn rows_are_merged_from_a_quarter_of_the_items_on() {
        let merged = |rows: &[Vec<u32>]| {
            let (mut starts, mut items) = sparse(rows);
            let merged = merge_equal(&mut starts, &mut items);
            (starts, items, merged)
        };
        let of = |weights: &[u32], stand_in: &[u32]| Merged {
            weights: weights.to_vec(),
            stand_in: stand_in.to_vec(),
        };
        // 2 of 8 items go.
        let rows = [vec![5, 6], vec![1, 2], vec![1, 2], vec![6, 5]];
        let expected = (
            vec![0, 2, 4, 6],
            vec![5, 6, 1, 2, 6, 5],
            of(&[1, 2, 1], &[0, 1, 1, 2]),
        );
        assert_eq!(merged(&rows), expected);
        // 2 of 9 items would go.
        let rows = [vec![5, 6], vec![1, 2], vec![1, 2], vec![6, 5, 4]];
        let (starts, items) = sparse(&rows);
        assert_eq!(merged(&rows), (starts, items, of(&[], &[])));
        assert_eq!(merged(&[]), (vec![0], vec![], of(&[], &[])));
    }

    proptest! {
        /// Against a search through all rows.
        #[test]
        fn weights_count_equal_rows(
            rows in prop::collection::vec(prop::collection::vec(0u32..3, 1..4), 0..60),
        ) {
            let mut first: Vec<(Vec<u32>, u32)> = Vec::new();
            for row in &rows {
                match first.iter_mut().find(|(other, _)| other == row) {
                    Some((_, weight)) => *weight += 1,
                    None => first.push((row.clone(), 1)),
                }
            }
            let (mut starts, mut items) = sparse(&rows);
            let all = items.len();
            let Merged { weights, stand_in } = merge_equal(&mut starts, &mut items);
            let (distinct, counts): (Vec<_>, Vec<_>) = first.into_iter().unzip();
            let few = distinct.concat().len();
            if few < all && 4 * (all - few) >= all {
                prop_assert_eq!((starts, items), sparse(&distinct));
                prop_assert_eq!(weights, counts);
                let back: Vec<_> = stand_in.iter().map(|&r| distinct[r as usize].clone()).collect();
                prop_assert_eq!(back, rows);
            } else {
                prop_assert_eq!((starts, items), sparse(&rows));
                prop_assert!(weights.is_empty() && stand_in.is_empty());
            }
        }
    }
}
