//! Measures builds and simulation speed on `increment.v`: `cargo run -p recross-verilated --example speed`.
//!
//! The same model runs from Rust and as a plain C++ program around the same clock loop, in turn, so that both meet the same machine.

use std::error::Error;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;

use verilated::{
    BuildOptions, Design, Field, Library, Reset, RunRequest, SearchOptions, StreamSpec, Toolchain,
    build, build_main, write_stimulus,
};

const ITEMS: usize = 5_000_000;

fn design() -> Design {
    let stream = |name: &str, suffixes: [&str; 3]| {
        let port = |suffix: &str| format!("{name}_{suffix}");
        let [valid, ready, data] = suffixes.map(port);
        StreamSpec {
            name: name.into(),
            valid: Field::bit(valid, 0),
            ready: Some(Field::bit(ready, 0)),
            payload: vec![Field::whole(data, 32)],
        }
    };
    Design {
        name: "increment".into(),
        top: "increment".into(),
        sources: vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/increment.v")],
        clock: "clk_i".into(),
        reset: Some(Reset {
            port: "rst_ni".into(),
            active_low: true,
        }),
        inputs: vec![stream("in", ["valid_i", "ready_o", "data_i"])],
        outputs: vec![stream("out", ["valid_o", "ready_i", "data_o"])],
        ..Design::default()
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let tools = Toolchain::find(&SearchOptions::default())?;
    println!("{}, {}", tools.version_text(), tools.cxx_version());
    let folder = tempfile::tempdir()?;
    let options = BuildOptions::new(folder.path().join("models"));
    let design = design();
    let mut other = design.clone();
    other.name = "again".into();
    let mut builds = Vec::new();
    for (what, design) in [
        ("first build, with Verilator's run time", &design),
        ("build of another model", &other),
        ("model from the cache", &design),
    ] {
        let built = build(&tools, design, &options)?;
        // Processor time depends less on what else the machine does.
        match built.cpu_seconds() {
            Some(seconds) => println!("{what}: {seconds:.1} CPU s"),
            None => println!("{what}: {:.1} s", built.build_seconds()),
        }
        builds.push(built);
    }
    let library = Library::load(&builds[0])?;
    let program = build_main(&tools, &design, &options)?;

    let words: Vec<u32> = (0..ITEMS as u32).collect();
    let request = RunRequest::new()
        .input("in", &words)
        .expect("out", ITEMS as u64);
    let stimulus = folder.path().join("stimulus");
    write_stimulus(&stimulus, &design, &request, 4)?;
    let (mut ours, mut plain, mut cycles) = (f64::INFINITY, f64::INFINITY, 0);
    for _ in 0..5 {
        let mut model = library.model()?;
        model.reset(4)?;
        let outcome = model.run(&request, &mut |_| ControlFlow::Continue(()))?;
        let said = Command::new(program.path()).arg(&stimulus).output()?.stdout;
        let said = String::from_utf8(said)?;
        let start = format!("status 1 cycles {} seconds ", outcome.cycles);
        let theirs = said.trim().strip_prefix(&start).ok_or("other cycles")?;
        ours = ours.min(outcome.seconds);
        plain = plain.min(theirs.parse()?);
        cycles = outcome.cycles;
    }
    let ns = |seconds: f64| seconds / cycles as f64 * 1e9;
    println!(
        "{cycles} cycles: {:.1} ns a cycle from Rust, {:.1} ns in the C++ program; best of 5",
        ns(ours),
        ns(plain)
    );
    Ok(())
}
