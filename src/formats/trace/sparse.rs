//! Whether few of a trace's possible ids occur, and what to do then.

use super::Trace;
use super::numbering::{distinct, way_out};
use crate::error::Error;

/// Rows for each id that occurs, from which on renumbering is worth a word.
const SPARSE: u64 = 8;

/// An error about too many rows with what `--renumber` would do about it, if it would help.
pub fn with_advice(error: Error, traces: &[&Trace]) -> Error {
    match advice(traces) {
        Some(advice) => error.advise(&advice),
        None => error,
    }
}

/// What `--renumber` would do, if few ids occur of those up to the highest; `None` if many do, or if
/// ids are renumbered already. Looks at every lookup, so it is for errors.
fn advice(traces: &[&Trace]) -> Option<String> {
    if traces.iter().any(|trace| trace.numbering().is_some()) {
        return None;
    }
    let rows = Trace::rows_of_all(traces);
    let mut tables: Vec<Vec<u32>> = vec![Vec::new(); rows.len()];
    for (table, ids) in traces.iter().flat_map(|trace| trace.iter()) {
        tables[usize::from(table)].extend_from_slice(ids);
    }
    for ids in &mut tables {
        ids.sort_unstable();
        ids.dedup();
    }
    let count: usize = tables.iter().map(Vec::len).sum();
    let of: u64 = rows.iter().map(|&r| u64::from(r)).sum();
    if count == 0 || count as u64 * SPARSE > of {
        return None;
    }
    // What a sample left out is not known.
    if traces.iter().any(|trace| trace.sample().is_some()) {
        return Some("`--renumber` gives numbers to the ids that occur alone".to_owned());
    }
    let highest = rows.iter().max().map(|&rows| u64::from(rows) - 1);
    let facts = distinct(count, tables.len(), highest);
    Some(way_out(&facts, tables.len(), count))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn few_ids_of_many_are_worth_a_word() {
        let advice = |bags: &[(u16, Vec<u32>)]| super::advice(&[&Trace::from_lists(bags).unwrap()]);
        assert_eq!(advice(&[(0, vec![3, 3]), (0, vec![14])]), None);
        insta::assert_snapshot!(advice(&[(0, vec![3, 3]), (0, vec![15])]).unwrap(), @"2 distinct ids, highest 15: `--renumber` gives them the numbers 0 to 1");
        insta::assert_snapshot!(advice(&[(0, vec![3, 3]), (2, vec![1000])]).unwrap(), @"2 distinct ids in 3 tables, highest 1000: `--renumber` numbers those of each table from 0");
        assert_eq!(advice(&[(0, vec![])]), None);
    }
}
