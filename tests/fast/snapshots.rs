//! Snapshots of whole emitted files, one folder per configuration; see snapshots/README.md.
use recross::config::{Config, Resolved};
use recross::hardware::{PARAMETERS, Params};
use recross::rtl::{Package, Record};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// Configurations whose core is kept: those that differ in its interfaces, counters or converters.
const CORES: &[&str] = &[
    "blocks",
    "graded_sar",
    "one_row",
    "parts",
    "ports",
    "single",
    "small",
    "split",
];

/// Files that depend on the configuration, the snapshot of each, and the configurations for which it is
/// kept: all if none is named. What a new parameter changes is kept for few; that it is right for the
/// others is checked against the parameters.
const FILES: &[(&str, &str, &[&str])] = &[
    ("recross_top.v", "recross_top.v", &[]),
    ("recross_core.v", "recross_core.v", CORES),
    ("recross_registers.v", "recross_registers.v", &["small"]),
    ("recross_regs.h", "recross_regs.h", &["small"]),
    ("recross_adc_levels.v", "recross_adc_levels.v", &[]),
    ("recross_analog.v", "recross_analog.v", &[]),
    ("recross_tb.v", "recross_tb.v", &[]),
    ("recross.f", "file_list.f", &[]),
    (
        "recross_synth.f",
        "synthesis_list.f",
        &["small", "graded_sar"],
    ),
    ("recross.sdc", "constraints.sdc", &[]),
    ("recross.core", "fusesoc.core", &["small"]),
    ("recross_macro.lef", "macro_lef.lef", &["small"]),
    (
        "recross_macro.lib",
        "macro_liberty.lib",
        &["small", "graded_sar"],
    ),
    ("recross_cocotb.v", "recross_cocotb.v", &["small", "ports"]),
    ("README.md", "readme.md", &["small", "ports"]),
    ("config.json", "config.json", &["small"]),
];

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Every configuration, ordered by name.
fn configurations() -> BTreeMap<String, Resolved> {
    let files = fs::read_dir(here("tests/snapshots/configs")).unwrap();
    let found: BTreeMap<_, _> = files
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, Config::load(&path).unwrap())
        })
        .collect();
    assert!(found.len() >= 8, "only {} configurations", found.len());
    found
}

/// The first line that differs. (insta compares these files byte by byte and shows no text.)
fn difference(kept: &Path, text: &str) -> Option<String> {
    let kept = fs::read_to_string(kept).ok()?;
    let lines = kept.lines().chain(std::iter::once("(end)"));
    let mut pairs = lines.zip(text.lines().chain(std::iter::once("(end)")));
    let line = pairs.position(|(a, b)| a != b)?;
    let at = |t: &str| t.lines().nth(line).unwrap_or("(end)").to_owned();
    Some(format!("line {}:\n-{}\n+{}", line + 1, at(&kept), at(text)))
}

#[test]
fn emitted_files_equal_their_snapshots() {
    let mut changed = Vec::new();
    for (name, resolved) in configurations() {
        let package = Package::emit(&resolved).unwrap();
        let texts: BTreeMap<_, _> = package.files().collect();
        let folder = here("tests/snapshots").join(&name);
        let mut settings = insta::Settings::new();
        settings.set_snapshot_path(&folder);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        for (file, snapshot, kept_for) in FILES {
            if !kept_for.is_empty() && !kept_for.contains(&name.as_str()) {
                continue;
            }
            let (stem, ending) = snapshot.split_once('.').unwrap();
            let kept = folder.join(format!("{stem}.snap.{ending}"));
            if let Some(difference) = difference(&kept, texts[file]) {
                println!("{name}/{file} differs from its snapshot in {difference}");
            }
            let bytes = texts[file].as_bytes().to_vec();
            let compare = || insta::assert_binary_snapshot!(*snapshot, bytes);
            let compared = catch_unwind(AssertUnwindSafe(|| settings.bind(compare)));
            if compared.is_err() {
                changed.push(format!("{name}/{file}"));
            }
        }
    }
    assert!(
        changed.is_empty(),
        "not as accepted: {changed:?}; if that is meant, run INSTA_UPDATE=always cargo test --test fast snapshots"
    );
}

/// The driver and the example of a host, which are the same in all packages, and their templates.
const SAME: &[(&str, &str)] = &[
    ("recross_driver.c", "recross_driver.c"),
    ("recross_driver.h", "recross_driver.h"),
    ("recross_cocotb.py", "recross_cocotb.py"),
    ("Makefile", "recross_package.mk"),
];

/// Files that do not depend on the configuration are those in rtl/, the driver and the example of a host, so
/// they need no snapshots.
#[test]
fn all_other_files_equal_those_in_the_rtl_folder() {
    let leaves: BTreeSet<String> = fs::read_dir(here("rtl"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".v"))
        .collect();
    let mut seen = BTreeSet::new();
    for (name, resolved) in configurations() {
        let package = Package::emit(&resolved).unwrap();
        let mut others = BTreeSet::new();
        for (file, text) in package
            .files()
            .filter(|(file, _)| !file.ends_with("_stub.v"))
        {
            if FILES.iter().any(|(known, ..)| *known == file) {
                continue;
            }
            let template = SAME.iter().find(|(same, _)| *same == file);
            let from = match template {
                Some((_, template)) => format!("templates/{template}"),
                None => format!("rtl/{file}"),
            };
            let kept = fs::read_to_string(here(&from)).unwrap();
            assert!(text == kept, "{name}/{file} is not {from}");
            if template.is_none() {
                others.insert(file.to_owned());
            }
        }
        // A package has the macro and the logic of its kind of converter.
        let kind = resolved.config.adc.kind.label().to_lowercase();
        let other = if kind == "flash" {
            "_sar.v"
        } else {
            "_flash.v"
        };
        let expected = leaves.iter().filter(|l| !l.ends_with(other));
        assert_eq!(others, expected.cloned().collect(), "{name}");
        seen.extend(others);
        let generated: BTreeSet<&str> = package.generated_files().map(|(file, _)| file).collect();
        let stub = format!("recross_macro_{kind}_stub.v");
        let files = FILES.iter().map(|(file, ..)| *file);
        assert_eq!(generated, files.chain([stub.as_str()]).collect());
    }
    assert_eq!(seen, leaves);
}

/// The black box of the macro has the parameters and pins of the model, and nothing else.
#[test]
fn the_stub_has_the_models_header() {
    for name in ["small", "graded_sar"] {
        let package = Package::emit(&configurations()[name]).unwrap();
        let text = |ending: &str| {
            let mut files = package.files();
            let found = files
                .find(|(file, _)| file.starts_with("recross_macro_") && file.ends_with(ending));
            found.unwrap().1.to_owned()
        };
        let header = |text: &str| {
            let start = text.find("\nmodule ").unwrap();
            let end = start + text[start..].find("\n);\n").unwrap();
            text[start..end].replace("output reg ", "output wire")
        };
        let (stub, model) = (
            text("_stub.v"),
            text(if name == "small" { "flash.v" } else { "sar.v" }),
        );
        assert_eq!(header(&stub), header(&model));
        assert!(!stub.contains("assign") && !stub.contains("always"));
    }
}

/// `HopDepth` as `HOP_DEPTH`.
fn upper_case(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push('_');
        }
        words.push(letter.to_ascii_uppercase());
    }
    words
}

/// The record of every configuration holds its parameters and levels; core, registers, C header and README
/// say them.
#[test]
fn every_file_says_the_parameters() {
    for (name, resolved) in configurations() {
        let params = Params::new(&resolved);
        let package = Package::emit(&resolved).unwrap();
        let texts: BTreeMap<_, _> = package.files().collect();
        let record: Record = serde_json::from_str(texts["config.json"]).unwrap();
        let keys: serde_json::Value = serde_json::from_str(texts["config.json"]).unwrap();
        let keys: Vec<&String> = keys.as_object().unwrap().keys().collect();
        assert_eq!(
            keys,
            [
                "adc_kind",
                "adc_levels",
                "analog_macro",
                "config",
                "format",
                "interface",
                "parameters",
                "write_cycles"
            ],
            "{name}"
        );
        assert_eq!(record.adc_levels, resolved.adc_levels, "{name}");
        assert_eq!(record.prefix(), "recross");
        let clock = resolved.config.technology.clock_mhz;
        assert_eq!(record.config.technology.clock_mhz, clock, "{name}");
        assert_eq!(record.parameters.len(), PARAMETERS.len(), "{name}");

        let readme = texts["README.md"];
        for p in PARAMETERS {
            let value = (p.value)(&params);
            assert_eq!(record.parameters[p.name], value, "{name} {}", p.name);
            let row = format!("| `{}` | {value} | {} | {} |\n", p.name, p.about, p.keys);
            let constant = upper_case(p.name);
            for (file, line) in [
                ("README.md", row),
                ("recross_core.v", format!("\n      .{}({value})", p.name)),
                (
                    "recross_registers.v",
                    format!(": rd_data_o = 32'h{value:x};  // {}\n", p.name),
                ),
                (
                    "recross_regs.h",
                    format!("#define RECROSS_{constant} {value}u /* {} */\n", p.about),
                ),
            ] {
                let times = texts[file].matches(&line).count();
                assert_eq!(times, 1, "{name}: {line:?} in {file}");
            }
        }
        let says = |words: &str| readme.contains(words);
        let levels = readme.lines().filter(|l| l.starts_with("- up to "));
        for (line, level) in levels.clone().zip(&resolved.adc_levels) {
            let mode = if level.read_mode { "read" } else { "MAC" };
            for part in [
                format!("- up to {} row", level.max_rows),
                format!(": {mode} mode, {} threshold", level.limit),
                format!(" ({} bit), {} cycle", level.bits, level.phase_cycles),
            ] {
                assert!(line.contains(&part), "{name}: {line}");
            }
        }
        assert_eq!(levels.count(), resolved.adc_levels.len(), "{name}");
        for (words, said) in [
            ("LARGER SUMS ARE CLIPPED", !resolved.is_lossless()),
            ("No sum is clipped.", resolved.is_lossless()),
            ("done as single-row reads.", params.read_split_max > 1),
            ("An AXI4-Stream for each port", params.ports > 1),
            ("sensed in one column phase:", params.phases_per_dim == 1),
            ("(column blocks)", params.blocks > 1),
        ] {
            assert_eq!(says(words), said, "{name}: {words}");
        }
        let several = if params.dim > 1 { "s" } else { "" };
        assert!(says(&format!(
            "the last of the {} element{several} come",
            params.dim
        )));
        let wrong = ["[[", "<%", " 1 lanes", " 1 banks", " 1 bits)"];
        for words in wrong {
            assert!(!says(words), "{name}: {words}");
        }
    }
}

#[test]
fn every_snapshot_belongs_to_a_configuration() {
    let known = configurations();
    let files = walkdir::WalkDir::new(here("tests/snapshots")).min_depth(2);
    for entry in files {
        let entry = entry.unwrap();
        let folder = entry.path().parent().unwrap().file_name().unwrap();
        let (name, file) = (folder.to_str().unwrap(), entry.file_name());
        if name == "configs" {
            continue;
        }
        assert!(
            known.contains_key(name),
            "tests/snapshots/{name} has no configuration: delete it"
        );
        let file = file.to_str().unwrap();
        let stem = file.split('.').next().unwrap();
        let kept = FILES.iter().any(|(_, snapshot, kept_for)| {
            snapshot.split('.').next() == Some(stem)
                && (kept_for.is_empty() || kept_for.contains(&name))
        });
        assert!(
            kept,
            "tests/snapshots/{name}/{file} is not compared: delete it"
        );
    }
}

/// The same configuration gives the same bytes: when the file is read again, on another thread, and
/// over an existing package. No byte depends on the date or the machine.
#[test]
fn emission_is_deterministic() {
    let dir = tempfile::tempdir().unwrap();
    let again = std::thread::spawn(configurations).join().unwrap();
    for (name, resolved) in configurations() {
        let first = Package::emit(&resolved).unwrap();
        let second = {
            let resolved = again[&name].clone();
            std::thread::spawn(move || Package::emit(&resolved).unwrap())
        };
        assert_eq!(first, second.join().unwrap(), "{name}");
        let folder = dir.path().join(&name);
        fs::create_dir(&folder).unwrap();
        first.write(&folder).unwrap();
        first.write(&folder).unwrap();
        let written = fs::read_dir(&folder).unwrap().count();
        // The manifest is one more.
        assert_eq!(written, first.files().count() + 1);
        for (file, text) in first.files() {
            assert_eq!(fs::read_to_string(folder.join(file)).unwrap(), text);
            let machine = [
                env!("CARGO_MANIFEST_DIR"),
                &std::env::temp_dir().display().to_string(),
                "/home",
            ]
            .map(str::to_owned);
            for word in machine {
                assert!(!text.contains(&word), "{name}/{file} names {word}");
            }
            assert!(text.is_ascii(), "{name}/{file} is not plain ASCII");
            assert!(
                text.ends_with('\n') && !text.ends_with("\n\n"),
                "{name}/{file}"
            );
            for (number, line) in text.lines().enumerate() {
                assert_eq!(line, line.trim_end(), "{name}/{file}:{}", number + 1);
            }
        }
    }
}

/// Every parameter of the design has at least two values among the snapshots. So a parameter that is replaced by a constant is noticed.
#[test]
fn configurations_differ_in_every_parameter() {
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut note = |key: &str, value: &dyn ToString| {
        seen.entry(key.to_owned())
            .or_default()
            .insert(value.to_string());
    };
    for resolved in configurations().values() {
        let params = serde_json::to_value(Params::new(resolved)).unwrap();
        for (key, value) in params.as_object().unwrap() {
            note(key, value);
        }
        let config = serde_json::to_value(&resolved.config).unwrap();
        for key in ["kind", "switch", "bits", "levels"] {
            note(&format!("adc.{key}"), &config["adc"][key]);
        }
        note("adc levels", &resolved.adc_levels.len());
        note("clock", &config["technology"]["clock_mhz"]);
        note("lossless", &resolved.is_lossless());
        note(
            "spare elements",
            &(params["blocks"].as_u64().unwrap() * params["dims_per_block"].as_u64().unwrap()
                > params["dim"].as_u64().unwrap()),
        );
    }
    assert_eq!(seen["counters"].len(), 3, "none, totals, full");
    assert_eq!(seen["adc.switch"].len(), 3, "off, dynamic, graded");
    // The only parameter that no key decides.
    assert_eq!(seen.remove("trim_bits").unwrap().len(), 1);
    for (key, values) in seen {
        assert!(values.len() > 1, "{key} is {values:?} everywhere");
    }
}

/// The modules' default parameters are those of the configuration `small`, so that each can be
/// read, linted and synthesised alone.
#[test]
fn default_parameters_are_those_of_the_small_configuration() {
    let small = Params::new(&configurations()["small"]);
    let values = serde_json::to_value(small).unwrap();
    let mut checked = 0;
    for module in [
        "recross_engine",
        "recross_lane",
        "recross_bank",
        "recross_port",
    ] {
        let text = fs::read_to_string(here("rtl").join(format!("{module}.v"))).unwrap();
        for line in text
            .lines()
            .filter(|l| l.trim().starts_with("parameter integer "))
            .filter(|l| !l.contains("not to be overridden"))
        {
            let mut words = line.split_whitespace().skip(2);
            let key = words.next().unwrap();
            let value = words.nth(1).unwrap().trim_end_matches(',');
            let snake: String = key
                .char_indices()
                .flat_map(|(i, c)| {
                    let gap = (c.is_uppercase() && i > 0).then_some('_');
                    gap.into_iter().chain(c.to_lowercase())
                })
                .collect();
            // A bank's address may have fewer bits than the programming port's.
            // A command's tag is its bag's place in the lane.
            let snake = match snake.as_str() {
                "addr_bits" => "prog_addr_bits",
                "tag_bits" => "pool_bits",
                other => other,
            };
            assert_eq!(values[snake].to_string(), value, "{module} {key}");
            checked += 1;
        }
    }
    assert!(checked > 100, "{checked} parameters read");
}
