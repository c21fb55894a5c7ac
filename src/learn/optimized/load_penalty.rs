//! A penalty on groups that are busier than others in a stretch of the history, because commands
//! for a busy group queue up.

use super::graph::Graph;
use super::price::{ONE, Price};

/// Most stretches that the history is cut into. Traffic varies over time: lookups that are spread
/// evenly over groups in the whole history may still concentrate on few groups for a while.
pub(super) const STRETCHES: usize = 64;
/// Steepness of the penalty: with `excess = (load - cap) / cap`, its slope is
/// `2 * STEEP * excess` groups touched per group touched.
const STEEP: i128 = 30;
/// Largest slope where groups get copies. Copies spread the excess over banks, so its sum matters
/// more than its distribution over groups.
const MOST: i128 = 2;

/// The stretch of a bag of the history; ascending with the bag's number.
fn stretch_of(bag: usize, bags: usize, stretches: usize) -> u32 {
    // At most STRETCHES.
    (bag * stretches / bags) as u32
}

/// How many of the bags that one bag of the graph stands for lie in a stretch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) stretch: u32,
    pub(super) bags: u32,
}

/// The stretches of each bag of the graph.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Spans {
    /// Where those of each bag begin; empty if each bag has one.
    starts: Vec<usize>,
    all: Vec<Span>,
}

impl Spans {
    /// `stretch` is that of a bag of the history.
    fn new(graph: &Graph, stretch: impl Fn(usize) -> u32) -> Self {
        let originals = 0..graph.original_bags();
        if !graph.is_weighted() {
            let alone = |bag| Span {
                stretch: stretch(bag),
                bags: 1,
            };
            return Spans {
                starts: Vec::new(),
                all: originals.map(alone).collect(),
            };
        }
        let mut pairs: Vec<(u32, u32)> = originals
            .map(|bag| (graph.stand_in(bag) as u32, stretch(bag)))
            .collect();
        pairs.sort_unstable();
        let (mut starts, mut all) = (vec![0], Vec::new());
        for of_bag in pairs.chunk_by(|a, b| a.0 == b.0) {
            let same = of_bag.chunk_by(|a, b| a.1 == b.1);
            all.extend(same.map(|here| Span {
                stretch: here[0].1,
                bags: here.len() as u32,
            }));
            // Each bag of the graph stands for one of the history at least.
            starts.push(all.len());
        }
        Spans { starts, all }
    }

    #[inline]
    fn of(&self, bag: usize) -> &[Span] {
        match self.starts.is_empty() {
            true => &self.all[bag..=bag],
            false => &self.all[self.starts[bag]..self.starts[bag + 1]],
        }
    }
}

/// Penalty on the load of each group in each stretch of the history.
///
/// The load is the sum of what the stretch's bags cost in the group, in units of `1 / ONE`. The cap
/// is the mean load of all groups; without copies it is at least the number of bags of the
/// stretch's hottest id, since no group that holds this id can have less. A load above the cap is
/// penalised quadratically; with copies, linearly once the slope reaches [`MOST`].
///
/// If the price's increments fall gradually, an id adds to the load even in bags that touch the
/// group without it. Hot ids can then leave a group one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LoadPenalty {
    /// By group, then by stretch.
    loads: Vec<i64>,
    /// Load of a group without penalty, by stretch.
    caps: Vec<i64>,
    /// Bags of the history.
    bags: usize,
    spans: Spans,
    /// Whether groups get copies.
    copies: bool,
    price: Price,
}

impl LoadPenalty {
    /// For the bags of `graph` and `groups` groups; `touched(bag)` lists the groups that a bag
    /// touches, with the number of its ids in each.
    pub(super) fn new<T: Iterator<Item = (u32, u32)>>(
        graph: &Graph,
        groups: usize,
        (price, copies): (&Price, bool),
        touched: impl Fn(usize) -> T,
    ) -> Self {
        let bags = graph.original_bags();
        let stretches = bags.clamp(1, STRETCHES);
        let mut penalty = LoadPenalty {
            loads: vec![0; groups * stretches],
            caps: vec![0; stretches],
            bags,
            spans: Spans::new(graph, |bag| stretch_of(bag, bags, stretches)),
            copies,
            price: price.clone(),
        };
        for bag in 0..graph.bags() {
            for (group, ids) in touched(bag) {
                let paid = (0..ids).map(|n| price.joins(n)).sum::<i64>();
                for &Span { stretch, bags } in penalty.spans.of(bag) {
                    let paid = i64::from(bags) * paid;
                    penalty.loads[group as usize * stretches + stretch as usize] += paid;
                    penalty.caps[stretch as usize] += paid;
                }
            }
        }
        for cap in &mut penalty.caps {
            *cap = (*cap / groups.max(1) as i64).max(ONE);
        }
        if !copies {
            for (stretch, bags) in penalty.hottest(graph).into_iter().enumerate() {
                penalty.caps[stretch] = penalty.caps[stretch].max(bags * ONE);
            }
        }
        penalty
    }

    /// Number of bags with the hottest id of each stretch.
    fn hottest(&self, graph: &Graph) -> Vec<i64> {
        let mut most = vec![0; self.caps.len()];
        let mut here = vec![0; self.caps.len()];
        for id in 0..graph.ids() {
            for &bag in graph.bags_of(id) {
                for span in self.spans(bag) {
                    here[span.stretch as usize] += i64::from(span.bags);
                }
            }
            for &bag in graph.bags_of(id) {
                for span in self.spans(bag) {
                    let bags = std::mem::take(&mut here[span.stretch as usize]);
                    let most = &mut most[span.stretch as usize];
                    *most = bags.max(*most);
                }
            }
        }
        most
    }

    /// The stretches of a bag of the graph, ascending.
    #[inline]
    pub(super) fn spans(&self, bag: u32) -> &[Span] {
        self.spans.of(bag as usize)
    }

    /// The penalty of a load: `STEEP * over^2 / cap` with `over = load - cap`; with copies, linear
    /// with slope [`MOST`] from the point where the slope reaches it.
    fn penalty(load: i64, cap: i64, copies: bool) -> i64 {
        let (over, cap) = (i128::from((load - cap).max(0)), i128::from(cap));
        let knee = match copies {
            // The slope of the parabola is MOST here.
            true => MOST * cap / (2 * STEEP),
            false => over,
        };
        let bent = over.min(knee);
        (STEEP * bent * bent / cap + MOST * (over - bent)) as i64
    }

    /// Change of a group's penalty if its load in a stretch changes by `by`.
    #[inline]
    pub(super) fn change(&self, group: u32, stretch: usize, by: i64) -> i64 {
        let (load, cap) = (self.loads[self.at(group, stretch)], self.caps[stretch]);
        Self::penalty(load + by, cap, self.copies) - Self::penalty(load, cap, self.copies)
    }

    /// Updates the loads after an id of `bag` left `left` others in group `from` and joined `there`
    /// others in group `to`.
    pub(super) fn moved(&mut self, bag: u32, (from, left): (u32, u32), (to, there): (u32, u32)) {
        let (leaves, joins) = (self.price.leaves(left + 1), self.price.joins(there));
        for at in 0..self.spans(bag).len() {
            let Span { stretch, bags } = self.spans(bag)[at];
            let (from, to) = (
                self.at(from, stretch as usize),
                self.at(to, stretch as usize),
            );
            self.loads[from] -= i64::from(bags) * leaves;
            self.loads[to] += i64::from(bags) * joins;
        }
    }

    fn at(&self, group: u32, stretch: usize) -> usize {
        group as usize * self.caps.len() + stretch
    }

    /// The penalty of a load in a stretch.
    #[cfg(test)]
    pub(super) fn price_of(&self, load: i64, stretch: usize) -> i64 {
        Self::penalty(load, self.caps[stretch], self.copies)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::super::price::groups_touched;
    use super::*;
    use crate::formats::trace::Bags;

    #[test]
    fn penalty_is_quadratic_and_with_copies_linear_beyond_the_knee() {
        let with = |load| LoadPenalty::penalty(load, 600, true);
        let without = |load| LoadPenalty::penalty(load, 600, false);
        assert_eq!((with(0), with(600), without(600)), (0, 0, 0));
        // 10 over 600 is below the knee at 20: 30 * 10^2 / 600.
        assert_eq!((with(610), without(610)), (5, 5));
        // 30 * 20^2 / 600 at the knee, then 2 per unit.
        assert_eq!((with(620), without(620)), (20, 20));
        assert_eq!(with(1200), 20 + 580 * 2);
        assert_eq!(without(1200), 30 * 600);
    }

    #[test]
    fn each_stretch_has_loads_and_caps_of_its_own() {
        // 128 bags, two per stretch: the first half touches group 0, the second half group 1. Over
        // the whole history both groups have the same load.
        let price = Price::new(&groups_touched(4), 1.0);
        let lists: Vec<Vec<u32>> = (0..128).map(|bag| vec![0, 1 + bag % 2]).collect();
        let graph = Graph::new(&Bags::from_lists(3, &lists).unwrap(), 0..128);
        let touched = |bag| std::iter::once((u32::from(bag >= 64), 1));
        // Both bags of each stretch hold id 0.
        let alone = LoadPenalty::new(&graph, 2, (&price, false), touched);
        assert_eq!(alone.caps, [2 * ONE; 64]);
        let mut penalty = LoadPenalty::new(&graph, 2, (&price, true), touched);
        assert_eq!(penalty.caps, [ONE; 64]);
        let stretches = [1, 2, 127].map(|bag| penalty.spans(bag)[0].stretch);
        assert_eq!(stretches, [0, 1, 63]);
        assert_eq!(
            (&penalty.loads[..2], penalty.loads[32]),
            (&[2 * ONE; 2][..], 0)
        );
        assert_eq!(penalty.change(1, 0, ONE), 0);
        assert_eq!(penalty.change(0, 0, ONE), MOST as i64 * ONE);
        penalty.moved(1, (0, 0), (1, 0));
        assert_eq!((penalty.loads[0], penalty.loads[64]), (ONE, ONE));
    }

    #[test]
    fn a_merged_bag_has_the_loads_of_all_that_it_stands_for() {
        // 128 bags, two per stretch: the first of each pair is always the same.
        let lists: Vec<Vec<u32>> = (0..128)
            .map(|bag| match bag % 2 {
                0 => vec![0, 1, 2],
                _ => vec![1, 3 + bag / 2],
            })
            .collect();
        let bags = Bags::from_lists(70, &lists).unwrap();
        let price = Price::new(&groups_touched(4), 0.5);
        let of = |graph: &Graph, copies| {
            let touched = |bag| {
                let mut groups: Vec<u32> = graph.bag(bag).iter().map(|id| id / 4).collect();
                groups.sort_unstable();
                let same: Vec<_> = groups
                    .chunk_by(|a, b| a == b)
                    .map(|g| (g[0], g.len() as u32))
                    .collect();
                same.into_iter()
            };
            LoadPenalty::new(graph, 18, (&price, copies), touched)
        };
        let (single, merged) = (Graph::new(&bags, 0..128), Graph::merged(&bags, 0..128));
        assert_eq!((single.bags(), merged.bags()), (128, 65));
        for copies in [false, true] {
            let (single, merged) = (of(&single, copies), of(&merged, copies));
            assert_eq!(single.loads, merged.loads);
            assert_eq!(single.caps, merged.caps);
        }
        assert_eq!(of(&merged, true).spans(0).len(), 64);
    }
}
