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
        insta::allow_duplicates!(assert_snapshot!(place.bad(2, GEN), @"
        error: g: found files that were edited since recross wrote them, or that it did not write: recross_lane.v, recross_tb.v, expected no such files, or those of an unedited package
        help: name another folder, or overwrite them with --force
        "));
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
            said.contains(
                "did not write: recross_registers.v, recross_core.v, recross_top.v, recross_tb.v, "
            ),
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
    assert_snapshot!(said.err, @"
    error: g/config.json: found other hardware: Lanes is 2 (configured: 4); LaneBits is 1 (configured: 2); Levels is 1 (configured: 2); HopLanes is 2 (configured: 4), expected the hardware of the configuration
    help: change engine.lanes in the configuration, or generate the package again
    ");
    place.edit_config("cell_bits = 2", "cell_bits = 1");
    assert_snapshot!(without_tools(&place, COSIM).err, @"
    error: g/config.json: found other hardware: CellBits is 2 (configured: 1); Slices is 2 (configured: 4); DimsPerPhase is 2 (configured: 1); DimsPerBlock is 8 (configured: 4); AdcBits is 5 (configured: 4); ProgBits is 32 (configured: 16); the converters' levels (rows/thresholds/cycles) are 1/3/1, 8/31/2 (configured: 1/1/1, 8/15/2), expected the hardware of the configuration
    help: change crossbar.cell_bits in the configuration, or generate the package again
    ");
    place.edit_config("[engine]", "[technology]\nflash_mac_ns = 9.0\n[engine]");
    assert_snapshot!(without_tools(&place, COSIM).err, @"
    error: g/config.json: found other hardware: the converters' levels (rows/thresholds/cycles) are 1/3/1, 8/31/2 (configured: 1/3/1, 8/31/5), expected the hardware of the configuration
    help: change adc.*, crossbar.*, technology.* in the configuration, or generate the package again
    ");

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
    assert_snapshot!(said("{"), @"
    error: g/config.json:1: found text that cannot be used (EOF while parsing an object at line 1 column 1), expected what an RTL package records
    help: name a folder that `recross gen` wrote, or generate the package again
    ");
    assert_snapshot!(said("{\"config\": {}, \"slices\": 2}"), @"
    error: g/config.json: found no key `format`, expected what an RTL package records
    help: name a folder that `recross gen` wrote, or generate the package again
    ");
    assert_snapshot!(said(&good.replacen("\"format\": 4", "\"format\": 2", 1)), @"
    error: g/config.json: key `format`: found 2, expected 4
    help: name a folder that `recross gen` wrote, or generate the package again
    ");
    assert_snapshot!(said(&good.replacen("\"interface\": 2", "\"interface\": 3", 1)), @"
    error: g/config.json: key `interface`: found 3, expected 2
    help: name a folder that `recross gen` wrote, or generate the package again
    ");
    assert_snapshot!(said(&good.replacen("\"recross\"", "\"../x\"", 1)), @"
    error: g/config.json: key `config.rtl.prefix`: found `../x`, expected what an RTL package records
    help: name a folder that `recross gen` wrote, or generate the package again
    ");
    assert_snapshot!(said(&good.replacen("\"Adcs\"", "\"Adcz\"", 1)), @"
    error: g/config.json: found other hardware: Adcs is missing (configured: 4); Adcz is no parameter of this version, expected the hardware of the configuration
    help: change crossbar.adcs in the configuration, or generate the package again
    ");
    fs::remove_file(place.path("g/config.json")).unwrap();
    assert_snapshot!(without_tools(&place, COSIM).err, @"
    error: g/config.json: found no readable file (No such file or directory (os error 2)), expected what an RTL package records
    help: name a folder that `recross gen` wrote, or generate the package again
    ");
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
    assert_snapshot!(said("module"), @"error: configuration c.toml:11: key `rtl.prefix`: found `module`, a reserved word of Verilog or SystemVerilog, expected another identifier");
    assert_snapshot!(said("../a"), @"error: configuration c.toml:11: key `rtl.prefix`: found `../a`, expected a Verilog identifier: a letter, then letters, digits and underscores");
    assert_snapshot!(said("clk"), @"
    error: configuration in use: key `rtl.prefix`: found `clk`, expected a prefix that no name of the design begins with; there is `clk_i`
    help: choose a longer prefix
    ");
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
