//! Synthetic traces: Zipf popularity and clusters of ids that are looked up together.

use std::path::Path;

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;

use super::builder::TraceBuilder;
use super::zipf::Zipf;
use super::{MAX_ID, Trace};
use crate::error::{Error, Result};
use crate::progress::Progress;

/// Distribution of the number of lookups in a bag that is not empty.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BagSizes {
    /// Always the mean, rounded.
    Fixed,
    /// 1, 2, 3, ...: each lookup is the last with probability 1 / mean.
    Geometric,
    /// A rounded log-normal value with this standard deviation of its logarithm: a long tail, as in
    /// user histories.
    Lognormal(f64),
}

/// Options of a synthetic trace.
///
/// Each bag belongs to one cluster, drawn by a Zipf law over the clusters. With probability
/// `cluster_share`, a lookup is drawn from the bag's cluster (Zipf over its members), otherwise
/// from all ids (Zipf over all). Clusters are disjoint. Their members and the popularity of ids are
/// chosen at random, so the numbers of ids carry no information. Bag `i` belongs to table `i %
/// tables`; each table has its own random choices.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SynthOptions {
    /// Number of ids per table.
    pub ids: u32,
    /// Number of bags of all tables.
    pub bags: u64,
    /// Number of tables, at least 1.
    pub tables: u16,
    /// Number of clusters per table; `clusters * cluster_size` is at most `ids`. 0: no clusters.
    pub clusters: u32,
    /// Number of ids per cluster.
    pub cluster_size: u32,
    /// Share of the lookups that are drawn from the bag's cluster, 0..=1.
    pub cluster_share: f64,
    /// Zipf exponent over the clusters, 0..=8.
    pub cluster_zipf: f64,
    /// Zipf exponent over ids, in a cluster and over all, 0..=8.
    pub id_zipf: f64,
    /// Mean number of lookups of a bag that is not empty, at least 1 (before clamping to
    /// `max_bag`).
    pub mean_bag: f64,
    /// Distribution of the number of lookups.
    pub sizes: BagSizes,
    /// Largest number of lookups of a bag.
    pub max_bag: u32,
    /// Share of the bags that are empty, 0..=1.
    pub empty_share: f64,
    /// Share of the lookups after a bag's first that repeat an id of the bag, 0..=1. All others are
    /// distinct.
    pub repeat_share: f64,
    /// Seed of every choice.
    pub seed: u64,
}

impl Default for SynthOptions {
    fn default() -> Self {
        SynthOptions {
            ids: 10_000,
            bags: 5_000,
            tables: 1,
            clusters: 100,
            cluster_size: 100,
            cluster_share: 0.7,
            cluster_zipf: 1.05,
            id_zipf: 1.05,
            mean_bag: 40.0,
            sizes: BagSizes::Geometric,
            max_bag: 4096,
            empty_share: 0.0,
            repeat_share: 0.0,
            seed: 1,
        }
    }
}

impl SynthOptions {
    fn check(&self) -> Result<()> {
        let fail = |name: &str, found: String, expected: &str| {
            Err(Error::argument(name, found, expected, ""))
        };
        let real = |name: &str, value: f64, low: f64, high: f64| {
            if value >= low && value <= high {
                return Ok(());
            }
            fail(
                name,
                value.to_string(),
                &format!("a number from {low} to {high}"),
            )
        };
        if self.ids == 0 || self.ids > MAX_ID {
            return fail("--ids", self.ids.to_string(), "1 to 4294967294");
        }
        if self.tables == 0 || self.tables == u16::MAX {
            return fail("--tables", self.tables.to_string(), "1 to 65534");
        }
        let clustered = u64::from(self.clusters) * u64::from(self.cluster_size);
        if clustered > u64::from(self.ids) {
            return fail(
                "--clusters",
                format!("{} clusters of {} ids", self.clusters, self.cluster_size),
                &format!("at most {} ids in all clusters", self.ids),
            );
        }
        if self.clusters > 0 && self.cluster_size == 0 {
            return fail("--cluster-size", "0".to_owned(), "at least 1");
        }
        if self.max_bag == 0 {
            return fail("--max-bag", "0".to_owned(), "at least 1");
        }
        real("--cluster-share", self.cluster_share, 0.0, 1.0)?;
        real("--cluster-zipf", self.cluster_zipf, 0.0, 8.0)?;
        real("--id-zipf", self.id_zipf, 0.0, 8.0)?;
        real("--mean-bag", self.mean_bag, 1.0, 1_048_576.0)?;
        real("--empty-share", self.empty_share, 0.0, 1.0)?;
        real("--repeat-share", self.repeat_share, 0.0, 1.0)?;
        if let BagSizes::Lognormal(sigma) = self.sizes {
            real("--sigma", sigma, 0.0, 4.0)?;
        }
        Ok(())
    }
}

/// Bags per task, each with its own random stream. The trace of a seed depends on it.
const CHUNK: u64 = 4096;

/// Draws per lookup. If all give ids that the bag already has, the most popular free id is used.
const TRIES: u32 = 24;

/// Synthesises a trace. The same options give the same trace with any number of threads.
///
/// # Errors
/// [`Error::Argument`] for the first option out of its range.
pub fn synth(options: &SynthOptions) -> Result<Trace> {
    synth_reporting(options, &())
}

/// As [`synth`], with reports.
///
/// # Errors
/// As [`synth`], and what `progress` returns.
pub fn synth_reporting(options: &SynthOptions, progress: &dyn Progress) -> Result<Trace> {
    options.check()?;
    let laws = Laws {
        clusters: Zipf::new(options.clusters, options.cluster_zipf),
        members: Zipf::new(options.cluster_size, options.id_zipf),
        global: Zipf::new(options.ids, options.id_zipf),
    };
    let tables: Vec<Popularity> = (0..options.tables)
        .into_par_iter()
        .map(|table| Popularity::new(options, table))
        .collect();
    let mut builder = TraceBuilder::new(Path::new("<synthetic>"));
    let chunks = options.bags.div_ceil(CHUNK);
    // In rounds of chunks, so that the parts and the whole trace are never in memory at once.
    const ROUND: u64 = 64;
    for round in 0..chunks.div_ceil(ROUND) {
        let first = round * ROUND;
        progress.step("making the trace", first, chunks)?;
        let parts: Vec<(Vec<u32>, Vec<u32>)> = (first..chunks.min(first + ROUND))
            .into_par_iter()
            .map(|chunk| make_chunk(options, &laws, &tables, chunk))
            .collect();
        for (ids, sizes) in parts {
            let mut rest = &ids[..];
            for size in sizes {
                let (bag, after) = rest.split_at(size as usize);
                rest = after;
                builder.extend(bag);
                builder.end_bag((builder.bags() % u64::from(options.tables)) as u16, None);
            }
        }
    }
    Ok(builder.finish())
}

struct Laws {
    clusters: Zipf,
    members: Zipf,
    global: Zipf,
}

/// The members of a table's clusters and the popularity of its ids.
struct Popularity {
    /// Cluster `c` holds `members[c * cluster_size ..][.. cluster_size]`, the most popular first.
    members: Vec<u32>,
    /// All ids, the most popular first.
    popular: Vec<u32>,
}

impl Popularity {
    fn new(options: &SynthOptions, table: u16) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
        // The top bit separates the streams of tables from those of chunks.
        rng.set_stream(1 << 63 | u64::from(table));
        let mut members: Vec<u32> = (0..options.ids).collect();
        let mut popular = members.clone();
        popular.shuffle(&mut rng);
        members.shuffle(&mut rng);
        members.truncate(options.clusters as usize * options.cluster_size as usize);
        Popularity { members, popular }
    }
}

fn make_chunk(
    options: &SynthOptions,
    laws: &Laws,
    tables: &[Popularity],
    chunk: u64,
) -> (Vec<u32>, Vec<u32>) {
    let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
    rng.set_stream(chunk);
    let first = chunk * CHUNK;
    let last = options.bags.min(first + CHUNK);
    let (mut ids, mut sizes) = (Vec::new(), Vec::new());
    let mut used = IdSet::default();
    for bag in first..last {
        let before = ids.len();
        if rng.random::<f64>() >= options.empty_share {
            let table = &tables[(bag % tables.len() as u64) as usize];
            make_bag(options, laws, table, &mut rng, &mut used, &mut ids);
        }
        sizes.push((ids.len() - before) as u32);
    }
    (ids, sizes)
}

fn make_bag(
    options: &SynthOptions,
    laws: &Laws,
    table: &Popularity,
    rng: &mut ChaCha8Rng,
    used: &mut IdSet,
    ids: &mut Vec<u32>,
) {
    let size = bag_size(options, rng);
    let start = ids.len();
    let cluster = match options.clusters {
        0 => &[][..],
        _ => {
            let width = options.cluster_size as usize;
            &table.members[laws.clusters.draw(rng) as usize * width..][..width]
        }
    };
    used.begin(size);
    let mut distinct = 0;
    for at in 0..size {
        if at > 0 && (distinct == options.ids || rng.random::<f64>() < options.repeat_share) {
            if options.repeat_share == 0.0 {
                break;
            }
            let again = ids[start + rng.random_range(0..at) as usize];
            ids.push(again);
            continue;
        }
        let local = !cluster.is_empty() && rng.random::<f64>() < options.cluster_share;
        let drawn = (0..TRIES)
            .map(|_| match local {
                true => cluster[laws.members.draw(rng) as usize],
                false => table.popular[laws.global.draw(rng) as usize],
            })
            .find(|&id| used.insert(id));
        let id = drawn.unwrap_or_else(|| next_free(local, cluster, &table.popular, used));
        distinct += 1;
        ids.push(id);
    }
}

/// The most popular id that the bag does not have yet, from its cluster if `local` and one is left.
/// The caller makes sure that an id is left.
fn next_free(local: bool, cluster: &[u32], popular: &[u32], used: &mut IdSet) -> u32 {
    let near = if local { cluster } else { &[] };
    let free = near.iter().chain(popular).find(|&&id| used.insert(id));
    free.copied().unwrap_or(0)
}

fn bag_size(options: &SynthOptions, rng: &mut ChaCha8Rng) -> u32 {
    let mean = options.mean_bag;
    let size = match options.sizes {
        BagSizes::Fixed => mean.round(),
        BagSizes::Geometric if mean <= 1.0 => 1.0,
        BagSizes::Geometric => {
            let u = 1.0 - rng.random::<f64>();
            1.0 + (u.ln() / (1.0 - 1.0 / mean).ln()).floor()
        }
        BagSizes::Lognormal(sigma) => {
            // Box-Muller.
            let (u, v) = (1.0 - rng.random::<f64>(), rng.random::<f64>());
            let normal = (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos();
            (mean.ln() - 0.5 * sigma * sigma + sigma * normal)
                .exp()
                .round()
        }
    };
    size.clamp(1.0, f64::from(options.max_bag)) as u32
}

/// The set of ids that a bag has already. A hash table with open addressing; a new stamp empties
/// it.
#[derive(Default)]
struct IdSet {
    slots: Vec<(u32, u32)>,
    stamp: u32,
}

impl IdSet {
    fn begin(&mut self, size: u32) {
        let room = (size as usize * 2).next_power_of_two().max(16);
        if room > self.slots.len() || self.stamp == u32::MAX {
            self.slots = vec![(0, 0); room.max(self.slots.len())];
            self.stamp = 0;
        }
        self.stamp += 1;
    }

    /// Adds an id; returns whether it is new.
    fn insert(&mut self, id: u32) -> bool {
        let mask = self.slots.len() - 1;
        let mut at = (id.wrapping_mul(0x9e37_79b1) >> 7) as usize & mask;
        while self.slots[at].1 == self.stamp {
            if self.slots[at].0 == id {
                return false;
            }
            at = (at + 1) & mask;
        }
        self.slots[at] = (id, self.stamp);
        true
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::super::stats;
    use super::*;

    #[test]
    fn the_trace_of_a_seed_does_not_depend_on_the_number_of_threads() {
        let options = SynthOptions {
            bags: 9000,
            mean_bag: 5.0,
            ..SynthOptions::default()
        };
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            pool.build().unwrap().install(|| synth(&options).unwrap())
        };
        let one = on(1);
        assert_eq!(one, on(3));
        assert_eq!(one.len(), 9000);
        let other = SynthOptions { seed: 2, ..options };
        assert_ne!(one, synth(&other).unwrap());
    }

    #[test]
    fn shares_and_sizes_are_those_of_the_options() {
        for sizes in [
            BagSizes::Fixed,
            BagSizes::Geometric,
            BagSizes::Lognormal(0.8),
        ] {
            let options = SynthOptions {
                bags: 6000,
                mean_bag: 12.0,
                sizes,
                empty_share: 0.25,
                repeat_share: 0.1,
                ..SynthOptions::default()
            };
            let stats = stats(&synth(&options).unwrap(), Some(&[10_000])).all;
            let full = (stats.bags - stats.empty_bags) as f64;
            let mean = stats.lookups as f64 / full;
            assert!((mean - 12.0).abs() < 0.6, "{sizes:?}: mean {mean}");
            assert!((full / 6000.0 - 0.75).abs() < 0.03);
            let repeats = stats.repeats as f64 / (stats.lookups as f64 - full);
            assert!(
                (repeats - 0.1).abs() < 0.015,
                "{sizes:?}: repeats {repeats}"
            );
            assert_eq!(stats.lookups_out_of_range, Some(0));
        }
    }

    #[test]
    fn the_share_of_lookups_in_the_cluster_is_that_of_the_options() {
        let options = SynthOptions {
            ids: 100_000,
            clusters: 50,
            bags: 2000,
            mean_bag: 10.0,
            sizes: BagSizes::Fixed,
            ..SynthOptions::default()
        };
        let trace = synth(&options).unwrap();
        let places = Popularity::new(&options, 0);
        let mut cluster_of = vec![u32::MAX; 100_000];
        for (i, &id) in places.members.iter().enumerate() {
            cluster_of[id as usize] = i as u32 / 100;
        }
        // A bag's cluster is the one with most of its ids.
        let local: usize = trace
            .iter()
            .map(|(_, ids)| {
                let mut count = [0; 50];
                ids.iter()
                    .map(|&id| cluster_of[id as usize])
                    .filter(|&c| c != u32::MAX)
                    .for_each(|c| count[c as usize] += 1);
                count.into_iter().max().unwrap()
            })
            .sum();
        let share = local as f64 / trace.lookups() as f64;
        assert!((share - 0.7).abs() < 0.03, "{share}");
    }

    #[test]
    fn bags_larger_than_a_cluster_or_the_table_hold_all_ids_once() {
        let options = SynthOptions {
            ids: 30,
            clusters: 3,
            cluster_size: 5,
            cluster_share: 1.0,
            bags: 50,
            tables: 3,
            mean_bag: 100.0,
            sizes: BagSizes::Fixed,
            ..SynthOptions::default()
        };
        let trace = synth(&options).unwrap();
        for (i, (table, ids)) in trace.iter().enumerate() {
            assert_eq!(usize::from(table), i % 3);
            let mut sorted = ids.to_vec();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..30).collect::<Vec<u32>>());
        }
        let repeating = SynthOptions {
            repeat_share: 0.5,
            ..options
        };
        assert!(
            synth(&repeating)
                .unwrap()
                .iter()
                .all(|(_, ids)| ids.len() == 100)
        );
    }

    #[test]
    fn errors_name_the_option_out_of_range() {
        let message = |change: fn(&mut SynthOptions)| {
            let mut options = SynthOptions::default();
            change(&mut options);
            synth(&options).unwrap_err().to_string()
        };
        insta::assert_snapshot!(message(|o| o.ids = 0), @"argument --ids: found 0, expected 1 to 4294967294");
        insta::assert_snapshot!(message(|o| o.clusters = 1000), @"argument --clusters: found 1000 clusters of 100 ids, expected at most 10000 ids in all clusters");
        insta::assert_snapshot!(message(|o| o.cluster_share = f64::NAN), @"argument --cluster-share: found NaN, expected a number from 0 to 1");
        insta::assert_snapshot!(message(|o| o.mean_bag = 0.5), @"argument --mean-bag: found 0.5, expected a number from 1 to 1048576");
        insta::assert_snapshot!(message(|o| o.tables = 0), @"argument --tables: found 0, expected 1 to 65534");
    }
}
