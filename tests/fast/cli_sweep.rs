//! `recross sweep`: the cost of a point, resuming after an interruption, and bad grids.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant, SystemTime};

use crate::cli::*;
use insta::assert_snapshot;
use serde_json::Value;

const SWEEP: &str = "sweep --config c.toml --trace t.bags";

fn points(place: &Place, folder: &str) -> Vec<Value> {
    let text = place.read(&format!("{folder}/points.jsonl"));
    text.lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect()
}

/// A point has the figures that `compare` reports for the same design.
#[test]
fn a_point_equals_the_row_of_compare() {
    let place = Place::new();
    place.write(
        "g.toml",
        "mapping.budget = [0.0, 0.5]\nadc.switch = [\"off\", \"graded\"]\n\
         mapping.replication = [\"rows\"]\n",
    );
    let text = place
        .good(&format!("{SWEEP} --grid g.toml --fit --out s"))
        .out;
    place.good(
        "compare --config c.toml --trace t.bags --cpu-seconds 0 --budget 0,0.5 --ablation --out o",
    );
    let points = points(&place, "s");
    let report = place.json("o/report.json");
    assert_eq!(points.len(), 4);
    for (i, (budget, row)) in [(0, 4), (0, 6), (1, 4), (1, 6)].into_iter().enumerate() {
        let row = &report["blocks"][budget]["ablation"][row];
        let measures = &points[i]["measures"];
        assert_eq!(measures["cycles"], row["times"]["cycles"], "{i}");
        assert_eq!(measures["batch_alone_ns"], row["cost"]["batch_alone_ns"]);
        assert_eq!(
            measures["pj_per_lookup_sar"],
            row["cost"]["pj_per_lookup"]["sar"]
        );
        assert_eq!(
            measures["pj_per_lookup"],
            row["cost"]["pj_per_lookup"]["flash"]
        );
        assert_eq!(measures["area_mm2"], row["area"]["total_mm2"]);
        assert_eq!(measures["crossbars"], row["design"]["crossbars"]);
    }
    // The keys as the file orders them, the last one fastest.
    assert_eq!(points[1]["set"]["mapping.budget"], 0.0);
    assert_eq!(points[1]["set"]["adc.switch"], "graded");
    let csv = place.read("s/points.csv");
    assert!(csv.starts_with("adc.switch,mapping.budget,"), "{csv}");
    assert_eq!(csv.lines().count(), 5);

    // Without a budget and with the converter always full: the smallest area, and nothing else is
    // best.
    let front = text.split("Pareto").nth(1).unwrap();
    let sweep = place.json("s/report.json");
    let listed = sweep["front"].as_array().unwrap().len();
    assert_eq!(front.lines().count(), listed + 2, "{front}");
}

/// The files in `points/`, and when they were written.
fn finished(place: &Place, folder: &str) -> BTreeMap<PathBuf, SystemTime> {
    let Ok(files) = std::fs::read_dir(place.path(&format!("{folder}/points"))) else {
        return BTreeMap::new();
    };
    files
        .map(|f| f.unwrap())
        .filter(|f| f.file_name().to_string_lossy().ends_with(".json"))
        .map(|f| (f.path(), f.metadata().unwrap().modified().unwrap()))
        .collect()
}

/// 3 x 4 x 2 x 5 points.
const LONG: &str = "\
[adc]
switch = [\"off\", \"dynamic\", \"graded\"]
[engine]
queue_depth = [2, 4, 8, 16]
[mapping]
method = [\"frequency\", \"recross\"]
budget = [0.0, 0.05, 0.1, 0.2, 0.3]
replication = [\"log\"]
";
const POINTS: usize = 120;

/// Starts a long sweep and waits until some of its points are finished.
fn begun(place: &Place) -> Child {
    place.write("g.toml", LONG);
    let mut command = place.command(&format!("{SWEEP} --grid g.toml --out s --threads 1"));
    let child = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while finished(place, "s").len() < 10 {
        assert!(start.elapsed() < Duration::from_secs(120));
        std::thread::sleep(Duration::from_millis(2));
    }
    child
}

/// Resumes after an interruption; every finished point must be kept as it is.
fn resume(place: &Place) {
    let before = finished(place, "s");
    assert!((10..POINTS).contains(&before.len()), "{}", before.len());
    for name in ["points.csv", "points.jsonl", "report.json"] {
        assert!(!place.path(&format!("s/{name}")).exists());
    }
    let line = format!("{SWEEP} --grid g.toml --json --out");
    let report: Value = serde_json::from_str(&place.good(&format!("{line} s")).out).unwrap();
    assert_eq!(report["host"]["reused"], before.len());
    assert_eq!(report["points"], POINTS);
    let after = finished(place, "s");
    assert_eq!(after.len(), POINTS);
    for (path, written) in &before {
        assert_eq!(after[path], *written, "{}", path.display());
    }
    // The third run has nothing left to do and gives the same output.
    let lines = place.read("s/points.jsonl");
    let again: Value = serde_json::from_str(&place.good(&format!("{line} s")).out).unwrap();
    assert_eq!(again["host"]["reused"], POINTS);
    assert_eq!(place.read("s/points.jsonl"), lines);
    assert_eq!(again["front"], report["front"]);
}

#[test]
fn a_killed_sweep_resumes() {
    let place = Place::new();
    let mut child = begun(&place);
    child.kill().unwrap();
    child.wait().unwrap();
    // A damaged point is computed again.
    let some = finished(&place, "s").into_keys().next().unwrap();
    std::fs::write(&some, "{\"set\":{}").unwrap();
    let damaged = finished(&place, "s").len();
    let report: Value = serde_json::from_str(
        &place
            .good(&format!("{SWEEP} --grid g.toml --json --out s"))
            .out,
    )
    .unwrap();
    assert_eq!(report["host"]["reused"], damaged - 1);
    let lines = place.read("s/points.jsonl");
    // The result is the same as without an interruption.
    place.good(&format!("{SWEEP} --grid g.toml --out whole"));
    assert_eq!(place.read("whole/points.jsonl"), lines);
    assert_eq!(place.read("whole/points.csv"), place.read("s/points.csv"));
}

#[test]
#[cfg(unix)]
fn ctrl_c_keeps_finished_points() {
    let place = Place::new();
    let child = begun(&place);
    let kill = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let said = String::from_utf8(output.stderr).unwrap();
    let count = finished(&place, "s").len();
    assert_eq!(
        said,
        format!(
            "{count} of {POINTS} points are finished; the same command goes on there\nerror: interrupted\n"
        )
    );
    resume(&place);
}

/// Another trace, technology or limit makes other points.
#[test]
fn points_of_other_inputs_are_not_reused() {
    let place = Place::new();
    let line = format!("{SWEEP} --set crossbar.cell_bits=1,2 --json --out s");
    let reused = |rest: &str| {
        let report: Value =
            serde_json::from_str(&place.good(&format!("{line} {rest}")).out).unwrap();
        report["host"]["reused"].as_u64().unwrap()
    };
    assert_eq!(reused(""), 0);
    assert_eq!(reused(""), 2);
    assert_eq!(reused("--limit 7"), 0);
    assert_eq!(reused("--seed 9"), 0);
    place.write("tech.toml", "[array]\nwordline = 99\n");
    let config = place.read("c.toml");
    place.write("c.toml", config + "[technology]\nfile = \"tech.toml\"\n");
    assert_eq!(reused(""), 0);
    place.write("tech.toml", "[array]\nwordline = 98\n");
    assert_eq!(reused(""), 0);
}

#[test]
fn bad_grids_are_rejected_before_any_work() {
    let place = Place::new();
    let message = |rest: &str| {
        let said = place.bad(2, &format!("{SWEEP} --out s {rest}"));
        assert!(!place.path("s").exists());
        said
    };
    assert_snapshot!(message(""), @"
    error: argument --grid: found no key, expected at least one
    help: `--set adc.switch=dynamic,graded`, or a file with `--grid`
    ");
    assert_snapshot!(message("--set adc.swich=off"), @"
    error: argument --set: found `adc.swich`: an unknown key, expected adc.kind, adc.bits, adc.switch, adc.levels, adc.max_active_rows, adc.read_split_max
    help: did you mean adc.switch? `recross init` prints every key
    ");
    assert_snapshot!(message("--set crossbar.rows=8,16 --set crossbar.rows=4"), @"
    error: argument --set: found `crossbar.rows`: the key twice, expected it once
    help: name each key once, in the file or as an argument
    ");
    assert_snapshot!(message("--set engine.crossbars_per_bank=4,32 --fit"), @"
    error: argument --fit: found `engine.crossbars_per_bank` is swept, expected another key, or no --fit
    help: --fit sets it for each point
    ");
    // Each value is in range, but not together with the other.
    assert_snapshot!(message("--set crossbar.adcs=4,8 --set crossbar.cols=16,12"), @"
    error: configuration crossbar.adcs = 8, crossbar.cols = 12: key `crossbar.adcs`: found 8, expected a divisor of crossbar.cols (12)
    help: every converter serves the same number of bitlines
    ");
    assert_snapshot!(message("--set mapping.budget=0.1,99"), @"
    error: argument --set: found `mapping.budget`: 99, expected a number from 0 to 16
    help: `recross init` prints every key with its range
    ");
    assert_snapshot!(message("--set engine.crossbars_per_bank=16,2"), @"
    error: argument engine.crossbars_per_bank at point engine.crossbars_per_bank = 2: found 2 (8 crossbars in 2 lanes of 2 banks), expected at least 50 crossbars, one for each group of 8 embeddings; 60 give the copies of mapping.budget = 0.2
    help: set engine.crossbars_per_bank = 15; engine.crossbars_per_bank = 13 holds each group only once; or use `--fit`
    ");
    assert_snapshot!(message("--set embedding.max_bag=64,3"), @"error: argument point embedding.max_bag = 3: found embedding.max_bag 3, expected at least 64, the largest bag");
    assert_snapshot!(message("--set technology.file=none.toml"), @"
    error: cannot read none.toml: No such file or directory (os error 2)
    help: check the path: it does not exist
    ");
    let grid = |text: &str| {
        place.write("g.toml", text);
        message("--grid g.toml")
    };
    assert_snapshot!(grid(""), @r#"
    error: g.toml: found no key at all, expected at least one
    help: `adc.switch = ["dynamic", "graded"]` is one axis of two values
    "#);
    assert_snapshot!(grid("[adc]\nswitch = \"off\"\n"), @r#"
    error: g.toml: key `adc.switch`: found "off", expected a list of values
    help: `adc.switch = ["dynamic", "graded"]` is one axis of two values
    "#);
    assert_snapshot!(grid("[adc]\nswitch = []\n"), @"error: g.toml: key `adc.switch`: found an empty list or value, expected at least one value");
    assert_snapshot!(grid("[adc]\nbits = [4, 99]\n[crossbar]\nrowz = [1]\n"), @"
    error: g.toml: key `crossbar.rowz`: found an unknown key, expected crossbar.rows, crossbar.cols, crossbar.cell_bits, crossbar.adcs
    help: did you mean crossbar.rows? `recross init` prints every key
    ");
    assert_snapshot!(grid("adc = [1]\n"), @r#"
    error: g.toml: key `adc`: found [1], expected keys of this section
    help: `adc.switch = ["dynamic", "graded"]` is one axis of two values
    "#);
    assert_snapshot!(grid("speed = 1\n"), @"
    error: g.toml: key `speed`: found an unknown key, expected embedding.*, crossbar.*, adc.*, engine.*, frontend.*, rtl.*, mapping.*, technology.*, simulation.*
    help: `recross init` prints every key
    ");
    assert_snapshot!(grid("[adc\n"), @r#"
    error: g.toml:1: found unclosed table, expected `]`, expected a TOML text
    help: `adc.switch = ["dynamic", "graded"]` is one axis of two values
    "#);
    assert_snapshot!(grid("[adc]\nbits = [4, {}]\n"), @"
    error: g.toml: key `adc.bits`: found a table, expected `auto` or a whole number from 1 to 14
    help: `recross init` prints every key with its range
    ");
    place.write("g.toml", "[adc]\nswitch = [\"off\"]\n");
    assert_snapshot!(message("--grid g.toml --set adc.switch=graded"), @"
    error: argument --set: found `adc.switch`: the key twice, expected it once
    help: name each key once, in the file or as an argument
    ");
    assert_snapshot!(message("--grid none.toml"), @"
    error: cannot read none.toml: No such file or directory (os error 2)
    help: check the path: it does not exist
    ");
}
