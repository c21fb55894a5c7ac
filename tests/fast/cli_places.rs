//! Files that are there already, folders that cannot be written, and odd names.

use std::process::Command;

use crate::cli::*;
use insta::assert_snapshot;

const COSIM: &str = "cosim --config c.toml --trace t.bags --limit 2";

/// Asserts that `line` refuses to overwrite `file`, which keeps its content.
fn kept(place: &Place, line: &str, file: &str) {
    place.write(file, "mine");
    assert_eq!(
        place.bad(2, line),
        format!(
            "error: {file}: found a file that is there already, expected a new name\n\
             help: name another file, or overwrite this one with --force\n"
        )
    );
    assert_eq!(place.read(file), "mine");
}

#[test]
fn a_file_that_is_there_is_refused_before_any_work() {
    let place = Place::new();
    // `trace convert *.bags` with two files: the second is the output.
    kept(&place, "trace convert t.bags u.bags", "u.bags");
    // No input is read before.
    kept(&place, "trace convert none.bags u.bags", "u.bags");
    kept(&place, "trace convert t.bags u --to jsonl", "u");
    kept(&place, "trace synth s.npz", "s.npz");
    kept(&place, &format!("{COSIM} --dump-outputs o.npy"), "o.npy");
    std::fs::remove_file(place.path("o.npy")).unwrap();
    // An archive is written beside the array.
    kept(&place, &format!("{COSIM} --dump-outputs o.npy"), "o.npz");
    assert!(!place.path("o.npy").exists());
    kept(&place, &format!("{COSIM} --waves w.fst"), "w.fst");
    kept(&place, "mapping export --mapping m --npy e", "e/place.npy");
    std::fs::remove_file(place.path("e/place.npy")).unwrap();
    let export = "mapping export --mapping m --npy e";
    kept(&place, export, "e/permutation.npy");
    assert_snapshot!(place.bad(2, "trace convert t.bags e --to npz"), @"
    error: cannot write e: is a directory
    help: name a file, not a folder
    ");
}

#[test]
fn force_overwrites() {
    let place = Place::new();
    place.write("u.bags", "9\n");
    place.good("trace convert t.bags u.bags --force");
    assert_eq!(place.read("u.bags"), place.read("t.bags"));
    // A file can be converted onto itself.
    place.good("trace convert u.bags u.bags --force");
    assert_eq!(place.read("u.bags"), place.read("t.bags"));
    place.good("map --config c.toml --trace t.bags --out m --compare none");
    for _ in 0..2 {
        place.good("mapping export --mapping m/mapping.json --npy e --force");
    }
    for _ in 0..2 {
        place.good(&format!("{COSIM} --dump-outputs o.npz --force"));
    }
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_kept() {
    let place = Place::new();
    std::os::unix::fs::symlink("nowhere", place.path("u.bags")).unwrap();
    let said = place.bad(2, "trace convert t.bags u.bags");
    assert!(said.contains("u.bags: found a file that is there already"));
    let link = std::fs::read_link(place.path("u.bags")).unwrap();
    assert_eq!(link, std::path::Path::new("nowhere"));
}

#[cfg(target_os = "linux")]
#[test]
fn devices_pipes_and_standard_output_can_be_written() {
    let place = Place::new();
    let program = env!("CARGO_BIN_EXE_recross");
    let shell = |script: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", script]).env("PROGRAM", program);
        let said = place.said(&mut command);
        assert_eq!(said.status, 0, "{script}: {}", said.err);
        said.out
    };
    let trace = place.read("t.bags");
    let folder = place.path("").display().to_string();
    let convert = format!("cd {folder}; $PROGRAM trace convert t.bags --to bags");
    shell(&format!("{convert} /dev/null"));
    assert_eq!(shell(&format!("{convert} /dev/stdout | cat")), trace);
    shell(&format!("{convert} /dev/stdout > f"));
    assert_eq!(place.read("f"), trace);
    // What the shell appends to is kept.
    shell(&format!("{convert} /dev/stdout >> f"));
    assert_eq!(place.read("f"), trace.clone() + &trace);
    shell(&format!("{convert} /dev/fd/3 3>> f > /dev/null"));
    assert_eq!(place.read("f"), trace.repeat(3));
    let fifo = format!("cd {folder}; mkfifo p; cat p > g & {convert} p > /dev/null; wait");
    shell(&fifo);
    assert_eq!(place.read("g"), trace);
}

/// Nothing can be made below a file, whoever asks.
const NO_CACHE: &str = "--cache t.bags/models";
const SAID: &str = "note: the cache folder t.bags/models cannot be used (cannot create \
    t.bags/models/mappings: Not a directory (os error 20)); going on without it; name another with \
    --cache or RECROSS_CACHE\n";

/// Both learn groups several times, and say once that these cannot be kept.
#[cfg(target_os = "linux")]
#[test]
fn sweep_and_compare_go_on_without_a_cache() {
    let place = Place::new();
    place.edit_config("[simulation]", "[mapping]\neffort = \"fast\"\n[simulation]");
    let sweep =
        "sweep --config c.toml --trace t.bags --set crossbar.rows=8,16 --set adc.switch=off --out";
    let kept = place.good(&format!("{sweep} a"));
    let said = place.good(&format!("{sweep} b {NO_CACHE}"));
    assert_eq!((kept.err.as_str(), said.err.as_str()), ("", SAID));
    assert_eq!(place.read("a/points.csv"), place.read("b/points.csv"));
    let compare = "compare --config c.toml --trace t.bags --cpu-seconds 0 --budget 0,0.5";
    assert_eq!(place.good(&format!("{compare} {NO_CACHE}")).err, SAID);
    // `--quiet` says nothing.
    assert_eq!(place.good(&format!("{compare} {NO_CACHE} -q")).err, "");
}

#[test]
fn a_sweep_that_learns_nothing_long_leaves_the_cache_alone() {
    let place = Place::new();
    let mut command = place.command(
        "sweep --config c.toml --trace t.bags --set mapping.method=frequency,recross --out s",
    );
    let said = place.said(command.env("RECROSS_CACHE", place.path("models")));
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    assert!(!place.path("models").exists());
}

/// A folder from which nothing can be loaded holds models all the same; copies are loaded.
#[cfg(target_os = "linux")]
#[test]
fn a_cache_mounted_noexec() {
    let place = Place::new();
    std::fs::create_dir(place.path("models")).unwrap();
    let inside = |script: &str, rest: &[&str]| {
        let mut command = std::process::Command::new("unshare");
        command.args(["-Urm", "sh", "-c", script]).args(rest);
        command.current_dir(place.path(""));
        command
    };
    let mount = "mount -t tmpfs -o noexec none models";
    if !inside(mount, &[])
        .output()
        .is_ok_and(|o| o.status.success())
    {
        eprintln!("not tested: this system lets nobody mount a folder in a namespace");
        return;
    }
    let script = format!("{mount} && \"$0\" \"$@\" && \"$0\" \"$@\"");
    let line = "cosim --config c.toml --trace t.bags --limit 2 --cache models";
    let mut words = vec![env!("CARGO_BIN_EXE_recross")];
    words.extend(line.split_whitespace());
    let said = place.said(&mut inside(&script, &words));
    assert_eq!(said.status, 0, "{}", said.err);
    // The second run finds the model of the first, and says so, too.
    assert!(
        said.out.contains("(built now)") && said.out.contains("(from the cache)"),
        "{}",
        said.out
    );
    let notes: Vec<&str> = said.err.lines().collect();
    let told = |note: &&str| {
        note.starts_with("note: a model could not be loaded from the cache folder models (")
            && note.ends_with(
                "; a copy in a temporary folder is used; name another folder with --cache or \
                 RECROSS_CACHE",
            )
    };
    assert!(notes.len() == 2 && notes.iter().all(told), "{}", said.err);
}

/// A compiler that works up to a point, as on a full disk.
#[cfg(unix)]
#[test]
fn a_full_cache_and_a_full_temporary_folder() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let script = "#!/bin/sh\n[ \"$1\" = --version ] && echo 'cc 1.0' && exit 0\n\
                  echo 'cc1plus: error: No space left on device' >&2\nexit 1\n";
    place.write("cc", script);
    let cc = place.path("cc");
    std::fs::set_permissions(&cc, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::create_dir(place.path("tmp")).unwrap();
    let mut command = place.command(COSIM);
    command
        .env("CXX", &cc)
        .env("TMPDIR", place.path("tmp"))
        .env("RECROSS_CACHE", place.path("models"));
    let said = place.said(&mut command);
    assert_eq!((said.status, said.out.as_str()), (3, ""));
    let (start, end) = said.err.split_once("/.tmp").unwrap();
    assert_eq!(start, "error: building the model in [DIR]/tmp");
    assert_snapshot!(end.split_once(' ').unwrap().1, @"
    failed: no space is left on its disk
    help: name a folder with room with --cache or RECROSS_CACHE, or set TMPDIR to one
    ");
    // Temporary folders are gone.
    assert_eq!(std::fs::read_dir(place.path("tmp")).unwrap().count(), 0);
}

#[test]
fn a_temporary_folder_that_is_missing_is_named() {
    let place = Place::new();
    let mut command = place.command(COSIM);
    let said = place.said(command.env("TMPDIR", "none"));
    assert_eq!((said.status, said.out.as_str()), (2, ""));
    assert_snapshot!(said.err, @"
    error: argument TMPDIR: found `none`, which is no folder, expected a folder that can be written to
    help: make it, or set TMPDIR to another folder
    ");
}

#[test]
fn a_second_grid_in_the_folder_of_a_sweep_is_refused() {
    let place = Place::new();
    let sweep =
        "sweep --config c.toml --trace t.bags --limit 9 --out s --set mapping.method=frequency";
    place.good(&format!("{sweep} --set adc.switch=off,dynamic"));
    let csv = place.read("s/points.csv");
    let refused = |line: &str| {
        let said = place.bad(2, line);
        assert_eq!(place.read("s/points.csv"), csv);
        said
    };
    assert_snapshot!(refused(&format!("{sweep} --set adc.switch=off,graded")), @r#"
    error: s/grid.json: key `adc.switch`: found values ["off","dynamic"] of the sweep in this folder, expected values ["off","graded"] as asked for
    help: name another folder with --out; --force sweeps this grid here, and replaces points.csv, points.jsonl and report.json
    "#);
    assert_snapshot!(refused(sweep), @r#"
    error: s/grid.json: key `adc.switch`: found values ["off","dynamic"] of the sweep in this folder, expected no values as asked for
    help: name another folder with --out; --force sweeps this grid here, and replaces points.csv, points.jsonl and report.json
    "#);
    assert_snapshot!(refused(&format!("{sweep} --set adc.switch=off,dynamic --set mapping.budget=0,0.1")), @"
    error: s/grid.json: key `mapping.budget`: found no values of the sweep in this folder, expected values [0,0.1] as asked for
    help: name another folder with --out; --force sweeps this grid here, and replaces points.csv, points.jsonl and report.json
    ");
    // The same grid goes on, and `--force` takes the folder over.
    place.good(&format!("{sweep} --set adc.switch=off,dynamic"));
    place.good(&format!("{sweep} --set adc.switch=off,graded --force"));
    assert_ne!(place.read("s/points.csv"), csv);
    refused_now(&place, &format!("{sweep} --set adc.switch=off,dynamic"));
    // A record that is damaged says nothing about the grid.
    place.write("s/grid.json", "{");
    assert_snapshot!(place.bad(2, &format!("{sweep} --set adc.switch=off,graded")), @"
    error: s/grid.json: key `axes`: found EOF while parsing an object at line 1 column 1, expected the axes of a grid
    help: name another folder with --out; --force sweeps this grid here, and replaces points.csv, points.jsonl and report.json
    ");
}

fn refused_now(place: &Place, line: &str) {
    assert!(place.bad(2, line).contains("key `adc.switch`"));
}

/// Verilator would take `$x` and `${HOME}` in a path for a variable.
#[cfg(unix)]
#[test]
fn odd_names_of_folders_and_files_work() {
    let place = Place::new();
    let odd = "a $x ${HOME} {b} 'c' \"d\" %s";
    std::fs::create_dir(place.path(odd)).unwrap();
    let program = |arguments: &[&str]| {
        let mut command = place.command("");
        let folder = place.path(odd);
        let said = place.said(
            command
                .args(arguments)
                .current_dir(&folder)
                .env("TMPDIR", &folder),
        );
        assert_eq!(said.status, 0, "{arguments:?}: {}", said.err);
        said
    };
    std::fs::copy(place.path("c.toml"), place.path(odd).join("c {1}.toml")).unwrap();
    std::fs::copy(place.path("t.bags"), place.path(odd).join("$t.bags")).unwrap();
    let out = format!("o {odd}");
    let common = [
        "--config",
        "c {1}.toml",
        "--trace",
        "$t.bags",
        "--limit",
        "2",
    ];
    let said = program(&[&["run", "--out", &out], &common[..]].concat());
    assert!(said.out.contains("mismatches"), "{}", said.out);
    let images = ["cosim", "--preload", "images", "--dump-outputs", "{o}.npy"];
    program(&[&images[..], &common].concat());
    assert!(place.path(odd).join("{o}.npz").is_file());
}

/// A search that would take ten minutes.
#[cfg(unix)]
fn searching(place: &Place, line: &str, holdout: &str) -> Interrupted {
    let mapping = format!(
        "[mapping]\nmethod = \"optimized\"\neffort = \"high\"\ntime_budget_s = 600\n\
         holdout = {holdout}\n[simulation]"
    );
    place.edit_config("[simulation]", &mapping);
    let mut command = place.command(&format!("{line} -v"));
    let mut child = command
        .env("RECROSS_CACHE", cache())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let errors = std::io::BufReader::new(child.stderr.take().unwrap());
    Interrupted {
        errors: std::io::BufRead::lines(errors),
        child,
    }
}

#[cfg(unix)]
struct Interrupted {
    child: std::process::Child,
    errors: std::io::Lines<std::io::BufReader<std::process::ChildStderr>>,
}

#[cfg(unix)]
impl Interrupted {
    /// Sends Ctrl-C once the program says that it is at `step`.
    fn at(&mut self, step: &str) {
        let wanted = format!("] {step}");
        let reached = self.errors.by_ref().map(|l| l.unwrap());
        assert!(reached.into_iter().any(|l| l.ends_with(&wanted)), "{step}");
        let kill = Command::new("sh")
            .args(["-c", &format!("kill -INT {}", self.child.id())])
            .status();
        assert!(kill.unwrap().success());
    }

    /// Exit status and the rest of stderr.
    fn end(mut self) -> (Option<i32>, String) {
        let rest: Vec<String> = self.errors.by_ref().map(|l| l.unwrap()).collect();
        (self.child.wait().unwrap().code(), rest.join("\n"))
    }
}

#[cfg(unix)]
const ENDED: &str = "note: interrupted: the search for a mapping ended early, and the best one so \
    far is used; Ctrl-C again ends the program";

#[cfg(unix)]
#[test]
fn the_first_ctrl_c_ends_a_search_with_the_best_mapping_so_far() {
    let place = Place::new();
    // Fewer than 112 bags are annealed without trials.
    for (step, holdout) in [("annealing", "0.3"), ("trying smoothing", "0.2")] {
        let line = "map --config c.toml --trace t.bags --out m --compare none";
        let mut search = searching(&place, line, holdout);
        search.at(step);
        let (status, said) = search.end();
        assert_eq!(status, Some(0), "{said}");
        assert!(said.contains(ENDED), "{said}");
        let report = place.json("m/report.json");
        assert_eq!(report["mapping"]["interrupted"], true);
        let score = "score --config c.toml --trace t.bags --mapping m/mapping.json";
        let found = place.good(&format!("{score} --json"));
        let found: serde_json::Value = serde_json::from_str(&found.out).unwrap();
        place.good("map --config c.toml --trace t.bags --out n --compare none --method id_order");
        let naive = place.good(&format!("{score} --json").replace("m/", "n/"));
        let naive: serde_json::Value = serde_json::from_str(&naive.out).unwrap();
        let touched = |r: &serde_json::Value| r["score"]["groups_touched"].as_u64().unwrap();
        assert!(touched(&found) < touched(&naive), "{found} {naive}");
    }
}

#[cfg(unix)]
#[test]
fn the_second_ctrl_c_ends_the_program() {
    let place = Place::new();
    place.good(
        "trace synth long.bags --bags 60000 --ids 400 --clusters 0 --mean-bag 12 --max-bag 64",
    );
    let line = "run --config c.toml --trace long.bags --out o";
    let mut search = searching(&place, line, "0.99");
    search.at("trying smoothing");
    search.at("simulating");
    let (status, said) = search.end();
    assert_eq!((status, said.as_str()), (Some(130), "error: interrupted"));
    assert!(!place.path("o/report.json").exists());
}

/// Others would be compared with a design that was searched for a shorter time.
#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_comparison() {
    let place = Place::new();
    let line = "compare --config c.toml --trace t.bags --cpu-seconds 0 --out o";
    let mut search = searching(&place, line, "0.3");
    search.at("annealing");
    let (status, said) = search.end();
    assert_eq!(status, Some(130), "{said}");
    assert!(
        said.ends_with("error: interrupted") && !said.contains(ENDED),
        "{said}"
    );
    assert!(!place.path("o/report.json").exists());
}
