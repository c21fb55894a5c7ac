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
