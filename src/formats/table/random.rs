//! Random tables.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::ids::EmbeddingId;

/// Fills one row of a random table with uniform integers over the full range of `value_bits`.
///
/// The elements depend only on the seed and on the numbers of the table and the row. A narrower row
/// is the beginning of a wider one.
pub fn random_row(seed: u64, table: u32, row: u32, value_bits: u32, out: &mut [i16]) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(u64::from(table) << 32 | u64::from(row));
    for value in out {
        // The top bits of a word, sign-extended.
        *value = ((rng.next_u32() as i32) >> (32 - value_bits)) as i16;
    }
}

/// All elements of a random table, row-major, by seed and number, and by rows and width.
pub(super) fn values(
    (seed, table): (u64, u32),
    (rows, width): (u32, u32),
    value_bits: u32,
) -> Vec<i16> {
    let mut out = vec![0; rows as usize * width as usize];
    out.par_chunks_exact_mut(width as usize)
        .with_min_len(1024)
        .zip(0..rows)
        .for_each(|(out, row)| random_row(seed, table, row, value_bits, out));
    out
}

/// Random tables, stacked. Nothing of them is stored.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RandomTables {
    value_bits: u32,
    tables: Vec<RandomTable>,
    embeddings: u32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct RandomTable {
    seed: u64,
    /// The id of its first row.
    base: u32,
    width: usize,
}

impl RandomTables {
    /// Tables by seed, rows and width; the caller has checked that all rows have numbers.
    pub(super) fn new(value_bits: u32, tables: &[(u64, u32, u32)]) -> Self {
        let mut embeddings = 0;
        let stack = |&(seed, rows, width): &(u64, u32, u32)| {
            let base = embeddings;
            embeddings += rows;
            RandomTable {
                seed,
                base,
                width: width as usize,
            }
        };
        RandomTables {
            value_bits,
            tables: tables.iter().map(stack).collect(),
            embeddings,
        }
    }

    pub(super) fn value_bits(&self) -> u32 {
        self.value_bits
    }

    pub(super) fn embeddings(&self) -> u32 {
        self.embeddings
    }

    /// A row, padded to `dim` elements.
    pub(super) fn row(&self, id: EmbeddingId, dim: usize) -> Vec<i16> {
        let mut out = vec![0; dim];
        self.fill(id, &mut out);
        out
    }

    /// Some rows, one after the other.
    pub(super) fn rows(&self, ids: &[EmbeddingId], dim: usize) -> Vec<i16> {
        let mut out = vec![0; ids.len() * dim];
        out.par_chunks_exact_mut(dim)
            .with_min_len(1024)
            .zip(ids)
            .for_each(|(out, &id)| self.fill(id, out));
        out
    }

    fn fill(&self, id: EmbeddingId, out: &mut [i16]) {
        let t = self.tables.partition_point(|t| t.base <= id.0) - 1;
        let table = &self.tables[t];
        let out = &mut out[..table.width];
        random_row(
            table.seed,
            t as u32,
            id.0 - table.base,
            self.value_bits,
            out,
        );
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn make(rows: u32, dim: u32, value_bits: u32) -> Vec<i16> {
        // The second of two tables; the first has no row.
        let tables = RandomTables::new(value_bits, &[(7, 0, dim), (7, rows, dim)]);
        let ids: Vec<EmbeddingId> = (0..rows).map(EmbeddingId).collect();
        tables.rows(&ids, dim as usize)
    }

    #[test]
    fn a_row_is_the_same_in_a_table_of_any_size() {
        let large = make(3000, 8, 8);
        let small = make(10, 8, 8);
        assert_eq!(large[..80], small[..]);
        let narrow = make(10, 5, 8);
        let mut row = [0; 5];
        random_row(7, 1, 9, 8, &mut row);
        assert_eq!(narrow[45..], row);
        assert_eq!(large[72..77], row);
        random_row(7, 2, 9, 8, &mut row);
        assert_ne!(narrow[45..], row);
    }

    #[test]
    fn the_whole_range_is_used_evenly() {
        for bits in [2u32, 4, 16] {
            let values = make(4000, 16, bits);
            let half = 1i32 << (bits - 1);
            let low = values.iter().copied().min().unwrap();
            let high = values.iter().copied().max().unwrap();
            assert!(i32::from(low) >= -half && i32::from(high) < half);
            if bits < 16 {
                let mut counts = vec![0u32; 1 << bits];
                for &v in &values {
                    counts[(i32::from(v) + half) as usize] += 1;
                }
                let mean = values.len() as f64 / counts.len() as f64;
                for count in counts {
                    assert!((f64::from(count) - mean).abs() < 5.0 * mean.sqrt());
                }
            } else {
                assert!(low < -32000 && high > 32000);
            }
        }
    }
}
