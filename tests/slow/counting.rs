//! Checks clearing, freezing and wrapping of event counters, and runs in which results contend for
//! the merge.

use crate::cosim::bench::{Bench, Input, Running, a_group_in_each_bank};
use crate::cosim::{geometries, must_match, random, simulator, windows, with_stalls};
use rand::RngExt;
use recross::config::{Config, EventCounters};
use recross::cosim::{Prediction, Preload};
use recross::formats::trace::Bags;
use recross::hardware::BankCounters;
use recross::reference::cycles::Model;

const CLEAR: [u32; 4] = [3, 0, 0, 0];
const FREEZE: [u32; 4] = [3, 0, 0, 1];
const RUN: [u32; 4] = [3, 0, 0, 2];

/// Sends requests; returns the answers.
fn ask(bench: &Bench, running: &mut Running, requests: &[u32]) -> Vec<u64> {
    let input = Input {
        count: requests,
        ..Input::default()
    };
    let outcome = bench.run(running, &input);
    let answers = outcome.output("value").unwrap();
    (0..answers.len())
        .map(|at| {
            let words = answers.item(at).unwrap().iter().rev();
            words.fold(0, |value, &word| value << 32 | u64::from(word))
        })
        .collect()
}

/// All counters of all banks.
fn of_banks(bench: &Bench, running: &mut Running) -> Vec<u64> {
    let p = &bench.params;
    let mut requests = Vec::new();
    for lane in 0..p.lanes {
        for bank in 0..p.banks {
            for index in 0..10 {
                requests.extend([2, lane, bank, index]);
            }
        }
    }
    ask(bench, running, &requests)
}

/// A geometry with counters of `bits` bits.
pub fn config(bits: u32) -> Config {
    let mut config = geometries::tiny();
    config.engine.counters = EventCounters::Full;
    config.engine.counter_bits = bits;
    config
}

#[test]
fn counters_freeze_clear_and_wrap() {
    for bits in [8, 10, 32] {
        frozen_cleared_and_wrapped(&Bench::new(&config(bits)));
    }
}

/// Clears and freezes counters between runs, and compares them with the model's.
pub fn frozen_cleared_and_wrapped(bench: &Bench) {
    let r = &bench.resolved;
    let bits = r.config.engine.counter_bits;
    let mapping = a_group_in_each_bank(&r.config);
    let table = random::table(r, mapping.embeddings, &mut random::rng(2));
    let contents = recross::mapping::contents::Contents::new(&mapping, &table, r).unwrap();
    let mut rng = random::rng(4);
    let lists: Vec<Vec<u32>> = (0..20 * windows(r))
        .map(|_| {
            (0..12)
                .map(|_| rng.random_range(0..mapping.embeddings))
                .collect()
        })
        .collect();
    let bags = Bags::from_lists(mapping.embeddings, &lists).unwrap();
    let translated = bench.translate(&mapping, &bags);
    let model = Model::new(r, &mapping).unwrap();
    let predicted = Prediction::new(&model, &translated)
        .unwrap()
        .timing
        .counters;
    // Times depend on what came before: whose turn it is at the merge.
    let names: Vec<&str> = BankCounters::default()
        .named()
        .map(|(name, _)| name)
        .collect();
    let timed = |n: usize| ["busy", "merge_stall"].contains(&names[n % names.len()]);
    let events: Vec<u64> = predicted
        .banks
        .iter()
        .flat_map(|b| b.named())
        .map(|(_, n)| n)
        .collect();
    let times = |n: u64, found: &[u64], what: &str| {
        for (at, (event, &found)) in events.iter().zip(found).enumerate() {
            if !timed(at) {
                assert_eq!(
                    found,
                    n * event % (1 << bits),
                    "{what}: {} of bank {}",
                    names[at % 10],
                    at / 10
                );
            }
        }
    };
    assert!(events.iter().any(|&n| n > 1024), "some wrap: {events:?}");

    let mut running = bench.start(&mapping, &contents, &[]);
    let drive = |running: &mut Running| {
        let input = Input {
            bags: Some(&translated),
            drain: 10,
            ..Input::default()
        };
        bench.run(running, &input);
    };
    drive(&mut running);
    // Counters count from the reset on.
    ask(bench, &mut running, &FREEZE);
    times(1, &of_banks(bench, &mut running), "after the first run");
    drive(&mut running);
    let frozen = of_banks(bench, &mut running);
    times(1, &frozen, "frozen");
    ask(bench, &mut running, &RUN);
    drive(&mut running);
    drive(&mut running);
    ask(bench, &mut running, &FREEZE);
    times(
        3,
        &of_banks(bench, &mut running),
        "after three counted runs",
    );
    assert_eq!(ask(bench, &mut running, &[CLEAR, FREEZE].concat()), [0, 0]);
    assert!(of_banks(bench, &mut running).iter().all(|&n| n == 0));
    let all: Vec<u32> = (0..6)
        .flat_map(|n| [[0, 0, 0, n], [1, 0, 0, n], [1, 1, 0, n]].concat())
        .collect();
    assert!(ask(bench, &mut running, &all).iter().all(|&n| n == 0));
    // Frozen counters stay clear; then they count again.
    drive(&mut running);
    assert!(of_banks(bench, &mut running).iter().all(|&n| n == 0));
    ask(bench, &mut running, &RUN);
    drive(&mut running);
    ask(bench, &mut running, &FREEZE);
    times(1, &of_banks(bench, &mut running), "after a clear");
}

#[test]
fn results_contend_for_the_merge() {
    let config = geometries::contended();
    let (mut conflicts, mut stalls) = (0, 0);
    for seed in 0..24 {
        let r = with_stalls(&config, 0, 200 * (seed as u32 % 3), seed);
        let case = random::case(&r, seed);
        let checked = must_match("contended", &simulator(&r), &r, &case, Preload::Images);
        let counts = checked.verdict.counts;
        conflicts += counts.counters.lane_total().merge_conflicts;
        stalls += counts.bank_total.merge_stall;
    }
    println!("{conflicts} conflicts, {stalls} stalls");
    assert!(
        conflicts > 100 && stalls > 100,
        "{conflicts} conflicts, {stalls} stalls"
    );
}
