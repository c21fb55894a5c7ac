//! A set of ids with fast ranks, in about one bit an id.

use crate::ids::EmbeddingId;

/// Ids in a word, and in a block that has a running count.
const WORD: usize = 64;
const BLOCK_WORDS: usize = 8;
const BLOCK: usize = BLOCK_WORDS * WORD;

/// A set of ids below a bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdSet {
    bound: u32,
    words: Vec<u64>,
    /// Members below each block, and the number of all members at the end.
    before: Vec<u32>,
}

impl IdSet {
    /// The set of `ids`. `None` if one is not below `bound`.
    pub fn new(bound: u32, ids: impl Iterator<Item = EmbeddingId>) -> Option<Self> {
        let blocks = (bound as usize).div_ceil(BLOCK);
        let mut words = vec![0u64; blocks * BLOCK_WORDS];
        for id in ids {
            if id.0 >= bound {
                return None;
            }
            words[id.index() / WORD] |= 1 << (id.index() % WORD);
        }
        let mut before = Vec::with_capacity(blocks + 1);
        let mut sum = 0;
        before.push(0);
        for block in words.chunks_exact(BLOCK_WORDS) {
            sum += block.iter().map(|w| w.count_ones()).sum::<u32>();
            before.push(sum);
        }
        Some(IdSet {
            bound,
            words,
            before,
        })
    }

    /// Number of members.
    pub fn len(&self) -> u32 {
        self.before.last().copied().unwrap_or(0)
    }

    /// Whether there is no member.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether an id is a member.
    #[inline]
    pub fn contains(&self, id: u32) -> bool {
        id < self.bound && self.words[id as usize / WORD] >> (id as usize % WORD) & 1 == 1
    }

    /// Number of members below `id`, which is at most the bound.
    #[inline]
    pub fn rank(&self, id: u32) -> u32 {
        let (id, block) = (id as usize, id as usize / BLOCK);
        let first = block * BLOCK_WORDS;
        let full = &self.words[first..id / WORD];
        let partial = match id % WORD {
            0 => 0,
            bits => (self.words[id / WORD] & ((1 << bits) - 1)).count_ones(),
        };
        self.before[block] + full.iter().map(|w| w.count_ones()).sum::<u32>() + partial
    }

    /// Number of ids below `id` that are not members.
    #[inline]
    pub fn absent_below(&self, id: u32) -> u32 {
        id - self.rank(id)
    }

    /// The id that is not a member and has exactly `n` such ids below it; `None` if there are too
    /// few below the bound.
    pub fn nth_absent(&self, n: u32) -> Option<EmbeddingId> {
        if n >= self.bound - self.len() {
            return None;
        }
        // The last block with at most `n` absent ids before it.
        let absent = |block: usize| (block * BLOCK) as u32 - self.before[block];
        let (mut low, mut high) = (0, self.before.len() - 1);
        while high - low > 1 {
            let middle = (low + high) / 2;
            match absent(middle) <= n {
                true => low = middle,
                false => high = middle,
            }
        }
        let mut left = n - absent(low);
        for word in low * BLOCK_WORDS.. {
            let mut free = !self.words[word];
            if left < free.count_ones() {
                for _ in 0..left {
                    free &= free - 1;
                }
                return Some(EmbeddingId(word as u32 * 64 + free.trailing_zeros()));
            }
            left -= free.count_ones();
        }
        None
    }

    /// All members, ascending.
    pub fn iter(&self) -> impl Iterator<Item = EmbeddingId> + '_ {
        self.words.iter().enumerate().flat_map(|(at, &word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros();
                left &= left.wrapping_sub(1);
                (bit < 64).then(|| EmbeddingId(at as u32 * 64 + bit))
            })
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn ranks_and_absent_ids_equal_those_of_a_tree(
            bound in 1u32..3000, ids in prop::collection::vec(any::<u32>(), 0..400), step in 1u32..9,
        ) {
            let members: BTreeSet<u32> = ids.iter().map(|i| i % bound / step * step).collect();
            let set = IdSet::new(bound, members.iter().map(|&i| EmbeddingId(i))).unwrap();
            prop_assert_eq!(set.len() as usize, members.len());
            prop_assert!(set.iter().map(|i| i.0).eq(members.iter().copied()));
            let mut absent = 0;
            for id in 0..bound {
                prop_assert_eq!(set.contains(id), members.contains(&id));
                prop_assert_eq!(set.absent_below(id), absent);
                if !members.contains(&id) {
                    prop_assert_eq!(set.nth_absent(absent), Some(EmbeddingId(id)));
                    absent += 1;
                }
            }
            prop_assert_eq!(set.rank(bound) as usize, members.len());
            prop_assert_eq!(set.nth_absent(absent), None);
        }
    }

    #[test]
    fn an_id_at_the_bound_is_refused() {
        assert!(IdSet::new(4, [3].map(EmbeddingId).into_iter()).is_some());
        assert!(IdSet::new(4, [4].map(EmbeddingId).into_iter()).is_none());
        assert!(IdSet::new(0, std::iter::empty()).unwrap().is_empty());
    }
}
