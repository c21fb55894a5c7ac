//! Compares a library's speed with a plain C++ program's: `cargo test --release -p verilated --test speed -- --ignored --nocapture`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{cache, fifo, go, model, tools};
use verilated::{BuildOptions, RunRequest, build, build_main, write_stimulus};

#[test]
#[ignore = "a measurement, for a quiet machine"]
fn a_library_runs_at_four_fifths_of_a_plain_programs_speed() {
    let (design, tools, options) = (fifo(), tools(), BuildOptions::new(cache()));
    let library = build(&tools, &design, &options).unwrap();
    let program = build_main(&tools, &design, &options).unwrap();
    println!(
        "build {:.2} s, {:?} s of processor time; again {:.4} s",
        library.build_seconds,
        library.cpu_seconds,
        build(&tools, &design, &options).unwrap().build_seconds
    );
    let n = 400_000;
    let wide: Vec<u32> = (0..11 * n)
        .map(|i: u32| i.wrapping_mul(2_654_435_761))
        .collect();
    let request = RunRequest::new()
        .input("wide", &wide)
        .expect("wide_out", u64::from(n));
    let dir = tempfile::tempdir().unwrap();
    let stimulus = dir.path().join("stimulus");
    write_stimulus(&stimulus, &design, &request, 2).unwrap();
    let mut model = model(&library);
    model.reset(2).unwrap();
    let (mut ours, mut plain) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..5 {
        ours = ours.min(go(&mut model, &request).unwrap().seconds);
        let ran = std::process::Command::new(&program.library)
            .arg(&stimulus)
            .output()
            .unwrap();
        let said = String::from_utf8(ran.stdout).unwrap();
        plain = plain.min(said.trim().rsplit(' ').next().unwrap().parse().unwrap());
    }
    let rate = |seconds: f64| f64::from(n) / seconds / 1e6;
    println!(
        "library {:.2}, plain {:.2} million cycles/s: {:.2}",
        rate(ours),
        rate(plain),
        plain / ours
    );
    assert!(
        plain / ours >= 0.8,
        "{:.2} of the plain program's speed",
        plain / ours
    );
}
