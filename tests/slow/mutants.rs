//! Judges one mutant of a package by the checks of the other tests: `make mutants` runs it for each mutant.
//!
//! The package holds many mutants, of which the environment variable `RECROSS_MUTANT` chooses one when a model starts
//! (`scripts/mutant_text.py`). Each mutant gets a process of its own, because it may end it or never end.

use crate::cosim::bench::Bench;
use crate::cosim::{self, Case, cosimulate, geometries, with_stalls};
use crate::driver::{self, host::Engine};
use crate::{counting, cycle_model, interrupted, macros, mutations, pins, soak, writing};
use recross::config::Config;
use recross::cosim::Preload;
use recross::rtl::Package;
use std::cell::OnceCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

/// The configurations whose packages are broken: together they have every module, both converters, masks that are
/// split, several blocks and phases, and all kinds of event counters.
const NAMES: [&str; 9] = [
    "small",
    "ports",
    "split",
    "graded_levels",
    "graded_sar",
    "blocks",
    "parts",
    "two_blocks",
    "rows64",
];

/// Flash converters of 8 bits, and masks of 64 rows.
const ROWS64: &str = "
[embedding]
dim = 2
value_bits = 4
max_bag = 80
[crossbar]
rows = 64
cols = 4
cell_bits = 2
adcs = 2
[engine]
lanes = 1
banks_per_lane = 2
crossbars_per_bank = 1
queue_depth = 2
[frontend]
ports = 1
window = 4
gather = 4
places = 4
";

fn configuration(name: &str) -> Config {
    let mut config = match name {
        "two_blocks" => return writing::two_blocks(),
        "rows64" => Config::from_toml(ROWS64, name).unwrap(),
        _ => {
            let file = format!("tests/snapshots/configs/{name}.toml");
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
            Config::load(&path).unwrap().config
        }
    };
    config.technology.write_ns = geometries::WRITE_NS;
    // The driver's tests number bags by their tags.
    config.frontend.tag_bits = config.frontend.tag_bits.max(16);
    config
}

/// A package that is judged.
struct Subject {
    name: String,
    config: Config,
    bench: OnceCell<Bench>,
    engine: OnceCell<Engine>,
}

impl Subject {
    /// The model whose streams are driven one by one.
    fn bench(&self) -> &Bench {
        self.bench.get_or_init(|| Bench::new(&self.config))
    }

    /// The model of the whole top module with the C driver.
    fn engine(&self) -> &Engine {
        self.engine
            .get_or_init(|| Engine::of(with_stalls(&self.config, 0, 0, 1)))
    }

    /// Whether it is one of the configurations that the C driver is tested with.
    fn is_driven(&self) -> bool {
        self.is(&["small", "ports", "blocks"])
    }

    fn is(&self, names: &[&str]) -> bool {
        names.contains(&self.name.as_str())
    }
}

/// Runs with random contents through the top module, without pauses and with; all values, cycles, counters and status
/// outputs must be exact.
fn runs(s: &Subject) {
    for (number, (resolved, case)) in mutations::stimuli(s.config.clone()).iter().enumerate() {
        let sim = cosim::simulator(resolved);
        let preload = [Preload::Images, Preload::Port][number / 2 % 2];
        exact(&sim, resolved, case, preload);
    }
}

fn exact(
    sim: &recross::cosim::Simulator,
    resolved: &recross::config::Resolved,
    case: &Case,
    preload: Preload,
) {
    let checked = cosimulate(sim, resolved, case, preload).unwrap_or_else(|e| panic!("{e}"));
    if let Err(e) = checked.verdict.into_result() {
        panic!("{e}");
    }
}

/// Further runs, with the status outputs of every cycle in some of them.
fn cycles(s: &Subject) {
    let mut config = s.config.clone();
    config.simulation.idle_limit = 1000;
    let rng = &mut crate::cosim::random::rng(31);
    cycle_model::draws(&s.name, &config, 12, |run| run % 4 == 1, rng);
}

/// A check, and whether it fits a configuration.
type Check = (&'static str, fn(&Subject) -> bool, fn(&Subject));

/// From what is quick and finds most to what is slow.
const CHECKS: &[Check] = &[
    ("runs", |_| true, runs),
    ("cycles", |_| true, cycles),
    (
        "words out of order",
        |s| s.is(&["two_blocks"]),
        |s| macros::words_out_of_order(s.bench()),
    ),
    (
        "counters",
        |s| s.is(&["ports"]),
        |s| {
            counting::frozen_cleared_and_wrapped(s.bench());
        },
    ),
    (
        "failed writes",
        |_| true,
        |s| writing::failed_writes(s.bench()),
    ),
    (
        "rows rewritten",
        |_| true,
        |s| {
            writing::rewritten_often(s.bench());
        },
    ),
    ("flush", |_| true, |s| interrupted::flushed(s.bench())),
    (
        "flush under way",
        |_| true,
        |s| interrupted::flushed_under_way(s.bench()),
    ),
    (
        "flush after each run",
        |_| true,
        |s| interrupted::flushed_after_each_run(s.bench()),
    ),
    (
        "reset",
        |_| true,
        |s| interrupted::reset_under_way(s.bench()),
    ),
    ("driver", Subject::is_driven, |s| {
        driver::programs_and_uses(s.engine())
    }),
    ("flush of an open bag", Subject::is_driven, |s| {
        driver::flushes_open_bags(s.engine())
    }),
    ("errors told to the driver", Subject::is_driven, |s| {
        driver::tells_every_error(s.engine())
    }),
    ("rows rewritten by the driver", Subject::is_driven, |s| {
        driver::rewrites_rows(s.engine())
    }),
    ("soak", Subject::is_driven, |s| {
        soak::first_epochs(s.engine())
    }),
    (
        "pins of the analog part",
        |_| true,
        |s| pins::reach_every_macro(&s.config),
    ),
    (
        "latency",
        |_| true,
        |s| {
            macros::any_latency(&s.name, &s.config);
        },
    ),
];

/// What the last panic said.
static SAID: Mutex<String> = Mutex::new(String::new());

/// The kind of check that a message comes from.
fn kind(said: &str) -> &'static str {
    let kinds = [
        ("Assertion failed", "assertion"),
        ("violated the", "rules of the macro"),
        ("golden", "values"),
        ("hangs", "hang"),
        ("no stream has moved", "hang"),
        ("from the commands", "counters"),
        ("after the run: found", "status"),
        ("timing differs", "cycles"),
        ("status outputs", "status"),
    ];
    let known = kinds.iter().find(|(words, _)| said.contains(words));
    known.map_or("other", |(_, kind)| kind)
}

/// Prints, for the package in the folder `RECROSS_MUTANT_PACKAGE` of the configuration `RECROSS_MUTANT_CONFIG`, the
/// first check that fails, or that none does.
#[test]
#[ignore = "run by `make mutants`"]
fn judge() {
    let name = std::env::var("RECROSS_MUTANT_CONFIG").unwrap();
    let folder = PathBuf::from(std::env::var_os("RECROSS_MUTANT_PACKAGE").unwrap());
    cosim::test_package(folder);
    std::panic::set_hook(Box::new(|info| {
        let mut said = SAID.lock().unwrap();
        if said.is_empty() {
            let words = info.payload_as_str().unwrap_or("a panic");
            *said = format!("{words} at {}", info.location().unwrap());
        }
    }));
    let subject = Subject {
        config: configuration(&name),
        name,
        bench: OnceCell::new(),
        engine: OnceCell::new(),
    };
    for (check, fits, run) in CHECKS {
        if !fits(&subject) {
            continue;
        }
        let begin = Instant::now();
        if catch_unwind(AssertUnwindSafe(|| run(&subject))).is_err() {
            let said = SAID.lock().unwrap();
            let words: String = said.lines().take(3).collect::<Vec<_>>().join(" ");
            println!("verdict: caught\t{check}\t{}\t{words}", kind(&said));
            return;
        }
        println!("{check}: {:.2} s", begin.elapsed().as_secs_f64());
    }
    println!("verdict: survived");
}

/// Writes the packages of all configurations into the folder `RECROSS_MUTANT_PACKAGES`, and prints their names.
#[test]
#[ignore = "run by `make mutants`"]
fn emit() {
    let folder = PathBuf::from(std::env::var_os("RECROSS_MUTANT_PACKAGES").unwrap());
    for name in NAMES {
        let resolved = with_stalls(&configuration(name), 0, 0, 1);
        Package::emit(&resolved)
            .unwrap()
            .write(&folder.join(name))
            .unwrap();
        println!("package: {name}");
    }
}
