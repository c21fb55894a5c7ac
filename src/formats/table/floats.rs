//! Floats of a table, which are given up while they are quantised.

use rayon::prelude::*;

use super::quantise::{QuantReport, Quantiser};
use super::room::reserve;
use crate::error::Result;
use crate::ids::EmbeddingId;

/// Elements of a block, about.
const BLOCK: usize = 1 << 20;

/// The floats of a table, row-major, in blocks of whole rows.
#[derive(Debug)]
pub(super) struct Floats {
    blocks: Vec<Vec<f32>>,
    /// Elements of each block but the last.
    block: usize,
    dim: usize,
}

impl Floats {
    /// A table of zeros.
    ///
    /// # Errors
    /// [`crate::Error::Argument`] if it does not fit in memory.
    pub(super) fn zeros(rows: usize, dim: usize) -> Result<Self> {
        let block = (BLOCK / dim.max(1)).max(1) * dim;
        let mut left = rows * dim;
        let mut blocks = Vec::with_capacity(left.div_ceil(block.max(1)));
        while left > 0 {
            let size = left.min(block);
            let mut values = reserve::<f32>(size)?;
            values.resize(size, 0.0);
            blocks.push(values);
            left -= size;
        }
        Ok(Floats { blocks, block, dim })
    }

    /// Sets the element at `index`, row-major.
    #[inline]
    pub(super) fn set(&mut self, index: usize, value: f32) {
        self.blocks[index / self.block][index % self.block] = value;
    }

    /// All elements in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = f32> {
        self.blocks.iter().flatten().copied()
    }

    /// Quantises the table. `each` gets its rows in order, block by block: the number of the first
    /// row, its floats, and the integers that they became.
    ///
    /// # Errors
    /// Those of `each`.
    pub(super) fn quantise(
        mut self,
        value_bits: u32,
        mut each: impl FnMut(usize, &[f32], &[i16]) -> Result<()>,
    ) -> Result<QuantReport> {
        let most = |block: &Vec<f32>| block.iter().fold(0.0f32, |m, v| m.max(v.abs()));
        let max_abs = self.blocks.par_iter().map(most).reduce(|| 0.0, f32::max);
        let mut quantiser = Quantiser::new(max_abs, value_bits);
        let mut first = 0;
        let threads = rayon::current_num_threads();
        while !self.blocks.is_empty() {
            let some: Vec<_> = self
                .blocks
                .drain(..threads.min(self.blocks.len()))
                .collect();
            let quantise = |block: &Vec<f32>| quantiser.quantise(block);
            let quantised: Vec<_> = some.par_iter().map(quantise).collect();
            for (block, (ints, errors)) in some.iter().zip(quantised) {
                each(first, block, &ints)?;
                quantiser.add(&errors);
                first += block.len() / self.dim;
            }
        }
        Ok(quantiser.report())
    }
}

/// Values of some embeddings before quantisation.
#[derive(Debug, Clone, Default)]
pub(super) struct KeptFloats {
    /// Ascending.
    ids: Vec<u32>,
    /// `dim` elements for each of `ids`.
    data: Vec<f32>,
    dim: usize,
}

impl KeptFloats {
    /// None yet, of vectors of `dim` elements.
    pub(super) fn new(dim: usize) -> Self {
        KeptFloats {
            dim,
            ..KeptFloats::default()
        }
    }

    /// Adds rows of `width` elements, those of `kept` (ascending) among the rows from `first` on.
    /// Embedding `base` is row 0.
    pub(super) fn add<A: Copy>(
        &mut self,
        values: &[A],
        (width, first, base): (usize, usize, u32),
        kept: &[u32],
        convert: impl Fn(A) -> f32,
    ) {
        let end = first + values.len() / width;
        let from = kept.partition_point(|&row| (row as usize) < first);
        for &row in kept[from..].iter().take_while(|&&row| (row as usize) < end) {
            let at = (row as usize - first) * width;
            self.ids.push(base + row);
            self.data
                .extend(values[at..at + width].iter().map(|&v| convert(v)));
            self.data.resize(self.ids.len() * self.dim, 0.0);
        }
    }

    /// The vector of an embedding, if it was kept.
    pub(super) fn row(&self, id: EmbeddingId) -> Option<&[f32]> {
        let at = self.ids.binary_search(&id.0).ok()?;
        Some(&self.data[at * self.dim..(at + 1) * self.dim])
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_quantised_as_a_whole_table_is() {
        // More blocks than one, the last of another size.
        let (rows, dim) = (2 * BLOCK / 3 + 7, 4);
        let value = |i: usize| (i as f32 * 0.37).sin() * 3.0;
        let mut floats = Floats::zeros(rows, dim).unwrap();
        (0..rows * dim).for_each(|i| floats.set(i, value(i)));
        assert!(floats.iter().eq((0..rows * dim).map(value)));
        let all: Vec<f32> = floats.iter().collect();
        let whole = Quantiser::new(all.iter().fold(0.0, |m, v| m.max(v.abs())), 8);
        let (expected, _) = whole.quantise(&all);
        let (mut found, mut kept) = (Vec::new(), KeptFloats::new(dim));
        let wanted = [0, 5, rows as u32 / 2, rows as u32 - 1, rows as u32];
        let quantised = floats.quantise(8, |first, values, ints| {
            assert_eq!(found.len(), first * dim);
            found.extend_from_slice(ints);
            kept.add(values, (dim, first, 10), &wanted, |v| v);
            Ok(())
        });
        let report = quantised.unwrap();
        assert_eq!(found, expected);
        assert!(report.error_max > 0.0 && report.error_rms < report.error_max);
        for row in &wanted[..4] {
            let at = *row as usize * dim;
            assert_eq!(kept.row(EmbeddingId(10 + row)).unwrap(), &all[at..at + dim]);
        }
        assert_eq!((kept.row(EmbeddingId(11)), kept.ids.len()), (None, 4));
    }
}
