//! The assignment of ids to groups during optimisation, and the exact cost of exchanging two ids.

use super::counts::Counts;
use super::graph::Graph;
use super::load_penalty::{LoadPenalty, STRETCHES};
use super::price::{ONE, Price};
use rayon::prelude::*;

/// Cost that a move adds in the group that an id leaves and in the group that it joins, in units of
/// `1 / ONE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct CostChange {
    from: i64,
    to: i64,
}

impl CostChange {
    #[inline]
    pub(super) fn sum(self) -> i64 {
        self.from + self.to
    }
}

/// Fewest bags of an id that serve as a sample of all its bags.
const SAMPLE: i64 = 64;
/// Counts that are prefetched together.
const AHEAD: usize = 16;

/// Groups of exactly `rows` places. Ids from `graph.ids()` on represent empty places.
#[derive(Debug, Clone)]
pub(super) struct Assignment<'g> {
    pub(super) graph: &'g Graph,
    pub(super) rows: usize,
    /// Ids by place: group `g` has places `g * rows .. (g + 1) * rows`.
    pub(super) places: Vec<u32>,
    place_of: Vec<u32>,
    pub(super) group_of: Vec<u32>,
    counts: Counts,
    load_penalty: Option<LoadPenalty>,
}

impl<'g> Assignment<'g> {
    /// Cuts `order` (each id of the graph once) into groups of `rows`. `None` if there are too many
    /// groups for [`Counts`].
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
        Some(Assignment {
            graph,
            rows,
            places,
            place_of,
            group_of,
            counts,
            load_penalty: None,
        })
    }

    /// From now on, adds the penalty of [`LoadPenalty`] to the cost of an exchange; `copies` is
    /// whether groups get copies. All later calls must pass the same `price`.
    pub(super) fn balance_load(&mut self, price: &Price, copies: bool) {
        let touched = |bag| self.counts.touched(bag);
        let load_penalty = LoadPenalty::new(self.graph, self.groups(), (price, copies), touched);
        self.load_penalty = Some(load_penalty);
    }

    /// Groups touched, summed over the bags of the history.
    pub(super) fn groups_touched(&self) -> u64 {
        let touched = match self.graph.is_weighted() {
            true => (0..self.graph.bags())
                .into_par_iter()
                .map(|b| self.counts.touched(b).count() as u64 * u64::from(self.graph.weight(b)))
                .sum(),
            false => self.counts.groups_touched(),
        };
        touched + self.graph.singles
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

    /// Number of bags of the history with `id` and another id.
    #[inline]
    pub(super) fn degree(&self, id: u32) -> usize {
        match (id as usize) < self.graph.ids() {
            true => self.graph.degree(id as usize),
            false => 0,
        }
    }

    /// Cost of moving `id` from group `from` to group `to`; negative if the move pays.
    pub(super) fn move_cost(&self, id: u32, from: u32, to: u32, price: &Price) -> CostChange {
        let all = self.move_cost_below(id, (from, to), price, i64::MAX, &mut 0);
        all.unwrap_or_default()
    }

    /// [`Assignment::move_cost`], or `None` as soon as the id's first bags, taken as a sample, show
    /// that the cost is well above `limit`. This pays because the hottest ids have the most bags
    /// and rarely move. Adds the number of visited bags of the graph to `visits`.
    pub(super) fn move_cost_below(
        &self,
        id: u32,
        between: (u32, u32),
        price: &Price,
        limit: i64,
        visits: &mut u64,
    ) -> Option<CostChange> {
        match self.graph.is_weighted() {
            true => self.weighted_move_cost_below::<true>(id, between, price, limit, visits),
            false => self.weighted_move_cost_below::<false>(id, between, price, limit, visits),
        }
    }

    /// [`Assignment::move_cost_below`]; `WEIGHTED` is whether the graph is weighted, so that the
    /// inner loop reads weights only if there are any.
    fn weighted_move_cost_below<const WEIGHTED: bool>(
        &self,
        id: u32,
        (from, to): (u32, u32),
        price: &Price,
        limit: i64,
        visits: &mut u64,
    ) -> Option<CostChange> {
        let mut cost = CostChange::default();
        let mut seen = [(0, 0); AHEAD];
        // A lower load penalty may outweigh any number of groups touched.
        let limit = match self.load_penalty {
            Some(_) => i64::MAX,
            None => limit.max(0),
        };
        let mut squares = 0;
        for (i, bags) in self.bags_of(id).chunks(AHEAD).enumerate() {
            let sampled = (i * AHEAD) as i64;
            // Four standard deviations of a sum over bags that cost at most ONE times their weight.
            let chance = 4 * ONE * if WEIGHTED { squares } else { sampled }.isqrt();
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
                if WEIGHTED {
                    let weight = i64::from(self.graph.weight(b as usize));
                    squares += weight * weight;
                    cost.from -= weight * price.leaves(here);
                    cost.to += weight * price.joins(there);
                } else {
                    cost.from -= price.leaves(here);
                    cost.to += price.joins(there);
                }
            }
        }
        Some(cost)
    }

    /// Cost of exchanging `a` and `b`, given the costs `one` of moving `a` and `two` of moving `b`.
    /// Removes the share of bags that hold both ids, which the exchange does not change, and adds
    /// the change of the load penalty.
    pub(super) fn exchange_cost(
        &self,
        a: u32,
        b: u32,
        one: CostChange,
        two: CostChange,
        price: &Price,
    ) -> i64 {
        let (from, to) = (self.group_of[a as usize], self.group_of[b as usize]);
        let mut cost = CostChange {
            from: one.from + two.to,
            to: one.to + two.from,
        };
        for_each_common(self.bags_of(a), self.bags_of(b), |bag| {
            let f = self.counts.get(bag as usize, from);
            let t = self.counts.get(bag as usize, to);
            let weight = i64::from(self.graph.weight(bag as usize));
            cost.from -= weight * (price.joins(f) - price.leaves(f));
            cost.to -= weight * (price.joins(t) - price.leaves(t));
        });
        match &self.load_penalty {
            Some(load_penalty) => {
                cost.sum() + self.load_penalty_change(load_penalty, (a, from), (b, to), price)
            }
            None => cost.sum(),
        }
    }

    /// Change of the load penalty when `a` of group `from` and `b` of group `to` are exchanged.
    fn load_penalty_change(
        &self,
        load_penalty: &LoadPenalty,
        (a, from): (u32, u32),
        (b, to): (u32, u32),
        price: &Price,
    ) -> i64 {
        let of_stretch = |stretch: usize, change: CostChange| {
            load_penalty.change(from, stretch, change.from)
                + load_penalty.change(to, stretch, change.to)
        };
        let of_bag = |bag: u32, of_a: bool| {
            let f = self.counts.get(bag as usize, from);
            let t = self.counts.get(bag as usize, to);
            match of_a {
                true => CostChange {
                    from: -price.leaves(f),
                    to: price.joins(t),
                },
                false => CostChange {
                    from: price.joins(f),
                    to: -price.leaves(t),
                },
            }
        };
        let (bags_of_a, bags_of_b) = (self.bags_of(a), self.bags_of(b));
        if self.graph.is_weighted() {
            // The stretches of merged bags do not ascend.
            let mut changes = [CostChange::default(); STRETCHES];
            for_each_single(bags_of_a, bags_of_b, |bag, of_a| {
                let change = of_bag(bag, of_a);
                for span in load_penalty.spans(bag) {
                    let sum = &mut changes[span.stretch as usize];
                    sum.from += i64::from(span.bags) * change.from;
                    sum.to += i64::from(span.bags) * change.to;
                }
            });
            let changed = |(_, change): &(usize, CostChange)| *change != CostChange::default();
            let changes = changes.into_iter().enumerate().filter(changed);
            return changes.map(|(stretch, sum)| of_stretch(stretch, sum)).sum();
        }
        let (mut total, mut stretch, mut sum) = (0, 0, CostChange::default());
        for_each_single(bags_of_a, bags_of_b, |bag, of_a| {
            for span in load_penalty.spans(bag) {
                if span.stretch != stretch {
                    total += of_stretch(stretch as usize, std::mem::take(&mut sum));
                    stretch = span.stretch;
                }
            }
            let change = of_bag(bag, of_a);
            sum.from += change.from;
            sum.to += change.to;
        });
        total + of_stretch(stretch as usize, sum)
    }

    /// A lower bound of [`Assignment::exchange_cost`] that needs no search for common bags.
    pub(super) fn least_cost(&self, one: CostChange, two: CostChange, price: &Price) -> i64 {
        match self.load_penalty.is_none() && price.falling {
            true => one.sum() + two.sum(),
            false => i64::MIN,
        }
    }

    /// Whether an exchange can cost at most `limit`, given the first move's cost `one` and the
    /// second id's [`Assignment::degree`].
    pub(super) fn may_pay(
        &self,
        one: CostChange,
        degree: usize,
        price: &Price,
        limit: i64,
    ) -> bool {
        self.load_penalty.is_some() || one.sum() - price.span * degree as i64 <= limit
    }

    /// Cost of exchanging `a` and `b`, which lie in different groups.
    pub(super) fn swap_cost(&self, a: u32, b: u32, price: &Price) -> i64 {
        let (from, to) = (self.group_of[a as usize], self.group_of[b as usize]);
        let one = self.move_cost(a, from, to, price);
        let two = self.move_cost(b, to, from, price);
        self.exchange_cost(a, b, one, two, price)
    }

    /// What `id` saves in its group compared with a group that none of its bags touches.
    pub(super) fn attachment(&self, id: u32, price: &Price) -> i64 {
        let group = self.group_of[id as usize];
        let bags = self.bags_of(id).iter();
        bags.map(|&b| {
            let saved = price.joins(0) - price.leaves(self.counts.get(b as usize, group));
            i64::from(self.graph.weight(b as usize)) * saved
        })
        .sum()
    }

    /// Exchanges `a` and `b`.
    pub(super) fn swap(&mut self, a: u32, b: u32) {
        let (from, to) = (self.group_of[a as usize], self.group_of[b as usize]);
        for (id, from, to) in [(a, from, to), (b, to, from)] {
            for &bag in self.bags_of(id) {
                let left = self.counts.remove(bag as usize, from);
                let there = self.counts.add(bag as usize, to);
                if let Some(load_penalty) = &mut self.load_penalty {
                    load_penalty.moved(bag, (from, left), (to, there));
                }
            }
        }
        self.group_of.swap(a as usize, b as usize);
        self.place_of.swap(a as usize, b as usize);
        self.places[self.place_of[a as usize] as usize] = a;
        self.places[self.place_of[b as usize] as usize] = b;
    }

    /// The ids of each group in place order, without empty places.
    pub(super) fn groups_of_ids(&self) -> Vec<Vec<u32>> {
        self.groups_at(&self.places)
    }

    /// The ids of each group when they lie at `places`.
    pub(super) fn groups_at(&self, places: &[u32]) -> Vec<Vec<u32>> {
        let ids = self.graph.ids() as u32;
        places
            .chunks(self.rows)
            .map(|places| places.iter().copied().filter(|&id| id < ids).collect())
            .collect()
    }
}

/// Calls `found(bag, in_a)` for each bag that is in exactly one of two ascending lists, in
/// ascending order; `in_a` is whether it is in `a`.
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

/// Calls `found` for each bag that is in both ascending lists.
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

/// Total cost of the bags of `graph` if `n` ids of a bag in one group cost `costs[n]`. Recounts
/// everything.
pub(super) fn total_cost(graph: &Graph, group_of: &[u32], costs: &[f64]) -> f64 {
    let rows = costs.len() - 1;
    // meetings[n]: pairs of a bag and a group that share n ids. Integers, so that the result does
    // not depend on how the work is split.
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
                    meetings[same.len()] += u64::from(graph.weight(b));
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
#[path = "assignment_tests.rs"]
mod tests;
