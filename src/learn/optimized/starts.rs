//! Groupings to start annealing from.

use super::bisect::bisect;
use super::graph::Graph;
use super::greedy::greedy;
use super::options::{Options, Start};
use crate::error::{Error, Result};
use crate::formats::trace::Bags;
use crate::learn::methods;
use crate::progress::{Count, Units};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// All ids in the order of a start's groups. For `Bisection` and `ExactGain`, ids that share no bag
/// with another id come last. Each id is a unit of work.
///
/// # Errors
/// [`Error::Interrupted`] if the work is stopped.
pub(super) fn start(
    kind: Start,
    history: &Bags,
    graph: &Graph,
    options: &Options,
    count: &Count,
) -> Result<Vec<u32>> {
    let rows = options.rows;
    let groups = match kind {
        Start::Bisection | Start::ExactGain => {
            let (mut seen, unseen): (Vec<u32>, Vec<u32>) =
                (0..graph.ids() as u32).partition(|&id| graph.degree(id as usize) > 0);
            let mut order = if kind == Start::ExactGain {
                greedy(graph, options.rows, count)
            } else {
                // Shuffled, because the order of the ids carries no reliable information.
                seen.shuffle(&mut ChaCha8Rng::seed_from_u64(options.seed));
                bisect(graph, &seen, options.rows, count)
            };
            return match count.add(unseen.len() as u64) {
                true => {
                    order.extend(spread(&unseen, options.rows));
                    Ok(order)
                }
                false => Err(Error::Interrupted),
            };
        }
        Start::Cooccurrence => {
            let units = Units::new(count, u64::from(history.embeddings()));
            methods::recross(history, rows, &units)?
        }
        Start::Frequency | Start::IdOrder => {
            count.add(u64::from(history.embeddings()));
            match kind {
                Start::Frequency => methods::frequency(history, rows),
                _ => methods::id_order(history, rows),
            }
        }
    };
    Ok(groups.concat().into_iter().map(|id| id.0).collect())
}

/// Spreads unseen ids over groups round-robin, because ids with neighbouring numbers are often
/// looked up at about the same time.
fn spread(ids: &[u32], rows: usize) -> impl Iterator<Item = u32> + '_ {
    let groups = ids.len().div_ceil(rows).max(1);
    (0..groups).flat_map(move |g| ids.iter().skip(g).step_by(groups).copied())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn each_start_counts_all_ids_and_can_be_stopped() {
        // 900 ids in bags, 100 in none.
        let lists: Vec<Vec<u32>> = (0..3000u32)
            .map(|b| (0..5).map(|i| (b * 7 + i * i * 11) % 900).collect())
            .collect();
        let history = Bags::from_lists(1000, &lists).unwrap();
        let graph = Graph::new(&history, 0..lists.len());
        let options = Options::new(16, 1);
        for kind in [
            Start::Bisection,
            Start::ExactGain,
            Start::Cooccurrence,
            Start::Frequency,
            Start::IdOrder,
        ] {
            let count = Count::default();
            let order = start(kind, &history, &graph, &options, &count).unwrap();
            assert_eq!(order.len(), 1000);
            // Each cut rounds.
            let done = count.done();
            assert!((900..=1000).contains(&done), "{kind:?}: {done}");
            let count = Count::default();
            count.stop();
            let stopped = start(kind, &history, &graph, &options, &count);
            match kind {
                Start::Frequency | Start::IdOrder => {}
                _ => assert!(matches!(stopped, Err(Error::Interrupted)), "{kind:?}"),
            }
        }
    }
}
