//! A price on heat: groups that much of a stretch of the history asks for make queues.

use super::graph::Graph;
use super::price::{ONE, Price};

/// Stretches that the history is cut in, at most. Traffic has its hours: what is asked for evenly
/// over the whole history may still come all at once.
const STRETCHES: usize = 64;
/// How fast the price of one activation more grows: for a group that is paid for `x` times too
/// much, it is `2 * STEEP * x` activations,
const STEEP: i128 = 30;
/// but not more than this where copies can share the rest: then what counts is how much there is
/// for them to do, and hardly how it is spread.
const MOST: i128 = 2;

/// What the bags pay for each group in each stretch of the history. What is paid beyond the mean of
/// all groups costs extra; without copies, what is paid beyond the stretch's hottest id, as no group
/// that holds it can do with less.
///
/// Under a price that fades, an id counts a little even where its bags touch the group without it,
/// so that hot ids can leave one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heat {
    /// By group, then by stretch.
    loads: Vec<i64>,
    /// What may be paid for a group, by stretch.
    caps: Vec<i64>,
    /// Bags of the graph.
    bags: usize,
    /// Whether groups get copies.
    copies: bool,
    price: Price,
}

impl Heat {
    /// For the bags of `graph` and `groups` groups; `touched` lists what a bag touches: groups, and how
    /// many of its ids each has.
    pub(super) fn new<T: Iterator<Item = (u32, u32)>>(
        graph: &Graph,
        groups: usize,
        (price, copies): (&Price, bool),
        touched: impl Fn(usize) -> T,
    ) -> Self {
        let bags = graph.bags();
        let stretches = bags.clamp(1, STRETCHES);
        let mut heat = Heat {
            loads: vec![0; groups * stretches],
            caps: vec![0; stretches],
            bags,
            copies,
            price: price.clone(),
        };
        for bag in 0..bags {
            let stretch = heat.stretch(bag as u32);
            for (group, ids) in touched(bag) {
                let paid = (0..ids).map(|n| price.joins(n)).sum::<i64>();
                heat.loads[group as usize * stretches + stretch] += paid;
                heat.caps[stretch] += paid;
            }
        }
        for cap in &mut heat.caps {
            *cap = (*cap / groups.max(1) as i64).max(ONE);
        }
        if !copies {
            for (stretch, bags) in heat.hottest(graph).into_iter().enumerate() {
                heat.caps[stretch] = heat.caps[stretch].max(bags * ONE);
            }
        }
        heat
    }

    /// Bags of the hottest id of each stretch.
    fn hottest(&self, graph: &Graph) -> Vec<i64> {
        let mut most = vec![0; self.caps.len()];
        for id in 0..graph.ids() {
            let bags = graph.bags_of(id);
            for of_stretch in bags.chunk_by(|&a, &b| self.stretch(a) == self.stretch(b)) {
                let most = &mut most[self.stretch(of_stretch[0])];
                *most = (*most).max(of_stretch.len() as i64);
            }
        }
        most
    }

    /// The stretch that a bag lies in; it grows with the bag's number.
    #[inline]
    pub(super) fn stretch(&self, bag: u32) -> usize {
        bag as usize * self.caps.len() / self.bags
    }

    /// The price of a load: it grows with the square of what is beyond the cap; with copies, from some
    /// point on, straight.
    fn penalty(load: i64, cap: i64, copies: bool) -> i64 {
        let (over, cap) = (i128::from((load - cap).max(0)), i128::from(cap));
        let knee = match copies {
            // From here on the slope would be more than MOST.
            true => MOST * cap / (2 * STEEP),
            false => over,
        };
        let bent = over.min(knee);
        (STEEP * bent * bent / cap + MOST * (over - bent)) as i64
    }

    /// What `by` more in a stretch adds to the price of a group.
    #[inline]
    pub(super) fn change(&self, group: u32, stretch: usize, by: i64) -> i64 {
        let (load, cap) = (self.loads[self.at(group, stretch)], self.caps[stretch]);
        Self::penalty(load + by, cap, self.copies) - Self::penalty(load, cap, self.copies)
    }

    /// An id of `bag` moved: it left `left` others in `from` and joined `there` in `to`.
    pub(super) fn moved(&mut self, bag: u32, (from, left): (u32, u32), (to, there): (u32, u32)) {
        let stretch = self.stretch(bag);
        let (from, to) = (self.at(from, stretch), self.at(to, stretch));
        self.loads[from] -= self.price.leaves(left + 1);
        self.loads[to] += self.price.joins(there);
    }

    fn at(&self, group: u32, stretch: usize) -> usize {
        group as usize * self.caps.len() + stretch
    }

    /// The price of a load in a stretch.
    #[cfg(test)]
    pub(super) fn price_of(&self, load: i64, stretch: usize) -> i64 {
        Self::penalty(load, self.caps[stretch], self.copies)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::super::price::activations;
    use super::*;
    use crate::formats::trace::Bags;

    #[test]
    fn the_price_bends_and_with_copies_goes_straight_on() {
        let with = |load| Heat::penalty(load, 600, true);
        let without = |load| Heat::penalty(load, 600, false);
        assert_eq!((with(0), with(600), without(600)), (0, 0, 0));
        // 10 over 600 is before the knee at 20: 30 * 100 / 600.
        assert_eq!((with(610), without(610)), (5, 5));
        // At the knee 30 * 20^2 / 600, and 2 for each one more.
        assert_eq!((with(620), without(620)), (20, 20));
        assert_eq!(with(1200), 20 + 580 * 2);
        assert_eq!(without(1200), 30 * 600);
    }

    #[test]
    fn stretches_are_judged_one_by_one() {
        // 128 bags, two a stretch: the first half of them asks for group 0, the second for group 1, so
        // over the whole history both are as hot.
        let price = Price::new(&activations(4), 1.0);
        let lists: Vec<Vec<u32>> = (0..128).map(|bag| vec![0, 1 + bag % 2]).collect();
        let graph = Graph::new(&Bags::from_lists(3, &lists).unwrap(), 0..128);
        let touched = |bag| std::iter::once((u32::from(bag >= 64), 1));
        // Both bags of a stretch have id 0.
        let alone = Heat::new(&graph, 2, (&price, false), touched);
        assert_eq!(alone.caps, [2 * ONE; 64]);
        let mut heat = Heat::new(&graph, 2, (&price, true), touched);
        assert_eq!(heat.caps, [ONE; 64]);
        let stretches = [1, 2, 127].map(|bag| heat.stretch(bag));
        assert_eq!(stretches, [0, 1, 63]);
        assert_eq!((&heat.loads[..2], heat.loads[32]), (&[2 * ONE; 2][..], 0));
        assert_eq!(heat.change(1, 0, ONE), 0);
        assert_eq!(heat.change(0, 0, ONE), MOST as i64 * ONE);
        heat.moved(1, (0, 0), (1, 0));
        assert_eq!((heat.loads[0], heat.loads[64]), (ONE, ONE));
    }
}
