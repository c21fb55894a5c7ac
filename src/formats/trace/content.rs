//! The bags of a trace in memory.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::sample::{Sample, Sampler};
use super::{Bags, Numbering, TableIds, TableLayout};
use crate::error::{At, Error, Result};
use crate::ids::EmbeddingId;

/// Most lookups of a bag that any configuration takes (`embedding.max_bag`).
pub const MAX_BAG: usize = 1 << 20;

/// Bags as they were read: table-local ids, and a table for each bag.
///
/// Takes 4 bytes per id and 8 per bag, and 2 more per bag if there are several tables. Equality
/// compares the bags only, not the file that they were read from.
#[derive(Debug, Clone)]
pub struct Trace {
    pub(super) offsets: Vec<u64>,
    pub(super) ids: Vec<u32>,
    /// `None`: all bags belong to table 0.
    pub(super) tables: Option<Vec<u16>>,
    pub(super) path: PathBuf,
    /// Further files that were appended: first bag, and name.
    pub(super) parts: Vec<(usize, PathBuf)>,
    /// (bag, its line) wherever the difference of line and bag number changes, ascending.
    pub(super) lines: Vec<(u64, u64)>,
    /// For a sample: the sampling, and the number of rows that the whole trace needs in each table.
    pub(super) sampled: Option<(Sample, Vec<u32>)>,
    /// The original ids, if they were renumbered.
    pub(super) numbering: Option<Arc<Numbering>>,
}

impl PartialEq for Trace {
    fn eq(&self, other: &Self) -> bool {
        self.offsets == other.offsets && self.ids == other.ids && self.tables == other.tables
    }
}

impl Eq for Trace {}

impl Trace {
    /// Number of bags.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there is no bag at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of lookups of all bags.
    pub fn lookups(&self) -> u64 {
        self.ids.len() as u64
    }

    /// Number of tables: the highest table number of a bag plus one; at least 1.
    pub fn table_count(&self) -> usize {
        if let Some((_, rows)) = &self.sampled {
            return rows.len();
        }
        self.tables
            .as_ref()
            .and_then(|t| t.iter().max())
            .map_or(1, |&t| usize::from(t) + 1)
    }

    /// The table-local ids of bag `index`.
    pub fn bag(&self, index: usize) -> &[u32] {
        &self.ids[self.offsets[index] as usize..self.offsets[index + 1] as usize]
    }

    /// The table of bag `index`.
    pub fn table(&self, index: usize) -> u16 {
        self.tables.as_ref().map_or(0, |t| t[index])
    }

    /// All bags in order: `(table, ids)`.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (u16, &[u32])> {
        (0..self.len()).map(|i| (self.table(i), self.bag(i)))
    }

    /// The file of bag `index`.
    pub fn path_of(&self, index: usize) -> &Path {
        let after = self.parts.partition_point(|(first, _)| *first <= index);
        match after.checked_sub(1) {
            Some(part) => &self.parts[part].1,
            None => &self.path,
        }
    }

    /// Adds another file's bags at the end. No batch crosses the place; [`Trace::path`] stays.
    ///
    /// # Errors
    /// [`Error::Input`] if one of them is a sample, as a sample is drawn from one file.
    pub fn append(&mut self, other: Trace) -> Result<()> {
        for trace in [&*self, &other] {
            if trace.sampled.is_some() {
                return Err(Error::input(
                    &trace.path,
                    At::File,
                    "one of several traces, which takes more than its share of mapping.memory_mib",
                    "one trace, or several that fit",
                    "raise `mapping.memory_mib` (0 is no bound), or join the files",
                ));
            }
        }
        let (bags, lookups) = (self.len(), self.lookups());
        if self.tables.is_some() || other.tables.is_some() {
            let mut tables = self.tables.take().unwrap_or_else(|| vec![0; bags]);
            match &other.tables {
                Some(more) => tables.extend(more),
                None => tables.resize(bags + other.len(), 0),
            }
            self.tables = Some(tables);
        }
        self.offsets
            .extend(other.offsets[1..].iter().map(|o| o + lookups));
        self.ids.extend(&other.ids);
        let lines = other.lines.iter();
        self.lines
            .extend(lines.map(|&(bag, line)| (bag + bags as u64, line)));
        let further = other
            .parts
            .into_iter()
            .map(|(bag, path)| (bag + bags, path));
        self.continue_lists(other.numbering);
        self.parts.push((bags, other.path));
        self.parts.extend(further);
        Ok(())
    }

    /// All files that it was read from, in order.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        let further = self.parts.iter().map(|(_, path)| path.as_path());
        std::iter::once(self.path.as_path()).chain(further)
    }

    /// The file that it was read from, the first of several; `<memory>` or `<synthetic>` without a file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The line (from 1) of bag `index` in the file, if the file has lines.
    pub fn line(&self, index: usize) -> Option<u64> {
        let index = index as u64;
        let run = self.lines.partition_point(|&(bag, _)| bag <= index);
        let &(bag, line) = self.lines.get(run.checked_sub(1)?)?;
        Some(line + (index - bag))
    }

    /// The sampling, if the trace is a sample of a larger one.
    pub fn sample(&self) -> Option<&Sample> {
        self.sampled.as_ref().map(|(sample, _)| sample)
    }

    /// The original ids, if they were renumbered.
    pub fn numbering(&self) -> Option<&Arc<Numbering>> {
        self.numbering.as_ref()
    }

    /// Takes the lists of a trace whose numbers follow those of this one.
    pub fn continue_lists(&mut self, lists: Option<Arc<Numbering>>) {
        self.numbering = lists.or(self.numbering.take());
    }

    /// Checks that a table of `rows` rows has a row for each original id that is a number.
    ///
    /// # Errors
    /// As [`Trace::check_ids`].
    pub fn check_originals(&self, table: usize, rows: u32) -> Result<()> {
        let lists = self.numbering.as_ref().map(|lists| lists.table(table));
        let Some(TableIds::Numbers(list)) = lists else {
            return Ok(());
        };
        let beyond = |id: &&u32| list.get(**id as usize).is_some_and(|&o| o >= rows.into());
        let of_table = |bag: &usize| usize::from(self.table(*bag)) == table;
        for i in (0..self.len()).filter(of_table) {
            if let Some(&id) = self.bag(i).iter().find(beyond) {
                return Err(self.beyond(i, self.table(i), id, rows));
            }
        }
        Ok(())
    }

    /// The error for an id in bag `i` that a table of `rows` rows does not have.
    fn beyond(&self, i: usize, table: u16, id: u32, rows: u32) -> Error {
        self.error_at(
            i,
            format!("id {} in bag {i}", self.shown(table, id)),
            format!("an id below {rows}, the number of rows of table {table}"),
            "ids count from 0; check that the trace and the table belong together",
        )
    }

    /// An id for messages: the original one, if it was renumbered.
    pub fn shown(&self, table: u16, id: u32) -> String {
        let numbering = self.numbering.as_ref();
        let original = numbering.and_then(|n| n.table(table.into()).shown(id as usize));
        original.unwrap_or_else(|| id.to_string())
    }

    /// The smallest possible number of rows of each table: its highest id plus one; at least 1. For
    /// a sample, the ids that were left out count too. A table of renumbered ids has a row for each
    /// id of its list.
    pub fn inferred_rows(&self) -> Vec<u32> {
        let mut rows = self.rows_looked_up();
        let listed = self.numbering.iter().flat_map(|n| n.rows());
        for (table, listed) in listed.enumerate() {
            match rows.get_mut(table) {
                Some(rows) => *rows = listed.max(*rows),
                None => rows.push(listed),
            }
        }
        rows
    }

    /// [`Trace::inferred_rows`] for several traces: what all of them need, and one table at least.
    pub fn rows_of_all(traces: &[&Trace]) -> Vec<u32> {
        let mut rows = vec![1];
        for trace in traces {
            let of_trace = trace.inferred_rows();
            rows.resize(rows.len().max(of_trace.len()), 1);
            for (most, rows) in rows.iter_mut().zip(of_trace) {
                *most = rows.max(*most);
            }
        }
        rows
    }

    fn rows_looked_up(&self) -> Vec<u32> {
        if let Some((_, rows)) = &self.sampled {
            return rows.clone();
        }
        let mut rows = vec![1; self.table_count()];
        for (table, ids) in self.iter() {
            let rows = &mut rows[usize::from(table)];
            *rows = ids.iter().fold(*rows, |most, &id| most.max(id + 1));
        }
        rows
    }

    /// The distinct rows of each table that some bags look up, ascending.
    pub fn rows_in(&self, bags: Range<usize>) -> Vec<Vec<u32>> {
        let mut rows = vec![Vec::new(); self.table_count()];
        for bag in bags {
            rows[usize::from(self.table(bag))].extend(self.bag(bag));
        }
        for rows in &mut rows {
            rows.sort_unstable();
            rows.dedup();
        }
        rows
    }

    /// Checks that no bag has more than `max_bag` lookups (`embedding.max_bag`).
    ///
    /// # Errors
    /// [`Error::Input`] naming the largest bag and its line.
    pub fn check_bag_sizes(&self, max_bag: u32) -> Result<()> {
        // The first of the largest.
        let size = |i: usize| self.bag(i).len();
        let largest = (0..self.len()).rev().max_by_key(|&i| size(i));
        let Some(i) = largest.filter(|&i| size(i) > max_bag as usize) else {
            return Ok(());
        };
        let help = match size(i) <= MAX_BAG {
            true => format!("set embedding.max_bag = {}", size(i).next_power_of_two()),
            false => format!("split the bag: no configuration takes more than {MAX_BAG}"),
        };
        Err(self.error_at(
            i,
            format!("{} lookups in bag {i}, the largest", size(i)),
            format!("at most {max_bag} (`embedding.max_bag`)"),
            &help,
        ))
    }

    /// A copy with flat ids over tables of `table_rows` rows. If `table_rows` is empty, each table
    /// has as many rows as the trace needs ([`Trace::inferred_rows`]).
    ///
    /// # Errors
    /// [`Error::Input`] for an id or a table that does not exist, naming the bag and its line;
    /// [`Error::Argument`] if the tables have more than `u32::MAX` rows in total.
    pub fn flatten(&self, table_rows: &[u32]) -> Result<Bags> {
        self.clone().into_bags(table_rows)
    }

    /// Does what [`Trace::flatten`] does, reusing the memory of the trace.
    ///
    /// # Errors
    /// Those of [`Trace::flatten`].
    pub fn into_bags(mut self, table_rows: &[u32]) -> Result<Bags> {
        let layout = match table_rows {
            [] => TableLayout::new(&self.inferred_rows())?,
            rows => TableLayout::new(rows)?,
        };
        self.check_ids(layout.rows())?;
        if self.tables.is_some() {
            for i in 0..self.len() {
                let base = layout.bases()[usize::from(self.table(i))];
                let range = self.offsets[i] as usize..self.offsets[i + 1] as usize;
                self.ids[range].iter_mut().for_each(|id| *id += base);
            }
        }
        let ids = self.ids.into_iter().map(EmbeddingId).collect();
        let bags = Bags::new(layout.embeddings(), self.offsets, ids).ok_or_else(|| {
            Error::argument(
                "table_rows",
                format!("{table_rows:?}"),
                "tables that hold every id",
                "",
            )
        })?;
        Ok(bags.with_parts(self.parts.into_iter().map(|(bag, _)| bag).collect()))
    }

    /// Checks that tables with these numbers of rows have every id.
    ///
    /// # Errors
    /// [`Error::Input`] for the first id or table that does not exist, naming the bag and its line.
    pub fn check_ids(&self, rows: &[u32]) -> Result<()> {
        for (i, (table, ids)) in self.iter().enumerate() {
            let Some(&limit) = rows.get(usize::from(table)) else {
                return Err(self.error_at(
                    i,
                    format!("table {table} in bag {i}"),
                    format!("a table from 0 to {}", rows.len() - 1),
                    "list the number of rows of each table in `embedding.tables`",
                ));
            };
            if let Some(&id) = ids.iter().find(|&&id| id >= limit) {
                return Err(self.beyond(i, table, id, limit));
            }
        }
        // The ids that a sample left out must fit too.
        let most = self.sampled.iter().flat_map(|(_, rows)| rows);
        for (table, &needed) in most.enumerate() {
            let limit = rows.get(table).copied().unwrap_or(0);
            if needed > limit {
                return Err(Error::input(
                    &self.path,
                    At::File,
                    format!(
                        "id {} of table {table}",
                        self.shown(table as u16, needed - 1)
                    ),
                    format!("an id below {limit}, the number of rows of table {table}"),
                    "ids count from 0; check that the trace and the table belong together",
                ));
            }
        }
        Ok(())
    }

    /// Marks the trace as what `sampler` keeps of a trace with `of_bags` bags and `of_lookups`
    /// lookups, whose tables need `rows` rows.
    pub(super) fn sampled_from(
        mut self,
        sampler: Sampler,
        of_bags: u64,
        of_lookups: u64,
        rows: Vec<u32>,
    ) -> Self {
        let sample = Sample {
            seed: sampler.bound.seed,
            of_bags,
            of_lookups,
            bags: self.len() as u64,
            lookups: self.lookups(),
            sampler,
        };
        self.sampled = Some((sample, rows));
        self
    }

    /// Ends the open bag, which holds the ids after the last bag's.
    pub(super) fn close_bag(&mut self, table: u16, line: Option<u64>) {
        self.note_bag(table, line, self.ids.len() as u64);
    }

    /// Does what [`Trace::close_bag`] does, for a bag that ends at `end` in `ids`.
    pub(super) fn note_bag(&mut self, table: u16, line: Option<u64>, end: u64) {
        let bag = self.len() as u64;
        if let Some(line) = line
            && self
                .lines
                .last()
                .is_none_or(|&(b, l)| l + (bag - b) != line)
        {
            self.lines.push((bag, line));
        }
        if table != 0 && self.tables.is_none() {
            // All bags until now belong to table 0.
            self.tables = Some(vec![0; bag as usize]);
        }
        if let Some(tables) = &mut self.tables {
            tables.push(table);
        }
        self.offsets.push(end);
    }

    fn error_at(
        &self,
        bag: usize,
        found: impl Into<String>,
        expected: impl Into<String>,
        help: &str,
    ) -> Error {
        let at = self.line(bag).map_or(At::File, At::Line);
        Error::input(self.path_of(bag), at, found, expected, help)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn two_tables() -> Trace {
        Trace::from_lists(&[(0, vec![2, 0]), (1, vec![]), (1, vec![4, 4])]).unwrap()
    }

    #[test]
    fn flat_ids_are_offset_by_the_rows_of_the_tables_before() {
        let trace = two_tables();
        assert_eq!(trace.inferred_rows(), [3, 5]);
        let bags = trace.flatten(&[10, 5]).unwrap();
        assert_eq!(
            bags,
            Bags::from_lists(15, &[vec![2, 0], vec![], vec![14, 14]]).unwrap()
        );
        let inferred = trace.into_bags(&[]).unwrap();
        assert_eq!(inferred.embeddings(), 8);
        assert_eq!(inferred.bag(2), [EmbeddingId(7), EmbeddingId(7)]);
    }

    #[test]
    fn a_trace_without_lookups_still_has_a_table() {
        let trace = Trace::from_lists(&[(0, vec![])]).unwrap();
        assert_eq!(trace.flatten(&[]).unwrap().embeddings(), 1);
        assert!(Trace::from_lists(&[]).unwrap().is_empty());
        assert!(Trace::from_lists(&[(0, vec![u32::MAX])]).is_none());
    }

    #[test]
    fn errors_name_what_does_not_fit_the_tables() {
        let message = |rows: &[u32]| {
            let e = two_tables().flatten(rows).unwrap_err();
            format!("{e}\n{}", e.help().unwrap_or(""))
        };
        insta::assert_snapshot!(message(&[3, 4]), @"
        <memory>: found id 4 in bag 2, expected an id below 4, the number of rows of table 1
        ids count from 0; check that the trace and the table belong together
        ");
        insta::assert_snapshot!(message(&[3]), @"
        <memory>: found table 1 in bag 1, expected a table from 0 to 0
        list the number of rows of each table in `embedding.tables`
        ");
        insta::assert_snapshot!(message(&[u32::MAX, 5]), @"
        argument table rows: found 4294967300 rows in total, expected at most 4294967295 rows
        check the rows of each table in `embedding.tables`, and the ids of the trace
        ");
        insta::assert_snapshot!(two_tables().check_bag_sizes(1).unwrap_err(), @"<memory>: found 2 lookups in bag 0, the largest, expected at most 1 (`embedding.max_bag`)");
        two_tables().check_bag_sizes(2).unwrap();
    }

    /// Messages name the file and line of the bag, and batches do not cross files.
    #[test]
    fn traces_are_appended_in_order() {
        let mut all = two_tables();
        let one = |path: &str, ids: Vec<u32>| {
            let mut builder = crate::formats::trace::builder::TraceBuilder::new(path.as_ref());
            builder.extend(&ids);
            builder.end_bag(0, Some(7));
            builder.finish()
        };
        all.append(one("b.bags", vec![1])).unwrap();
        all.append(one("c.bags", vec![9, 9])).unwrap();
        assert_eq!((all.len(), all.table(3), all.bag(4)), (5, 0, &[9, 9][..]));
        assert_eq!(
            (all.line(1), all.line(3), all.line(4)),
            (None, Some(7), Some(7))
        );
        insta::assert_snapshot!(all.flatten(&[3, 5]).unwrap_err(), @"c.bags:7: found id 9 in bag 4, expected an id below 3, the number of rows of table 0");
        let bags = all.into_bags(&[10, 5]).unwrap();
        assert_eq!(bags.parts(), [3, 4]);
        assert_eq!(bags.bag(2), [EmbeddingId(14), EmbeddingId(14)]);
    }

    proptest! {
        #[test]
        fn flat_ids_convert_back_to_table_and_id(
            lists in prop::collection::vec((0u16..4, prop::collection::vec(0u32..50, 0..6)), 0..20),
            extra in prop::collection::vec(0u32..9, 4),
        ) {
            let trace = Trace::from_lists(&lists).unwrap();
            let rows: Vec<u32> = trace.inferred_rows().iter().zip(&extra).map(|(r, e)| r + e).collect();
            let layout = TableLayout::new(&rows).unwrap();
            let bags = trace.flatten(&rows).unwrap();
            prop_assert_eq!(bags.len(), lists.len());
            for (i, (table, ids)) in lists.iter().enumerate() {
                let back: Vec<(u32, u32)> =
                    bags.bag(i).iter().map(|&id| layout.local(id).unwrap()).map(|(t, id)| (t.0, id)).collect();
                let given: Vec<(u32, u32)> = ids.iter().map(|&id| (u32::from(*table), id)).collect();
                prop_assert_eq!(back, given);
            }
        }
    }
}
