//! The rows that a table has of a file.

use std::collections::HashMap;

/// Which rows of a file a table has, and where.
#[derive(Debug)]
pub(super) struct Gather {
    /// The new number of each row that is kept.
    numbers: HashMap<u32, u32>,
    /// Number of rows of the table.
    pub(super) rows: u32,
}

impl Gather {
    /// The rows that ids are the numbers of, in their order; of no ids, the first row.
    pub(super) fn new(ids: &[u64], rows: u32) -> Self {
        // The caller has compared them with the number of rows.
        let of = ids.iter().map(|&id| u32::try_from(id).unwrap_or(u32::MAX));
        let mut numbers: HashMap<u32, u32> = of.zip(0..).collect();
        if ids.is_empty() {
            // A table has a row at least.
            numbers.insert(0, 0);
        }
        Gather { numbers, rows }
    }

    /// The new number of a row of the file, if it is kept.
    #[inline]
    pub(super) fn number(&self, row: usize) -> Option<usize> {
        let row = u32::try_from(row).ok()?;
        self.numbers.get(&row).map(|&number| number as usize)
    }

    /// The row of the file that has a new number.
    pub(super) fn row(&self, number: usize) -> usize {
        let found = self.numbers.iter().find(|&(_, &n)| n as usize == number);
        found.map_or(number, |(&row, _)| row as usize)
    }
}
