//! Vectors of integers, stored or generated.

use std::borrow::Cow;
use std::sync::OnceLock;

use super::random::RandomTables;
use crate::ids::EmbeddingId;

/// All tables' vectors stacked in id order: `embeddings` rows of `dim` signed elements.
///
/// Rows of random tables are generated when they are asked for; [`IntTable::keep`] stores those that
/// will be asked for often.
#[derive(Debug, Clone, PartialEq)]
pub struct IntTable {
    /// Elements of a vector.
    pub dim: u32,
    /// Bits of an element, two's complement, 2..=16.
    pub value_bits: u32,
    rows: Rows,
}

#[derive(Debug, Clone, PartialEq)]
enum Rows {
    /// Row-major elements, `embeddings * dim`.
    Stored(Vec<i16>),
    Random(RandomTables, OnceLock<Kept>),
}

/// Some rows of random tables.
#[derive(Debug, Clone, PartialEq)]
struct Kept {
    /// The row's number among the kept ones by id; [`NONE`] for others.
    numbers: Vec<u32>,
    data: Vec<i16>,
}

/// Stands for the number of a row that is not kept.
const NONE: u32 = u32::MAX;

impl IntTable {
    /// A table of row-major elements; their number is a multiple of `dim`.
    pub fn new(dim: u32, value_bits: u32, data: Vec<i16>) -> Self {
        IntTable {
            dim,
            value_bits,
            rows: Rows::Stored(data),
        }
    }

    /// Random tables, of which nothing is stored yet.
    pub(super) fn random(dim: u32, tables: RandomTables) -> Self {
        IntTable {
            dim,
            value_bits: tables.value_bits(),
            rows: Rows::Random(tables, OnceLock::new()),
        }
    }

    /// Number of vectors.
    pub fn embeddings(&self) -> u32 {
        match &self.rows {
            Rows::Stored(data) => (data.len() / self.dim as usize) as u32,
            Rows::Random(tables, _) => tables.embeddings(),
        }
    }

    /// The vector of one embedding.
    #[inline]
    pub fn row(&self, id: EmbeddingId) -> Cow<'_, [i16]> {
        let dim = self.dim as usize;
        let at = |data, row: usize| Cow::Borrowed(slice_of(data, row, dim));
        match &self.rows {
            Rows::Stored(data) => at(data, id.index()),
            Rows::Random(tables, kept) => match kept.get() {
                Some(kept) if kept.numbers[id.index()] != NONE => {
                    at(&kept.data, kept.numbers[id.index()] as usize)
                }
                _ => Cow::Owned(tables.row(id, dim)),
            },
        }
    }

    /// All elements, row-major.
    pub fn values(&self) -> Cow<'_, [i16]> {
        match &self.rows {
            Rows::Stored(data) => Cow::Borrowed(data),
            Rows::Random(tables, _) => {
                let ids: Vec<EmbeddingId> = (0..self.embeddings()).map(EmbeddingId).collect();
                Cow::Owned(tables.rows(&ids, self.dim as usize))
            }
        }
    }

    /// The elements, if they are stored. Those of random tables have the value range by definition.
    pub(crate) fn stored(&self) -> Option<&[i16]> {
        match &self.rows {
            Rows::Stored(data) => Some(data),
            Rows::Random(..) => None,
        }
    }

    /// Bytes that [`IntTable::keep`] takes for so many rows.
    pub fn bytes_to_keep(&self, rows: u64) -> u64 {
        match &self.rows {
            Rows::Stored(_) => 0,
            Rows::Random(tables, _) => {
                u64::from(tables.embeddings()) * 4 + rows * u64::from(self.dim) * 2
            }
        }
    }

    /// Stores the rows of `ids`, which ascend and are in the table, if they are generated and none are
    /// stored yet. Values are the same with and without.
    pub fn keep(&self, ids: &[EmbeddingId]) {
        let Rows::Random(tables, kept) = &self.rows else {
            return;
        };
        kept.get_or_init(|| {
            let mut numbers = vec![NONE; tables.embeddings() as usize];
            for (number, id) in (0..).zip(ids) {
                numbers[id.index()] = number;
            }
            Kept {
                numbers,
                data: tables.rows(ids, self.dim as usize),
            }
        });
    }
}

fn slice_of(data: &[i16], row: usize, dim: usize) -> &[i16] {
    &data[row * dim..(row + 1) * dim]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_the_same_kept_or_not() {
        // Two tables, the second narrower, with seeds of their own.
        let tables = || RandomTables::new(6, &[(7, 50, 8), (9, 30, 5)]);
        let ids = |ids: &[u32]| ids.iter().map(|&id| EmbeddingId(id)).collect::<Vec<_>>();
        let table = IntTable::random(8, tables());
        let all = table.values().into_owned();
        assert_eq!((table.embeddings(), all.len()), (80, 640));
        let same = || (0..80).all(|id| *table.row(EmbeddingId(id)) == all[id as usize * 8..][..8]);
        assert!(same());
        table.keep(&ids(&[0, 3, 49, 50, 79]));
        assert!(matches!(table.row(EmbeddingId(50)), Cow::Borrowed(_)));
        assert!(matches!(table.row(EmbeddingId(51)), Cow::Owned(_)));
        assert!(same());
        // Others are still there for the asking.
        table.keep(&ids(&[1]));
        assert!(matches!(table.row(EmbeddingId(1)), Cow::Owned(_)));
        // By the definition of a row; padded with zeros.
        let mut row = [0; 8];
        super::super::random_row(9, 1, 29, 6, &mut row[..5]);
        assert_eq!(all[79 * 8..], row);
        let stored = IntTable::new(8, 6, all.clone());
        assert_eq!(stored.values(), all);
        assert_eq!(
            (stored.bytes_to_keep(9), table.bytes_to_keep(9)),
            (0, 80 * 4 + 9 * 16)
        );
    }
}
