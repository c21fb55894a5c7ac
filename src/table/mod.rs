//! Embedding tables as integers.

use crate::ids::EmbeddingId;

/// All tables' vectors stacked in id order: `embeddings` rows of `dim` signed elements.
#[derive(Debug, Clone, PartialEq)]
pub struct IntTable {
    /// Elements of a vector.
    pub dim: u32,
    /// Bits of an element, two's complement, 2..=16.
    pub value_bits: u32,
    /// Row-major elements, `embeddings * dim`.
    pub data: Vec<i16>,
}

impl IntTable {
    /// Number of vectors.
    pub fn embeddings(&self) -> u32 {
        (self.data.len() / self.dim as usize) as u32
    }

    /// The vector of one embedding.
    pub fn row(&self, id: EmbeddingId) -> &[i16] {
        let dim = self.dim as usize;
        &self.data[id.index() * dim..(id.index() + 1) * dim]
    }
}
