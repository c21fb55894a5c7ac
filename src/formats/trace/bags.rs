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
    /// First bags of the files after the first, ascending; no batch crosses them.
    parts: Vec<usize>,
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
            parts: Vec::new(),
        })
    }

    /// The same bags, of which those with these numbers begin a file after the first.
    pub(crate) fn with_parts(mut self, mut parts: Vec<usize>) -> Self {
        parts.retain(|&bag| (1..self.len()).contains(&bag));
        parts.dedup();
        self.parts = parts;
        self
    }

    /// First bags of the files after the first, where the bags come from several.
    pub fn parts(&self) -> &[usize] {
        &self.parts
    }

    /// Ranges of at most `size` bags (0 counts as 1), in order. A new file begins a new batch.
    pub fn batches(&self, size: usize) -> Vec<Range<usize>> {
        let size = size.max(1);
        let starts = std::iter::once(0).chain(self.parts.iter().copied());
        let ends = self.parts.iter().copied().chain([self.len()]);
        std::iter::zip(starts, ends)
            .flat_map(|(start, end)| {
                let firsts = (start..end).step_by(size);
                firsts.map(move |first| first..end.min(first + size))
            })
            .collect()
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
            parts: Vec::new(),
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
            parts: Vec::new(),
        }
        .with_parts(self.parts.iter().map(|p| p.saturating_sub(start)).collect())
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
            parts: Vec::new(),
        }
        .with_parts(
            self.parts
                .iter()
                .map(|&p| {
                    if p < end {
                        p.min(start)
                    } else {
                        p - (end - start)
                    }
                })
                .collect(),
        )
    }

    /// Does what [`Bags::split_holdout`] does, reusing the memory of the bags.
    pub fn into_holdout(mut self, fraction: f64) -> (Self, Self) {
        let history = history_of(self.len(), fraction);
        let rest = self.slice(history..self.len());
        self.offsets.truncate(history + 1);
        self.ids.truncate(self.offsets[history] as usize);
        self.offsets.shrink_to_fit();
        self.ids.shrink_to_fit();
        let parts = std::mem::take(&mut self.parts);
        (self.with_parts(parts), rest)
    }

    /// Splits off the last `fraction` of the bags: `(history, held out)`.
    pub fn split_holdout(&self, fraction: f64) -> (Self, Self) {
        let history = history_of(self.len(), fraction);
        (self.slice(0..history), self.slice(history..self.len()))
    }
}

/// How many of `bags` come before the last `fraction` of them.
pub fn history_of(bags: usize, fraction: f64) -> usize {
    bags - (bags as f64 * fraction).floor() as usize
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Three files of 5, 3 and 2 bags.
    #[test]
    fn batches_do_not_cross_files() {
        let lists: Vec<Vec<u32>> = (0..10).map(|i| vec![i]).collect();
        let bags = Bags::from_lists(10, &lists).unwrap();
        assert_eq!(bags.batches(4), [0..4, 4..8, 8..10]);
        assert_eq!(bags.batches(0).len(), 10);
        let bags = bags.with_parts(vec![5, 8]);
        assert_eq!(bags.batches(4), [0..4, 4..5, 5..8, 8..10]);
        assert_eq!(bags.slice(2..9).parts(), [3, 6]);
        assert!(bags.slice(5..8).parts().is_empty());
        // Bags 0, 1, 6 to 9: the second file begins with bag 6.
        assert_eq!(bags.without(2..6).parts(), [2, 4]);
        let (history, rest) = bags.clone().into_holdout(0.4);
        assert_eq!((history.parts(), rest.parts()), (&[5][..], &[2][..]));
        assert_eq!(bags.split_holdout(0.4), (history, rest));
        assert!(Bags::none(3).batches(4).is_empty());
    }
}
