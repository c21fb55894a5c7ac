//! Checks that the same RTL and stimulus give the same results in Icarus Verilog, with the
//! package's own test bench.
use crate::cosim::{geometries, must_match, random, simulator, translate};
use recross::config::{Config, Resolved};
use recross::cosim::{Preload, Simulator};
use recross::formats::trace::Bags;
use recross::hardware::Params;
use recross::mapping::contents::Contents;
use recross::rtl::Package;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Runs a tool in `folder` and waits for it.
fn run(folder: &Path, name: &str, args: &[&str]) -> Output {
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
    // The output of these tools is short enough for the pipes.
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > Duration::from_secs(120) {
            child.kill().unwrap();
            panic!("{name} {args:?} does not come to an end");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.wait_with_output().unwrap()
}

/// Runs a tool in `folder`; asserts success and an empty stderr.
fn tool(folder: &Path, name: &str, args: &[&str]) -> Output {
    let out = run(folder, name, args);
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(
        out.status.success() && said.is_empty(),
        "{name} {args:?}: {}\n{said}{}",
        out.status,
        String::from_utf8_lossy(&out.stdout)
    );
    out
}

/// The elements in one line of the results file: `dim` two's-complement numbers, the last one
/// first.
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
    Package::emit(resolved).unwrap().write(folder).unwrap();
    compile_with(folder, &[]);
}

/// Compiles the package in `folder` with its test bench and the further arguments `more`.
pub fn compile_with(folder: &Path, more: &[&str]) {
    let args = "-g2005 -Wall -s recross_tb -o tb.vvp -f recross.f recross_tb.v";
    let args: Vec<&str> = args.split(' ').chain(more.iter().copied()).collect();
    let out = tool(folder, "iverilog", &args);
    assert!(out.stdout.is_empty());
}

pub fn simulate(folder: &Path, stimulus: &Path) -> String {
    simulate_with(folder, stimulus, "+none")
}

/// Runs the test bench with one more plus argument.
fn simulate_with(folder: &Path, stimulus: &Path, more: &str) -> String {
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
            more,
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
        Simulator::write_stimulus(stimulus.path(), &contents, &verilated.translated, &r).unwrap();
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
        // Each line: the port, the tag, and the vector.
        let mut given = vec![Vec::new(); verilated.translated.ports.len()];
        for line in results.lines() {
            let fields: Vec<&str> = line.split(' ').collect();
            let vector = parse(fields[2], r.config.embedding.dim, r.element_bits);
            let tag = u32::from_str_radix(fields[1], 16).unwrap();
            given[fields[0].parse::<usize>().unwrap()].push((tag, vector));
        }
        let mut of_bags = vec![Vec::new(); case.bags.len()];
        for (port, given) in verilated.translated.ports.iter().zip(given) {
            for ((bag, _), (tag, vector)) in port.iter().zip(given) {
                assert_eq!(
                    u64::from(tag),
                    u64::from(bag) % (1 << r.config.frontend.tag_bits)
                );
                of_bags[bag as usize] = vector;
            }
        }
        let values: Vec<i64> = of_bags.concat();
        assert_eq!(values, verilated.outcome.values, "{what}");
        if r.is_lossless() {
            assert_eq!(values, verilated.exact, "{what}: the exact golden reducer");
        }
        bags += case.bags.len();
    }
    assert!(bags > 30, "{name}: only {bags} bags");
}

#[test]
fn column_blocks_and_splitting() {
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

/// Verilog of a second top module that fills every register that a one-row command must not change,
/// and reports those that change. A register and the one that it loads from get different bits.
fn watcher(p: &Params) -> String {
    let (mut fill, mut look) = (String::new(), String::new());
    let mut watch = |path: &str, range: String, width: u32, flipped: bool| {
        let place = format!("recross_tb.u_top.u_core.u_engine.{path}{range}");
        let flip = if flipped { "!" } else { "" };
        let bits = format!("{{{width}{{{flip}fill}}}}");
        fill += &format!("    {place} = {bits};\n");
        look += &format!("    if ({place} !== {bits}) moved = \"{path}\";\n");
    };
    let (number, rest) = (p.row_number_bits, p.rows - p.row_number_bits);
    let beyond_number = || format!("[{}:{number}]", p.rows - 1);
    let wide = p.psum_bits - p.value_bits;
    let sums = |d: u32| format!("[{}+:{wide}]", d * p.psum_bits + p.value_bits);
    let mut picked = String::new();
    for l in 0..p.lanes {
        let lane = format!("gen_lane[{l}].u_lane");
        for d in 0..p.dim {
            watch(&format!("{lane}.u_merge.data_q"), sums(d), wide, false);
            let pick = format!("{lane}.u_banks.gen_pick[{}].data", p.banks - 1);
            let place = format!("recross_tb.u_top.u_core.u_engine.{pick}{}", sums(d));
            picked += &format!("    if ({place} !== {wide}'d0) moved = \"{pick}\";\n");
        }
        for b in 0..p.banks {
            let bank = format!("{lane}.u_banks.gen_bank[{b}].u_bank");
            for place in 0..p.queue_depth {
                let word = format!("{bank}.u_prepare.u_queue.more_q[{place}]");
                watch(&word, String::new(), rest, true);
            }
            let prepare = format!("{bank}.u_prepare");
            watch(&format!("{prepare}.mask_q"), beyond_number(), rest, false);
            watch(&format!("{prepare}.rest_q"), String::new(), p.rows, false);
            watch(&format!("{bank}.sense_mask_q"), beyond_number(), rest, true);
            for d in 0..p.dim {
                let partial = format!("{bank}.u_partial");
                watch(&format!("{partial}.total_q"), sums(d), wide, false);
                watch(&format!("{partial}.data_q"), sums(d), wide, true);
            }
        }
    }
    format!(
        "module watcher;\n  reg fill;\n  reg [8*80-1:0] moved;\n  initial begin\n    \
         moved = 0;\n    if (!$value$plusargs(\"fill=%b\", fill)) fill = 1'b0;\n{fill}  end\n  \
         always @(posedge recross_tb.clk) if (recross_tb.rst_n && moved == 0) begin\n{look}{picked}    \
         if (moved != 0) $display(\"MOVED %0s\", moved);\n  end\nendmodule\n"
    )
}

/// Runs a bag with `rows` rows of each group in a package with one edit; returns the watcher's
/// report.
fn moved_by(config: Config, rows: usize, (file, from, to): (&str, &str, &str)) -> String {
    let r = config.resolve("test").unwrap();
    let folder = tempfile::tempdir().unwrap();
    Package::emit(&r).unwrap().write(folder.path()).unwrap();
    if !file.is_empty() {
        let text = std::fs::read_to_string(folder.path().join(file)).unwrap();
        assert_eq!(text.matches(from).count(), 1, "{file}: `{from}`");
        std::fs::write(folder.path().join(file), text.replace(from, to)).unwrap();
    }
    let text = watcher(&Params::new(&r));
    std::fs::write(folder.path().join("watcher.v"), text).unwrap();
    compile_with(folder.path(), &["-s", "watcher", "watcher.v"]);
    let case = random::case(&r, 1);
    let contents = Contents::new(&case.mapping, &case.table, &r).unwrap();
    let groups = case.mapping.groups.iter().filter(|g| g.ids.len() >= 2);
    let lists: Vec<Vec<u32>> = groups
        .map(|g| g.ids[..rows].iter().map(|id| id.0).collect())
        .collect();
    assert!(lists.len() > 1);
    let bags = Bags::from_lists(case.mapping.embeddings, &lists).unwrap();
    let translated = translate(&case.mapping, &bags, &r);
    Simulator::write_stimulus(folder.path(), &contents, &translated, &r).unwrap();
    ["+fill=0", "+fill=1"]
        .map(|fill| {
            let said = simulate_with(folder.path(), folder.path(), fill);
            assert!(said.contains(&format!("{} bags", lists.len())), "{said}");
            said
        })
        .concat()
}

#[test]
fn a_command_of_one_row_moves_no_mask_and_no_wide_sum() {
    for config in [
        geometries::tiny(),
        geometries::split(),
        geometries::sar_lossy(),
        geometries::wide(),
    ] {
        let said = moved_by(config.clone(), 1, ("", "", ""));
        assert!(!said.contains("MOVED"), "{said}");
        let said = moved_by(config, 2, ("", "", ""));
        assert!(said.contains("MOVED"), "{said}");
    }
}

/// Checks that the watcher can fail: it must report each register that changes without need.
#[test]
fn registers_that_change_without_need_are_reported() {
    for (file, from, to, seen) in [
        (
            "recross_fifo.v",
            "if (push_more_i) more_q",
            "if (1'b1) more_q",
            "more_q",
        ),
        (
            "recross_prepare.v",
            "if (!load_single) begin",
            "if (1'b1) begin",
            "u_prepare.rest_q",
        ),
        (
            "recross_bank.v",
            "if (!prep_single)\n",
            "if (1'b1)\n",
            "sense_mask_q",
        ),
        (
            "recross_partial.v",
            "(total_q[(n+1)*Column-Row+:Row] & ~LOW_ROW) | (next[n*Row+:Row] & LOW_ROW);",
            "next[n*Row+:Row];",
            "total_q",
        ),
        (
            "recross_partial.v",
            "wire final_wide = final_q && !single_q;",
            "wire final_wide = final_q;",
            "data_q",
        ),
        (
            "recross_banks.v",
            "(gen_bank[b].narrow ? gen_bank[b].data & LOW : gen_bank[b].data)",
            "gen_bank[b].data",
            "gen_pick",
        ),
        (
            "recross_merge.v",
            "if (picked_narrow_i) data_q",
            "if (1'b0) data_q",
            "u_merge.data_q",
        ),
    ] {
        let said = moved_by(geometries::tiny(), 1, (file, from, to));
        let line = said.lines().find(|line| line.starts_with("MOVED"));
        assert!(line.is_some_and(|l| l.contains(seen)), "{from}: {said}");
    }
}

#[test]
fn two_ports() {
    same_in_both("ports", geometries::ports());
}

/// A compiled package and, in the same folder, a stimulus of several bags for it.
fn ready_to_run() -> tempfile::TempDir {
    let r = geometries::tiny().resolve("test").unwrap();
    let case = (0..)
        .map(|seed| random::case(&r, seed))
        .find(|c| c.bags.len() > 5 && c.bags.lookups() > 50)
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    compile(folder.path(), &r);
    let contents = Contents::new(&case.mapping, &case.table, &r).unwrap();
    let translated = translate(&case.mapping, &case.bags, &r);
    Simulator::write_stimulus(folder.path(), &contents, &translated, &r).unwrap();
    folder
}

/// Runs the test bench in `folder`; returns its exit status and output.
fn bench(folder: &Path, args: &[&str]) -> (Option<i32>, String) {
    let args: Vec<&str> = ["-n", "tb.vvp"].iter().chain(args).copied().collect();
    let out = run(folder, "vvp", &args);
    let said = String::from_utf8(out.stdout).unwrap();
    (out.status.code(), said)
}

const HERE: [&str; 2] = ["+stimulus=.", "+recross_images=."];

#[test]
fn the_test_bench_stops_a_run_that_hangs() {
    // One more vector is expected than bags are driven.
    let folder = ready_to_run();
    let counts = std::fs::read_to_string(folder.path().join("counts.hex")).unwrap();
    let mut lines: Vec<String> = counts.lines().map(str::to_owned).collect();
    let bags = u32::from_str_radix(&lines[1], 16).unwrap();
    lines[1] = format!("{:08x}", bags + 1);
    std::fs::write(folder.path().join("counts.hex"), lines.join("\n") + "\n").unwrap();
    let (status, said) = bench(folder.path(), &HERE);
    assert!(
        said.contains("recross_tb: HANG, nothing moved for"),
        "{said}"
    );
    assert_eq!(status, Some(1), "{said}");
}

#[test]
fn the_test_bench_fails_without_its_files() {
    let folder = ready_to_run();
    let path = |file: &str| folder.path().join(file);
    let good = bench(folder.path(), &HERE);
    assert_eq!(good.0, Some(0), "{}", good.1);
    assert_eq!(good.1.lines().count(), 1, "{}", good.1);
    let fails = |args: &[&str], message: &str| {
        let (status, said) = bench(folder.path(), args);
        let expected = format!("recross_tb: FAILED, {message}");
        assert!(
            said.lines().any(|line| line == expected),
            "{expected}: {said}"
        );
        assert!(!said.contains(" bags\n"), "{expected}: {said}");
        assert_eq!(status, Some(1), "{expected}: {said}");
    };
    fails(&HERE[1..], "+stimulus=FOLDER is missing");
    fails(&HERE[..1], "+recross_images=FOLDER is missing");
    fails(&["+stimulus=no", HERE[1]], "cannot read no/counts.hex");
    fails(
        &[HERE[0], "+recross_images=no"],
        "cannot read no/lane0_bank0.hex",
    );
    let results = [HERE[0], HERE[1], "+results=no/results.hex"];
    fails(&results, "cannot write no/results.hex");
    let counts = std::fs::read_to_string(path("counts.hex")).unwrap();
    let words = |at: usize| usize::from_str_radix(counts.lines().nth(at).unwrap(), 16).unwrap();
    for (file, total) in [
        ("counts.hex", counts.lines().count()),
        ("ids0.hex", words(0)),
    ] {
        let whole = std::fs::read_to_string(path(file)).unwrap();
        let last = whole.trim_end().rfind('\n').unwrap();
        std::fs::write(path(file), &whole[..=last]).unwrap();
        let message = format!("./{file} ends after {} of {total} words", total - 1);
        fails(&HERE, &message);
        std::fs::remove_file(path(file)).unwrap();
        fails(&HERE, &format!("cannot read ./{file}"));
        std::fs::write(path(file), whole).unwrap();
    }
    let more = counts.replacen(counts.lines().next().unwrap(), "00010001", 1);
    std::fs::write(path("counts.hex"), more).unwrap();
    let message = "65537 beats on one port, at most 65536; raise MaxBeats";
    fails(&HERE, message);
    std::fs::write(path("counts.hex"), counts).unwrap();
    let image = std::fs::read_to_string(path("lane0_bank0.hex")).unwrap();
    std::fs::remove_file(path("lane0_bank0.hex")).unwrap();
    fails(&HERE, "cannot read ./lane0_bank0.hex");
    // Cells that the image does not set are unknown, and so are sums with them.
    std::fs::write(path("lane0_bank0.hex"), image.lines().next().unwrap()).unwrap();
    let (status, said) = bench(folder.path(), &HERE);
    assert!(said.contains("has unknown bits"), "{said}");
    assert_eq!(status, Some(1), "{said}");
    std::fs::write(path("lane0_bank0.hex"), image).unwrap();
    assert_eq!(bench(folder.path(), &HERE), good);
}

#[test]
fn numbers_are_read_as_the_test_bench_writes_them() {
    // Elements of 5 bits: 3, -1, -16; bits 10000 11111 00011.
    assert_eq!(parse("43e3", 3, 5), [3, -1, -16]);
}
