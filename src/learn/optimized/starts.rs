//! Groupings to start annealing from.

use super::bisect::bisect;
use super::graph::Graph;
use super::greedy::greedy;
use super::options::{Options, Start};
use crate::error::Result;
use crate::formats::trace::Bags;
use crate::learn::methods;
use crate::progress::Progress;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// All ids in the order of a start's groups. For `Bisection` and `ExactGain`, ids that share no bag
/// with another id come last.
pub(super) fn start(
    kind: Start,
    history: &Bags,
    graph: &Graph,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Vec<u32>> {
    let rows = options.rows;
    let groups = match kind {
        Start::Bisection | Start::ExactGain => {
            let (mut seen, unseen): (Vec<u32>, Vec<u32>) =
                (0..graph.ids() as u32).partition(|&id| graph.degree(id as usize) > 0);
            progress.step("starting", 0, 1)?;
            let mut order = if kind == Start::ExactGain {
                greedy(graph, options.rows)
            } else {
                // Shuffled, because the order of the ids carries no reliable information.
                seen.shuffle(&mut ChaCha8Rng::seed_from_u64(options.seed));
                bisect(graph, &seen, options.rows)
            };
            order.extend(spread(&unseen, options.rows));
            return Ok(order);
        }
        Start::Cooccurrence => methods::recross(history, rows, progress)?,
        Start::Frequency => methods::frequency(history, rows),
        Start::IdOrder => methods::id_order(history, rows),
    };
    Ok(groups.concat().into_iter().map(|id| id.0).collect())
}

/// Spreads unseen ids over groups round-robin, because ids with neighbouring numbers are often
/// looked up at about the same time.
fn spread(ids: &[u32], rows: usize) -> impl Iterator<Item = u32> + '_ {
    let groups = ids.len().div_ceil(rows).max(1);
    (0..groups).flat_map(move |g| ids.iter().skip(g).step_by(groups).copied())
}
