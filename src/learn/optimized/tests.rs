//! Tests of the whole method: against the optimum of tiny instances, on bags that it has not seen,
//! and for determinism.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::config::Effort;
use crate::formats::trace::Bags;
use crate::ids::EmbeddingId;
use crate::progress::Progress;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn groups_touched(lists: &[Vec<u32>], group_of: &[usize]) -> u64 {
    let touched = |list: &Vec<u32>| {
        let groups: std::collections::BTreeSet<usize> =
            list.iter().map(|&id| group_of[id as usize]).collect();
        groups.len() as u64
    };
    lists.iter().map(touched).sum()
}

fn groups_of(grouping: &GroupingResult, ids: usize) -> Vec<usize> {
    let mut of = vec![usize::MAX; ids];
    for (g, group) in grouping.groups.iter().enumerate() {
        for id in group {
            assert_eq!(std::mem::replace(&mut of[id.index()], g), usize::MAX);
        }
    }
    assert!(of.iter().all(|&g| g != usize::MAX));
    of
}

/// Fewest groups touched over all ways to fill `ceil(ids / rows)` groups.
fn optimum(lists: &[Vec<u32>], ids: usize, rows: usize) -> u64 {
    fn place(
        lists: &[Vec<u32>],
        group_of: &mut Vec<usize>,
        sizes: &mut Vec<usize>,
        (ids, rows): (usize, usize),
        best: &mut u64,
    ) {
        if group_of.len() == ids {
            *best = (*best).min(groups_touched(lists, group_of));
            return;
        }
        for g in 0..sizes.len() {
            if sizes[g] < rows {
                sizes[g] += 1;
                group_of.push(g);
                place(lists, group_of, sizes, (ids, rows), best);
                group_of.pop();
                sizes[g] -= 1;
                // All empty groups are equivalent.
                if sizes[g] == 0 {
                    break;
                }
            }
        }
    }
    let mut best = u64::MAX;
    let mut sizes = vec![0; ids.div_ceil(rows)];
    place(lists, &mut Vec::new(), &mut sizes, (ids, rows), &mut best);
    best
}

#[test]
fn tiny_instances_come_close_to_the_optimum_and_never_below() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let (mut found, mut least, mut exact) = (0u64, 0u64, 0);
    for _ in 0..300 {
        let ids = rng.random_range(2..10usize);
        let rows = rng.random_range(2..5usize);
        let bags = rng.random_range(1..12);
        let lists: Vec<Vec<u32>> = (0..bags)
            .map(|_| {
                let size = rng.random_range(0..6);
                (0..size).map(|_| rng.random_range(0..ids as u32)).collect()
            })
            .collect();
        let history = Bags::from_lists(ids as u32, &lists).unwrap();
        let options = Options {
            effort: Effort::Fast,
            ..Options::new(rows as u32, 1)
        };
        let grouping = group(&history, &options, &()).unwrap();
        let cost = groups_touched(&lists, &groups_of(&grouping, ids));
        let optimum = optimum(&lists, ids, rows);
        assert!(cost >= optimum);
        (found, least) = (found + cost, least + optimum);
        exact += usize::from(cost == optimum);
    }
    assert!(
        found as f64 <= 1.01 * least as f64,
        "{found} against {least}"
    );
    assert!(exact >= 270, "{exact}");
}

/// Bags of ids from one of 20 clusters each; one id in five is random.
fn clustered(seed: u64, bags: usize) -> (u32, Vec<Vec<u32>>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let ids = 200u32;
    let lists = (0..bags)
        .map(|_| {
            let cluster = rng.random_range(0..20u32);
            let size = rng.random_range(1..9);
            (0..size)
                .map(|_| match rng.random_range(0..5) {
                    0 => rng.random_range(0..ids),
                    _ => (rng.random_range(0..10) * 20 + cluster) * 7 % ids,
                })
                .collect()
        })
        .collect();
    (ids, lists)
}

#[test]
fn equal_bags_cost_the_work_of_one() {
    // Unmerged, the visits to 50 bags an id use up the effort before all proposals are made.
    let lists = vec![(0..4000).collect::<Vec<u32>>(); 50];
    let history = Bags::from_lists(4000, &lists).unwrap();
    let options = Options {
        effort: Effort::Fast,
        ..Options::new(64, 1)
    };
    let grouping = group(&history, &options, &()).unwrap();
    assert!(grouping.report.proposals >= 4000 * 100, "{grouping:?}");
    assert_eq!(groups_touched(&lists, &groups_of(&grouping, 4000)), 50 * 63);
}

#[test]
fn groups_do_not_depend_on_the_number_of_threads() {
    let (ids, mut lists) = clustered(3, 400);
    // Half of the bags repeat, so that equal ones are merged.
    lists.extend_from_within(..300);
    let history = Bags::from_lists(ids, &lists).unwrap();
    for (effort, balance_load) in [
        (Effort::Balanced, false),
        (Effort::Fast, true),
        (Effort::High, false),
    ] {
        let options = Options {
            effort,
            balance_load,
            proposals: Some(20_000),
            ..Options::new(8, 2)
        };
        let of = |threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| group(&history, &options, &()).unwrap())
        };
        let one = of(1);
        assert_eq!(one, of(2));
        assert_eq!(one, of(3));
        assert!(one.report.keep.is_none() || one.report.proposals >= 20_000);
        groups_of(&one, ids as usize);
    }
}

#[test]
fn no_other_method_is_better_on_unseen_bags() {
    use crate::config::Method;
    for seed in [1, 2, 3] {
        let (ids, lists) = clustered(seed, 400);
        let (known, unknown) = lists.split_at(300);
        let history = Bags::from_lists(ids, known).unwrap();
        let cost = |groups: Vec<Vec<EmbeddingId>>| {
            let mut of = vec![0; ids as usize];
            for (g, group) in groups.iter().enumerate() {
                group.iter().for_each(|id| of[id.index()] = g);
            }
            groups_touched(unknown, &of)
        };
        let ours = cost(group(&history, &Options::new(8, 1), &()).unwrap().groups);
        for method in [
            Method::IdOrder,
            Method::Random,
            Method::Frequency,
            Method::Recross,
        ] {
            let other = crate::learn::group_by(method, &history, 8, 1, &()).unwrap();
            let other = cost(other);
            assert!(ours <= other, "{method:?}: {ours} against {other}");
        }
    }
}

#[test]
fn hot_ids_are_spread_over_groups_when_load_is_balanced() {
    // Each bag has three of five hot ids, and a cold one.
    let mut lists = Vec::new();
    for i in 0..300u32 {
        lists.push(vec![i % 5, (i + 1) % 5, (i + 2) % 5, 5 + i / 5 % 35]);
    }
    let history = Bags::from_lists(40, &lists).unwrap();
    let hottest = |balance_load| {
        let options = Options {
            balance_load,
            ..Options::new(8, 1)
        };
        let grouping = group(&history, &options, &()).unwrap();
        let of = groups_of(&grouping, 40);
        let of = &of;
        let touches = |g: usize| {
            lists
                .iter()
                .filter(move |l| l.iter().any(|&id| of[id as usize] == g))
        };
        (0..5).map(|g| touches(g).count()).max().unwrap()
    };
    // With all hot ids in one group, all 300 bags touch it. With one hot id per group, a group is
    // touched by 180 bags, and by some of the 300 with its cold ids. Two hot ids in a group make at
    // least 240.
    assert_eq!(hottest(false), 300);
    assert!(hottest(true) < 240, "{}", hottest(true));
}

#[test]
fn high_effort_uses_its_time_budget() {
    let (ids, lists) = clustered(4, 2000);
    let history = Bags::from_lists(ids, &lists).unwrap();
    let options = Options {
        effort: Effort::High,
        time_budget_s: 1.5,
        ..Options::new(8, 1)
    };
    let begun = std::time::Instant::now();
    let report = group(&history, &options, &()).unwrap().report;
    let seconds = begun.elapsed().as_secs_f64();
    // The trials are limited by work, not time: a slow machine may spend the budget on them.
    assert!((1.5..30.0).contains(&seconds), "{seconds}");
    assert!(report.proposals > 0);
}

#[test]
fn an_interrupted_run_ends_with_the_callers_error() {
    struct Stop(&'static str);
    impl Progress for Stop {
        fn step(&self, what: &'static str, _: u64, _: u64) -> crate::Result<()> {
            match what == self.0 {
                true => Err(crate::Error::Interrupted),
                false => Ok(()),
            }
        }
    }
    let (ids, lists) = clustered(5, 2000);
    let history = Bags::from_lists(ids, &lists).unwrap();
    for what in ["trying starts", "trying smoothing", "starting", "annealing"] {
        let e = group(&history, &Options::new(8, 1), &Stop(what)).unwrap_err();
        assert!(matches!(e, crate::Error::Interrupted), "{what}");
    }
}
