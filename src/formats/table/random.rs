//! Random tables.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::raw::{Elements, RawTable};
use super::room::reserve;
use super::set::TableShape;
use crate::error::Result;

/// Fills one row of a random table with uniform integers over the full range of `value_bits`.
///
/// The elements depend only on the seed and on the numbers of the table and the row. A narrower row
/// is the beginning of a wider one.
pub fn random_row(seed: u64, table: u32, row: u32, value_bits: u32, out: &mut [i16]) {
    let rng = ChaCha8Rng::seed_from_u64(seed);
    fill(rng, table, row, value_bits, out);
}

fn fill(mut rng: ChaCha8Rng, table: u32, row: u32, value_bits: u32, out: &mut [i16]) {
    rng.set_stream(u64::from(table) << 32 | u64::from(row));
    for value in out {
        // The top bits of a word, sign-extended.
        *value = ((rng.next_u32() as i32) >> (32 - value_bits)) as i16;
    }
}

pub(super) fn table(seed: u64, table: u32, rows: u32, shape: TableShape<'_>) -> Result<RawTable> {
    let width = shape.dims.get(table as usize).copied().unwrap_or(shape.dim);
    let dim = width as usize;
    let size = rows as usize * dim;
    let mut values = reserve::<i16>(size)?;
    values.resize(size, 0);
    let rng = ChaCha8Rng::seed_from_u64(seed);
    values
        .par_chunks_exact_mut(dim)
        .with_min_len(1024)
        .enumerate()
        .for_each(|(row, out)| fill(rng.clone(), table, row as u32, shape.value_bits, out));
    Ok(RawTable {
        rows,
        dim: width,
        data: Elements::Int(values),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn make(rows: u32, dim: u32, value_bits: u32) -> Vec<i16> {
        let shape = TableShape {
            dim,
            dims: &[],
            value_bits,
            rows: &[],
            needed: &[],
        };
        match table(7, 1, rows, shape).unwrap().data {
            Elements::Int(values) => values,
            Elements::Float(_) => panic!("integers"),
        }
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
