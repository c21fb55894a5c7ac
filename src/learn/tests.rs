//! Whole mappings, compared with simple reimplementations on random and on adversarial traces.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod oracles;
mod sparse;

use oracles::{greedy_oracle, score_oracle};

use super::*;
use crate::config::{Choice, Config, Method, Replication, Resolved};
use crate::formats::trace::Bags;
use crate::ids::{BankId, EmbeddingId, SlotId};
use crate::mapping::{Group, Mapping, Placement, Training};
use crate::progress::Progress;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::path::Path;

fn resolve(change: impl FnOnce(&mut Config)) -> Resolved {
    let mut config = Config::default();
    config.mapping.effort = crate::config::Effort::Fast;
    change(&mut config);
    config.resolve("test").unwrap()
}

fn bags(embeddings: u32, lists: &[Vec<u32>]) -> Bags {
    Bags::from_lists(embeddings, lists).unwrap()
}

/// Checks every documented property of a learned mapping, without the validator.
fn check_properties(mapping: &Mapping, lists: &[Vec<u32>], resolved: &Resolved) {
    let rows = resolved.config.crossbar.rows;
    let engine = &resolved.config.engine;
    let mut ids: Vec<u32> = Vec::new();
    for group in &mapping.groups {
        assert!((1..=rows as usize).contains(&group.ids.len()));
        ids.extend(group.ids.iter().map(|id| id.0));
    }
    ids.sort_unstable();
    assert!(ids.into_iter().eq(0..mapping.embeddings));
    assert_eq!(
        mapping.groups.len(),
        mapping.embeddings.div_ceil(rows) as usize
    );

    let mut places = BTreeSet::new();
    for group in mapping.arrays() {
        assert_eq!(group.copies as usize, group.placements.len());
        assert!(group.copies >= 1);
        let mut own_banks = BTreeSet::new();
        for place in &group.placements {
            assert!(place.0.0 < resolved.banks && place.1.0 < engine.crossbars_per_bank);
            assert!(places.insert(*place), "two replicas in one place");
            assert!(own_banks.insert(place.0), "two replicas in one bank");
        }
    }
    let extra = mapping.crossbars() - mapping.groups.len() as u64;
    let budget = resolved.config.mapping.budget * mapping.groups.len() as f64;
    assert!(extra as f64 <= budget);

    mapping
        .validate(resolved, mapping.embeddings, Path::new("m"))
        .unwrap();
    let oracle = score_oracle(mapping, lists, resolved);
    let all = bags(mapping.embeddings, lists);
    assert_eq!(score(mapping, &all, resolved).unwrap(), oracle);
    assert_eq!(mapping.train.bags, lists.len() as u64);
    assert_eq!(mapping.train.groups_touched, oracle.groups_touched);
}

fn small_engine(config: &mut Config, slots_for: u32) {
    config.crossbar.rows = 4;
    (config.engine.lanes, config.engine.banks_per_lane) = (2, 3);
    config.engine.crossbars_per_bank = slots_for.div_ceil(6).max(1);
    config.mapping.batch = 5;
}

fn every_setting(mut check: impl FnMut(Method, Replication)) {
    for method in Method::all() {
        for replication in Replication::all() {
            check(method, replication);
        }
    }
}

#[test]
fn mappings_of_adversarial_traces_have_every_property() {
    let giant: Vec<u32> = (0..9000).collect();
    let traces: Vec<(&str, u32, Vec<Vec<u32>>)> = vec![
        ("no ids", 0, vec![]),
        ("no ids, empty bags", 0, vec![vec![], vec![]]),
        ("empty history", 13, vec![]),
        ("empty bags", 13, vec![vec![]; 12]),
        ("one id", 1, vec![vec![0], vec![0, 0]]),
        ("fewer ids than rows", 3, vec![vec![0, 1], vec![2]]),
        ("all bags equal", 11, vec![vec![9, 1, 5, 3, 7]; 40]),
        (
            "all ids distinct",
            60,
            (0..12).map(|b| (5 * b..5 * b + 5).collect()).collect(),
        ),
        // Long enough that bags are held out.
        ("many equal bags", 11, vec![vec![9, 1, 5, 3, 7]; 300]),
        ("many empty bags", 13, vec![vec![]; 300]),
        (
            "many bags of distinct ids",
            600,
            (0..200).map(|b| (3 * b..3 * b + 3).collect()).collect(),
        ),
        ("bags of one id", 10, (0..10).map(|i| vec![i]).collect()),
        ("one giant bag", 9001, vec![giant]),
        (
            "an id in every bag",
            41,
            (1..41).map(|i| vec![0, i, i % 7 + 1]).collect(),
        ),
        (
            "repeated ids",
            6,
            vec![vec![5; 30], vec![1, 5, 1, 2, 2, 2], vec![0, 0]],
        ),
    ];
    for (name, embeddings, lists) in traces {
        every_setting(|method, replication| {
            let r = resolve(|c| {
                small_engine(c, embeddings.div_ceil(4) + 5);
                (c.mapping.method, c.mapping.replication) = (method, replication);
                c.mapping.budget = 1.0;
            });
            let mapping = learn(&r, &bags(embeddings, &lists), &()).expect(name);
            check_properties(&mapping, &lists, &r);
        });
    }
}

#[test]
fn greedy_groups_find_planted_clusters() {
    // Ten clusters of four ids, scattered over the id space; each bag is one cluster.
    let member = |cluster: u32, i: u32| (cluster * 4 + i) * 17 % 40;
    let lists: Vec<Vec<u32>> = (0..10)
        .flat_map(|c| vec![(0..4).map(|i| member(c, i)).collect(); 3])
        .collect();
    let groups = group_by(Method::Recross, &bags(40, &lists), 4, 1, &()).unwrap();
    let found: BTreeSet<BTreeSet<u32>> = groups
        .iter()
        .map(|g| g.iter().map(|id| id.0).collect())
        .collect();
    let planted = (0..10)
        .map(|c| (0..4).map(|i| member(c, i)).collect())
        .collect();
    assert_eq!(found, planted);
}

#[test]
fn score_of_a_small_trace_by_hand() {
    let r = resolve(|c| {
        small_engine(c, 6);
        c.mapping.batch = 2;
    });
    let (read, mac) = (
        u64::from(r.activation_cycles(1)),
        u64::from(r.activation_cycles(2)),
    );
    assert_eq!((read, mac), (9, 17));
    let group = |ids: &[u32], places: &[u32]| Group {
        ids: ids.iter().map(|&i| EmbeddingId(i)).collect(),
        copies: places.len() as u32,
        placements: places
            .iter()
            .map(|&b| Placement(BankId(b), SlotId(0)))
            .collect(),
    };
    let mapping = Mapping {
        format: 1,
        rows: 4,
        embeddings: 6,
        groups: vec![group(&[0, 1, 2], &[1, 4]), group(&[3, 4, 5], &[2])],
        rest: None,
        row_copies: Vec::new(),
        method: "by hand".to_owned(),
        seed: 0,
        train: Training::default(),
        ids: Vec::new(),
    };
    // Batch 1: {0,1} -> bank 1 (17); {3} -> bank 2 (9); then {0} -> bank 4 (9), as bank 1 is
    // busier. Batch 2: {3,3,4}: {3,4} and {3} -> bank 2 (17 + 9); an empty bag. Batch 3: {1} ->
    // bank 1.
    let lists = [vec![0, 3, 1], vec![0], vec![3, 3, 4], vec![], vec![1]];
    let s = score(&mapping, &bags(6, &lists), &r).unwrap();
    let expected = Score {
        bags: 5,
        lookups: 8,
        groups_touched: 5,
        commands: 6,
        activations: 6,
        groups_touched_per_bag: 1.0,
        activations_per_bag: 6.0 / 5.0,
        single_row_share: 4.0 / 6.0,
        mean_active_rows: 8.0 / 6.0,
        batch: 2,
        batches: 3,
        makespan_activations: Makespan {
            mean: 4.0 / 3.0,
            max: 2,
        },
        makespan_cycles: Makespan {
            mean: (17.0 + 26.0 + 9.0) / 3.0,
            max: 26,
        },
        busiest_bank: Some(BusyBank {
            bank: BankId(2),
            cycles: 35,
        }),
    };
    assert_eq!(s, expected);
}

#[test]
fn score_refuses_a_mapping_that_does_not_fit() {
    let r = resolve(|c| small_engine(c, 6));
    let mut mapping = learn(&r, &bags(6, &[]), &()).unwrap();
    let e = score(&mapping, &bags(7, &[]), &r).unwrap_err();
    assert_eq!(
        e.to_string(),
        "argument mapping: found a mapping of 6 embeddings, expected 7, as the trace has"
    );
    mapping.groups[1].placements[0].0 = BankId(6);
    let e = score(&mapping, &bags(6, &[]), &r).unwrap_err();
    assert_eq!(
        e.to_string(),
        "argument mapping: found groups[1] (ids: 2, placements: 1), expected at most 4 ids, \
         and at least one placement, in banks 0..=5"
    );
    mapping.groups.pop();
    let e = score(&mapping, &bags(6, &[]), &r).unwrap_err();
    assert!(
        e.to_string()
            .contains("an id that is not in exactly one group")
    );
}

#[test]
fn a_trace_too_large_for_the_engine_is_refused_before_any_work() {
    struct Never;
    impl Progress for Never {
        fn step(&self, _: &'static str, _: u64, _: u64) -> crate::Result<()> {
            panic!("work was done");
        }
    }
    let r = resolve(|c| small_engine(c, 6));
    let e = learn(&r, &bags(25, &[vec![1, 2]]), &Never).unwrap_err();
    assert!(
        e.to_string().contains("expected at least 7 crossbars"),
        "{e}"
    );
}

#[test]
fn an_interrupted_run_ends_with_the_callers_error() {
    struct Stop;
    impl Progress for Stop {
        fn step(&self, _: &'static str, _: u64, _: u64) -> crate::Result<()> {
            Err(crate::Error::Interrupted)
        }
    }
    let r = resolve(|c| small_engine(c, 6));
    let e = learn(&r, &bags(5, &[vec![1, 2]]), &Stop).unwrap_err();
    assert!(matches!(e, crate::Error::Interrupted));
}

#[test]
fn copies_that_do_not_fit_are_reported() {
    let r = resolve(|c| {
        small_engine(c, 12);
        c.mapping.method = Method::IdOrder;
        c.mapping.replication = Replication::Proportional;
        c.mapping.budget = 1.0;
    });
    let lists: Vec<Vec<u32>> = (0..40).map(|i| vec![i, (i + 1) % 40]).collect();
    let learned = learn_with_report(&r, &bags(40, &lists), &()).unwrap();
    assert_eq!((learned.copies.budget, learned.copies.room), (10, 2));
    assert!(learned.copies.clamped());
    assert_eq!(learned.copies.extra + 10, learned.mapping.crossbars());
    assert!(learned.copies.extra <= 2);
}

fn trace() -> impl Strategy<Value = (u32, Vec<Vec<u32>>)> {
    (1u32..50).prop_flat_map(|n| {
        // Squaring skews the ids towards 0, so that some are hot.
        let id = (0.0f64..1.0).prop_map(move |u| ((u * u * f64::from(n)) as u32).min(n - 1));
        let bag = prop::collection::vec(id, 0..12);
        (Just(n), prop::collection::vec(bag, 0..40))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn mappings_of_random_traces_have_every_property(
        (embeddings, lists) in trace(),
        rows in 2u32..9, lanes in 1u32..4, banks in 1u32..5, spare in 0u32..9,
        budget in 0.0f64..2.0, batch in 1u32..9, active in 0u32..9, split in 0u32..4,
        method in prop::sample::select(Method::all()),
        replication in prop::sample::select(Replication::all()), seed in 0..=i64::MAX as u64,
    ) {
        let r = resolve(|c| {
            c.crossbar.rows = rows;
            (c.engine.lanes, c.engine.banks_per_lane) = (lanes, banks);
            c.engine.crossbars_per_bank = (embeddings.div_ceil(rows) + spare).div_ceil(lanes * banks);
            let m = &mut c.mapping;
            (m.method, m.replication, m.budget) = (method, replication, budget);
            (m.batch, m.seed) = (batch, seed);
            c.adc.max_active_rows = active.min(rows);
            let limit = if c.adc.max_active_rows == 0 { rows } else { c.adc.max_active_rows };
            c.adc.read_split_max = split.min(limit);
        });
        let history = bags(embeddings, &lists);
        let mapping = learn(&r, &history, &()).unwrap();
        check_properties(&mapping, &lists, &r);

        let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let again = one_thread.install(|| learn(&r, &history, &()).unwrap());
        prop_assert_eq!(&again, &mapping);
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        mapping.write(&a).unwrap();
        again.write(&b).unwrap();
        prop_assert_eq!(std::fs::read(&a).unwrap(), std::fs::read(&b).unwrap());
        prop_assert_eq!(Mapping::read(&a).unwrap(), mapping);
    }

    #[test]
    fn tables_of_different_widths_share_no_crossbar(
        (embeddings, lists) in trace(),
        cuts in prop::collection::vec((0.0f64..1.0, 1u32..4), 1..5),
        method in prop::sample::select(Method::all()),
        replication in prop::sample::select(Replication::all()),
    ) {
        let (mut tables, mut dims, mut left) = (Vec::new(), Vec::new(), embeddings);
        for (share, dim) in &cuts {
            let rows = ((f64::from(left) * share) as u32).max(1).min(left);
            if rows > 0 {
                tables.push(rows);
                dims.push(*dim);
                left -= rows;
            }
        }
        *tables.last_mut().unwrap() += left;
        let width: Vec<u32> = std::iter::zip(&tables, &dims)
            .flat_map(|(&rows, &dim)| std::iter::repeat_n(dim, rows as usize))
            .collect();
        let r = resolve(|c| {
            (c.embedding.tables, c.embedding.dims) = (tables, dims);
            c.crossbar.rows = 4;
            (c.mapping.method, c.mapping.replication) = (method, replication);
        });
        let learned = learn_with_report(&r, &bags(embeddings, &lists), &()).unwrap();
        let groups = &learned.mapping.groups;
        let mut ids = BTreeSet::<EmbeddingId>::new();
        for group in groups {
            prop_assert!((1..=4).contains(&group.ids.len()));
            prop_assert!(group.ids.iter().all(|id| width[id.index()] == width[group.ids[0].index()]));
            ids.extend(&group.ids);
        }
        prop_assert_eq!(ids.len(), embeddings as usize);
        let of = |dim| width.iter().filter(|&&w| w == dim).count().div_ceil(4);
        prop_assert_eq!(groups.len(), of(1) + of(2) + of(3));
        for copies in &learned.mapping.row_copies {
            let first = width[copies.ids[0].index()];
            prop_assert!(copies.ids.iter().all(|id| width[id.index()] == first));
        }
        let budget = (groups.len() as f64 * r.config.mapping.budget) as u64;
        prop_assert!(learned.mapping.crossbars() <= groups.len() as u64 + budget);
        learned.mapping.validate(&r, embeddings, Path::new("m.json")).unwrap();
    }

    /// Full groups equal the oracle's, in its order; smaller pieces are packed, the largest uncut.
    #[test]
    fn greedy_grouping_is_that_of_the_paper((embeddings, lists) in trace(), rows in 2usize..9) {
        let groups = group_by(
            Method::Recross, &bags(embeddings, &lists), rows as u32, 1, &(),
        ).unwrap();
        let pieces = greedy_oracle(embeddings, &lists, rows);
        let full: Vec<&Vec<u32>> = pieces.iter().filter(|p| p.len() == rows).collect();
        for (group, piece) in groups.iter().zip(&full) {
            let ids: Vec<u32> = group.iter().map(|id| id.0).collect();
            prop_assert_eq!(&ids, *piece);
        }
        // The largest smaller piece opens the next group, so it is never cut.
        let largest = pieces.iter().map(Vec::len).filter(|&l| l < rows).max();
        if let Some(largest) = largest {
            let first = pieces.iter().find(|p| p.len() == largest).unwrap();
            let ids: Vec<u32> = groups[full.len()].iter().map(|id| id.0).collect();
            prop_assert_eq!(&ids[..largest], &first[..]);
        }
    }
}
