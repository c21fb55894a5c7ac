//! Converts rows of values to bitline words, eight rows at a time.

use crate::config::Resolved;
use crate::formats::table::IntTable;
use crate::ids::EmbeddingId;

/// ORs `value` into `words`, starting at bit `at`. The set bits of `value` must lie inside `words`.
pub(super) fn deposit(words: &mut [u32], at: usize, value: u64) {
    let mut rest = u128::from(value) << (at % 32);
    for word in words.iter_mut().skip(at / 32) {
        if rest == 0 {
            break;
        }
        *word |= rest as u32;
        rest >>= 32;
    }
}

/// Transposes an 8x8 bit matrix: bit `c` of byte `r` becomes bit `r` of byte `c`.
fn transpose8(mut x: u64) -> u64 {
    for (shift, mask) in [
        (7, 0x00aa_00aa_00aa_00aa),
        (14, 0x0000_cccc_0000_cccc),
        (28, 0x0000_0000_f0f0_f0f0),
    ] {
        let t = (x ^ (x >> shift)) & mask;
        x ^= t ^ (t << shift);
    }
    x
}

/// Bits of the widest element.
const VALUE_BITS: usize = 16;

/// Bit planes of up to 64 elements: bit `i` of plane `b` is bit `b` of `values[i]`.
fn planes(values: &[u16]) -> [u64; VALUE_BITS] {
    let mut out = [0; VALUE_BITS];
    for (chunk, eight) in values.chunks(8).enumerate() {
        let (mut low, mut high) = (0u64, 0u64);
        for (i, &v) in eight.iter().enumerate() {
            low |= u64::from(v & 0xff) << (8 * i);
            high |= u64::from(v >> 8) << (8 * i);
        }
        for (half, matrix) in [low, high].into_iter().enumerate() {
            if matrix != 0 {
                let bytes = transpose8(matrix).to_le_bytes();
                for (plane, byte) in out[half * 8..].iter_mut().zip(bytes) {
                    *plane |= u64::from(byte) << (8 * chunk);
                }
            }
        }
    }
    out
}

/// The array words of one crossbar with all its column blocks.
#[derive(Debug, Clone)]
pub(super) struct ArrayWords {
    /// `columns` words of `width` 32-bit words.
    data: Vec<u32>,
    width: usize,
    /// First 32-bit word of each slice of each element.
    places: Vec<usize>,
}

impl ArrayWords {
    pub fn new(resolved: &Resolved) -> Self {
        let x = &resolved.config.crossbar;
        let width = resolved.array_bits.div_ceil(32) as usize;
        let places = (0..resolved.config.embedding.dim)
            .flat_map(|dim| (0..resolved.slices).map(move |slice| (dim, slice)))
            .map(|(dim, slice)| {
                let (block, bitline) = resolved.bitline(dim, slice);
                (block * x.cols + bitline) as usize * width
            })
            .collect();
        ArrayWords {
            data: vec![0; (resolved.column_blocks * x.cols) as usize * width],
            width,
            places,
        }
    }

    /// Bitlines of the crossbar, all column blocks together.
    pub fn columns(&self) -> usize {
        self.data.len() / self.width
    }

    /// The words by `block * cols + bitline`, `array_bits` bits each.
    pub fn iter(&self) -> impl Iterator<Item = &[u32]> {
        self.data.chunks_exact(self.width)
    }

    /// Writes the cells of `row` in `block` to `data`, the cell of bitline `c` from bit
    /// `c * cell_bits` on.
    pub fn row(&self, block: u32, row: u32, resolved: &Resolved, data: &mut [u32]) {
        let x = &resolved.config.crossbar;
        data.fill(0);
        let lines = self.iter().skip((block * x.cols) as usize);
        for (line, word) in lines.take(x.cols as usize).enumerate() {
            for plane in 0..x.cell_bits {
                let at = (plane * x.rows + row) as usize;
                let bit = u64::from(word[at / 32] >> (at % 32) & 1);
                deposit(data, line * x.cell_bits as usize + plane as usize, bit);
            }
        }
    }

    /// Computes the words of the crossbar whose row `r` holds `members[r]`.
    pub fn fill(&mut self, members: &[EmbeddingId], table: &IntTable, resolved: &Resolved) {
        let rows = resolved.config.crossbar.rows as usize;
        let cell_bits = resolved.config.crossbar.cell_bits as usize;
        let value_bits = resolved.config.embedding.value_bits as usize;
        let (dim, slices) = (table.dim as usize, resolved.slices as usize);
        let offset = 1i32 << (value_bits - 1);
        self.data.fill(0);
        for (chunk, ids) in members.chunks(64).enumerate() {
            let vectors: Vec<_> = ids.iter().map(|&id| table.row(id)).collect();
            for element in 0..dim {
                let mut values = [0u16; 64];
                for (value, vector) in values.iter_mut().zip(&vectors) {
                    let signed = vector[element];
                    *value = (i32::from(signed) + offset) as u16;
                }
                let planes = planes(&values[..ids.len()]);
                for (bit, &plane) in planes[..value_bits].iter().enumerate() {
                    let place = self.places[element * slices + bit / cell_bits];
                    let word = &mut self.data[place..place + self.width];
                    deposit(word, (bit % cell_bits) * rows + chunk * 64, plane);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_are_the_bits_of_the_values() {
        let values: Vec<u16> = (0..64u32).map(|i| (i * 40_503 + 77) as u16).collect();
        for count in [1, 7, 8, 9, 63, 64] {
            let planes = planes(&values[..count]);
            for (b, plane) in planes.iter().enumerate() {
                for (i, value) in values.iter().enumerate() {
                    let bit = i < count && value >> b & 1 == 1;
                    assert_eq!(plane >> i & 1 == 1, bit, "bit {b} of value {i} of {count}");
                }
            }
        }
    }

    #[test]
    fn deposit_crosses_word_boundaries() {
        let mut words = [0u32; 3];
        deposit(&mut words, 30, 0xffff_ffff_ffff_ffff);
        assert_eq!(words, [0xc000_0000, 0xffff_ffff, 0x3fff_ffff]);
    }
}
