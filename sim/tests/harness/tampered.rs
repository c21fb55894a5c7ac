//! Libraries that are not what was built: they are refused, and nothing of them is called.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::{events, options, share_run_time, tools};
use verilated::{
    BuildOptions, Built, Design, Field, Library, Probe, StreamSpec, TraceFormat, build, build_main,
};

fn refusal(built: &Built) -> String {
    let text = Library::load(built).err().expect("loaded").to_string();
    let start = format!("loading {}: ", built.path().display());
    text.strip_prefix(&start).expect(&text).to_owned()
}

/// Puts `library` in the place of `built`'s, with the cache's manifest saying that it belongs there.
fn replace(built: &Built, library: &[u8]) {
    let old = blake3::hash(&fs::read(built.path()).unwrap()).to_hex();
    let new = blake3::hash(library).to_hex();
    fs::write(built.path(), library).unwrap();
    let manifest = built.path().with_file_name("manifest");
    let text = fs::read_to_string(&manifest).unwrap();
    assert!(text.contains(old.as_str()));
    fs::write(&manifest, text.replace(old.as_str(), new.as_str())).unwrap();
}

#[test]
fn a_file_that_was_changed_after_the_build_is_not_loaded() {
    let dir = tempfile::tempdir().unwrap();
    let options = BuildOptions {
        cache_dir: dir.path().into(),
        ..options()
    };
    share_run_time(dir.path());
    let built = build(&tools(), &events(), &options).unwrap();
    let bytes = fs::read(built.path()).unwrap();
    let change = |contents: &[u8]| {
        fs::write(built.path(), contents).unwrap();
        let text = refusal(&built);
        assert!(
            text.starts_with("the file was changed since it was built: its hash is "),
            "{text}"
        );
        assert!(text.ends_with("; build it again"), "{text}");
    };
    // The loader would end the process on the first of these.
    change(&bytes[..bytes.len() / 2]);
    change(b"");
    let mut one_bit = bytes.clone();
    one_bit[bytes.len() / 2] ^= 1;
    change(&one_bit);
    fs::remove_file(built.path()).unwrap();
    assert!(refusal(&built).contains("No such file"));
    fs::write(built.path(), &bytes).unwrap();
    Library::load(&built).unwrap();
    // A copy elsewhere is as good, and is checked as well.
    let elsewhere = tempfile::tempdir().unwrap();
    let copy = built.copied_to(elsewhere.path()).unwrap();
    assert!(copy.path().starts_with(elsewhere.path()));
    Library::load(&copy).unwrap();
    fs::write(copy.path(), b"").unwrap();
    assert!(refusal(&copy).starts_with("the file was changed since it was built"));
}

#[test]
fn a_library_of_another_design_is_not_loaded() {
    let dir = tempfile::tempdir().unwrap();
    let options = BuildOptions {
        cache_dir: dir.path().into(),
        ..options()
    };
    share_run_time(dir.path());
    let tools = tools();
    let whole = build(&tools, &events(), &options).unwrap();
    let bytes = fs::read(whole.path()).unwrap();
    let stream = StreamSpec {
        name: "again".into(),
        valid: Field::bit("unsettled", 0),
        ready: None,
        payload: vec![Field::whole("value", 16)],
    };
    let check = |design: &Design, trace: TraceFormat, message: &str| {
        let options = BuildOptions {
            trace,
            ..options.clone()
        };
        replace(&build(&tools, design, &options).unwrap(), &bytes);
        let hit = build(&tools, design, &options).unwrap();
        assert!(!hit.is_fresh());
        assert_eq!(
            refusal(&hit),
            format!("the library was built for another design: {message}; build it again")
        );
    };
    let changed = |change: fn(&mut Design)| {
        let mut design = events();
        change(&mut design);
        design
    };
    check(
        &changed(|d| d.inputs.clear()),
        TraceFormat::Off,
        "input streams: found 1, expected 0",
    );
    let mut more = events();
    more.outputs.push(stream);
    check(
        &more,
        TraceFormat::Off,
        "output streams: found 0, expected 1",
    );
    // Before sizes were compared, this made the clock loop read behind the request's words.
    check(
        &changed(|d| {
            let low = Field::new("command", 0, 1);
            d.inputs[0].payload = vec![low, Field::new("command", 1, 2)];
        }),
        TraceFormat::Off,
        "words per item of input stream `command`: found 1, expected 2",
    );
    check(
        &changed(|d| {
            d.probes.pop();
        }),
        TraceFormat::Off,
        "probes: found 2, expected 1",
    );
    check(
        &events(),
        TraceFormat::Vcd,
        "wave format (0 none, 1 FST, 2 VCD): found 0, expected 2",
    );
}

/// Compiles a library whose exported functions are `functions`.
fn library_of(dir: &Path, functions: &str) -> Vec<u8> {
    let tools = tools();
    let (source, out) = (dir.join("x.cpp"), dir.join("x.so"));
    fs::write(&source, format!("extern \"C\" {{ {functions} }}")).unwrap();
    let ran = Command::new(&tools.cxx()[0])
        .args(["-shared", "-fPIC", "-o"])
        .args([&out, &source])
        .output()
        .unwrap();
    assert!(ran.status.success(), "{ran:?}");
    fs::read(out).unwrap()
}

#[test]
fn what_is_no_model_library_is_not_loaded() {
    let dir = tempfile::tempdir().unwrap();
    let options = BuildOptions {
        cache_dir: dir.path().into(),
        ..options()
    };
    share_run_time(dir.path());
    let tools = tools();
    let check = |library: &[u8], message: &str| {
        replace(&build(&tools, &events(), &options).unwrap(), library);
        let text = refusal(&build(&tools, &events(), &options).unwrap());
        assert!(text.contains(message), "{text}");
    };
    let folder = tempfile::tempdir().unwrap();
    let others = "unsigned vm_abi() { return 2; }
        #define F(name) void name() { __builtin_trap(); }
        F(vm_create) F(vm_destroy) F(vm_reset) F(vm_run) F(vm_cycle) F(vm_probe) F(vm_text)
        F(vm_clear_log) F(vm_trace) F(vm_trace_close) F(vm_trace_done)\n";
    let shape = "unsigned long vm_shape(unsigned long* p, unsigned long n) ";
    let with_shape = |body: &str| format!("{others}{shape}{body}");
    check(b"no library at all", "");
    for (functions, message) in [
        ("void f() {}".to_owned(), "vm_abi"),
        (
            "unsigned vm_abi() { return 1; }".into(),
            "the library has interface version 1, expected 2; build it again",
        ),
        ("unsigned vm_abi() { return 2; }".into(), "vm_create"),
        (others.into(), "vm_shape"),
        (with_shape("{ return 0; }"), "it lists 0 sizes, expected 10"),
        // One that claims an absurd length.
        (
            with_shape("{ for (unsigned long i = 0; i < n; ++i) p[i] = 7; return ~0UL; }"),
            "bytes of an input's structure: found 7, expected 64",
        ),
    ] {
        check(&library_of(folder.path(), &functions), message);
    }
}

#[test]
fn a_program_is_not_loaded() {
    let program = build_main(&tools(), &events(), &options()).unwrap();
    assert_eq!(
        refusal(&program),
        "this is a program that `build_main` made; load a library that `build` made"
    );
}

/// The design is copied at the build: what is done to the caller's afterwards does not reach the model.
#[test]
fn a_design_that_is_changed_after_the_build_does_no_harm() {
    let mut design = events();
    let built = build(&tools(), &design, &options()).unwrap();
    design.probes.push(Probe {
        name: "more".into(),
        field: Field::whole("value", 10_000),
    });
    design.inputs[0].payload.clear();
    let mut model = crate::common::model(&built);
    assert!(model.probe("more").is_err());
    crate::common::go(
        &mut model,
        &verilated::RunRequest::new().input("command", &[0]),
    )
    .unwrap();
    assert_eq!(built.design(), &events());
}
