//! Bags over one flat id space: the input of every later step of the flow.

use crate::ids::EmbeddingId;
use std::ops::Range;

/// A sequence of bags in compressed form: bag `i` is `ids[offsets[i] .. offsets[i + 1]]`.
///
/// Ids are flat over all tables and below [`Bags::embeddings`]; they may repeat inside a bag, and a
/// bag may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bags {
    embeddings: u32,
    offsets: Vec<u64>,
    ids: Vec<EmbeddingId>,
}

impl Bags {
    /// Builds bags from their parts. `None` unless `offsets` starts at 0, never decreases and ends
    /// at `ids.len()`, and every id is below `embeddings`.
    pub fn new(embeddings: u32, offsets: Vec<u64>, ids: Vec<EmbeddingId>) -> Option<Self> {
        let shape = offsets.first() == Some(&0)
            && offsets.is_sorted()
            && offsets.last() == Some(&(ids.len() as u64));
        (shape && ids.iter().all(|id| id.0 < embeddings)).then_some(Bags {
            embeddings,
            offsets,
            ids,
        })
    }

    /// Builds bags from lists; for tests and small inputs. `None` if an id is not below
    /// `embeddings`.
    pub fn from_lists(embeddings: u32, lists: &[Vec<u32>]) -> Option<Self> {
        let mut offsets = vec![0u64];
        let mut ids = Vec::new();
        for list in lists {
            ids.extend(list.iter().map(|&id| EmbeddingId(id)));
            offsets.push(ids.len() as u64);
        }
        Self::new(embeddings, offsets, ids)
    }

    /// No bags, over `embeddings` ids.
    pub fn none(embeddings: u32) -> Self {
        Bags {
            embeddings,
            offsets: vec![0],
            ids: Vec::new(),
        }
    }

    /// Size of the id space.
    pub fn embeddings(&self) -> u32 {
        self.embeddings
    }

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

    /// The ids of bag `index`.
    pub fn bag(&self, index: usize) -> &[EmbeddingId] {
        &self.ids[self.offsets[index] as usize..self.offsets[index + 1] as usize]
    }

    /// The ids of all bags, one bag after the other.
    pub fn ids(&self) -> &[EmbeddingId] {
        &self.ids
    }

    /// The start of each bag in [`Bags::ids`], and the end of the last one.
    pub fn offsets(&self) -> &[u64] {
        &self.offsets
    }

    /// All bags in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[EmbeddingId]> {
        (0..self.len()).map(|i| self.bag(i))
    }

    /// A copy of a range of bags, clamped to the existing ones.
    pub fn slice(&self, range: Range<usize>) -> Self {
        let end = range.end.min(self.len());
        let start = range.start.min(end);
        let (low, high) = (self.offsets[start], self.offsets[end]);
        Bags {
            embeddings: self.embeddings,
            offsets: self.offsets[start..=end].iter().map(|o| o - low).collect(),
            ids: self.ids[low as usize..high as usize].to_vec(),
        }
    }

    /// A copy without a range of bags, clamped to the existing ones.
    pub fn without(&self, range: Range<usize>) -> Self {
        let end = range.end.min(self.len());
        let start = range.start.min(end);
        let (low, high) = (self.offsets[start], self.offsets[end]);
        let offsets = self.offsets[..=start].iter().copied();
        let behind = self.offsets[end + 1..].iter().map(|o| o - (high - low));
        let mut ids = Vec::with_capacity(self.ids.len() - (high - low) as usize);
        ids.extend_from_slice(&self.ids[..low as usize]);
        ids.extend_from_slice(&self.ids[high as usize..]);
        Bags {
            embeddings: self.embeddings,
            offsets: offsets.chain(behind).collect(),
            ids,
        }
    }

    /// Does what [`Bags::split_holdout`] does, reusing the memory of the bags.
    pub fn into_holdout(mut self, fraction: f64) -> (Self, Self) {
        let history = self.history_of(fraction);
        let rest = self.slice(history..self.len());
        self.offsets.truncate(history + 1);
        self.ids.truncate(self.offsets[history] as usize);
        self.offsets.shrink_to_fit();
        self.ids.shrink_to_fit();
        (self, rest)
    }

    fn history_of(&self, fraction: f64) -> usize {
        self.len() - (self.len() as f64 * fraction).floor() as usize
    }

    /// Splits off the last `fraction` of the bags: `(history, held out)`.
    pub fn split_holdout(&self, fraction: f64) -> (Self, Self) {
        let history = self.history_of(fraction);
        (self.slice(0..history), self.slice(history..self.len()))
    }
}
