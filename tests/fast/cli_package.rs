//! RTL packages on the command line: edited files, packages of other hardware, prefixes.

use crate::cli::*;
use insta::assert_snapshot;
use std::collections::BTreeMap;
use std::fs;

const GEN: &str = "gen --config c.toml --out g";
const COSIM: &str = "cosim --config c.toml --trace t.bags --rtl g";

/// All files of a folder, with what is in them.
fn content(place: &Place, folder: &str) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(place.path(folder))
        .unwrap()
        .map(|e| e.unwrap());
    let files = files.filter(|e| e.file_type().unwrap().is_file());
    files
        .map(|e| {
            (
                e.file_name().into_string().unwrap(),
                fs::read(e.path()).unwrap(),
            )
        })
        .collect()
}

/// A program without tools: it ends before it would build anything.
fn without_tools(place: &Place, line: &str) -> Said {
    let mut command = place.command(line);
    place.write("empty/x", "");
    command.env("PATH", place.path("empty"));
    for variable in ["VERILATOR_ROOT", "RECROSS_VERILATOR", "CXX"] {
        command.env_remove(variable);
    }
    place.said(&mut command)
}

#[test]
fn an_unedited_package_is_overwritten() {
    let place = Place::new();
    place.good(GEN);
    let first = content(&place, "g");
    let manifest = place.json("g/manifest.json");
    let sums = manifest["files"].as_object().unwrap();
    assert_eq!(sums.len(), first.len() - 1);
    for (name, sum) in sums {
        assert_eq!(*sum, blake3::hash(&first[name]).to_hex().as_str(), "{name}");
    }
    place.good(GEN);
    assert_eq!(content(&place, "g"), first);
    // Another configuration, and names of another prefix: none of the old ones stays.
    place.edit_config("[engine]", "[rtl]\nprefix = \"my\"\n[engine]");
    place.good(GEN);
    let names: Vec<String> = content(&place, "g").into_keys().collect();
    assert!(names.contains(&"my_top.v".to_owned()));
    assert!(!names.iter().any(|n| n.starts_with("recross")), "{names:?}");
    // And back: the folder is as it was.
    place.write("c.toml", CONFIG);
    place.good(GEN);
    assert_eq!(content(&place, "g"), first);
}

#[test]
fn edited_files_stay() {
    let place = Place::new();
    place.good(GEN);
    let text = place.read("g/recross_lane.v");
    for name in ["recross_lane.v", "recross_tb.v"] {
        place.write(&format!("g/{name}"), format!("// mine\n{text}"));
    }
    let before = content(&place, "g");
    for change in ["lanes = 2", "lanes = 3"] {
        place.edit_config("lanes = 2", change);
        assert_snapshot!(place.bad(2, GEN), @"
        error: g: found files that were edited since recross wrote them, or that it did not write: recross_lane.v, recross_tb.v, expected no such files, or those of an unedited package
        help: name another folder, or overwrite them with --force
        ");
        assert_eq!(content(&place, "g"), before);
    }
    place.good(&format!("{GEN} --force"));
    place.good("gen --config c.toml --out fresh");
    assert_eq!(content(&place, "g"), content(&place, "fresh"));

    // An edited file that the next package does not have stays where it is.
    place.write("g/recross_lane.v", "// mine");
    place.edit_config("[engine]", "[rtl]\nprefix = \"my\"\n[engine]");
    place.good(GEN);
    let names: Vec<String> = content(&place, "g").into_keys().collect();
    let old: Vec<&String> = names.iter().filter(|n| n.starts_with("recross")).collect();
    assert_eq!(old, ["recross_lane.v"]);
    assert_eq!(place.read("g/recross_lane.v"), "// mine");
}

#[test]
fn files_without_a_manifest_are_somebodys() {
    let place = Place::new();
    place.good(GEN);
    fs::remove_file(place.path("g/manifest.json")).unwrap();
    // The same bytes are no loss.
    place.good(GEN);
    for manifest in [
        None,
        Some("{"),
        Some("{\"format\": 1, \"files\": {\"../c.toml\": \"\"}}"),
    ] {
        match manifest {
            None => fs::remove_file(place.path("g/manifest.json")).unwrap(),
            Some(text) => place.write("g/manifest.json", text),
        }
        place.edit_config("lanes = 2", "lanes = 3");
        let said = place.bad(2, GEN);
        assert!(
            said.contains("did not write: recross_top.v, recross_tb.v, "),
            "{said}"
        );
    }
    // A foreign file among them is nobody else's business.
    place.write("g/notes.txt", "mine");
    place.good(&format!("{GEN} --force"));
    assert_eq!(place.read("g/notes.txt"), "mine");
}

/// Whatever a run left when it broke off, the next one knows the files of both packages.
#[test]
fn a_package_that_was_written_in_part_is_unedited() {
    let place = Place::new();
    place.good(GEN);
    place.edit_config("lanes = 2", "lanes = 3");
    place.good("gen --config c.toml --out h");
    let (old, new) = (place.json("g/manifest.json"), place.json("h/manifest.json"));
    let mut both = new.clone();
    both["before"] = old["files"].clone();
    place.write("g/manifest.json", both.to_string());
    fs::copy(place.path("h/recross_top.v"), place.path("g/recross_top.v")).unwrap();
    place.edit_config("lanes = 2", "lanes = 1");
    place.good(GEN);
    place.good("gen --config c.toml --out i");
    assert_eq!(content(&place, "g"), content(&place, "i"));
}

#[test]
fn run_keeps_edited_files_before_it_learns() {
    let place = Place::new();
    place.good("gen --config c.toml --out o/rtl");
    place.write("o/rtl/recross_top.v", "// mine");
    place.write("o/report.json", "{}");
    let run = "run --config c.toml --trace t.bags --out o";
    let said = without_tools(&place, run);
    assert_eq!(said.status, 2, "{}", said.err);
    assert_snapshot!(said.err, @"
    error: o/rtl: found files that were edited since recross wrote them, or that it did not write: recross_top.v, expected no such files, or those of an unedited package
    help: name another folder, or overwrite them with --force
    ");
    assert_eq!(place.read("o/rtl/recross_top.v"), "// mine");
    assert_eq!(place.read("o/report.json"), "{}");
    // With --force it gets as far as the tools.
    let said = without_tools(&place, &format!("{run} --force"));
    assert_eq!(said.status, 3, "{}", said.err);
    assert!(
        place
            .read("o/rtl/recross_top.v")
            .contains("module recross_top")
    );
}

#[test]
fn a_package_of_other_hardware_is_refused_before_anything_is_built() {
    let place = Place::new();
    place.good(GEN);
    place.edit_config("lanes = 2", "lanes = 4");
    let said = without_tools(&place, COSIM);
    assert_eq!((said.status, said.out.as_str()), (2, ""));
    assert_snapshot!(said.err, @"");
    place.edit_config("cell_bits = 2", "cell_bits = 1");
    assert_snapshot!(without_tools(&place, COSIM).err, @"");
    place.edit_config("[engine]", "[technology]\nflash_mac_ns = 9.0\n[engine]");
    assert_snapshot!(without_tools(&place, COSIM).err, @"");

    // Keys that do not reach the RTL do not matter: it gets as far as the tools.
    place.edit_config(
        "[engine]",
        "[mapping]\nseed = 9\nmethod = \"recross\"\n[technology]\nclock_mhz = 499.0\n[rtl]\nprefix = \"my\"\n[engine]",
    );
    let said = without_tools(&place, COSIM);
    assert_eq!(said.status, 3, "{}", said.err);
}

#[test]
fn a_package_whose_record_is_missing_or_broken_is_refused() {
    let place = Place::new();
    place.good(GEN);
    let good = place.read("g/config.json");
    let said = |text: &str| {
        place.write("g/config.json", text);
        let said = without_tools(&place, COSIM);
        assert_eq!((said.status, said.out.as_str()), (2, ""));
        said.err
    };
    assert_snapshot!(said("{"), @"");
    assert_snapshot!(said("{\"config\": {}, \"slices\": 2}"), @"");
    assert_snapshot!(said(&good.replacen("\"format\": 1", "\"format\": 2", 1)), @"");
    assert_snapshot!(said(&good.replacen("\"recross\"", "\"../x\"", 1)), @"");
    assert_snapshot!(said(&good.replacen("\"Adcs\"", "\"Adcz\"", 1)), @"");
    fs::remove_file(place.path("g/config.json")).unwrap();
    assert_snapshot!(without_tools(&place, COSIM).err, @"");
}

#[test]
fn a_prefix_that_is_no_name_is_refused() {
    let place = Place::new();
    let said = |prefix: &str| {
        place.edit_config(
            "[engine]",
            &format!("[rtl]\nprefix = \"{prefix}\"\n[engine]"),
        );
        place.bad(2, GEN)
    };
    assert_snapshot!(said("module"), @"");
    assert_snapshot!(said("../a"), @"");
    assert_snapshot!(said("clk"), @"");
}

/// The prefix names the package, and no model: the one that is built without it is used.
#[test]
fn a_model_is_shared_by_all_prefixes() {
    let place = Place::new();
    place.good("cosim --config c.toml --trace t.bags -q");
    place.edit_config("[engine]", "[rtl]\nprefix = \"my\"\n[engine]");
    place.good("run --config c.toml --trace t.bags --out o -q");
    assert_eq!(place.json("o/report.json")["host"]["model_built"], false);
    assert!(place.path("o/rtl/my_top.v").is_file());
    // The folder's own prefix counts, whatever the configuration says.
    place.write("c.toml", CONFIG);
    let line = "cosim --config c.toml --trace t.bags --rtl o/rtl";
    let json = place.good(&format!("{line} --json")).out;
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["host"]["model_built"], false);
    // What Verilator says of it is said of the files that lie there.
    let text = place.read("o/rtl/my_merge.v");
    place.write(
        "o/rtl/my_merge.v",
        text.replacen("endmodule", "endmodul", 1),
    );
    let said = place.bad(2, line);
    assert!(said.contains("o/rtl/my_merge.v:"), "{said}");
    assert!(!said.contains("recross_merge"), "{said}");
}
