//! What the integration tests share: tools, one cache for all of them, and the fixtures.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::ops::ControlFlow;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use verilated::{
    BuildOptions, Built, Design, Error, Field, Library, Model, Optimisation, Probe, Progress,
    Reset, RunOutcome, RunRequest, SearchOptions, StreamSpec, Toolchain, build,
};

/// The folder of this test run's builds; content-keyed, so that runs and test programs share it.
pub fn cache() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("models")
}

pub fn rtl(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/rtl")
        .join(name)
}

pub fn tools() -> Toolchain {
    Toolchain::find(&SearchOptions::default()).unwrap()
}

/// Compiles fast: the tests run few cycles.
pub fn options() -> BuildOptions {
    BuildOptions {
        optimisation: Optimisation::None,
        ..BuildOptions::new(cache())
    }
}

pub fn model(built: &Built) -> Model {
    Library::load(built).unwrap().model().unwrap()
}

pub fn built(design: &Design) -> Built {
    build(&tools(), design, &options()).unwrap()
}

/// Puts this run's run-time objects in a private cache, so that tests do not compile them again.
pub fn share_run_time(cache: &Path) {
    let built = built(&events());
    let shared = built.path().parent().unwrap().parent().unwrap();
    fs::create_dir_all(cache).unwrap();
    for entry in fs::read_dir(shared).unwrap().map(Result::unwrap) {
        let name = entry.file_name();
        if name.to_string_lossy().starts_with("runtime-") && entry.path().is_dir() {
            symlink(entry.path(), cache.join(name)).unwrap();
        }
    }
}

pub fn go(model: &mut Model, request: &RunRequest<'_>) -> Result<RunOutcome, Error> {
    model.run(request, &mut |_: Progress| ControlFlow::Continue(()))
}

pub fn stream(name: &str, valid: Field, ready: Option<Field>, payload: Vec<Field>) -> StreamSpec {
    StreamSpec {
        name: name.into(),
        valid,
        ready,
        payload,
    }
}

/// `fifo.v`: three streams, two of them in ranges of the same ports.
pub fn fifo() -> Design {
    Design {
        name: "fifo".into(),
        top: "fifo".into(),
        sources: vec![rtl("fifo.v")],
        clock: "clk".into(),
        reset: Some(Reset {
            port: "rst_n".into(),
            active_low: true,
        }),
        inputs: vec![
            stream(
                "wide",
                Field::bit("in_valid", 2),
                Some(Field::bit("in_ready", 2)),
                vec![Field::new("in_data", 8, 300), Field::new("in_data", 1, 7)],
            ),
            stream(
                "pass",
                Field::bit("in_valid", 3),
                Some(Field::bit("in_ready", 1)),
                vec![Field::new("in_data", 330, 70)],
            ),
            stream(
                "tick",
                Field::bit("tick_valid", 0),
                None,
                vec![Field::whole("tick_data", 8)],
            ),
            stream(
                "block",
                Field::bit("block", 0),
                None,
                vec![Field::new("in_valid", 0, 1)],
            ),
        ],
        outputs: vec![
            stream(
                "wide_out",
                Field::bit("out_valid", 1),
                Some(Field::bit("out_ready", 1)),
                vec![
                    Field::new("out_data", 0, 300),
                    Field::new("out_data", 300, 7),
                ],
            ),
            stream(
                "pass_out",
                Field::bit("out_valid", 2),
                Some(Field::bit("out_ready", 2)),
                vec![Field::new("out_data", 307, 70)],
            ),
            stream(
                "echo",
                Field::bit("echo_valid", 0),
                None,
                vec![Field::whole("echo_data", 8)],
            ),
        ],
        probes: vec![Probe {
            name: "taken".into(),
            field: Field::whole("count__n", 33),
        }],
        ..Design::default()
    }
}

/// `events.sv`.
pub fn events() -> Design {
    Design {
        name: "events".into(),
        top: "events".into(),
        sources: vec![rtl("events.sv")],
        clock: "clk".into(),
        inputs: vec![stream(
            "command",
            Field::bit("valid", 0),
            None,
            vec![Field::whole("command", 3)],
        )],
        probes: vec![
            Probe {
                name: "value".into(),
                field: Field::whole("value", 16),
            },
            Probe {
                name: "looked_up".into(),
                field: Field::whole("looked_up", 8),
            },
        ],
        ..Design::default()
    }
}

/// Pseudo-random words that no code under test makes.
pub fn words(n: usize, seed: u32) -> Vec<u32> {
    let mut x = seed.wrapping_mul(747_796_405) | 1;
    (0..n)
        .map(|_| {
            x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            x ^ (x >> 15)
        })
        .collect()
}

/// What `fifo.v` makes of a wide item: 300 bits plus one, modulo 2^300, and 7 bits inverted.
pub fn wide_result(item: &[u32]) -> Vec<u32> {
    let mut out = item[..10].to_vec();
    out[9] &= 0xfff;
    for word in &mut out {
        let (sum, carry) = word.overflowing_add(1);
        *word = sum;
        if !carry {
            break;
        }
    }
    out[9] &= 0xfff;
    out.push(!item[10] & 0x7f);
    out
}

pub fn pass_result(item: &[u32]) -> Vec<u32> {
    vec![item[0], item[1], item[2] & 0x3f]
}
