//! Checks that every reduced vector of the RTL equals those of both golden reducers, for every kind
//! of input.
use crate::cosim::random::{bags, constant_table, mapping, rng, table};
use crate::cosim::{
    Case, bundled_trace, compact, geometries, must_match, optimised_simulator, read_bags,
    shared_traces, simulator, with_stalls,
};
use recross::config::{Choice, Config, Method, PRESETS, Replication, Resolved, preset};
use recross::cosim::{Preload, Simulator};
use recross::formats::trace::{Bags, Trace};
use recross::ids::{BankId, EmbeddingId, SlotId};
use recross::learn::learn;
use recross::mapping::{Group, Mapping, Placement, Training};
use std::collections::BTreeSet;

fn resolved(config: &Config) -> Resolved {
    config.clone().resolve("test").unwrap()
}

fn model(config: Config) -> (Resolved, Simulator) {
    let resolved = config.resolve("test").unwrap();
    let sim = simulator(&resolved);
    (resolved, sim)
}

fn ids(bags: &Bags) -> BTreeSet<u32> {
    bags.iter().flatten().map(|id| id.0).collect()
}

/// Learns on the first part of `trace` and checks the rest, with and without stalls, once with
/// contents loaded through the port and once from images. Returns how many ids the history has not
/// seen.
fn preset_on(name: &str, trace: &Bags) -> usize {
    let mut config = preset(name).unwrap().config();
    config.technology.write_ns = geometries::WRITE_NS;
    let quiet = resolved(&config);
    let (history, held_out) = trace.split_holdout(config.mapping.holdout);
    let mapping = learn(&quiet, &history, &()).unwrap();
    let table = table(&quiet, trace.embeddings(), &mut rng(7));
    let unseen = ids(&held_out).difference(&ids(&history)).count();
    let case = Case {
        mapping,
        table,
        bags: held_out,
    };
    let calm = must_match(
        name,
        &optimised_simulator(&quiet),
        &quiet,
        &case,
        Preload::Images,
    );
    let stalled = with_stalls(&config, 300, 400, 11);
    let rough = must_match(
        name,
        &optimised_simulator(&stalled),
        &stalled,
        &case,
        Preload::Port,
    );
    assert_eq!(calm.outcome.values, rough.outcome.values, "{name}");
    assert!(
        rough.verdict.counts.counters.engine.results_wait > 0,
        "{name}"
    );
    assert!(rough.outcome.program_cycles > 1000, "{name}");
    assert_eq!(
        calm.outcome.program_cycles, 8,
        "{name}: images load at once"
    );
    unseen
}

/// Bags taken at even distances from the whole bundled trace.
fn slice_of_bundled(bags: usize) -> Bags {
    let all = bundled_trace();
    let lists: Vec<Vec<u32>> = (0..bags)
        .map(|i| {
            all.bag(i * all.len() / bags)
                .iter()
                .map(|id| id.0)
                .collect()
        })
        .collect();
    compact(&Bags::from_lists(all.embeddings(), &lists).unwrap())
}

#[test]
fn demo_preset_on_the_whole_held_out_part() {
    assert!(preset_on("demo", &bundled_trace()) > 0, "some ids are new");
}

#[test]
fn cell1_64x64_preset_on_a_slice() {
    assert!(
        preset_on("cell1_64x64", &slice_of_bundled(600)) > 0,
        "some ids are new"
    );
}

#[test]
fn cell2_128x128_preset_on_a_slice() {
    assert!(
        preset_on("cell2_128x128", &slice_of_bundled(600)) > 0,
        "some ids are new"
    );
}

#[test]
fn nmars_like_preset_on_a_slice() {
    assert!(
        preset_on("nmars_like", &slice_of_bundled(600)) > 0,
        "some ids are new"
    );
}

#[test]
fn naive_preset_on_a_slice() {
    assert!(
        preset_on("naive", &slice_of_bundled(600)) > 0,
        "some ids are new"
    );
}

#[test]
fn every_preset_has_its_test() {
    let names: Vec<_> = PRESETS.iter().map(|p| p.name).collect();
    let tested = [
        "demo",
        "cell1_64x64",
        "cell2_128x128",
        "nmars_like",
        "naive",
    ];
    assert_eq!(names, tested);
}

#[test]
fn slices_of_further_traces() {
    let Some(folder) = shared_traces() else {
        return;
    };
    for name in ["gowalla", "amazon-book-30", "anime", "threads-math-sx"] {
        let read = |part: &str| read_bags(&folder.join(format!("{name}.{part}.bags.gz")));
        let (train, test) = (read("train"), read("test"));
        let part = |bags: &Bags, n: usize| -> Vec<Vec<u32>> {
            (0..n.min(bags.len()))
                .map(|i| bags.bag(i).iter().map(|id| id.0).collect())
                .collect()
        };
        let mut lists = part(&train, 600);
        lists.extend(part(&test, 150));
        let both =
            compact(&Bags::from_lists(train.embeddings().max(test.embeddings()), &lists).unwrap());
        println!("{name}: {} ids, {} bags", both.embeddings(), both.len());
        preset_on("demo", &both);
    }
}

/// Runs `lists` on a geometry, without and with stalls.
fn both_ways(what: &str, config: &Config, mapping: &Mapping, table_of: i16, lists: &[Vec<u32>]) {
    let quiet = resolved(config);
    let bags = Bags::from_lists(mapping.embeddings, lists).unwrap();
    for (resolved, preload) in [
        (quiet, Preload::Port),
        (with_stalls(config, 500, 500, 3), Preload::Images),
    ] {
        let table = match table_of {
            0 => table(&resolved, mapping.embeddings, &mut rng(5)),
            value => constant_table(&resolved, mapping.embeddings, value),
        };
        let case = Case {
            mapping: mapping.clone(),
            table,
            bags: bags.clone(),
        };
        must_match(what, &simulator(&resolved), &resolved, &case, preload);
    }
}

#[test]
fn bags_of_every_shape() {
    for (name, config) in geometries::shared() {
        let r = resolved(&config);
        let mapping = mapping(&r, &mut rng(21));
        let most = config.embedding.max_bag as usize;
        let first = mapping.groups[0].ids[0].0;
        let fullest = mapping.groups.iter().max_by_key(|g| g.ids.len()).unwrap();
        let whole: Vec<u32> = fullest.ids.iter().map(|id| id.0).collect();
        let twice = [whole.clone(), whole.clone()].concat();
        let one_of_each: Vec<u32> = mapping.groups.iter().map(|g| g.ids[0].0).collect();
        let run = |what: &str, lists: &[Vec<u32>]| {
            both_ways(&format!("{name}: {what}"), &config, &mapping, 0, lists);
        };
        run("no bag at all", &[]);
        run("one empty bag", &[vec![]]);
        run("only empty bags", &vec![vec![]; 40]);
        run(
            "bags of one id",
            &(0..40).map(|_| vec![first]).collect::<Vec<_>>(),
        );
        run("bags that fill a crossbar", &vec![whole.clone(); 20]);
        run("every id of a crossbar twice", &vec![twice; 10]);
        run("one id over and over", &vec![vec![first; most]; 5]);
        run("one row of every group", &vec![one_of_each.clone(); 30]);
        let mixed: Vec<Vec<u32>> = (0..60)
            .map(|i| match i % 5 {
                0 => vec![],
                1 => vec![first],
                2 => whole.clone(),
                3 => vec![],
                _ => one_of_each.clone(),
            })
            .collect();
        run("empty bags between others", &mixed);
    }
}

/// Tags repeat after twice the window: a lane that had no command for that many bags must not start
/// early.
#[test]
fn a_lane_may_skip_any_number_of_bags() {
    let config = geometries::tiny();
    let window = config.frontend.window as usize;
    let group = |first: u32, bank: u32| Group {
        ids: (first..first + 8).map(EmbeddingId).collect(),
        copies: 1,
        placements: vec![Placement(BankId(bank), SlotId(0))],
    };
    let mapping = Mapping {
        format: 1,
        rows: 8,
        embeddings: 16,
        groups: vec![group(0, 0), group(8, 2)],
        rest: None,
        row_copies: Vec::new(),
        method: "test".to_owned(),
        seed: 0,
        train: Training::default(),
        ids: Vec::new(),
    };
    for gap in 1..=4 * window {
        let lists: Vec<Vec<u32>> = (0..6 * window)
            .map(|bag| match bag % gap {
                0 => vec![1, 9],
                _ => vec![2, 3],
            })
            .collect();
        both_ways(&format!("gap {gap}"), &config, &mapping, 0, &lists);
    }
}

#[test]
fn accumulators_hold_the_largest_bag_of_extreme_values() {
    for (name, config) in geometries::shared() {
        let r = resolved(&config);
        if !r.is_lossless() {
            continue;
        }
        let half = 1i16 << (config.embedding.value_bits - 1);
        let most = config.embedding.max_bag;
        // Ids for all rows of all crossbars, so that a bag touches every crossbar.
        let mapping = mapping(&r, &mut rng(33));
        let n = mapping.embeddings;
        let spread: Vec<u32> = (0..most).map(|i| i % n).collect();
        let lists = [vec![n - 1; most as usize], spread, vec![], vec![0]];
        for value in [-half, half - 1] {
            both_ways(name, &config, &mapping, value, &lists);
        }
        let bags = Bags::from_lists(n, &lists).unwrap();
        let table = constant_table(&r, n, -half);
        let exact = recross::reference::golden::reduce_exact(&bags, &table).unwrap();
        let lowest = -(i64::from(most) * i64::from(half));
        assert_eq!(exact[0], lowest, "{name}: the bag is as low as it can be");
        assert!(
            lowest >= -(1i64 << (r.acc_bits - 1)),
            "{name}: {} bits hold it",
            r.acc_bits
        );
    }
}

#[test]
fn every_method_and_replication() {
    let mut random = rng(40);
    for (name, config) in [("wide", geometries::wide()), ("split", geometries::split())] {
        let plain = resolved(&config);
        let sim = simulator(&plain);
        // Half of the crossbars are free for copies.
        let embeddings = plain.slots / 2 * config.crossbar.rows - 1;
        let all = bags(&plain, embeddings, 400, &mut random);
        let (history, held_out) = all.split_holdout(0.4);
        let table = table(&plain, embeddings, &mut random);
        let mut mappings = BTreeSet::new();
        for method in Method::all() {
            for replication in [
                Replication::None,
                Replication::Log,
                Replication::Proportional,
                Replication::Optimized,
            ] {
                let mut config = config.clone();
                config.mapping.method = method;
                config.mapping.replication = replication;
                config.mapping.budget = 1.0;
                let r = resolved(&config);
                let mapping = learn(&r, &history, &()).unwrap();
                assert!(
                    (replication == Replication::None)
                        == (mapping.crossbars() == mapping.groups.len() as u64),
                    "{name} {method:?} {replication:?}: copies"
                );
                mappings.insert(format!("{:?}", mapping.groups));
                let case = Case {
                    mapping,
                    table: table.clone(),
                    bags: held_out.clone(),
                };
                let what = format!("{name} {method:?} {replication:?}");
                must_match(&what, &sim, &r, &case, Preload::Port);
            }
        }
        assert!(mappings.len() > 8, "{name}: the mappings differ");
    }
}

#[test]
fn several_tables() {
    let config = {
        let mut c = geometries::wide();
        c.embedding.tables = vec![100, 7, 900];
        c
    };
    let (r, sim) = model(config.clone());
    // Each bag has the same local ids in each table.
    let lists: Vec<(u16, Vec<u32>)> = (0..90u16)
        .map(|i| (i % 3, vec![0, 6, u32::from(i) % 7, 3]))
        .collect();
    let trace = Trace::from_lists(&lists).unwrap();
    let bags = trace.into_bags(&config.embedding.tables).unwrap();
    let case = Case {
        mapping: learn(&r, &bags, &()).unwrap(),
        table: table(&r, bags.embeddings(), &mut rng(50)),
        bags,
    };
    let got = must_match("three tables", &sim, &r, &case, Preload::Port);
    let dim = config.embedding.dim as usize;
    let row = |id: usize| case.table.row(EmbeddingId(id as u32));
    for (bag, base) in [(0, 0usize), (1, 100), (2, 107)] {
        for d in 0..dim {
            let sum: i64 = [0, 6, bag, 3]
                .map(|i| i64::from(row(base + i)[d]))
                .iter()
                .sum();
            assert_eq!(got.outcome.values[bag * dim + d], sum, "bag {bag}");
        }
    }
}

#[test]
fn a_lossy_converter_clips_like_the_hardware_model_and_the_loss_is_reported() {
    let (r, sim) = model(geometries::sar_lossy());
    assert!(!r.is_lossless());
    let mut random = rng(60);
    let mapping = mapping(&r, &mut random);
    let case = Case {
        table: table(&r, mapping.embeddings, &mut random),
        bags: bags(&r, mapping.embeddings, 80, &mut random),
        mapping,
    };
    let got = must_match("sar_lossy", &sim, &r, &case, Preload::Port);
    let verdict = got.verdict;
    assert!(verdict.lossy && verdict.passed());
    assert!(verdict.hardware.is_exact());
    assert!(verdict.exact.wrong_bags > 0, "something was clipped");
    assert!(verdict.exact.max_abs > 0 && verdict.exact.mean_abs() > 0.0);
    // Computed by hand: all 8 rows of a full group hold the largest value, 63 + 64 = 127, in cells
    // 3, 3, 3 and 1. Their sums 24, 24, 24 and 8 clip at 7; the offset is 8 * 64.
    let clipped = 7 + 7 * 4 + 7 * 16 + 7 * 64 - 8 * 64;
    let full = Case {
        mapping: Mapping {
            embeddings: 8,
            groups: vec![Group {
                ids: (0..8).map(EmbeddingId).collect(),
                copies: 1,
                placements: vec![Placement(BankId(0), SlotId(2))],
            }],
            ..case.mapping
        },
        table: constant_table(&r, 8, 63),
        bags: Bags::from_lists(8, &[(0..8).collect(), vec![5]]).unwrap(),
    };
    let got = must_match("sar_lossy", &sim, &r, &full, Preload::Port);
    assert_eq!(
        got.outcome.values,
        [clipped, clipped, clipped, 63, 63, 63],
        "a single row is read without loss"
    );
}

#[test]
fn the_splitter_follows_the_configuration() {
    let (r, sim) = model(geometries::split());
    let mapping = mapping(&r, &mut rng(70));
    let group = mapping
        .groups
        .iter()
        .find(|g| g.ids.len() == 12)
        .expect("a full group");
    // 12 rows: 5, 5 and a pair that is read row by row; 7 rows: 5 and a pair; 3 rows: at once.
    let take = |n: usize| group.ids[..n].iter().map(|id| id.0).collect::<Vec<u32>>();
    let bags = Bags::from_lists(mapping.embeddings, &[take(12), take(7), take(3)]).unwrap();
    let case = Case {
        table: table(&r, mapping.embeddings, &mut rng(71)),
        bags,
        mapping,
    };
    let got = must_match("split", &sim, &r, &case, Preload::Port);
    let total = got.verdict.counts.bank_total;
    assert_eq!(total.commands, 3);
    assert_eq!(total.activations, 4 + 3 + 1);
    assert_eq!(total.single_row, 4);
    assert_eq!(total.active_rows, 22);
    assert_eq!((total.read_phases, total.mac_phases), (2 * 4, 2 * 4));
    // Thresholds of one converter in one phase: 7 per row at levels of 1, 3 and 4 rows, else 63.
    assert_eq!(total.thresholds, 2 * (4 * 7 + 3 * 63 + 21));
}
