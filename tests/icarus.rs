//! The same RTL and stimulus give the same results in Icarus Verilog, through the package's own
//! test bench.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common_cosim;

use common_cosim::{geometries, must_match, random, simulator};
use recross::config::{Config, Resolved};
use recross::contents::Contents;
use recross::cosim::{Preload, Simulator};
use recross::lower::Lowering;
use recross::rtl::{Package, Params};
use recross::trace::Bags;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Runs a tool in `folder` and takes only success without a word on stderr.
fn tool(folder: &Path, name: &str, args: &[&str]) -> Output {
    let child = Command::new(name)
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.unwrap_or_else(|e| {
        panic!(
            "`{name}` does not run ({e}): this check needs Icarus Verilog; install it, for \
             instance with `apt install iverilog` or `brew install icarus-verilog`"
        )
    });
    // What these tools print is short: it fits the pipes.
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > Duration::from_secs(120) {
            child.kill().unwrap();
            panic!("{name} {args:?} does not come to an end");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let out = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(
        out.status.success() && said.is_empty(),
        "{name} {args:?}: {}\n{said}{}",
        out.status,
        String::from_utf8_lossy(&out.stdout)
    );
    out
}

/// The elements of one line of the results file: `dim` two's-complement numbers, the last first.
fn parse(line: &str, dim: u32, width: u32) -> Vec<i64> {
    let bits: Vec<u8> = line
        .chars()
        .rev()
        .flat_map(|c| {
            let digit = c.to_digit(16).unwrap_or_else(|| panic!("`{line}`")) as u8;
            (0..4).map(move |b| digit >> b & 1)
        })
        .collect();
    (0..dim)
        .map(|d| {
            let field = &bits[(d * width) as usize..((d + 1) * width) as usize];
            let magnitude = field[..width as usize - 1].iter().rev();
            let low = magnitude.fold(0i64, |n, &b| n << 1 | i64::from(b));
            low - (i64::from(field[width as usize - 1]) << (width - 1))
        })
        .collect()
}

fn compile(folder: &Path, resolved: &Resolved) {
    compile_with(folder, resolved, None);
}

/// The package's test bench, with a second top `still` beside it.
fn compile_with(folder: &Path, resolved: &Resolved, still: Option<&str>) {
    Package::emit(resolved).unwrap().write(folder).unwrap();
    let mut args: Vec<&str> = "-g2005 -Wall -s recross_tb -o tb.vvp -f recross.f recross_tb.v"
        .split(' ')
        .collect();
    if let Some(text) = still {
        std::fs::write(folder.join("still.v"), text).unwrap();
        args.extend(["-s", "still", "still.v"]);
    }
    let out = tool(folder, "iverilog", &args);
    assert!(out.stdout.is_empty());
}

fn simulate(folder: &Path, stimulus: &Path) -> String {
    let of = |name: &str, path: &Path| format!("+{name}={}", path.display());
    let out = tool(
        folder,
        "vvp",
        &[
            "-n",
            "tb.vvp",
            &of("stimulus", stimulus),
            &of("recross_images", stimulus),
            &of("results", &stimulus.join("results.hex")),
        ],
    );
    String::from_utf8_lossy(&out.stdout).into_owned()
}

fn same_in_both(name: &str, config: Config) {
    let r = config.resolve("test").unwrap();
    let sim = simulator(&r);
    let package = tempfile::tempdir().unwrap();
    compile(package.path(), &r);
    let mut bags = 0;
    for seed in 0..6 {
        let case = random::case(&r, seed);
        let what = format!("{name}, seed {seed}");
        let verilated = must_match(&what, &sim, &r, &case, Preload::Images);
        let stimulus = tempfile::tempdir().unwrap();
        let contents = Contents::new(&case.mapping, &case.table, &r).unwrap();
        Simulator::write_stimulus(stimulus.path(), &contents, &verilated.lowered, &r).unwrap();
        let said = simulate(package.path(), stimulus.path());
        assert_eq!(
            said.lines().next(),
            Some(format!("recross_tb: {} bags", case.bags.len()).as_str()),
            "{what}: {said}"
        );
        if case.bags.is_empty() {
            continue;
        }
        let results = std::fs::read_to_string(stimulus.path().join("results.hex")).unwrap();
        let values: Vec<i64> = results
            .lines()
            .flat_map(|line| parse(line, r.config.embedding.dim, r.acc_bits))
            .collect();
        assert_eq!(values, verilated.outcome.values, "{what}");
        if r.is_lossless() {
            assert_eq!(values, verilated.exact, "{what}: the exact golden reducer");
        }
        bags += case.bags.len();
    }
    assert!(bags > 30, "{name}: only {bags} bags");
}

#[test]
fn column_blocks_splitting_and_round_robin() {
    same_in_both("split", geometries::split());
}

#[test]
fn one_lane_with_clipping_sar_converters() {
    same_in_both("sar_lossy", geometries::sar_lossy());
}

#[test]
fn three_lanes_of_wide_masks() {
    same_in_both("wide", geometries::wide());
}

/// What a command of one row leaves alone is never written: with no other command, those registers are
/// as unknown at the end as they were at the start.
#[test]
fn a_command_of_one_row_moves_no_mask_and_no_wide_sum() {
    for (name, config) in [
        ("tiny", geometries::tiny()),
        ("split", geometries::split()),
        ("sar_lossy", geometries::sar_lossy()),
    ] {
        let r = config.resolve("test").unwrap();
        let case = random::case(&r, 1);
        let package = tempfile::tempdir().unwrap();
        compile_with(package.path(), &r, Some(&still(&Params::new(&r))));
        let stimulus = tempfile::tempdir().unwrap();
        let contents = Contents::new(&case.mapping, &case.table, &r).unwrap();
        let lowering = Lowering::new(&case.mapping, &r).unwrap();
        for (rows, moved) in [(1, false), (2, true)] {
            let ids = case.mapping.groups.iter().filter(|g| g.ids.len() > 1);
            let lists: Vec<Vec<u32>> = ids
                .map(|g| g.ids[..rows].iter().map(|id| id.0).collect())
                .collect();
            assert!(lists.len() > 1, "{name}");
            let bags = Bags::from_lists(case.mapping.embeddings, &lists).unwrap();
            let lowered = lowering.lower(&bags).unwrap();
            Simulator::write_stimulus(stimulus.path(), &contents, &lowered, &r).unwrap();
            let said = simulate(package.path(), stimulus.path());
            assert!(said.contains(&format!("{} bags", lists.len())), "{said}");
            assert_eq!(said.contains("MOVED"), moved, "{name}, {rows} rows: {said}");
        }
    }
}

/// A second top that looks at every register and memory beyond what a command of one row needs.
fn still(p: &Params) -> String {
    let mut checks = String::new();
    let mut check = |lane: &str, signal: &str, width: u32, from: u32, to: u32| {
        let path = format!("recross_tb.u_top.u_engine.{lane}.{signal}");
        for bit in from..to {
            let place = match width {
                0 => format!("{path}[{bit}]"),
                _ => format!("({path} >> {bit}) & 1'b1"),
            };
            let name = format!("{path}[{bit}]");
            checks += &format!("    if (({place}) !== 1'bx) moved = \"{name}\";\n");
        }
    };
    let (number, psum) = (p.number_bits, p.psum_bits);
    for l in 0..p.lanes {
        let lane = format!("gen_lane[{l}].u_lane");
        check(&lane, "u_dispatcher.held_mask_q", 0, number, p.rows);
        let wide = |d: u32| (d * psum + p.value_bits, (d + 1) * psum);
        for d in 0..p.dim {
            check(&lane, "u_merge.data_q", 0, wide(d).0, wide(d).1);
        }
        for b in 0..p.banks {
            let bank = format!("{lane}.gen_bank[{b}].u_bank");
            check(&bank, "prep_mask_q", 0, number, p.rows);
            check(&bank, "prep_rest_q", 0, 0, p.rows);
            check(&bank, "sense_mask_q", 0, number, p.rows);
            for place in 0..p.queue_depth {
                let word = format!("u_queue.more_q[{place}]");
                check(&bank, &word, 1, 0, p.rows - number);
            }
            for d in 0..p.dim {
                check(&bank, "u_partial.total_q", 0, wide(d).0, wide(d).1);
                check(&bank, "u_partial.data_q", 0, wide(d).0, wide(d).1);
            }
        }
    }
    format!(
        "module still;\n  reg [8*120-1:0] moved = \"\";\n  reg told = 1'b0;\n  \
         always @(posedge recross_tb.clk) if (recross_tb.res_valid && !told) begin\n{checks}    \
         told = moved != 0;\n    if (told) $display(\"MOVED %0s\", moved);\n  end\nendmodule\n"
    )
}

#[test]
fn the_test_bench_gives_up_a_run_that_hangs() {
    let r = geometries::tiny().resolve("test").unwrap();
    let case = (0..)
        .map(|seed| random::case(&r, seed))
        .find(|c| c.bags.len() > 5 && c.bags.lookups() > 50)
        .unwrap();
    let package = tempfile::tempdir().unwrap();
    compile(package.path(), &r);
    let stimulus = tempfile::tempdir().unwrap();
    let contents = Contents::new(&case.mapping, &case.table, &r).unwrap();
    let mut lowered = recross::lower::Lowering::new(&case.mapping, &r)
        .unwrap()
        .lower(&case.bags)
        .unwrap();
    // No command is its bag's last one any more.
    lowered.lanes[0].last.fill(false);
    Simulator::write_stimulus(stimulus.path(), &contents, &lowered, &r).unwrap();
    let said = simulate(package.path(), stimulus.path());
    assert!(said.contains("HANG"), "{said}");
}

#[test]
fn numbers_are_read_as_the_test_bench_writes_them() {
    // Elements of 5 bits: 3, -1, -16; bits 10000 11111 00011.
    assert_eq!(parse("43e3", 3, 5), [3, -1, -16]);
}
