//! Sampling the bags of traces that are larger than the memory bound.
//!
//! A bag is kept if a hash of the seed and its number is at most a threshold. The threshold falls
//! as memory fills up. The sample therefore depends only on the trace, the seed and the memory
//! bound; each bag has the same probability of being kept, and the order does not change.

use serde::Serialize;

/// Memory for the kept part of a trace, and for everything computed from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryBound {
    /// Total number of bytes.
    pub bytes: u64,
    /// Bytes per lookup, including later results.
    pub per_lookup: u64,
    /// Bytes per bag, including later results.
    pub per_bag: u64,
    /// Bytes per table row, including later results; rows cannot be left out.
    pub per_row: u64,
    /// Bytes per row beyond twice the number of lookups: most rows of a sparse trace do not occur.
    pub per_row_by_rule: u64,
    /// Seed of the sample.
    pub seed: u64,
}

impl MemoryBound {
    /// Bytes that `rows` rows, `bags` bags and `lookups` lookups need.
    pub fn needed(&self, rows: u64, bags: u64, lookups: u64) -> u64 {
        // At most as many rows again as occur are laid out one by one.
        let listed = rows.min(lookups.saturating_mul(2));
        let each = [
            (listed, self.per_row),
            (rows - listed, self.per_row_by_rule),
            (bags, self.per_bag),
            (lookups, self.per_lookup),
        ];
        each.iter().fold(0, |sum: u64, (n, bytes)| {
            sum.saturating_add(n.saturating_mul(*bytes))
        })
    }
}

/// A sample of a trace: what was kept, and of how much.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// Seed of the sample.
    pub seed: u64,
    /// Bags of the whole trace.
    pub of_bags: u64,
    /// Lookups of the whole trace.
    pub of_lookups: u64,
    /// Bags kept.
    pub bags: u64,
    /// Lookups kept.
    pub lookups: u64,
    #[serde(skip)]
    pub(super) sampler: Sampler,
}

impl Sample {
    /// The numbers of the kept bags in the whole trace, ascending.
    pub fn numbers(&self) -> impl Iterator<Item = u64> {
        (0..self.of_bags).filter(|&number| self.sampler.keeps(number))
    }
}

/// Decides which bags are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sampler {
    pub(super) bound: MemoryBound,
    /// Bags with a hash of at most this are kept.
    threshold: u64,
}

impl Sampler {
    pub(super) fn new(bound: MemoryBound) -> Self {
        Sampler {
            bound,
            threshold: u64::MAX,
        }
    }

    /// Whether bag `number` is kept.
    pub(super) fn keeps(&self, number: u64) -> bool {
        hash(self.bound.seed, number) <= self.threshold
    }

    /// Lowers the threshold so that four of five kept bags stay; returns false if it reaches 0.
    pub(super) fn tighten(&mut self) -> bool {
        self.threshold = self.threshold / 5 * 4;
        self.threshold > 0
    }

    pub(super) fn keeps_all(&self) -> bool {
        self.threshold == u64::MAX
    }
}

/// SplitMix64's output function (Steele, Lea and Flood, OOPSLA 2014) over seed and number.
fn hash(seed: u64, number: u64) -> u64 {
    let mix = |mut z: u64| {
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
    mix(mix(seed.wrapping_add(GOLDEN)) ^ number.wrapping_add(1).wrapping_mul(GOLDEN))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::formats::trace::{ReadOptions, Trace, read, write};
    use std::path::Path;

    fn bound(bytes: u64, seed: u64) -> MemoryBound {
        MemoryBound {
            bytes,
            per_lookup: 10,
            per_bag: 100,
            per_row: 1,
            per_row_by_rule: 1,
            seed,
        }
    }

    /// Bag `i` belongs to table `i % 3` and holds the id `i / 3`, `i % 7` times.
    fn whole() -> Trace {
        let bag = |i: u32| ((i % 3) as u16, vec![i / 3; (i % 7) as usize]);
        Trace::from_lists(&(0..3000).map(bag).collect::<Vec<_>>()).unwrap()
    }

    fn sampled(name: &str, trace: &Trace, bound: MemoryBound) -> Trace {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        write(trace, &path, None).unwrap();
        let options = ReadOptions {
            tables: 3,
            memory: Some(bound),
            ..ReadOptions::default()
        };
        read(Path::new(&path), &options).unwrap()
    }

    #[test]
    fn rows_that_cannot_occur_take_little() {
        let of = MemoryBound {
            per_row: 7,
            ..bound(0, 1)
        };
        // 4 of the 1,000 rows at most are laid out one by one: 4 * 7 + 996 + 100 + 2 * 10.
        assert_eq!(of.needed(1000, 1, 2), 1144);
        assert_eq!(of.needed(4, 1, 2), 28 + 120);
        assert_eq!(of.needed(u64::MAX, 1, u64::MAX), u64::MAX);
    }

    #[test]
    fn a_trace_that_fits_is_read_whole() {
        let all = whole();
        let enough = bound(1, 1).needed(3000, 3000, all.lookups());
        let read = sampled("t.jsonl", &all, bound(enough, 1));
        assert_eq!((&read, read.sample()), (&all, None));
        assert!(
            sampled("t.jsonl", &all, bound(enough - 1, 1))
                .sample()
                .is_some()
        );
    }

    #[test]
    fn a_sample_fits_in_memory_keeps_the_order_and_counts_the_whole_trace() {
        let all = whole();
        let of = bound(100_000, 1);
        let part = sampled("t.jsonl", &all, of);
        let sample = part.sample().unwrap();
        assert_eq!((sample.of_bags, sample.of_lookups), (3000, all.lookups()));
        assert_eq!(
            (sample.bags, sample.lookups),
            (part.len() as u64, part.lookups())
        );
        let needed = |t: &Trace| of.needed(3000, t.len() as u64, t.lookups());
        assert!(needed(&part) <= of.bytes && needed(&part) > of.bytes / 2);
        // The numbers of rows are those of the whole trace.
        assert_eq!(part.inferred_rows(), all.inferred_rows());
        // The line of each bag is its line in the file.
        let mut before = 0;
        for i in 0..part.len() {
            let line = part.line(i).unwrap();
            assert!(line > before);
            before = line;
            let number = line as usize - 1;
            assert_eq!(
                (part.table(i), part.bag(i)),
                (all.table(number), all.bag(number))
            );
        }
        let lines = (0..part.len()).map(|i| part.line(i).unwrap() - 1);
        assert!(sample.numbers().eq(lines));
        // Both halves of the trace have about the same share.
        let first_half = (0..part.len())
            .filter(|&i| part.line(i).unwrap() <= 1500)
            .count();
        let share = first_half as f64 / part.len() as f64;
        assert!((0.42..0.58).contains(&share), "{share}");
        assert_ne!(part, sampled("t.jsonl", &all, bound(100_000, 2)));
    }

    #[test]
    fn every_form_gives_the_same_sample() {
        let all = whole();
        let of = bound(100_000, 7);
        let text = sampled("t.jsonl.gz", &all, of);
        let arrays = sampled("t.npz", &all, of);
        assert_eq!(text.len(), arrays.len());
        assert_eq!((&text, text.sample()), (&arrays, arrays.sample()));
        assert_eq!(text.inferred_rows(), arrays.inferred_rows());
    }

    #[test]
    fn sampling_stops_at_one_bag() {
        let part = sampled("t.jsonl", &whole(), bound(1, 1));
        assert!(part.len() <= 1);
        assert_eq!(part.inferred_rows(), [1000; 3]);
    }

    #[test]
    fn ids_that_were_left_out_must_fit_the_tables_too() {
        let part = sampled("t.jsonl", &whole(), bound(20_000, 1));
        assert!(part.flatten(&[1000; 3]).is_ok());
        let error = part.flatten(&[1000, 1000, 999]).unwrap_err().to_string();
        assert!(
            error.ends_with(
                "found id 999 of table 2, expected an id below 999, the number of rows of table 2"
            ),
            "{error}"
        );
    }
}
