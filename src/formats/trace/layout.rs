//! Several tables in one flat id space.

use crate::error::{Error, Result};
use crate::ids::{EmbeddingId, TableId};

/// Sizes of the tables, and the flat id of each table's first row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableLayout {
    rows: Vec<u32>,
    bases: Vec<u32>,
    embeddings: u32,
}

impl TableLayout {
    /// Tables with these numbers of rows, in order.
    ///
    /// # Errors
    /// [`Error::Argument`] if there is no table, or more than `u32::MAX` rows in total.
    pub fn new(rows: &[u32]) -> Result<Self> {
        let refuse = |found: String, expected: &str| {
            Err(Error::argument(
                "table rows",
                found,
                expected,
                "check the rows of each table in `embedding.tables`, and the ids of the trace",
            ))
        };
        if rows.is_empty() {
            return refuse("no table".to_owned(), "at least one table");
        }
        let mut bases = Vec::with_capacity(rows.len());
        let mut next = 0u64;
        for &r in rows {
            bases.push(next as u32);
            next += u64::from(r);
            if next > u64::from(u32::MAX) {
                let all: u64 = rows.iter().map(|&r| u64::from(r)).sum();
                return refuse(format!("{all} rows in total"), "at most 4294967295 rows");
            }
        }
        Ok(TableLayout {
            rows: rows.to_vec(),
            bases,
            embeddings: next as u32,
        })
    }

    /// Number of rows of each table.
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// Flat id of each table's row 0.
    pub fn bases(&self) -> &[u32] {
        &self.bases
    }

    /// Number of rows of all tables.
    pub fn embeddings(&self) -> u32 {
        self.embeddings
    }

    /// The flat id of a table's row; `None` if the row does not exist.
    pub fn flat(&self, table: TableId, id: u32) -> Option<EmbeddingId> {
        let rows = *self.rows.get(table.index())?;
        (id < rows).then(|| EmbeddingId(self.bases[table.index()] + id))
    }

    /// The table and row of a flat id; `None` if it is beyond the last table.
    pub fn local(&self, id: EmbeddingId) -> Option<(TableId, u32)> {
        if id.0 >= self.embeddings {
            return None;
        }
        // A table without rows has the same base as the next one; this finds the last of them.
        let table = self.bases.partition_point(|&base| base <= id.0) - 1;
        Some((TableId(table as u32), id.0 - self.bases[table]))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_over_all_tables() {
        let layout = TableLayout::new(&[2, 0, 3]).unwrap();
        assert_eq!(layout.embeddings(), 5);
        let mut expected = 0;
        for (table, &rows) in [2u32, 0, 3].iter().enumerate() {
            let table = TableId(table as u32);
            for id in 0..rows {
                assert_eq!(layout.flat(table, id), Some(EmbeddingId(expected)));
                assert_eq!(layout.local(EmbeddingId(expected)), Some((table, id)));
                expected += 1;
            }
            assert_eq!(layout.flat(table, rows), None);
        }
        assert_eq!(layout.local(EmbeddingId(5)), None);
        assert_eq!(layout.flat(TableId(3), 0), None);
    }

    #[test]
    fn too_many_rows_are_refused() {
        insta::assert_snapshot!(TableLayout::new(&[u32::MAX, 1]).unwrap_err(), @"argument table rows: found 4294967296 rows in total, expected at most 4294967295 rows");
        insta::assert_snapshot!(TableLayout::new(&[]).unwrap_err(), @"argument table rows: found no table, expected at least one table");
        assert!(TableLayout::new(&[u32::MAX]).is_ok());
    }
}
