//! What ids that the history never touched will ask for.

use super::methods;
use crate::ids::EmbeddingId;
use crate::trace::Bags;
use rand::{Rng, RngExt};

/// The ids that the history never touched, and how often one of them is expected.
///
/// Turing's estimate: lookups of new ids come as often as lookups of ids that were seen once. Each
/// unseen id is as likely as any other, in each bag. Without this, groups of unseen ids, which look
/// weightless, pile up in the banks that are idle in the history and make them the slowest.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Unseen {
    ids: Vec<EmbeddingId>,
    /// Expected lookups of any of them in a bag.
    per_bag: f64,
}

impl Unseen {
    pub(super) fn new(history: &Bags) -> Self {
        let counts = methods::bag_counts(history);
        let of = |count| {
            let ids = (0..).zip(&counts).filter(move |(_, c)| **c == count);
            ids.map(|(id, _)| EmbeddingId(id))
        };
        let ids: Vec<EmbeddingId> = of(0).collect();
        let per_bag = match ids.is_empty() {
            true => 0.0,
            false => of(1).count() as f64 / history.len().max(1) as f64,
        };
        Unseen { ids, per_bag }
    }

    /// Expected commands of each of `groups` groups in so many bags: one for each lookup, as unseen
    /// ids are rarely together. `group_of` is the group of an id.
    pub(super) fn commands(
        &self,
        bags: usize,
        groups: usize,
        group_of: impl Fn(EmbeddingId) -> usize,
    ) -> Vec<f64> {
        let mut commands = vec![0.0; groups];
        self.ids
            .iter()
            .for_each(|&id| commands[group_of(id)] += 1.0);
        let each = self.per_bag * bags as f64 / self.ids.len().max(1) as f64;
        commands.iter_mut().for_each(|c| *c *= each);
        commands
    }

    /// Draws what so many bags may ask for: as many lookups as expected, rounded up or down at random.
    pub(super) fn draw(&self, bags: usize, rng: &mut impl Rng) -> Vec<EmbeddingId> {
        if self.ids.is_empty() {
            return Vec::new();
        }
        let lookups = (self.per_bag * bags as f64 + rng.random::<f64>()) as usize;
        let any = |_| self.ids[rng.random_range(0..self.ids.len())];
        (0..lookups).map(any).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn unseen_ids_are_expected_as_often_as_ids_seen_once() {
        // 0..4 often, 4..10 once (10 twice in its bag is once), 11..19 never: 7 / 8 each in 17 bags.
        let mut lists = vec![vec![0, 1, 2, 3]; 10];
        lists.extend((4..10).map(|i| vec![i]));
        lists.push(vec![10, 10]);
        let unseen = Unseen::new(&Bags::from_lists(19, &lists).unwrap());
        let group_of = |id: EmbeddingId| usize::from(id.0 >= 4) + usize::from(id.0 >= 13);
        let commands = |bags| unseen.commands(bags, 3, group_of);
        assert_eq!(commands(17), [0.0, 2.0 * 7.0 / 8.0, 6.0 * 7.0 / 8.0]);
        assert_eq!(commands(34), [0.0, 3.5, 10.5]);
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut drawn = [0; 19];
        for _ in 0..800 {
            let ids = unseen.draw(17, &mut rng);
            assert_eq!(ids.len(), 7);
            ids.iter().for_each(|id| drawn[id.index()] += 1);
        }
        assert_eq!(drawn[..11], [0; 11]);
        // 700 of each, give or take five standard deviations.
        assert!(
            drawn[11..].iter().all(|n| (570..830).contains(n)),
            "{drawn:?}"
        );
        // 7 / 17 of a lookup: one or none.
        let ones: usize = (0..1700).map(|_| unseen.draw(1, &mut rng).len()).sum();
        assert!((600..800).contains(&ones), "{ones}");
    }

    #[test]
    fn nothing_is_expected_where_all_was_seen_or_nothing_was() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let seen = Bags::from_lists(2, &[vec![0], vec![1]]).unwrap();
        for history in [seen, Bags::none(2)] {
            let unseen = Unseen::new(&history);
            assert_eq!(unseen.commands(9, 1, |_| 0), [0.0]);
            assert!(unseen.draw(9, &mut rng).is_empty());
        }
    }
}
