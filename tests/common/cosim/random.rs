//! Random mappings, tables and bags that fit a configuration.

use super::Case;
pub use super::mapping::mapping;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use recross::config::Resolved;
use recross::formats::table::IntTable;
use recross::formats::trace::Bags;
use recross::mapping::Mapping;

pub fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// Random mapping, table and bags from a seed.
pub fn case(resolved: &Resolved, seed: u64) -> Case {
    let mut rng = rng(seed);
    let mapping = mapping(resolved, &mut rng);
    let table = table(resolved, mapping.embeddings, &mut rng);
    let bags = bags(resolved, mapping.embeddings, 40, &mut rng);
    Case {
        mapping,
        table,
        bags,
    }
}

/// A table of random values: a quarter of them extremes, the others uniform.
pub fn table(resolved: &Resolved, embeddings: u32, rng: &mut ChaCha8Rng) -> IntTable {
    let e = &resolved.config.embedding;
    let half = 1i32 << (e.value_bits - 1);
    let data = (0..u64::from(embeddings) * u64::from(e.dim))
        .map(|_| match rng.random_range(0..8u32) {
            0 => -half,
            1 => half - 1,
            _ => rng.random_range(-half..half),
        })
        .map(|v| v as i16)
        .collect();
    IntTable::new(e.dim, e.value_bits, data)
}

/// A table with the same value everywhere.
pub fn constant_table(resolved: &Resolved, embeddings: u32, value: i16) -> IntTable {
    let e = &resolved.config.embedding;
    IntTable::new(
        e.dim,
        e.value_bits,
        vec![value; embeddings as usize * e.dim as usize],
    )
}

/// Up to `most` bags: empty ones, single ids, ids close together, many repeats, full-sized ones.
pub fn bags(resolved: &Resolved, embeddings: u32, most: u32, rng: &mut ChaCha8Rng) -> Bags {
    // Larger bags take longer and test nothing more.
    let largest = resolved.config.embedding.max_bag.min(100);
    let lists: Vec<Vec<u32>> = (0..rng.random_range(0..=most))
        .map(|_| {
            let range = match rng.random_range(0..3u32) {
                0 => embeddings.min(3),
                1 => embeddings.min(20),
                _ => embeddings,
            };
            let base = rng.random_range(0..=embeddings - range);
            let lookups = match rng.random_range(0..6u32) {
                0 => rng.random_range(0..=1),
                1 => largest,
                _ => rng.random_range(0..=largest.min(30)),
            };
            (0..lookups)
                .map(|_| base + rng.random_range(0..range))
                .collect()
        })
        .collect();
    Bags::from_lists(embeddings, &lists).unwrap()
}

/// A random mapping that lists all ids.
pub fn listed_mapping(resolved: &Resolved, rng: &mut ChaCha8Rng) -> Mapping {
    loop {
        let drawn = mapping(resolved, rng);
        if drawn.rest.is_none() {
            return drawn;
        }
    }
}

/// `number` bags of up to `most` ids, each a random one.
pub fn short_bags(embeddings: u32, number: usize, most: usize, rng: &mut ChaCha8Rng) -> Bags {
    let lists: Vec<Vec<u32>> = (0..number)
        .map(|_| {
            (0..rng.random_range(0..=most))
                .map(|_| rng.random_range(0..embeddings))
                .collect()
        })
        .collect();
    Bags::from_lists(embeddings, &lists).unwrap()
}
