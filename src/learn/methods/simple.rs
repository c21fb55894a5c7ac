//! Methods that order all ids by a simple rule and cut the order into groups of `rows`.

use super::counts::{bag_counts, hottest_first};
use crate::formats::trace::Bags;
use crate::ids::EmbeddingId;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

fn cut(ids: &[EmbeddingId], rows: usize) -> Vec<Vec<EmbeddingId>> {
    ids.chunks(rows).map(<[_]>::to_vec).collect()
}

fn all(history: &Bags) -> Vec<EmbeddingId> {
    (0..history.embeddings()).map(EmbeddingId).collect()
}

/// Groups of ids with neighbouring numbers: the naive layout.
pub(in crate::learn) fn id_order(history: &Bags, rows: usize) -> Vec<Vec<EmbeddingId>> {
    cut(&all(history), rows)
}

/// Separates this shuffle from others with the same seed. Otherwise it could undo the permutation
/// of ids in a synthetic trace that was generated with the mapping's seed.
const STREAM: u64 = 0x6d61_7070_696e_6721;

/// Groups of ids in random order.
pub(in crate::learn) fn random(history: &Bags, rows: usize, seed: u64) -> Vec<Vec<EmbeddingId>> {
    let mut ids = all(history);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(STREAM);
    ids.shuffle(&mut rng);
    cut(&ids, rows)
}

/// Groups of ids with neighbouring bag counts, the hottest ids first.
pub(in crate::learn) fn frequency(history: &Bags, rows: usize) -> Vec<Vec<EmbeddingId>> {
    cut(&hottest_first(&bag_counts(history)), rows)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn numbers(groups: Vec<Vec<EmbeddingId>>) -> Vec<Vec<u32>> {
        groups
            .into_iter()
            .map(|g| g.into_iter().map(|id| id.0).collect())
            .collect()
    }

    #[test]
    fn id_order_cuts_the_id_space() {
        let bags = Bags::from_lists(5, &[]).unwrap();
        assert_eq!(
            numbers(id_order(&bags, 2)),
            [vec![0, 1], vec![2, 3], vec![4]]
        );
    }

    #[test]
    fn frequency_counts_bags_not_repeats() {
        // Id 0 is looked up five times but in one bag only; 3 and 1 are in two bags, 4 in three.
        let lists = [vec![0, 0, 0, 0, 0], vec![3, 4, 1], vec![1, 4], vec![3, 4]];
        let bags = Bags::from_lists(6, &lists).unwrap();
        assert_eq!(
            numbers(frequency(&bags, 2)),
            [vec![4, 1], vec![3, 0], vec![2, 5]]
        );
    }

    #[test]
    fn random_follows_the_seed_and_moves_ids() {
        let bags = Bags::from_lists(1000, &[]).unwrap();
        let one = random(&bags, 64, 1);
        assert_eq!(one, random(&bags, 64, 1));
        assert_ne!(one, random(&bags, 64, 2));
        let mut plain = all(&bags);
        plain.shuffle(&mut ChaCha8Rng::seed_from_u64(1));
        assert_ne!(one, cut(&plain, 64));
        let fixed = one.concat().into_iter().enumerate();
        assert!(fixed.filter(|(i, id)| id.index() == *i).count() < 20);
    }
}
