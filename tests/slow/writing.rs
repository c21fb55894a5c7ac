//! Checks rows that are written while bags flow: which bags see the new row, and what waits for a
//! write.

use crate::cosim::bench::{
    Bench, Input, Place, a_group_in_each_bank, exact, place_of, rows_of, writes, writes_of,
};
use crate::cosim::{Case, geometries, random, windows};
use rand::seq::SliceRandom;
use recross::config::Config;
use recross::cosim::Prediction;
use recross::formats::table::IntTable;
use recross::formats::trace::Bags;
use recross::ids::EmbeddingId;
use recross::mapping::contents::Contents;
use recross::reference::cycles::Model;
use std::collections::BTreeMap;

/// A table that differs from `old` in every element.
pub fn changed(old: &IntTable) -> IntTable {
    let values = old.values().iter().map(|v| -1 - v).collect();
    IntTable::new(old.dim, old.value_bits, values)
}

/// Most occurrences of rows in a bag of which it is open whether they are old or new.
const MOST_OPEN: usize = 14;

/// Whether some choice of old and new rows among `open` adds `missing` to the sum of the old ones.
pub fn explained(open: &[Vec<i64>], missing: &[i64]) -> bool {
    (0..1u32 << open.len()).any(|choice| {
        missing.iter().enumerate().all(|(element, &missing)| {
            let chosen = open
                .iter()
                .enumerate()
                .filter(|(n, _)| choice >> n & 1 == 1);
            chosen.map(|(_, change)| change[element]).sum::<i64>() == missing
        })
    })
}

/// Bags that saw old rows only, that saw new rows only, and that may have seen both.
#[derive(Default, Debug)]
pub struct Seen {
    old: usize,
    new: usize,
    both: usize,
    mixed: usize,
}

/// Writes all rows in random order while bags flow.
fn rewritten(bench: &Bench, seed: u64, seen: &mut Seen) {
    let r = &bench.resolved;
    let mut rng = random::rng(seed);
    let mapping = random::listed_mapping(r, &mut rng);
    let old = random::table(r, mapping.embeddings, &mut rng);
    let new = changed(&old);
    // The tags of the second run go on where those of the first end.
    let bags = random::short_bags(mapping.embeddings, 30 * windows(r), 6, &mut rng);
    let (before, after) = (
        Contents::new(&mapping, &old, r).unwrap(),
        Contents::new(&mapping, &new, r).unwrap(),
    );
    let mut rows = writes(&after, r);
    rows.shuffle(&mut rng);
    let prog: Vec<u32> = rows.iter().flat_map(|(_, words)| words.clone()).collect();
    let translated = bench.translate(&mapping, &bags);
    let mut running = bench.start(&mapping, &before, &[]);
    let input = Input {
        bags: Some(&translated),
        prog: &prog,
        answers: rows.len() as u64,
        pauses: 200,
        prog_pauses: 940,
        seed,
        ..Input::default()
    };
    let outcome = bench.run(&mut running, &input);

    let blocks = r.column_blocks as usize;
    let requests = bench.requests(&outcome);
    let asked: BTreeMap<Place, u64> = rows
        .iter()
        .enumerate()
        .map(|(n, (place, _))| (*place, requests[n * blocks]))
        .collect();
    let answers = bench.answers(&outcome);
    assert!(answers.iter().all(|a| !a.fail));
    let answered: BTreeMap<Place, u64> = answers.iter().map(|a| (a.place, a.cycle)).collect();
    assert_eq!(answered.len(), answers.len(), "one answer a row");
    assert!(asked.keys().eq(answered.keys()));
    // When the first place of each id is written, and when the last one is.
    let mut when = BTreeMap::new();
    for (place, id) in rows_of(&mapping, r) {
        let (from, to) = when.entry(id).or_insert((u64::MAX, 0));
        *from = asked[&place].min(*from);
        *to = answered[&place].max(*to);
    }

    let row = |table: &IntTable, id: u32| -> Vec<i64> {
        table
            .row(EmbeddingId(id))
            .iter()
            .map(|&v| v.into())
            .collect()
    };
    let values = bench.values(&outcome, &translated);
    let spans = bench.spans(&outcome, &translated);
    for (bag, ids) in bags.iter().enumerate() {
        let (begin, end) = spans[bag];
        let mut missing = values[bag].clone();
        let mut open = Vec::new();
        let (mut olds, mut news) = (0, 0);
        for id in ids {
            let (from, to) = when[&id.0];
            let (was, is) = (row(&old, id.0), row(&new, id.0));
            let known = if begin > to { &is } else { &was };
            missing.iter_mut().zip(known).for_each(|(m, v)| *m -= v);
            if begin > to {
                news += 1;
            } else if end < from {
                olds += 1;
            } else {
                open.push(is.iter().zip(&was).map(|(i, w)| i - w).collect());
            }
        }
        if open.len() > MOST_OPEN {
            continue;
        }
        assert!(
            explained(&open, &missing),
            "seed {seed}: bag {bag} is no sum of old and new rows"
        );
        seen.old += usize::from(open.is_empty() && olds > 0);
        seen.new += usize::from(open.is_empty() && news > 0);
        seen.both += usize::from(!open.is_empty());
        seen.mixed += usize::from(!open.is_empty() && missing.iter().any(|&m| m != 0));
    }

    let again = bench.run(
        &mut running,
        &Input {
            bags: Some(&translated),
            ..Input::default()
        },
    );
    assert_eq!(bench.values(&again, &translated), exact(&bags, &new));
    assert_eq!(bench.error(&running).0, 0, "seed {seed}");
}

/// A geometry whose writes take `cycles` cycles.
fn writing(mut config: Config, cycles: u32) -> Config {
    config.technology.write_ns = (f64::from(cycles) - 0.5) * 1000.0 / config.technology.clock_mhz;
    let resolved = config.clone().resolve("test").unwrap();
    assert_eq!(resolved.write_cycles, cycles);
    config
}

/// Geometries with fast writes.
pub fn fast() -> Config {
    writing(geometries::tiny(), 13)
}

pub fn two_blocks() -> Config {
    writing(geometries::split(), 5)
}

fn with_sar() -> Config {
    writing(geometries::sar_lossless(), 9)
}

/// Rows rewritten under traffic, many times.
pub fn rewritten_often(bench: &Bench) -> Seen {
    let mut seen = Seen::default();
    for seed in 0..12 {
        rewritten(bench, seed, &mut seen);
    }
    seen
}

/// As [`rewritten_often`]; enough bags of each kind must be seen.
pub fn rewritten_many_times(bench: &Bench) {
    let seen = rewritten_often(bench);
    println!("{seen:?}");
    assert!(seen.old > 50 && seen.new > 50, "{seen:?}");
    assert!(seen.both > 50 && seen.mixed > 10, "{seen:?}");
}

#[test]
fn bags_see_whole_old_or_new_rows() {
    rewritten_many_times(&Bench::new(&fast()));
}

#[test]
fn bags_see_whole_rows_of_two_blocks() {
    let bench = Bench::new(&two_blocks());
    assert_eq!(bench.resolved.column_blocks, 2);
    rewritten_many_times(&bench);
}

#[test]
fn bags_see_whole_rows_with_sar_converters() {
    rewritten_many_times(&Bench::new(&with_sar()));
}

const SLOW: u32 = 300;

/// A geometry with slow writes, and a full group in each bank.
fn slow() -> (Bench, Case) {
    let config = writing(geometries::tiny(), SLOW);
    let bench = Bench::new(&config);
    let mapping = a_group_in_each_bank(&config);
    let table = random::table(&bench.resolved, mapping.embeddings, &mut random::rng(3));
    let bags = Bags::from_lists(mapping.embeddings, &vec![vec![8, 10, 11]; 40]).unwrap();
    (
        bench,
        Case {
            mapping,
            table,
            bags,
        },
    )
}

#[test]
fn writes_hold_up_their_own_bank_only() {
    let (bench, case) = slow();
    let r = &bench.resolved;
    let contents = Contents::new(&case.mapping, &case.table, r).unwrap();
    let model = Model::new(r, &case.mapping).unwrap();
    let run = |ids: Vec<u32>, rows: &[Place]| {
        let lists = vec![ids; 40];
        let bags = Bags::from_lists(case.mapping.embeddings, &lists).unwrap();
        let translated = bench.translate(&case.mapping, &bags);
        let prog = writes_of(&contents, r, rows);
        let mut running = bench.start(&case.mapping, &contents, &[]);
        let input = Input {
            bags: Some(&translated),
            prog: &prog,
            answers: rows.len() as u64,
            ..Input::default()
        };
        let outcome = bench.run(&mut running, &input);
        assert_eq!(
            bench.values(&outcome, &translated),
            exact(&bags, &case.table)
        );
        let spans = bench.spans(&outcome, &translated);
        let ends: Vec<u64> = spans.iter().map(|s| s.1 - outcome.start_cycle).collect();
        (
            ends,
            Prediction::new(&model, &translated).unwrap().retired_at,
        )
    };
    // Bank 1 works while two rows of bank 0 are written, one after the other.
    let (ends, predicted) = run(vec![8, 10, 11], &[(0, 0, 0, 1), (0, 0, 0, 2)]);
    assert_eq!(ends, predicted);
    assert!(predicted[39] < u64::from(SLOW), "during the first write");
    // Bank 0 waits for the row.
    let (ends, predicted) = run(vec![1, 2], &[(0, 0, 0, 1)]);
    assert!(ends[39] > predicted[39] + u64::from(SLOW) - 20, "{ends:?}");
    assert!(ends[39] < predicted[39] + u64::from(SLOW) + 20, "{ends:?}");
}

#[test]
fn writes_of_several_banks_overlap() {
    let (bench, case) = slow();
    let r = &bench.resolved;
    let contents = Contents::new(&case.mapping, &case.table, r).unwrap();
    let time = |rows: &[Place]| {
        let prog = writes_of(&contents, r, rows);
        let mut running = bench.start(&case.mapping, &contents, &[]);
        let input = Input {
            prog: &prog,
            answers: rows.len() as u64,
            ..Input::default()
        };
        let outcome = bench.run(&mut running, &input);
        let answers = bench.answers(&outcome);
        let mut places: Vec<Place> = answers.iter().map(|a| a.place).collect();
        places.sort_unstable();
        assert_eq!(places, rows, "each row is answered once");
        answers.last().unwrap().cycle - outcome.start_cycle
    };
    let write = u64::from(SLOW);
    let apart = time(&[(0, 0, 0, 1), (0, 1, 0, 1), (1, 0, 0, 1), (1, 1, 0, 1)]);
    assert!(apart > write && apart < write + 40, "{apart}");
    let together = time(&[(0, 0, 0, 1), (0, 0, 0, 2), (0, 0, 0, 3)]);
    assert!(together > 3 * write, "{together}");
    assert!(together < 3 * write + 120, "{together}");
}

/// The rows of a failed write are undefined; all others keep their values, and the others' writes
/// succeed.
#[test]
fn a_failed_write_loses_nothing_else() {
    for config in [fast(), two_blocks(), with_sar()] {
        failed_writes(&Bench::new(&config));
    }
}

/// Fails a row in each of several runs.
pub fn failed_writes(bench: &Bench) {
    let r = &bench.resolved;
    for seed in 20..28 {
        let mut rng = random::rng(seed);
        let mapping = random::listed_mapping(r, &mut rng);
        let old = random::table(r, mapping.embeddings, &mut rng);
        let new = changed(&old);
        let bags = random::short_bags(mapping.embeddings, 10 * windows(r), 6, &mut rng);
        let before = Contents::new(&mapping, &old, r).unwrap();
        let after = Contents::new(&mapping, &new, r).unwrap();
        let mut rows = writes(&after, r);
        rows.shuffle(&mut rng);
        let bad = place_of(&rows[0].1, r);
        assert_eq!(bad, rows[0].0);
        let lost = rows_of(&mapping, r)[&bad];
        let prog: Vec<u32> = rows.iter().flat_map(|(_, words)| words.clone()).collect();
        let fail = [
            ("lane", bad.0),
            ("bank", bad.1),
            ("slot", bad.2),
            ("row", bad.3),
        ];
        let fail = fail.map(|(name, n)| format!("+recross_fail_{name}={n}"));
        let translated = bench.translate(&mapping, &bags);
        let mut running = bench.start(&mapping, &before, &fail);
        let outcome = bench.run(
            &mut running,
            &Input {
                bags: Some(&translated),
                prog: &prog,
                answers: rows.len() as u64,
                prog_pauses: 300,
                seed,
                ..Input::default()
            },
        );
        for answer in bench.answers(&outcome) {
            assert_eq!(answer.fail, answer.place == bad, "{answer:?}");
        }
        let again = bench.run(
            &mut running,
            &Input {
                bags: Some(&translated),
                ..Input::default()
            },
        );
        let values = bench.values(&again, &translated);
        let (mut kept, mut wrong) = (0, 0);
        for ((ids, value), want) in bags.iter().zip(values).zip(exact(&bags, &new)) {
            if ids.iter().any(|id| id.0 == lost) {
                wrong += usize::from(value != want);
            } else {
                assert_eq!(value, want, "seed {seed}");
                kept += 1;
            }
        }
        assert!(kept > 20, "{kept} bags without the row");
        println!("{kept} bags kept, {wrong} wrong with the lost row");
        // The failure is no error of the bank: the host is told by the answer.
        assert_eq!(bench.error(&running).0, 0);
    }
}
