//! Measures the speed of recross and compares it with bars: `make bench`.
//!
//! Prints a Markdown table. The exit status is 1 if a bar is missed. Wall times are valid only on
//! an idle machine.

use recross::config::{Config, Engine, Method, Replication, Resolved};
use recross::cosim::{self, BuildSpec, RunSpec, Simulator, Stimulus};
use recross::formats::table::{IntTable, random_row};
use recross::formats::trace::Bags;
use recross::hardware::Params;
use recross::host::{BagOrder, Translated, Translator};
use recross::learn;
use recross::mapping::Mapping;
use recross::mapping::contents::Contents;
use recross::reference::cycles::Model;
use recross::rtl::{self, Package};
use std::error::Error;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;
use verilated::{Library, ModelOptions, RunRequest, SearchOptions, Toolchain};

type Outcome<T> = Result<T, Box<dyn Error>>;

const TRACE: &str = "data/debian-installs.bags.gz";
const CONFIG: &str = "examples/demo.toml";

/// One line of the table.
struct Row {
    what: &'static str,
    measured: String,
    bar: &'static str,
    met: bool,
}

fn main() -> ExitCode {
    match measure() {
        Ok(rows) => {
            println!("| measured | value | bar | |");
            println!("|---|---|---|---|");
            for r in &rows {
                let word = if r.met { "met" } else { "**missed**" };
                println!("| {} | {} | {} | {word} |", r.what, r.measured, r.bar);
            }
            ExitCode::from(u8::from(rows.iter().any(|r| !r.met)))
        }
        Err(e) => {
            eprintln!("bars: {e}");
            ExitCode::from(2)
        }
    }
}

fn measure() -> Outcome<Vec<Row>> {
    std::env::set_current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))?;
    let cache = tempfile::tempdir()?;
    let mut rows = vec![emission()?];
    let demo = Config::load(Path::new(CONFIG))?;
    rows.push(cold_build(&demo, cache.path())?);
    rows.push(against_plain_program(&demo, cache.path())?);
    rows.push(second_run(cache.path())?);
    // A new cache, so that Verilator's run-time objects are built again.
    let cache = tempfile::tempdir()?;
    rows.extend(many_banks(cache.path())?);
    rows.extend(cycle_model(cache.path())?);
    Ok(rows)
}

/// The shortest time of several tries, in seconds.
fn best(tries: u32, mut work: impl FnMut() -> Outcome<f64>) -> Outcome<f64> {
    let mut least = f64::INFINITY;
    for _ in 0..tries {
        least = least.min(work()?);
    }
    Ok(least)
}

/// An engine of so many lanes, banks a lane and crossbars a bank, and its front end.
fn with_engine(
    [lanes, banks_per_lane, crossbars_per_bank]: [u32; 3],
    frontend: FrontEnd,
) -> Outcome<Resolved> {
    let mut config = Config::default();
    if let FrontEnd::Wide { adcs } = frontend {
        (config.frontend.ports, config.frontend.ids_per_beat) = (8, 2);
        config.frontend.result_bits = 512;
        config.crossbar.adcs = adcs;
    }
    config.engine = Engine {
        lanes,
        banks_per_lane,
        crossbars_per_bank,
        ..config.engine
    };
    config.mapping.method = Method::IdOrder;
    config.mapping.replication = Replication::None;
    Ok(config.resolve("bars")?)
}

/// How many ids an engine of the measurements takes.
#[derive(Clone, Copy)]
enum FrontEnd {
    /// As the default.
    Default,
    /// 16 a cycle, with so many converters a crossbar: with few, banks are busy for longer.
    Wide { adcs: u32 },
}

fn emission() -> Outcome<Row> {
    let resolved = with_engine([8, 8, 32], FrontEnd::Default)?;
    let seconds = best(5, || {
        let folder = tempfile::tempdir()?;
        let start = Instant::now();
        Package::emit(&resolved)?.write(folder.path())?;
        Ok(start.elapsed().as_secs_f64())
    })?;
    Ok(Row {
        what: "emission of the RTL package, 64 banks",
        measured: format!("{:.1} ms", seconds * 1e3),
        bar: "under 100 ms",
        met: seconds < 0.1,
    })
}

fn build(resolved: &Resolved, cache: &Path) -> Outcome<(Simulator, f64)> {
    let spec = BuildSpec {
        cache: recross::cosim::Cache::new(cache),
        ..BuildSpec::new()
    };
    let simulator = Simulator::build(resolved, &spec)?;
    let built = simulator.built();
    if !built.is_fresh() {
        return Err("the model was already in the cache".into());
    }
    let cpu = built.cpu_seconds();
    let cpu = cpu.ok_or("this system does not report processor time")?;
    Ok((simulator, cpu))
}

fn cold_build(demo: &Resolved, cache: &Path) -> Outcome<Row> {
    let (_, cpu) = build(demo, cache)?;
    Ok(Row {
        what: "cold build of the demo model, Verilator's run time included",
        measured: format!("{cpu:.1} CPU s"),
        bar: "under 20 CPU s",
        met: cpu < 20.0,
    })
}

/// A random table for `bags`, and the bags translated with `mapping`.
fn prepare(resolved: &Resolved, mapping: &Mapping, bags: &Bags) -> Outcome<(IntTable, Translated)> {
    let (dim, value_bits) = (
        resolved.config.embedding.dim,
        resolved.config.embedding.value_bits,
    );
    let mut data = vec![0; bags.embeddings() as usize * dim as usize];
    for (row, values) in data.chunks_mut(dim as usize).enumerate() {
        random_row(1, 0, row as u32, value_bits, values);
    }
    let table = IntTable::new(dim, value_bits, data);
    let translator = Translator::new(mapping, resolved)?;
    Ok((table, translator.translate(bags, BagOrder::of(resolved))?))
}

/// Runs the same model, stimulus and clock loop as a shared library from Rust and as a C++ program.
fn against_plain_program(demo: &Resolved, cache: &Path) -> Outcome<Row> {
    let trace = recross::flow::read_trace(&TRACE.into(), demo, &())?;
    let rows = recross::flow::rows_needed(demo, &[&trace], None);
    let bags = recross::flow::flatten(trace, &rows, demo)?;
    let mut lists: Vec<Vec<u32>> = Vec::new();
    for _ in 0..4 {
        lists.extend(bags.iter().map(|bag| bag.iter().map(|id| id.0).collect()));
    }
    let repeated = Bags::from_lists(bags.embeddings(), &lists).ok_or("a bag out of range")?;
    let mapping = learn::learn(demo, &bags, &())?;
    let (table, translated) = prepare(demo, &mapping, &repeated)?;
    let contents = Contents::new(&mapping, &table, demo)?;
    let folder = tempfile::tempdir()?;
    Simulator::write_stimulus(folder.path(), &contents, &translated, demo)?;
    let images = format!("+recross_images={}", folder.path().display());

    let package = folder.path().join("rtl");
    std::fs::create_dir(&package)?;
    Package::emit(demo)?.write(&package)?;
    let design = recross::cosim::harness::design(&Params::new(demo), rtl::sources_of(&package)?);
    let tools = Toolchain::find(&SearchOptions::default())?;
    let options = BuildSpec {
        cache: recross::cosim::Cache::new(cache),
        ..BuildSpec::new()
    }
    .options();
    let library = Library::load(&verilated::build(&tools, &design, &options)?)?;
    let program = verilated::build_main(&tools, &design, &options)?;

    let stimulus = Stimulus::new(&translated, demo);
    let mut request = RunRequest::new();
    for port in 0..demo.config.frontend.ports as usize {
        request = request
            .input(format!("ids{port}"), stimulus.ids(port))
            .expect(format!("vec{port}"), stimulus.beats_out(port));
    }
    let file = folder.path().join("stimulus");
    let results = folder.path().join("results");
    verilated::write_stimulus(&file, &design, &request, 4)?;

    let (mut ours, mut plain, mut cycles) = (f64::INFINITY, f64::INFINITY, 0);
    // Alternate, so that both run under the same load.
    for _ in 0..5 {
        let mut model = library.model_with(&ModelOptions {
            plusargs: vec![images.clone()],
        })?;
        model.reset(4)?;
        let ran = model.run(&request, &mut |_| ControlFlow::Continue(()))?;
        let output = Command::new(program.path())
            .arg(&file)
            .arg(&results)
            .arg(&images)
            .output()?;
        let output_text = String::from_utf8_lossy(&output.stdout).into_owned();
        let number = |name: &str| {
            let mut words = output_text.split_whitespace().skip_while(|w| *w != name);
            words.nth(1).and_then(|w| w.parse::<f64>().ok())
        };
        let seconds = number("seconds")
            .ok_or_else(|| format!("no time in the output of the C++ program: {output_text}"))?;
        let mut items = Vec::new();
        for port in 0..demo.config.frontend.ports {
            let vectors = ran.output(&format!("vec{port}")).ok_or("no vectors")?;
            items.extend(vectors.words.iter().flat_map(|w| w.to_le_bytes()));
        }
        let same = items == std::fs::read(&results)?;
        if !output.status.success() || !same || number("cycles") != Some(ran.cycles as f64) {
            return Err(format!("the C++ program gives other results: {output_text}").into());
        }
        (ours, plain) = (ours.min(ran.seconds), plain.min(seconds));
        cycles = ran.cycles;
    }
    let rate = |seconds: f64| cycles as f64 / seconds / 1e3;
    let ratio = plain / ours;
    Ok(Row {
        what: "demo model: simulated cycles/s from Rust, against a plain C++ main loop on the same model",
        measured: format!("{:.0} k, {:.0} k: {ratio:.2}", rate(ours), rate(plain)),
        bar: "at least 0.8",
        met: ratio >= 0.8,
    })
}

/// Wall time of a second `recross run` minus that of its simulation loop.
fn second_run(cache: &Path) -> Outcome<Row> {
    let out = tempfile::tempdir()?;
    let run = || -> Outcome<f64> {
        let start = Instant::now();
        let output = Command::new("target/release/recross")
            .args([
                "run", "--config", CONFIG, "--trace", TRACE, "--json", "--out",
            ])
            .arg(out.path())
            .env("RECROSS_CACHE", cache)
            .output()?;
        let wall = start.elapsed().as_secs_f64();
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        let report: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        let inside = report["host"]["simulation_seconds"].as_f64();
        Ok(wall - inside.ok_or("the report lacks the simulation's time")?)
    };
    run()?;
    let seconds = best(3, run)?;
    Ok(Row {
        what: "second `recross run` of the demo, outside simulation",
        measured: format!("{seconds:.2} s"),
        bar: "under 1 s",
        met: seconds < 1.0,
    })
}

/// The inputs of a run under load: the bags touch all banks evenly.
struct Loaded {
    mapping: Mapping,
    table: IntTable,
    bags: Bags,
    translated: Translated,
}

impl Loaded {
    fn new(resolved: &Resolved, number: usize) -> Outcome<Self> {
        let embeddings = resolved.slots * resolved.config.crossbar.rows;
        // A congruential generator spreads ids evenly; two neighbouring rows make one activation.
        let mut id = 1u32;
        let lists: Vec<Vec<u32>> = (0..number)
            .map(|_| {
                let mut bag = Vec::new();
                for _ in 0..64 {
                    id = id.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let first = ((id >> 8) % embeddings) & !1;
                    bag.extend([first, first + 1]);
                }
                bag
            })
            .collect();
        let bags = Bags::from_lists(embeddings, &lists).ok_or("a bag out of range")?;
        let mapping = learn::learn(resolved, &bags, &())?;
        let (table, translated) = prepare(resolved, &mapping, &bags)?;
        Ok(Loaded {
            mapping,
            table,
            bags,
            translated,
        })
    }

    fn drive(&self, simulator: &Simulator, resolved: &Resolved) -> Outcome<cosim::Outcome> {
        let contents = Contents::new(&self.mapping, &self.table, resolved)?;
        let spec = RunSpec::default();
        Ok(simulator.run(&contents, &self.translated, &spec, &mut |_| {
            ControlFlow::Continue(())
        })?)
    }
}

/// Build time and simulation rate of 256 banks under load.
fn many_banks(cache: &Path) -> Outcome<Vec<Row>> {
    let resolved = &with_engine([16, 16, 4], FrontEnd::Wide { adcs: 4 })?;
    let (simulator, cpu) = build(resolved, cache)?;
    let loaded = Loaded::new(resolved, 4000)?;
    let (mut rate, mut busy) = (0.0f64, 0.0);
    for _ in 0..3 {
        let outcome = loaded.drive(&simulator, resolved)?;
        let total = outcome.counters.bank_total();
        rate = rate.max(total.activations as f64 / outcome.run_seconds);
        busy = total.busy as f64 / (outcome.cycles * u64::from(resolved.banks)) as f64;
    }
    Ok(vec![
        Row {
            what: "256 banks: cold build, Verilator's run time included",
            measured: format!("{cpu:.1} CPU s"),
            bar: "at most 75 CPU s",
            met: cpu <= 75.0,
        },
        Row {
            what: "256 banks: simulated activations/s, and how busy the banks are",
            measured: format!("{:.0} k/s, {:.0} % busy", rate / 1e3, busy * 100.0),
            bar: "at least 60 k/s, 80 % busy",
            met: rate >= 60e3 && busy >= 0.8,
        },
    ])
}

/// Rate of the cycle model and of the RTL that it predicts, for 64 lanes under load.
fn cycle_model(cache: &Path) -> Outcome<Vec<Row>> {
    let resolved = &with_engine([64, 1, 8], FrontEnd::Wide { adcs: 8 })?;
    let (simulator, _) = build(resolved, cache)?;
    let loaded = Loaded::new(resolved, 2000)?;
    let model = Model::new(resolved, &loaded.mapping)?;
    let (mut rtl, mut translated, mut bags) = (f64::INFINITY, f64::INFINITY, f64::INFINITY);
    let ids = loaded.translated.ids() as f64;
    // Alternate, so that all run under the same load. The model's runs are short, so it gets more
    // tries.
    for _ in 0..3 {
        let outcome = loaded.drive(&simulator, resolved)?;
        rtl = rtl.min(outcome.run_seconds);
        for _ in 0..10 {
            let start = Instant::now();
            let timing = model.run_translated(&loaded.translated, &mut |_, _| {})?;
            translated = translated.min(start.elapsed().as_secs_f64());
            let start = Instant::now();
            let streamed = model.run(loaded.bags.iter(), BagOrder::of(resolved), &mut |_, _| {})?;
            bags = bags.min(start.elapsed().as_secs_f64());
            let differing = outcome.counters.differences(&timing.counters, resolved);
            if timing != streamed || !differing.is_empty() {
                return Err("the cycle model differs from the RTL".into());
            }
        }
    }
    let rate = |seconds: f64| ids / seconds / 1e6;
    let faster = rtl / translated;
    Ok(vec![
        Row {
            what: "cycle model, 64 lanes: its speed over the RTL's in Verilator, both from translated bags",
            measured: format!("{faster:.0}, with translation {:.0}", rtl / bags),
            bar: "at least 4",
            met: faster >= 4.0,
        },
        Row {
            what: "cycle model, 64 lanes: ids/s on one core, from translated bags; from bags; RTL",
            measured: format!(
                "{:.1} M/s; {:.1} M/s; {:.2} M/s",
                rate(translated),
                rate(bags),
                rate(rtl)
            ),
            bar: "at least 1.5 M/s from translated bags",
            met: rate(translated) >= 1.5,
        },
    ])
}
