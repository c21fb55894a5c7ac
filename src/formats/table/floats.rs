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
    /// The block that was written last, and its first element.
    last: (usize, usize),
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
        Ok(Floats {
            blocks,
            block,
            dim,
            last: (0, 0),
        })
    }

    /// Sets the element at `index`, row-major.
    #[inline]
    pub(super) fn set(&mut self, index: usize, value: f32) {
        // Most indices follow one another, and a division for each takes longer than all else.
        let mut offset = index.wrapping_sub(self.last.1);
        if offset >= self.block {
            let number = index / self.block;
            self.last = (number, number * self.block);
            offset = index - self.last.1;
        }
        self.blocks[self.last.0][offset] = value;
    }

    /// The element at `index`, row-major.
    pub(super) fn get(&self, index: usize) -> f32 {
        self.blocks[index / self.block][index % self.block]
    }

    /// Sets the elements from `index` on, row-major.
    pub(super) fn copy_from(&mut self, mut index: usize, mut values: &[f32]) {
        while !values.is_empty() {
            let (number, offset) = (index / self.block, index % self.block);
            let room = &mut self.blocks[number][offset..];
            let (now, later) = values.split_at(room.len().min(values.len()));
            room[..now.len()].copy_from_slice(now);
            (index, values) = (index + now.len(), later);
        }
    }

    /// All elements in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = f32> {
        self.blocks.iter().flatten().copied()
    }

    /// The magnitudes of all elements.
    pub(super) fn spread(&self) -> Spread {
        let mut all = Spread::default();
        let blocks: Vec<Spread> = self.blocks.par_iter().map(|b| Spread::of(b)).collect();
        for (number, block) in blocks.iter().enumerate() {
            if block.most.1 > all.most.1 {
                all.most = (number * self.block + block.most.0, block.most.1);
            }
            all.nonzero += block.nonzero;
            all.sum += block.sum;
        }
        all
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
        let max_abs = self.spread().most.1;
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

/// Magnitudes of some finite elements.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Spread {
    /// The first of the largest: its index, and its magnitude.
    pub(super) most: (usize, f32),
    /// Elements that are not zero.
    pub(super) nonzero: u64,
    /// Of all magnitudes. The order of the additions decides about its last digits.
    pub(super) sum: f64,
}

impl Spread {
    /// Sums in several parts, which the processor adds up at the same time.
    fn of(values: &[f32]) -> Self {
        const PARTS: usize = 8;
        // The bits of magnitudes compare as they do.
        let (mut most, mut sums, mut nonzero) = (0u32, [0.0f64; PARTS], 0);
        for part in values.chunks(PARTS) {
            for (sum, value) in sums.iter_mut().zip(part) {
                let magnitude = value.abs();
                most = most.max(magnitude.to_bits());
                nonzero += u64::from(magnitude != 0.0);
                *sum += f64::from(magnitude);
            }
        }
        let first = values.iter().position(|v| v.abs().to_bits() == most);
        Spread {
            most: (first.unwrap_or_default(), f32::from_bits(most)),
            nonzero,
            sum: sums.iter().sum(),
        }
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
        let mut scattered = Floats::zeros(rows, dim).unwrap();
        let size = rows * dim;
        (0..size)
            .map(|i| i.wrapping_mul(1_000_003) % size)
            .for_each(|i| scattered.set(i, value(i)));
        assert!(scattered.iter().eq(floats.iter()));
        let mut copied = Floats::zeros(rows, dim).unwrap();
        for (number, values) in all.chunks(100_003).enumerate() {
            copied.copy_from(number * 100_003, values);
        }
        assert!(copied.iter().eq(floats.iter()));
        let spread = floats.spread();
        let first = (0..size)
            .rev()
            .max_by(|&i, &j| value(i).abs().total_cmp(&value(j).abs()));
        assert_eq!(spread.most, (first.unwrap(), value(first.unwrap()).abs()));
        assert_eq!(
            spread.nonzero,
            all.iter().filter(|&&v| v != 0.0).count() as u64
        );
        let sum: f64 = all.iter().map(|v| f64::from(v.abs())).sum();
        assert!((spread.sum - sum).abs() < 1e-9 * sum);
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
