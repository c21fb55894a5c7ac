//! A layout under change: which id lies in which place, and what exchanging two of them would win.

use super::counts::Counts;
use super::graph::Graph;
use super::heat::Heat;
use super::price::{ONE, Price};
use rayon::prelude::*;

/// What a change adds to what bags pay for two groups, in units of `1 / ONE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Cost {
    from: i64,
    to: i64,
}

impl Cost {
    #[inline]
    pub(super) fn sum(self) -> i64 {
        self.from + self.to
    }
}

/// Fewest bags that say something about all bags of an id.
const SAMPLE: i64 = 64;
/// Counts that are fetched together.
const AHEAD: usize = 16;

/// Groups of exactly `rows` places; ids from `graph.ids()` on stand for empty places.
#[derive(Debug, Clone)]
pub(super) struct Layout<'g> {
    pub(super) graph: &'g Graph,
    pub(super) rows: usize,
    /// Ids by place: group `g` has places `g * rows ..`.
    pub(super) places: Vec<u32>,
    place_of: Vec<u32>,
    pub(super) group_of: Vec<u32>,
    counts: Counts,
    heat: Option<Heat>,
}

impl<'g> Layout<'g> {
    /// Lays out `order` (each id of the graph once), `rows` a group. `None` where the groups are
    /// too many to count.
    pub(super) fn new(graph: &'g Graph, order: &[u32], rows: usize) -> Option<Self> {
        let groups = order.len().div_ceil(rows);
        if !Counts::can_hold(groups, rows) || groups * rows > u32::MAX as usize {
            return None;
        }
        let mut places = order.to_vec();
        places.extend(order.len() as u32..(groups * rows) as u32);
        let mut place_of = vec![0u32; places.len()];
        for (place, &id) in places.iter().enumerate() {
            place_of[id as usize] = place as u32;
        }
        let group_of: Vec<u32> = place_of.iter().map(|&p| p / rows as u32).collect();
        let counts = Counts::new(graph, &group_of, groups, rows);
        Some(Layout {
            graph,
            rows,
            places,
            place_of,
            group_of,
            counts,
            heat: None,
        })
    }

    /// From here on, groups that are hotter than others in a stretch of the history cost extra, less so
    /// where they get `copies`; every price that is asked about must be `price`.
    pub(super) fn weigh_heat(&mut self, price: &Price, copies: bool) {
        let touched = |bag| self.counts.touched(bag);
        let heat = Heat::new(self.graph, self.groups(), (price, copies), touched);
        self.heat = Some(heat);
    }

    /// Pairs of a bag of the history and a group that it touches.
    pub(super) fn activations(&self) -> u64 {
        self.counts.activations() + self.graph.singles
    }

    pub(super) fn groups(&self) -> usize {
        self.places.len() / self.rows
    }

    #[inline]
    pub(super) fn bags_of(&self, id: u32) -> &'g [u32] {
        match (id as usize) < self.graph.ids() {
            true => self.graph.bags_of(id as usize),
            false => &[],
        }
    }

    /// What it costs when `id` moves from `from` to `to`; less than 0 is a gain.
    pub(super) fn move_cost(&self, id: u32, from: u32, to: u32, price: &Price) -> Cost {
        let all = self.move_cost_below(id, (from, to), price, i64::MAX, &mut 0);
        all.unwrap_or_default()
    }

    /// [`Layout::move_cost`], or `None` as soon as its first bags, taken as a sample of all, put it
    /// well above `limit`: the hottest ids have most of the bags and can move least. `visits` grows
    /// by the bags that were looked at.
    pub(super) fn move_cost_below(
        &self,
        id: u32,
        (from, to): (u32, u32),
        price: &Price,
        limit: i64,
        visits: &mut u64,
    ) -> Option<Cost> {
        let mut cost = Cost::default();
        let mut seen = [(0, 0); AHEAD];
        // Relief for a hot group may be worth any number of activations.
        let limit = match self.heat {
            Some(_) => i64::MAX,
            None => limit.max(0),
        };
        for (i, bags) in self.bags_of(id).chunks(AHEAD).enumerate() {
            let sampled = (i * AHEAD) as i64;
            // Four standard deviations of bags that cost ONE at most.
            let chance = 4 * ONE * sampled.isqrt();
            if sampled >= SAMPLE && cost.sum() > limit.saturating_add(chance) {
                return None;
            }
            *visits += bags.len() as u64;
            for (s, &b) in seen.iter_mut().zip(bags) {
                let b = b as usize;
                *s = (self.counts.peek(b, from), self.counts.peek(b, to));
            }
            for (&(here, there), &b) in seen.iter().zip(bags) {
                let here = self.counts.resolve(b as usize, from, here);
                let there = self.counts.resolve(b as usize, to, there);
                cost.from -= price.leaves(here);
                cost.to += price.joins(there);
            }
        }
        Some(cost)
    }

    /// What an exchange costs whose two moves cost `one` (of `a`) and `two` (of `b`): less what
    /// was counted in bags that hold both ids and so notice nothing, and with the price of heat.
    pub(super) fn exchange_cost(&self, a: u32, b: u32, one: Cost, two: Cost, price: &Price) -> i64 {
        let (from, to) = (self.group_of[a as usize], self.group_of[b as usize]);
        let mut cost = Cost {
            from: one.from + two.to,
            to: one.to + two.from,
        };
        for_each_common(self.bags_of(a), self.bags_of(b), |bag| {
            let f = self.counts.get(bag as usize, from);
            let t = self.counts.get(bag as usize, to);
            cost.from -= price.joins(f) - price.leaves(f);
            cost.to -= price.joins(t) - price.leaves(t);
        });
        match &self.heat {
            Some(heat) => cost.sum() + self.heat_change(heat, (a, from), (b, to), price),
            None => cost.sum(),
        }
    }

    /// What exchanging `a` of `from` and `b` of `to` adds to the price of heat.
    fn heat_change(
        &self,
        heat: &Heat,
        (a, from): (u32, u32),
        (b, to): (u32, u32),
        price: &Price,
    ) -> i64 {
        let mut change = Cost::default();
        let mut stretch = 0;
        let mut total = 0;
        let mut settle = |stretch: usize, change: Cost| {
            total += heat.change(from, stretch, change.from) + heat.change(to, stretch, change.to);
        };
        for_each_single(self.bags_of(a), self.bags_of(b), |bag, of_a| {
            let s = heat.stretch(bag);
            if s != stretch {
                settle(stretch, std::mem::take(&mut change));
                stretch = s;
            }
            let f = self.counts.get(bag as usize, from);
            let t = self.counts.get(bag as usize, to);
            if of_a {
                change.from -= price.leaves(f);
                change.to += price.joins(t);
            } else {
                change.from += price.joins(f);
                change.to -= price.leaves(t);
            }
        });
        settle(stretch, change);
        total
    }

    /// A bound below [`Layout::exchange_cost`], known before the bags of both are looked for.
    pub(super) fn least_cost(&self, one: Cost, two: Cost, price: &Price) -> i64 {
        match self.heat.is_none() && price.falling {
            true => one.sum() + two.sum(),
            false => i64::MIN,
        }
    }

    /// Whether an exchange can cost `limit` or less at all, with a second id of `bags` bags.
    pub(super) fn may_pay(&self, one: Cost, bags: usize, price: &Price, limit: i64) -> bool {
        self.heat.is_some() || one.sum() - price.span * bags as i64 <= limit
    }

    /// What it costs to exchange `a` and `b`, of different groups.
    pub(super) fn swap_cost(&self, a: u32, b: u32, price: &Price) -> i64 {
        let (from, to) = (self.group_of[a as usize], self.group_of[b as usize]);
        let one = self.move_cost(a, from, to, price);
        let two = self.move_cost(b, to, from, price);
        self.exchange_cost(a, b, one, two, price)
    }

    /// What `id` saves by being where it is, over a group that none of its bags touches.
    pub(super) fn attachment(&self, id: u32, price: &Price) -> i64 {
        let group = self.group_of[id as usize];
        let bags = self.bags_of(id).iter();
        bags.map(|&b| price.joins(0) - price.leaves(self.counts.get(b as usize, group)))
            .sum()
    }

    /// Exchanges `a` and `b`.
    pub(super) fn swap(&mut self, a: u32, b: u32) {
        let (from, to) = (self.group_of[a as usize], self.group_of[b as usize]);
        for (id, from, to) in [(a, from, to), (b, to, from)] {
            for &bag in self.bags_of(id) {
                let left = self.counts.remove(bag as usize, from);
                let there = self.counts.add(bag as usize, to);
                if let Some(heat) = &mut self.heat {
                    heat.moved(bag, (from, left), (to, there));
                }
            }
        }
        self.group_of.swap(a as usize, b as usize);
        self.place_of.swap(a as usize, b as usize);
        self.places[self.place_of[a as usize] as usize] = a;
        self.places[self.place_of[b as usize] as usize] = b;
    }

    /// Ids in place order, empty places left out.
    pub(super) fn groups_of_ids(&self) -> Vec<Vec<u32>> {
        let ids = self.graph.ids() as u32;
        self.places
            .chunks(self.rows)
            .map(|places| places.iter().copied().filter(|&id| id < ids).collect())
            .collect()
    }
}

/// Calls `found` with each bag of exactly one of two ascending lists, ascending, and whether it is of
/// the first.
fn for_each_single(a: &[u32], b: &[u32], mut found: impl FnMut(u32, bool)) {
    let (mut i, mut j) = (0, 0);
    loop {
        match (a.get(i), b.get(j)) {
            (Some(x), Some(y)) if x == y => (i, j) = (i + 1, j + 1),
            (Some(&x), y) if y.is_none_or(|&y| x < y) => {
                found(x, true);
                i += 1;
            }
            (_, Some(&y)) => {
                found(y, false);
                j += 1;
            }
            (_, None) => return,
        }
    }
}

/// Calls `found` with each bag of both ascending lists.
fn for_each_common(a: &[u32], b: &[u32], mut found: impl FnMut(u32)) {
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    if short.len() * 16 < long.len() {
        for &bag in short {
            if long.binary_search(&bag).is_ok() {
                found(bag);
            }
        }
        return;
    }
    let mut j = 0;
    for &bag in short {
        while j < long.len() && long[j] < bag {
            j += 1;
        }
        if j < long.len() && long[j] == bag {
            found(bag);
        }
    }
}

/// Cost of all bags of `graph` when `n` ids of a bag in a group cost `costs[n]`. Counts afresh.
pub(super) fn total_cost(graph: &Graph, group_of: &[u32], costs: &[f64]) -> f64 {
    let rows = costs.len() - 1;
    // How often n ids meet, in whole numbers: the same for any split of the work.
    let meetings = (0..graph.bags())
        .into_par_iter()
        .with_min_len(256)
        .fold(
            || (Vec::new(), vec![0u64; rows + 1]),
            |(mut groups, mut meetings): (Vec<u32>, Vec<u64>), b| {
                groups.clear();
                groups.extend(graph.bag(b).iter().map(|&id| group_of[id as usize]));
                groups.sort_unstable();
                for same in groups.chunk_by(|a, b| a == b) {
                    meetings[same.len()] += 1;
                }
                (groups, meetings)
            },
        )
        .map(|(_, meetings)| meetings)
        .reduce(
            || vec![0; rows + 1],
            |mut a, b| {
                a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
                a
            },
        );
    let met: f64 = meetings.iter().zip(costs).map(|(&m, c)| m as f64 * c).sum();
    met + graph.singles as f64 * costs[1.min(rows)]
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::super::price::activations;
    use super::*;
    use crate::formats::trace::Bags;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    /// Cost by counting everything again, with maps.
    fn recounted(lists: &[Vec<u32>], layout: &Layout<'_>, price: &Price) -> i64 {
        let mut loads: BTreeMap<(u32, usize), i64> = BTreeMap::new();
        let mut sum = 0;
        // Stretches are of bags with at least two ids.
        let sets = lists.iter().map(|l| l.iter().copied().collect());
        let sets: Vec<BTreeSet<u32>> = sets.filter(|s: &BTreeSet<u32>| s.len() > 1).collect();
        for (b, set) in sets.iter().enumerate() {
            let stretch = b * sets.len().min(64) / sets.len();
            let mut met: BTreeMap<u32, u32> = BTreeMap::new();
            for &id in set {
                *met.entry(layout.group_of[id as usize]).or_default() += 1;
            }
            for (group, n) in met {
                let paid = (0..n).map(|k| price.joins(k)).sum::<i64>();
                *loads.entry((group, stretch)).or_default() += paid;
                sum += paid;
            }
        }
        if let Some(heat) = &layout.heat {
            let hot = loads.iter().map(|(&(_, s), &load)| heat.price_of(load, s));
            sum += hot.sum::<i64>();
        }
        sum
    }

    proptest! {
        /// Every gain against recomputation, through a walk of exchanges.
        #[test]
        fn gains_are_differences_of_recomputed_costs(
            lists in prop::collection::vec(prop::collection::vec(0u32..23, 0..12), 1..150),
            rows in 2usize..7, keep in 0.1f64..1.0, energy: bool, hot: Option<bool>,
            walk in prop::collection::vec((0usize..23, 0usize..28), 1..40),
        ) {
            let bags = Bags::from_lists(23, &lists).unwrap();
            let graph = Graph::new(&bags, 0..lists.len());
            let mut costs = activations(rows);
            if energy {
                for (n, c) in costs.iter_mut().enumerate() {
                    *c = if n > 1 { 3.0 + n as f64 / 4.0 } else { *c };
                }
            }
            let price = Price::new(&costs, keep);
            let order: Vec<u32> = (0..23).collect();
            let mut layout = Layout::new(&graph, &order, rows).unwrap();
            if let Some(copies) = hot {
                layout.weigh_heat(&price, copies);
            }
            for (a, b) in walk {
                let (a, b) = (a as u32, layout.places[b % layout.places.len()]);
                let (from, to) = (layout.group_of[a as usize], layout.group_of[b as usize]);
                if from == to {
                    continue;
                }
                let before = recounted(&lists, &layout, &price);
                let cost = layout.swap_cost(a, b, &price);
                let one = layout.move_cost(a, from, to, &price);
                let two = layout.move_cost(b, to, from, &price);
                prop_assert!(layout.least_cost(one, two, &price) <= cost);
                prop_assert!(layout.may_pay(one, layout.bags_of(b).len(), &price, cost));
                layout.swap(a, b);
                prop_assert_eq!(recounted(&lists, &layout, &price) - before, cost);
                prop_assert_eq!(layout.swap_cost(a, b, &price), -cost);
            }
            let exact = total_cost(&graph, &layout.group_of, &activations(rows)) as u64;
            let singles = graph.singles as i64 * ONE;
            layout.heat = None;
            let expected = recounted(&lists, &layout, &Price::new(&activations(rows), 1.0));
            prop_assert_eq!(exact as i64 * ONE, expected + singles);
            let mut held = layout.groups_of_ids().concat();
            held.sort_unstable();
            prop_assert_eq!(held, order);
        }
    }
}
