//! Batches that are drawn from a history, to judge copies on.

use crate::config::Resolved;
use crate::formats::trace::Bags;
use crate::ids::EmbeddingId;
use crate::mapping::commands::Scratch;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// How many batches are drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Most batches.
    pub most: usize,
    /// Fewest batches.
    pub fewest: usize,
    /// Approximate number of commands in all of them.
    pub commands: u64,
}

/// Batches of the configuration's size, each with random numbers of its own.
#[derive(Debug)]
pub(super) struct Batches<'a> {
    history: &'a Bags,
    size: usize,
    count: usize,
    seed: u64,
}

impl<'a> Batches<'a> {
    /// Batches of a history whose bags touch `groups_touched` groups in all.
    pub(super) fn new(
        history: &'a Bags,
        groups_touched: u64,
        resolved: &Resolved,
        limits: Limits,
    ) -> Self {
        let options = &resolved.config.mapping;
        let bags = history.len();
        let size = (options.batch.max(1) as usize).min(bags);
        let each = groups_touched * size as u64 / (bags as u64).max(1) + 1;
        let most = limits.most.min((limits.commands / each) as usize);
        Batches {
            history,
            size,
            count: if bags == 0 {
                0
            } else {
                most.max(limits.fewest)
            },
            seed: options.seed,
        }
    }

    /// Number of batches.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Bags of a batch.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// The first bag of the stretch of the history for a batch; stretches of this many bags are spread
    /// evenly over the history.
    pub(super) fn stretch(&self, batch: usize, bags: usize) -> usize {
        batch * (self.history.len() - bags + 1) / self.count
    }

    /// What `whole` makes of the items of each batch: `pick` names its bags, and `items` appends
    /// those of a bag.
    pub(super) fn draw<T: Copy + Send + Sync, B: Send>(
        &self,
        pick: impl Fn(usize, &mut ChaCha8Rng) -> Vec<usize> + Sync,
        items: impl Fn(&[EmbeddingId], &mut Scratch, &mut Vec<T>) + Sync,
        whole: impl Fn(Vec<T>) -> B + Sync,
    ) -> Vec<B> {
        let bags = self.history.len();
        // A short history's bags are drawn many times; their items are then made once.
        let once: Vec<Vec<T>> = match self.count * self.size > bags {
            true => (0..bags)
                .into_par_iter()
                .map_init(Scratch::default, |scratch, b| {
                    let mut of_bag = Vec::new();
                    items(self.history.bag(b), scratch, &mut of_bag);
                    of_bag
                })
                .collect(),
            false => Vec::new(),
        };
        let base = ChaCha8Rng::seed_from_u64(self.seed);
        let batch = |i: usize| {
            let mut rng = base.clone();
            rng.set_stream(i as u64);
            let (mut out, mut scratch) = (Vec::new(), Scratch::default());
            for b in pick(i, &mut rng) {
                match once.get(b) {
                    Some(of_bag) => out.extend_from_slice(of_bag),
                    None => items(self.history.bag(b), &mut scratch, &mut out),
                }
            }
            whole(out)
        };
        (0..self.count).into_par_iter().map(batch).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::config::Config;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn items_of_a_bag_are_made_once_if_it_is_drawn_often() {
        let mut config = Config::default();
        config.mapping.batch = 3;
        let resolved = config.resolve("test").unwrap();
        let lists: Vec<Vec<u32>> = (0..9).map(|id| vec![id]).collect();
        let history = Bags::from_lists(9, &lists).unwrap();
        for (fewest, made) in [(2, 6), (3, 9), (4, 9), (100, 9)] {
            let limits = Limits {
                most: fewest,
                fewest,
                commands: u64::MAX,
            };
            let batches = Batches::new(&history, 9, &resolved, limits);
            let calls = AtomicUsize::new(0);
            let pick = |i: usize, _: &mut ChaCha8Rng| {
                let first = batches.stretch(i, batches.size());
                (first..first + batches.size()).collect()
            };
            let first_of = |bag: &[EmbeddingId], _: &mut Scratch, out: &mut Vec<u32>| {
                calls.fetch_add(1, Ordering::Relaxed);
                out.push(bag[0].0);
            };
            let drawn = batches.draw(pick, first_of, |batch| batch);
            assert_eq!((drawn.len(), calls.into_inner()), (fewest, made));
            assert_eq!(drawn[0], [0, 1, 2]);
            assert!(
                drawn
                    .iter()
                    .all(|b| b.is_sorted() && b.len() == 3 && b[2] < 9)
            );
        }
        let none = Bags::none(9);
        let limits = Limits {
            most: 5,
            fewest: 5,
            commands: 1,
        };
        let batches = Batches::new(&none, 0, &resolved, limits);
        let drawn = batches.draw(|_, _| vec![0], |_, _, out| out.push(1), |b| b);
        assert!(drawn.is_empty());
    }
}
