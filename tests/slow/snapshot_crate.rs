//! Checks that `examples/snapshot_tests` works as a separate crate, as a user would write it: it
//! builds without the command line, and its snapshots match. `make test` runs its test file only.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

#[test]
fn a_separate_crate_passes_its_snapshot_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let example = root.join("examples/snapshot_tests");
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("snapshot_tests");
    let files = ["engine.toml", "tests/hardware.rs"].map(Into::into);
    let snapshots = fs::read_dir(example.join("tests/snapshots")).unwrap();
    let snapshots = snapshots.map(|s| Path::new("tests/snapshots").join(s.unwrap().file_name()));
    let _ = fs::remove_dir_all(copy.join("tests"));
    fs::create_dir_all(copy.join("tests/snapshots")).unwrap();
    for file in snapshots.chain(files) {
        fs::copy(example.join(&file), copy.join(&file)).unwrap();
    }
    // Use our versions of all crates, so that no others are needed.
    fs::copy(root.join("Cargo.lock"), copy.join("Cargo.lock")).unwrap();
    let manifest = fs::read_to_string(example.join("Cargo.toml")).unwrap();
    let here = manifest.replace("\"../..\"", &format!("{:?}", root));
    assert_ne!(manifest, here, "the path to recross was not found");
    fs::write(copy.join("Cargo.toml"), here).unwrap();

    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // Use the workspace's profile and target folder, so that crates built there are reused.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let run = |arguments: &[&str]| {
        let output = Command::new(&cargo)
            .args(arguments)
            .current_dir(&copy)
            .env("INSTA_UPDATE", "no")
            .env("CARGO_PROFILE_DEV_OPT_LEVEL", "1")
            .env("CARGO_TARGET_DIR", target)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let logged = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}\n{logged}");
        said
    };
    let said = run(&[
        "test",
        "--offline",
        "--quiet",
        "--config",
        "profile.dev.package.recross.opt-level=0",
    ]);
    assert!(said.contains("1 passed"), "{said}");
    let crates = run(&[
        "tree",
        "--offline",
        "--prefix",
        "none",
        "--edges",
        "normal,dev",
    ]);
    for name in ["clap", "ctrlc", "indicatif"] {
        let built = crates.lines().any(|l| l.starts_with(&format!("{name} ")));
        assert!(!built, "{name} is built:\n{crates}");
    }
}
