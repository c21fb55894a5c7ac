//! Checks what a macro may do: not answer, answer late, and get words that are wrong.

use crate::cosim::bench::{Bench, Input, Place, a_group_in_each_bank, exact, writes_of};
use crate::cosim::{Case, geometries, random, simulator, translate, windows, with_stalls};
use recross::config::{Config, Converter};
use recross::cosim::{Preload, RunSpec};
use recross::formats::trace::Bags;
use recross::mapping::contents::Contents;
use recross::reference::golden;
use std::ops::ControlFlow;

/// The message of a run in which the macro of lane 1, bank 0 is silent.
fn said_of_a_silent_macro(mut config: Config, preload: Preload, idle_limit: u32) -> String {
    config.simulation.idle_limit = idle_limit;
    // A macro counts as silent once it has taken several times as long as a write.
    config.technology.write_ns = Config::default().technology.write_ns;
    let r = config.clone().resolve("test").unwrap();
    let sim = simulator(&r);
    let mapping = a_group_in_each_bank(&config);
    let table = random::table(&r, mapping.embeddings, &mut random::rng(1));
    let all = (0..mapping.embeddings).collect::<Vec<_>>();
    let bags = Bags::from_lists(mapping.embeddings, &vec![all; 8]).unwrap();
    let translated = translate(&mapping, &bags, &r);
    let contents = Contents::new(&mapping, &table, &r).unwrap();
    let spec = RunSpec {
        preload,
        plusargs: ["lane=1", "bank=0"]
            .map(|of| format!("+recross_silent_{of}"))
            .into(),
        ..RunSpec::default()
    };
    let ran = sim.run(&contents, &translated, &spec, &mut |_| {
        ControlFlow::Continue(())
    });
    let error = ran.unwrap_err();
    assert_eq!(error.exit_status(), 1);
    error.to_string()
}

#[test]
fn a_macro_that_never_answers_is_named() {
    let flash = geometries::tiny();
    let sar = geometries::sar_lossless();
    // The conversion of SAR converters is paced by the logic outside the macro.
    for (config, preload) in [
        (flash.clone(), Preload::Images),
        (flash, Preload::Port),
        (sar, Preload::Port),
    ] {
        let said = said_of_a_silent_macro(config, preload, 2000);
        let first = said.lines().next().unwrap();
        assert_eq!(first, "the analog macro of lane 1, bank 0 does not answer");
        assert!(
            said.contains("the model hangs: no stream has moved for"),
            "{said}"
        );
    }
    // The engine tells of the bank, and the control slave refuses the writes that would wait for it,
    // long before a model counts as hanging.
    let said = said_of_a_silent_macro(geometries::tiny(), Preload::Port, 1_000_000);
    assert_eq!(said, "the analog macro of lane 1, bank 0 does not answer");
}

/// Whatever time the macros take, the values are right.
#[test]
fn values_do_not_depend_on_the_macros_latency() {
    let slower: usize = geometries::shared()
        .iter()
        .map(|(name, config)| any_latency(name, config))
        .sum();
    assert!(slower > 20, "the drawn latency shows in {slower} runs");
}

/// Runs with a drawn latency; returns the number of those that take longer than without.
pub fn any_latency(name: &str, config: &Config) -> usize {
    let mut slower = 0;
    for seed in 1..=12u32 {
        let r = with_stalls(config, 100 * (seed % 3), 150 * (seed % 2), seed.into());
        let sim = simulator(&r);
        let case = random::case(&r, seed.into());
        let translated = translate(&case.mapping, &case.bags, &r);
        let contents = Contents::new(&case.mapping, &case.table, &r).unwrap();
        let run = |plusargs| {
            let spec = RunSpec {
                preload: match seed % 4 {
                    0 => Preload::Port,
                    _ => Preload::Images,
                },
                plusargs,
                ..RunSpec::default()
            };
            sim.run(&contents, &translated, &spec, &mut |_| {
                ControlFlow::Continue(())
            })
            .unwrap_or_else(|e| panic!("{name}, seed {seed}: {e}"))
        };
        let outcome = run(vec![format!("+recross_latency_seed={seed}")]);
        if r.is_lossless() {
            let exact = golden::reduce_exact(&case.bags, &case.table).unwrap();
            assert_eq!(outcome.values, exact, "{name}, seed {seed}");
        }
        assert_eq!(outcome.status, [], "{name}, seed {seed}");
        if config.adc.kind == Converter::Flash {
            slower += usize::from(run(Vec::new()).cycles < outcome.cycles);
        }
    }
    slower
}

/// A full group in each bank, bags of all ids, and a table.
fn full(config: &Config, bench: &Bench) -> Case {
    let mapping = a_group_in_each_bank(config);
    let table = random::table(&bench.resolved, mapping.embeddings, &mut random::rng(9));
    let all = (0..mapping.embeddings).collect::<Vec<_>>();
    let bags = vec![all; windows(&bench.resolved)];
    Case {
        bags: Bags::from_lists(mapping.embeddings, &bags).unwrap(),
        mapping,
        table,
    }
}

fn fast_writes(mut config: Config) -> Config {
    config.technology.write_ns = 10.0;
    config
}

/// A geometry with two blocks.
pub fn two_blocks() -> Config {
    fast_writes(geometries::split())
}

#[test]
fn words_out_of_order_are_dropped_and_reported() {
    words_out_of_order(&Bench::new(&two_blocks()));
}

/// Writes words out of order.
pub fn words_out_of_order(bench: &Bench) {
    let r = &bench.resolved;
    let case = full(&r.config, bench);
    let contents = Contents::new(&case.mapping, &case.table, r).unwrap();
    let translated = bench.translate(&case.mapping, &case.bags);
    let words = |place: Place| -> [Vec<u32>; 2] {
        let both = writes_of(&contents, r, &[place]);
        let (first, second) = both.split_at(both.len() / 2);
        [first.to_vec(), second.to_vec()]
    };
    // The wrong words carry data that would show.
    let wrong = |word: &[u32]| -> Vec<u32> {
        let data = word[3..].iter().map(|w| !w);
        word[..3].iter().copied().chain(data).collect()
    };
    let row = |row| (1, 0, 0, row);
    // What is wrong, the words, and the rows that are answered.
    type Wrong = (&'static str, Vec<Vec<u32>>, Vec<Place>);
    let cases: [Wrong; 4] = [
        ("second block first", vec![wrong(&words(row(2))[1])], vec![]),
        (
            "first block twice",
            vec![
                words(row(2))[0].clone(),
                wrong(&words(row(2))[0]),
                words(row(2))[1].clone(),
            ],
            vec![row(2)],
        ),
        (
            "another row between",
            vec![
                words(row(2))[0].clone(),
                wrong(&words(row(3))[0]),
                words(row(2))[1].clone(),
            ],
            vec![row(2)],
        ),
        (
            "second block of another row",
            vec![
                words(row(2))[0].clone(),
                wrong(&words(row(3))[1]),
                words(row(2))[1].clone(),
            ],
            vec![row(2)],
        ),
    ];
    for (what, words, answered) in cases {
        let mut running = bench.start(&case.mapping, &contents, &[]);
        assert_eq!(bench.error(&running), (0, 0, 0));
        let prog = words.concat();
        let input = Input {
            prog: &prog,
            drain: 200,
            ..Input::default()
        };
        let outcome = bench.run(&mut running, &input);
        let answers = bench.answers(&outcome);
        let places: Vec<Place> = answers.iter().map(|a| a.place).collect();
        assert_eq!(places, answered, "{what}");
        assert!(answers.iter().all(|a| !a.fail), "{what}");
        assert_eq!(bench.error(&running), (2, 1, 0), "{what}");
        // A later error of the bank that is asked next does not replace it.
        let other = wrong(&writes_of(&contents, r, &[(1, 1, 0, 4)])[prog.len() / words.len()..]);
        let input = Input {
            prog: &other,
            drain: 200,
            ..Input::default()
        };
        bench.run(&mut running, &input);
        assert_eq!(bench.error(&running), (2, 1, 0), "{what}");
        let input = Input {
            bags: Some(&translated),
            ..Input::default()
        };
        let outcome = bench.run(&mut running, &input);
        let values = bench.values(&outcome, &translated);
        assert_eq!(values, exact(&case.bags, &case.table), "{what}");
        // The error stays until a flush.
        assert_eq!(bench.error(&running), (2, 1, 0), "{what}");
        let input = Input {
            flushes: 1,
            drain: 200,
            ..Input::default()
        };
        bench.run(&mut running, &input);
        assert_eq!(bench.error(&running), (0, 0, 0), "{what}");
    }
}

/// Numbers beyond the last lane, bank, crossbar or row change nothing, and hold up nothing.
#[test]
fn writes_to_places_that_do_not_exist_change_nothing() {
    // Three lanes, three banks, 70 rows; five crossbars in the second.
    let mut fives = geometries::wide();
    fives.engine.crossbars_per_bank = 5;
    for config in [fast_writes(geometries::wide()), fast_writes(fives)] {
        let bench = Bench::new(&config);
        let r = &bench.resolved;
        let case = full(&config, &bench);
        let contents = Contents::new(&case.mapping, &case.table, r).unwrap();
        let translated = bench.translate(&case.mapping, &case.bags);
        let good = writes_of(&contents, r, &[(1, 1, 0, 5)]);
        let at = |lane: u32, bank: u32, slot: u32, row: u32| {
            let mut word = good.clone();
            word[0] = lane;
            word[1] = bank;
            word[2] = (slot << r.row_number_bits | row) << r.block_bits;
            word[3..].iter_mut().for_each(|w| *w = !*w);
            word
        };
        let slots = r.config.engine.crossbars_per_bank;
        let mut bad = vec![
            at(3, 0, 0, 5),
            at(0, 3, 0, 5),
            at(1, 1, 0, 70),
            at(1, 1, 0, 127),
        ];
        if !slots.is_power_of_two() {
            bad.push(at(1, 1, slots, 0));
            bad.push(at(1, 1, 7, 69));
        }
        for word in bad {
            let what = format!("{:?}", &word[..3]);
            let mut running = bench.start(&case.mapping, &contents, &[]);
            let prog = [word, good.clone()].concat();
            let input = Input {
                prog: &prog,
                bags: Some(&translated),
                drain: 200,
                ..Input::default()
            };
            let outcome = bench
                .try_run(&mut running, &input)
                .unwrap_or_else(|e| panic!("{what}: {e}"));
            let answers = bench.answers(&outcome);
            let of_good = answers.iter().find(|a| a.place == (1, 1, 0, 5)).unwrap();
            assert!(!of_good.fail, "{what}");
            // Words for no bank are reported by the sticky error, the others by their answers.
            let outside = prog[0] > 2 || prog[1] > 2;
            let error = if outside {
                (2, prog[0].into(), prog[1].into())
            } else {
                (0, 0, 0)
            };
            assert_eq!(bench.error(&running), error, "{what}");
            assert_eq!(answers.len(), if outside { 1 } else { 2 }, "{what}");
            let others: Vec<_> = answers
                .iter()
                .filter(|a| a.place != of_good.place)
                .collect();
            assert!(others.iter().all(|a| a.fail), "{what}: {others:?}");
            let values = bench.values(&outcome, &translated);
            assert_eq!(values, exact(&case.bags, &case.table), "{what}");
        }
    }
}
