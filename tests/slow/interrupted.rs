//! Checks resets and flushes in the middle of traffic and of writes, and contents that are programmed
//! again between and during runs.

use crate::cosim::bench::{Bench, Input, Running, exact, writes};
use crate::cosim::{Case, geometries, mixed, random, windows};
use rand::RngExt;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;
use recross::config::Config;
use recross::cosim::Prediction;
use recross::formats::trace::Bags;
use recross::host::Translated;
use recross::mapping::contents::Contents;
use recross::reference::cycles::Model;

/// Writes take long enough to be met by an interruption.
pub fn slow_writes(mut config: Config) -> Config {
    config.technology.write_ns = 900.0;
    config
}

/// Read mode takes a cycle less than MAC mode, so that two commands' results are ready in one cycle. Two
/// rows come in one beat, so that their command can go before one of a single row.
pub fn modes_a_cycle_apart(mut config: Config) -> Config {
    config.technology.flash_mac_ns = 2.31;
    config.frontend.ids_per_beat = 2;
    config
}

fn case(bench: &Bench, rng: &mut ChaCha8Rng) -> Case {
    let r = &bench.resolved;
    let mapping = random::mapping(r, rng);
    let table = random::table(r, mapping.embeddings, rng);
    let bags = random::short_bags(mapping.embeddings, 6 * windows(r), 12, rng);
    Case {
        mapping,
        table,
        bags,
    }
}

/// All words of the contents, the rows in random order, and the tables' words between them.
fn shuffled(bench: &Bench, contents: &Contents<'_>, rng: &mut ChaCha8Rng) -> Vec<u32> {
    let mut items: Vec<Vec<u32>> = writes(contents, &bench.resolved)
        .into_iter()
        .map(|(_, words)| words)
        .collect();
    let program = contents.program();
    let words = items.iter().map(Vec::len).sum::<usize>();
    items.extend(
        program.as_words()[words..]
            .chunks(program.stride())
            .map(<[u32]>::to_vec),
    );
    items.shuffle(rng);
    items.concat()
}

/// Drives bags, while all contents are written once more, until a random cycle.
fn begin(
    bench: &Bench,
    running: &mut Running,
    traffic: (&Translated, &[u32]),
    most: u64,
    seed: u64,
) {
    let input = Input {
        bags: Some(traffic.0),
        prog: traffic.1,
        answers: u64::MAX,
        pauses: 100,
        prog_pauses: 500,
        seed,
        most: Some(most),
        ..Input::default()
    };
    let stopped = bench.try_run(running, &input).unwrap_err();
    assert!(matches!(stopped, verilated::Error::Hang(_)), "{stopped}");
}

/// Flushes, ends the bags whose rest the engine drops, and flushes again what that may have begun.
fn flush_all(bench: &Bench, running: &mut Running, pulses: u64) {
    let pulse = |flushes| Input {
        flushes,
        ..Input::default()
    };
    bench.run(running, &pulse(pulses));
    let ends = Input {
        ends: true,
        drain: 300,
        ..Input::default()
    };
    let outcome = bench.run(running, &ends);
    for output in &outcome.outputs {
        // A vector that was offered already, and one where no bag was open.
        let beats = 2 * bench.params.beats as usize;
        assert!(
            output.len() <= beats,
            "{} items of {} after a flush",
            output.len(),
            output.name
        );
    }
    bench.run(running, &pulse(1));
}

/// Waits until no macro is busy, and requires that everything is idle.
fn settle(bench: &Bench, running: &mut Running) {
    let wait = Input {
        drain: 600,
        ..Input::default()
    };
    let outcome = bench.run(running, &wait);
    for output in &outcome.outputs {
        assert!(output.is_empty(), "{} after an interruption", output.name);
    }
    assert_eq!(bench.probe(running, "idle"), 1);
    for name in [
        "banks at work",
        "lanes the oldest bag of each port waits for",
        "lanes without a place for a bag",
        "lanes whose gather store is full",
        "lanes waiting for a queue",
        "error of a bank",
    ] {
        assert_eq!(bench.probe(running, name), 0, "{name}");
    }
}

/// Drives all bags; requires exact results and returns the cycles in which they came.
fn exact_run(
    bench: &Bench,
    running: &mut Running,
    case: &Case,
    translated: &Translated,
    what: &str,
) -> Vec<u64> {
    let input = Input {
        bags: Some(translated),
        ..Input::default()
    };
    let outcome = bench.run(running, &input);
    let values = bench.values(&outcome, translated);
    assert_eq!(values, exact(&case.bags, &case.table), "{what}");
    assert_eq!(bench.error(running).0, 0, "{what}");
    let spans = bench.spans(&outcome, translated);
    spans.iter().map(|s| s.1 - outcome.start_cycle).collect()
}

/// Drives traffic and interrupts it; gets the limit of the cycles and a seed.
type Interrupt = fn(&Bench, &mut Running, (&Translated, &[u32]), u64, u64);

/// Flushes in the middle of traffic.
pub fn flushed(bench: &Bench) {
    interrupted(bench, by_flush);
}

/// Flushes while all streams go on.
pub fn flushed_under_way(bench: &Bench) {
    interrupted(bench, by_flush_under_way);
}

/// Resets in the middle of traffic.
pub fn reset_under_way(bench: &Bench) {
    interrupted(bench, by_reset);
}

/// Interrupts traffic twice in the same model, then drives bags without loading anything again.
fn interrupted(bench: &Bench, interrupt: Interrupt) {
    let r = &bench.resolved;
    for seed in 0..16 {
        let mut rng = random::rng(seed);
        let case = case(bench, &mut rng);
        let contents = Contents::new(&case.mapping, &case.table, r).unwrap();
        let translated = bench.translate(&case.mapping, &case.bags);
        // The contents are written as they are, so that an interrupted write leaves nothing new.
        let prog = shuffled(bench, &contents, &mut rng);
        let mut running = bench.start(&case.mapping, &contents, &[]);
        // Every other time, the bags begin while macros may still write.
        let hurried = seed % 2 == 1;
        for round in 0..2 {
            let most = rng.random_range(3..250);
            interrupt(
                bench,
                &mut running,
                (&translated, &prog),
                most,
                seed * 2 + round,
            );
            if !hurried || round == 0 {
                settle(bench, &mut running);
            }
        }
        let what = format!("seed {seed}");
        let ends = exact_run(bench, &mut running, &case, &translated, &what);
        // Whose turn it is among copies is no state of the engine, but of the tables.
        if !hurried {
            let model = Model::new(r, &case.mapping).unwrap();
            let predicted = Prediction::new(&model, &translated).unwrap().retired_at;
            assert_eq!(ends, predicted, "{what}");
        }
        // Everything can be written again, and each row is answered.
        let answers = contents.rows_written() as u64;
        let input = Input {
            prog: &prog,
            answers,
            drain: 40,
            ..Input::default()
        };
        let outcome = bench.run(&mut running, &input);
        assert_eq!(bench.answers(&outcome).len() as u64, answers);
        exact_run(bench, &mut running, &case, &translated, &what);
    }
}

/// Flushes after each of many short runs, and requires each to take the cycles that it takes from
/// reset: nothing of the run before may show, not even whose turn it is among banks.
pub fn flushed_after_each_run(bench: &Bench) {
    let r = &bench.resolved;
    let mut rng = random::rng(1);
    let mapping = random::mapping(r, &mut rng);
    let table = random::table(r, mapping.embeddings, &mut rng);
    let contents = Contents::new(&mapping, &table, r).unwrap();
    let mut running = bench.start(&mapping, &contents, &[]);
    let model = Model::new(r, &mapping).unwrap();
    for run in 0..200 {
        let pulse = Input {
            flushes: 1,
            drain: 4,
            ..Input::default()
        };
        bench.run(&mut running, &pulse);
        // Bags of one command each: results of several banks meet only if they belong to other bags.
        let bags = rng.random_range(2..=6);
        let lists: Vec<Vec<u32>> = (0..bags)
            .map(|_| {
                let group = mapping.groups.choose(&mut rng).unwrap();
                let most = rng.random_range(1..=3);
                group.ids.sample(&mut rng, most).map(|id| id.0).collect()
            })
            .collect();
        let case = Case {
            mapping: mapping.clone(),
            table: table.clone(),
            bags: Bags::from_lists(mapping.embeddings, &lists).unwrap(),
        };
        let translated = mixed(&bench.translate(&case.mapping, &case.bags), r);
        let what = format!("run {run}");
        let ends = exact_run(bench, &mut running, &case, &translated, &what);
        let predicted = Prediction::new(&model, &translated).unwrap().retired_at;
        assert_eq!(ends, predicted, "{what}");
    }
}

fn by_reset(
    bench: &Bench,
    running: &mut Running,
    traffic: (&Translated, &[u32]),
    most: u64,
    seed: u64,
) {
    begin(bench, running, traffic, most, seed);
    running.model.reset(1 + seed % 3).unwrap();
}

/// A flush of an engine whose streams are still.
fn by_flush(
    bench: &Bench,
    running: &mut Running,
    traffic: (&Translated, &[u32]),
    most: u64,
    seed: u64,
) {
    begin(bench, running, traffic, most, seed);
    flush_all(bench, running, 1 + seed % 3);
}

/// Flushes while all streams go on: what they bring afterwards belongs to bags that are gone, so that
/// another flush must end it.
fn by_flush_under_way(
    bench: &Bench,
    running: &mut Running,
    traffic: (&Translated, &[u32]),
    most: u64,
    seed: u64,
) {
    let input = Input {
        bags: Some(traffic.0),
        prog: traffic.1,
        answers: u64::MAX,
        flushes: 40,
        flush_pauses: 1000,
        pauses: 100,
        prog_pauses: 300,
        seed,
        most: Some(most + 100),
        ..Input::default()
    };
    bench.try_run(running, &input).unwrap_err();
    flush_all(bench, running, 1);
}

macro_rules! interruptions {
    ($($name:ident: $geometry:ident, $how:ident;)*) => {
        $(#[test] fn $name() {
            interrupted(&Bench::new(&slow_writes(geometries::$geometry())), $how);
        })*
    };
}

interruptions! {
    reset_of_tiny: tiny, by_reset;
    flush_of_tiny: tiny, by_flush;
    flush_under_way_of_tiny: tiny, by_flush_under_way;
    flush_of_contended: contended, by_flush;
    reset_of_two_blocks: split, by_reset;
    flush_of_two_blocks: split, by_flush;
    flush_under_way_of_two_blocks: split, by_flush_under_way;
    reset_of_two_ports: ports, by_reset;
    flush_of_two_ports: ports, by_flush;
    flush_of_sar_converters: sar_lossless, by_flush;
    flush_under_way_of_sar_converters: sar_lossless, by_flush_under_way;
}

#[test]
fn flush_after_each_run_of_contended() {
    flushed_after_each_run(&Bench::new(&modes_a_cycle_apart(geometries::contended())));
}

/// Other mappings and tables are loaded through the port between runs of the same model, without a
/// reset.
#[test]
fn contents_change_between_runs() {
    for config in [geometries::tiny(), geometries::split(), geometries::ports()] {
        let bench = Bench::new(&config);
        let r = &bench.resolved;
        for seed in 0..6 {
            let mut rng = random::rng(100 + seed);
            let first = case(&bench, &mut rng);
            let contents = Contents::new(&first.mapping, &first.table, r).unwrap();
            let mut running = bench.start(&first.mapping, &contents, &[]);
            for run in 0..4 {
                let next = case(&bench, &mut rng);
                let contents = Contents::new(&next.mapping, &next.table, r).unwrap();
                let prog = shuffled(&bench, &contents, &mut rng);
                let input = Input {
                    prog: &prog,
                    answers: contents.rows_written() as u64,
                    pauses: 300 * (run % 2),
                    drain: 40,
                    ..Input::default()
                };
                bench.run(&mut running, &input);
                let translated = bench.translate(&next.mapping, &next.bags);
                let input = Input {
                    bags: Some(&translated),
                    ..Input::default()
                };
                let outcome = bench.run(&mut running, &input);
                let values = bench.values(&outcome, &translated);
                assert_eq!(
                    values,
                    exact(&next.bags, &next.table),
                    "seed {seed}, run {run}"
                );
                assert_eq!(bench.error(&running).0, 0);
            }
        }
    }
}
