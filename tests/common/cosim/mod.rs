//! Shared by the co-simulation tests: geometries, random contents, and a checked run.
//!
//! Models are cached in cargo's folder for test files, so that only the first run builds them.
#![allow(dead_code)] // each test binary uses a part of it
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::result_large_err)]

pub mod bench;
pub mod geometries;
pub mod mapping;
pub mod random;

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use recross::config::{Config, Resolved};
use recross::cosim::{
    self, BuildSpec, Optimisation, Outcome, Prediction, Preload, RunSpec, Simulator,
};
use recross::formats::table::IntTable;
use recross::formats::trace::{Bags, ReadOptions};
use recross::host::{BagOrder, Translated, Translator};
use recross::mapping::contents::Contents;
use recross::mapping::{Mapping, WordFormat};
use recross::reference::cycles::Model;
use recross::reference::golden::{self, HardwareResult};
use recross::rtl::Package;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Folder of the models that are kept between runs.
pub fn cache_dir() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("cosim_models")
}

/// The package that is tested in place of the one that a configuration emits, if there is one.
static PACKAGE: OnceLock<PathBuf> = OnceLock::new();

/// Lets all models of this process be those of a package that was edited. Only its own configuration can be
/// tested then.
pub fn test_package(folder: PathBuf) {
    PACKAGE.set(folder).expect("one package a process");
}

/// The folder of the package to test: what `resolved` emits, or the edited one. An emitted one is there as long as the second
/// value.
pub fn package_of(resolved: &Resolved) -> (PathBuf, Option<tempfile::TempDir>) {
    if let Some(package) = PACKAGE.get() {
        return (package.clone(), None);
    }
    let folder = tempfile::tempdir().unwrap();
    Package::emit(resolved)
        .unwrap()
        .write(folder.path())
        .unwrap();
    (folder.path().to_owned(), Some(folder))
}

/// Build options of tests: no optimisation, because most models run for so few cycles that compiling them
/// is most of the work.
pub fn build_spec() -> BuildSpec {
    BuildSpec {
        cache: cosim::Cache::new(cache_dir()),
        rtl: PACKAGE.get().cloned(),
        optimisation: Optimisation::None,
        assertions: true,
        ..BuildSpec::new()
    }
}

/// The simulator of a configuration, including its `[simulation]` section.
pub fn simulator(resolved: &Resolved) -> Simulator {
    built(resolved, &build_spec())
}

/// As [`simulator`], for runs of hundreds of thousands of cycles.
pub fn optimised_simulator(resolved: &Resolved) -> Simulator {
    let spec = BuildSpec {
        optimisation: Optimisation::Low,
        ..build_spec()
    };
    built(resolved, &spec)
}

fn built(resolved: &Resolved, spec: &BuildSpec) -> Simulator {
    let sim = Simulator::build(resolved, spec).expect("the model builds");
    if spec.rtl.is_none() {
        assert_eq!(sim.built().warnings(), "", "Verilator warns of nothing");
    }
    sim
}

/// `config` with input streams pausing in `input`, and results in `output`, of 1024 cycles.
pub fn with_stalls(config: &Config, input: u32, output: u32, seed: u64) -> Resolved {
    let mut config = config.clone();
    config.simulation.input_idle = input;
    config.simulation.output_stall = output;
    // TOML has no larger whole numbers.
    config.simulation.seed = seed >> 1;
    config.resolve("test").expect("a valid configuration")
}

/// Mapping, table and bags of a run.
#[derive(Clone)]
pub struct Case {
    pub mapping: Mapping,
    pub table: IntTable,
    pub bags: Bags,
}

/// Outcome and verdict of a run, with its inputs to the checks.
pub struct Checked {
    pub outcome: Outcome,
    pub verdict: cosim::Verdict,
    pub exact: Vec<i64>,
    pub translated: Translated,
    pub predicted: Prediction,
}

/// Co-simulates and compares the results with both golden models and the cycle model. A mismatch is
/// in the verdict, not an error. The ids of some bags come in another order than the host software's
/// ([`mixed`]).
pub fn cosimulate(
    sim: &Simulator,
    resolved: &Resolved,
    case: &Case,
    preload: Preload,
) -> recross::Result<Checked> {
    let translated = mixed(&translate(&case.mapping, &case.bags, resolved), resolved);
    cosimulate_translated(sim, resolved, case, preload, translated)
}

fn cosimulate_translated(
    sim: &Simulator,
    resolved: &Resolved,
    case: &Case,
    preload: Preload,
    translated: Translated,
) -> recross::Result<Checked> {
    let contents = Contents::new(&case.mapping, &case.table, resolved)?;
    let spec = RunSpec {
        preload,
        ..RunSpec::default()
    };
    let outcome = sim.run(&contents, &translated, &spec, &mut |_| {
        ControlFlow::Continue(())
    })?;
    let exact = golden::reduce_exact(&case.bags, &case.table)?;
    let model = Model::new(resolved, &case.mapping)?;
    let predicted = Prediction::new(&model, &translated)?;
    let hardware = golden::reduce_hardware(
        &predicted.commands,
        case.bags.len(),
        &case.mapping,
        &case.table,
        resolved,
    )?;
    let mut verdict = cosim::verify(&outcome, &exact, &hardware, &predicted, resolved)?;
    sim.explain(&mut verdict, &contents, &translated, &spec, &model)?;
    Ok(Checked {
        outcome,
        verdict,
        exact,
        translated,
        predicted,
    })
}

/// Bags of a configuration in the order in which runs give them to the ports.
pub fn translate(mapping: &Mapping, bags: &Bags, resolved: &Resolved) -> Translated {
    let translator = Translator::new(mapping, resolved).unwrap();
    translator.translate(bags, BagOrder::of(resolved)).unwrap()
}

/// The same bags. Of three in a row, one is left as it is. One has no mark at the last ids of crossbars,
/// as from a host that knows of none. One has its ids in any order, marked at random.
pub fn mixed(translated: &Translated, resolved: &Resolved) -> Translated {
    let marker = WordFormat::new(resolved).last_of_crossbar();
    let mut out = Translated::new(translated.ports.len() as u32);
    for (port, out) in translated.ports.iter().zip(&mut out.ports) {
        for (bag, words) in port.iter() {
            let mut rng = ChaCha8Rng::seed_from_u64(bag.into());
            let mut words = words.to_vec();
            match bag % 3 {
                0 => {}
                1 => words.iter_mut().for_each(|word| *word &= !marker),
                _ => {
                    words.shuffle(&mut rng);
                    let mut mark = |word: &mut u32| *word ^= rng.random::<u32>() & marker;
                    words.iter_mut().for_each(&mut mark);
                }
            }
            out.push(bag, words);
        }
    }
    out
}

/// What the hardware model makes of the commands that the cycle model predicts.
pub fn reduced(translated: &Translated, case: &Case, resolved: &Resolved) -> HardwareResult {
    let model = Model::new(resolved, &case.mapping).unwrap();
    let predicted = Prediction::new(&model, translated).unwrap();
    let (commands, bags) = (&predicted.commands, case.bags.len());
    golden::reduce_hardware(commands, bags, &case.mapping, &case.table, resolved).unwrap()
}

/// Twice the bags that may be in flight.
pub fn windows(resolved: &Resolved) -> usize {
    let frontend = &resolved.config.frontend;
    (2 * frontend.window * frontend.ports) as usize
}

/// As [`cosimulate`], but panics unless everything matches and each port's results come in order.
pub fn must_match(
    what: &str,
    sim: &Simulator,
    resolved: &Resolved,
    case: &Case,
    preload: Preload,
) -> Checked {
    let checked = cosimulate(sim, resolved, case, preload);
    must_be_exact(what, checked, case)
}

/// As [`must_match`], with all ids in the order of the host software.
pub fn must_match_in_order(
    what: &str,
    sim: &Simulator,
    resolved: &Resolved,
    case: &Case,
    preload: Preload,
) -> Checked {
    let translated = translate(&case.mapping, &case.bags, resolved);
    let checked = cosimulate_translated(sim, resolved, case, preload, translated);
    must_be_exact(what, checked, case)
}

fn must_be_exact(what: &str, checked: recross::Result<Checked>, case: &Case) -> Checked {
    let checked =
        checked.unwrap_or_else(|e| panic!("{what}: {e}\n{}", e.help().unwrap_or_default()));
    if let Err(e) = checked.verdict.clone().into_result() {
        panic!("{what}: {e}");
    }
    assert_eq!(checked.outcome.values.len(), checked.exact.len(), "{what}");
    let at = &checked.outcome.retired_at;
    assert_eq!(at.len(), case.bags.len(), "{what}");
    for port in &checked.translated.ports {
        let own: Vec<u64> = port.iter().map(|(bag, _)| at[bag as usize]).collect();
        assert!(
            own.is_sorted_by(|a, b| a < b),
            "{what}: one vector a port and cycle, in the port's order"
        );
    }
    checked
}

/// The bundled trace.
pub fn bundled_trace() -> Bags {
    read_bags(&Path::new(env!("CARGO_MANIFEST_DIR")).join("data/debian-installs.bags.gz"))
}

/// The bags of a trace file, over its own range of ids.
pub fn read_bags(path: &Path) -> Bags {
    let trace =
        recross::formats::trace::read(path, &ReadOptions::default()).expect("a readable trace");
    let rows = trace.inferred_rows();
    trace.into_bags(&rows).expect("bags of one table")
}

/// The folder of further traces, if there is one; otherwise prints that there is none.
pub fn shared_traces() -> Option<PathBuf> {
    let folder = match std::env::var_os("RECROSS_TRACES") {
        Some(named) => PathBuf::from(named),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/traces"),
    };
    if folder.is_dir() {
        return Some(folder);
    }
    println!(
        "no further traces at {}: the bundled trace only",
        folder.display()
    );
    None
}

/// `bags` with the ids in use renumbered from 0 without gaps; their order stays the same.
///
/// (Numbering by first use would put ids that the history has not seen, which a mapping keeps in id
/// order, into the same crossbars as the ids used at about the same time.)
pub fn compact(bags: &Bags) -> Bags {
    let used: BTreeSet<u32> = bags.iter().flatten().map(|id| id.0).collect();
    let mut number = vec![0; bags.embeddings() as usize];
    for (dense, &id) in (0..).zip(&used) {
        number[id as usize] = dense;
    }
    let lists: Vec<Vec<u32>> = bags
        .iter()
        .map(|bag| bag.iter().map(|id| number[id.index()]).collect())
        .collect();
    Bags::from_lists(used.len() as u32, &lists).expect("renumbered ids are in range")
}
