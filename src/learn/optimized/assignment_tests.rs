//! Costs of exchanges against recounted totals.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::super::price::groups_touched;
use super::*;
use crate::formats::trace::Bags;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Total cost, recounted with maps.
fn recounted(lists: &[Vec<u32>], assignment: &Assignment<'_>, price: &Price) -> i64 {
    let mut loads: BTreeMap<(u32, usize), i64> = BTreeMap::new();
    let mut sum = 0;
    // Stretches consist of bags with at least two ids.
    let sets = lists.iter().map(|l| l.iter().copied().collect());
    let sets: Vec<BTreeSet<u32>> = sets.filter(|s: &BTreeSet<u32>| s.len() > 1).collect();
    for (b, set) in sets.iter().enumerate() {
        let stretch = b * sets.len().min(64) / sets.len();
        let mut met: BTreeMap<u32, u32> = BTreeMap::new();
        for &id in set {
            *met.entry(assignment.group_of[id as usize]).or_default() += 1;
        }
        for (group, n) in met {
            let paid = (0..n).map(|k| price.joins(k)).sum::<i64>();
            *loads.entry((group, stretch)).or_default() += paid;
            sum += paid;
        }
    }
    if let Some(load_penalty) = &assignment.load_penalty {
        let hot = loads
            .iter()
            .map(|(&(_, s), &load)| load_penalty.price_of(load, s));
        sum += hot.sum::<i64>();
    }
    sum
}

proptest! {
    /// Compares the cost of every exchange of a random walk with the recounted totals of a
    /// history in which bags repeat.
    #[test]
    fn exchange_costs_are_differences_of_recounted_totals(
        mut lists in prop::collection::vec(prop::collection::vec(0u32..23, 0..12), 1..150),
        repeats in prop::collection::vec(0usize..150, 0..300),
        rows in 2usize..7, keep in 0.1f64..1.0, energy: bool, hot: Option<bool>, merge: bool,
        walk in prop::collection::vec((0usize..23, 0usize..28), 1..40),
    ) {
        for repeat in repeats {
            lists.push(lists[repeat % lists.len()].clone());
        }
        let bags = Bags::from_lists(23, &lists).unwrap();
        let unmerged = Graph::new(&bags, 0..lists.len());
        let graph = match merge {
            true => Graph::merged(&bags, 0..lists.len()),
            false => unmerged.clone(),
        };
        let mut costs = groups_touched(rows);
        if energy {
            for (n, c) in costs.iter_mut().enumerate() {
                *c = if n > 1 { 3.0 + n as f64 / 4.0 } else { *c };
            }
        }
        let price = Price::new(&costs, keep);
        let order: Vec<u32> = (0..23).collect();
        let mut assignment = Assignment::new(&graph, &order, rows).unwrap();
        if let Some(copies) = hot {
            assignment.balance_load(&price, copies);
        }
        for (a, b) in walk {
            let (a, b) = (a as u32, assignment.places[b % assignment.places.len()]);
            let (from, to) = (assignment.group_of[a as usize], assignment.group_of[b as usize]);
            if from == to {
                continue;
            }
            let before = recounted(&lists, &assignment, &price);
            let cost = assignment.swap_cost(a, b, &price);
            let one = assignment.move_cost(a, from, to, &price);
            let two = assignment.move_cost(b, to, from, &price);
            prop_assert!(assignment.least_cost(one, two, &price) <= cost);
            prop_assert!(assignment.may_pay(one, assignment.degree(b), &price, cost));
            assignment.swap(a, b);
            prop_assert_eq!(recounted(&lists, &assignment, &price) - before, cost);
            prop_assert_eq!(assignment.swap_cost(a, b, &price), -cost);
        }
        // The same groups, with a bag of weight 1 for each list.
        let order_now: Vec<u32> = assignment.groups_of_ids().concat();
        let full = assignment.groups_of_ids().iter().rev().skip(1).all(|g| g.len() == rows);
        if full {
            let all = Assignment::new(&unmerged, &order_now, rows).unwrap();
            for id in 0..23 {
                prop_assert_eq!(assignment.degree(id), all.degree(id));
                let attached = assignment.attachment(id, &price);
                prop_assert_eq!(attached, all.attachment(id, &price));
            }
        }
        let exact = total_cost(&graph, &assignment.group_of, &groups_touched(rows)) as u64;
        prop_assert_eq!(exact, assignment.groups_touched());
        let singles = graph.singles as i64 * ONE;
        assignment.load_penalty = None;
        let expected = recounted(&lists, &assignment, &Price::new(&groups_touched(rows), 1.0));
        prop_assert_eq!(exact as i64 * ONE, expected + singles);
        let mut held = assignment.groups_of_ids().concat();
        held.sort_unstable();
        prop_assert_eq!(held, order);
    }
}

#[test]
fn heavy_bags_do_not_end_an_evaluation_before_others_outweigh_them() {
    // With id 1 in its own group, id 0 has 1,000 bags, and 1,200 with id 100 of the next group.
    // In between, there are enough for a sample with ids of a third group.
    let mut lists = vec![vec![0, 1]; 1000];
    lists.extend((200..290).map(|id| vec![0, id]));
    lists.extend(vec![vec![0, 100]; 1200]);
    let graph = Graph::merged(&Bags::from_lists(300, &lists).unwrap(), 0..lists.len());
    assert_eq!(graph.bags_of(0).len(), 92);
    let order: Vec<u32> = (0..300).collect();
    let assignment = Assignment::new(&graph, &order, 100).unwrap();
    let price = Price::new(&groups_touched(100), 1.0);
    let cost = assignment.move_cost_below(0, (0, 1), &price, 0, &mut 0);
    assert_eq!(cost.map(CostChange::sum), Some(-200 * ONE));
}
