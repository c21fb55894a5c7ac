//! Hardware parameters: declared once, passed everywhere, and all that a package depends on.
use recross::config::{Config, Resolved};
use recross::hardware::{PARAMETERS, Params};
use recross::rtl::Package;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Name and parameters of a module, from its header.
fn header(text: &str) -> (String, Vec<String>) {
    let at = text.find("\nmodule ").unwrap() + "\nmodule ".len();
    let text = &text[at..];
    let name = text.split([' ', ';']).next().unwrap().to_owned();
    let head = &text[..text.find(");").unwrap()];
    let parameters = head
        .lines()
        .filter_map(|l| l.trim().strip_prefix("parameter "))
        .filter(|l| !l.contains("not to be overridden"));
    // `integer Name = ...` or `[7:0] Name = ...`.
    let names = parameters.map(|l| l.split(' ').nth(1).unwrap().to_owned());
    (name, names.collect())
}

/// Each instance of a known module in a text: the module, and the parameters that are passed.
fn instances(text: &str, modules: &BTreeMap<String, Vec<String>>) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let mut words = line.split_whitespace();
        let Some(module) = words.next().filter(|w| modules.contains_key(*w)) else {
            continue;
        };
        let mut passed = Vec::new();
        if words.next() == Some("#(") {
            for line in lines.by_ref() {
                let line = line.trim();
                if line.is_empty() {
                    continue;
                }
                match line.strip_prefix('.') {
                    Some(pin) => passed.push(pin.split('(').next().unwrap().trim_end().to_owned()),
                    None => break,
                }
            }
        }
        found.push((module.to_owned(), passed));
    }
    found
}

fn demo() -> Resolved {
    Config::default().resolve("test").unwrap()
}

#[test]
fn every_instance_passes_every_parameter_by_name() {
    let package = Package::emit(&demo()).unwrap();
    let modules: BTreeMap<_, _> = package.sources().map(|(_, text)| header(text)).collect();
    assert_eq!(modules.len(), package.sources().count());
    let mut checked = BTreeSet::new();
    for (file, text) in package.sources() {
        let bare = text.lines().map(|l| l.split("//").next().unwrap());
        let text = bare.collect::<Vec<_>>().join("\n");
        for (module, passed) in instances(&text, &modules) {
            assert_eq!(passed, modules[&module], "{module} in {file}");
            checked.insert(module);
        }
    }
    // Everything but the top is somewhere inside it.
    let mut all: BTreeSet<_> = modules.into_keys().collect();
    assert!(all.remove("recross_top"));
    assert_eq!(checked, all);
}

#[test]
fn the_list_is_the_engines_declaration() {
    let (_, declared) = header(include_str!("../../rtl/recross_engine.v"));
    let listed: Vec<&str> = PARAMETERS.iter().map(|p| p.name).collect();
    assert_eq!(listed, declared);
    let params = serde_json::to_value(Params::new(&demo())).unwrap();
    assert_eq!(params.as_object().unwrap().len(), listed.len());
}

/// Dotted keys of a configuration and their values.
fn leaves(value: &Value, path: &str, out: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let dot = if path.is_empty() { "" } else { "." };
                leaves(value, &format!("{path}{dot}{name}"), out);
            }
        }
        other => out.push((path.to_owned(), other.clone())),
    }
}

fn set(config: &mut Value, key: &str, value: Value) {
    let (section, name) = key.split_once('.').unwrap();
    config[section][name] = value;
}

fn resolved(config: &Value) -> Option<Resolved> {
    let config: Config = serde_json::from_value(config.clone()).ok()?;
    config.resolve("test").ok()
}

/// Whether a parameter says that it follows from a key.
fn follows(keys: &str, key: &str) -> bool {
    keys.split(", ").any(|k| match k.strip_suffix('*') {
        Some(section) => key.starts_with(section),
        None => k == key,
    })
}

/// Each key of a configuration in turn takes other legal values. The package changes if and only if
/// something of what it records does, and each parameter names the keys that change it.
#[test]
fn a_package_depends_on_what_reaches_the_hardware_only() {
    let mut base = serde_json::to_value(Config::default()).unwrap();
    for (key, value) in [
        ("adc.switch", json!("graded")),
        ("adc.max_active_rows", json!(40)),
        ("adc.read_split_max", json!(2)),
        ("embedding.tables", json!([100, 200])),
        ("embedding.dims", json!([16, 3])),
        ("technology.clock_mhz", json!(2000.0)),
    ] {
        set(&mut base, key, value);
    }
    let words = "off dynamic graded flash sar auto id_order random \
                 frequency recross optimized fast balanced high activations energy makespan none totals full log \
                 proportional rows mode bits other.toml my";
    let numbers = [
        0, 1, 2, 3, 4, 5, 7, 8, 16, 64, 100, 128, 512, 1000, 4095, 5000, 90_000,
    ];
    let mut values: Vec<Value> = words.split_whitespace().map(|w| json!(w)).collect();
    values.extend(numbers.map(|n| json!(n)));
    values.extend([0.5, 0.9, 1.9, 2.5, 333.0].map(|n| json!(n)));
    values.extend([json!(true), json!(false)]);
    values.extend([json!([]), json!([2]), json!([5, 7]), json!([1, 3, 11])]);

    let before = resolved(&base).unwrap();
    let reaching = |r: &Resolved| {
        let levels = r.adc_levels.clone();
        (
            Params::new(r),
            levels,
            r.config.adc.kind,
            r.write_cycles,
            r.config.rtl.clone(),
            r.config.technology.clock_mhz.to_bits(),
            // They reach the mock timing of the analog macro.
            (
                r.config.technology.wordline_ns.to_bits(),
                r.adc_levels
                    .iter()
                    .map(|l| r.phase_ns(l).map(f64::to_bits))
                    .collect::<Vec<_>>(),
            ),
        )
    };
    let package = Package::emit(&before).unwrap();
    let mut all = Vec::new();
    leaves(&base, "", &mut all);
    assert!(all.len() > 40, "{} keys", all.len());
    let mut without_effect = BTreeSet::new();
    // That its numbers reach the package is checked below.
    all.retain(|(key, _)| key != "technology.file");
    for (key, old) in all {
        let mut tried = 0;
        let mut reached = false;
        for value in values.iter().filter(|v| **v != old) {
            let mut config = base.clone();
            set(&mut config, &key, value.clone());
            let Some(after) = resolved(&config) else {
                continue;
            };
            // A prefix may be legal and taken.
            let Ok(emitted) = Package::emit(&after) else {
                continue;
            };
            tried += 1;
            let changed = emitted != package;
            assert_eq!(
                changed,
                reaching(&after) != reaching(&before),
                "{key} = {value}"
            );
            reached |= changed;
            for p in PARAMETERS {
                let [a, b] = [&before, &after].map(|r| (p.value)(&Params::new(r)));
                assert!(
                    a == b || follows(p.keys, &key),
                    "{} follows from {key} = {value}: {a}, {b}",
                    p.name
                );
            }
        }
        assert!(tried > 0, "no other value for {key}");
        if !reached {
            without_effect.insert(key);
        }
    }
    let expected: BTreeSet<String> = without_effect
        .iter()
        .filter(|key| key.starts_with("mapping.") || key.starts_with("simulation."))
        .cloned()
        .chain(["embedding.tables", "embedding.dims"].map(str::to_owned))
        .collect();
    assert_eq!(without_effect, expected);
    assert!(expected.contains("mapping.seed") && expected.contains("simulation.seed"));
}

/// The technology's areas reach the mock views of the analog macro and what is said of them; its other
/// numbers reach nothing.
#[test]
fn areas_of_the_technology_reach_the_views_of_the_macro() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        std::fs::write(folder.path().join(format!("{name}.toml")), text).unwrap();
        let file = folder.path().join(format!("{name}.toml"));
        let mut config = Config::default();
        config.technology.file = file.to_str().unwrap().to_owned();
        config.resolve("test").unwrap()
    };
    let before = Package::emit(&Config::default().resolve("test").unwrap()).unwrap();
    let energies = file(
        "energies",
        "[drivers]\nper_cell = 1\n[digital]\ngate_area = 7\n",
    );
    assert_eq!(Package::emit(&energies).unwrap(), before);
    let after = Package::emit(&file("areas", "[array]\ncell_area = 96\n")).unwrap();
    let pairs = before.files().zip(after.files());
    let changed = pairs.filter(|(a, b)| a.1 != b.1).map(|(a, _)| a.0);
    assert_eq!(
        changed.collect::<Vec<_>>(),
        [
            "recross_macro.lef",
            "recross_macro.lib",
            "README.md",
            "config.json"
        ]
    );
    // 32 crossbars of 64 x 64 cells of 48 (22 nm)^2 each; drivers of 115.2 um^2 each; 8 x 255 comparators.
    let area = |package: &Package| {
        let text = package
            .files()
            .find(|(name, _)| *name == "recross_macro.lib");
        let line = text
            .unwrap()
            .1
            .lines()
            .find_map(|l| l.trim().strip_prefix("area : "));
        line.unwrap().trim_end_matches(';').parse::<f64>().unwrap()
    };
    let (cells, rest) = (32.0 * 4096.0 * 0.023232, 32.0 * 115.2 + 2040.0);
    assert!((area(&before) - (cells + rest)).abs() < 0.001);
    assert!((area(&after) - (2.0 * cells + rest)).abs() < 0.001);
    let lef = after.files().find(|(name, _)| *name == "recross_macro.lef");
    assert!(
        lef.unwrap()
            .1
            .contains("technology file: array.cell_area.\n")
    );

    let mut config = Config::default();
    config.technology.file = folder.path().join("none.toml").to_str().unwrap().to_owned();
    let error = Package::emit(&config.resolve("test").unwrap()).unwrap_err();
    assert!(error.to_string().contains("none.toml"), "{error}");
    assert_eq!(error.exit_status(), 2);
}

/// What a parameter says it follows from are keys of the configuration.
#[test]
fn the_keys_of_parameters_exist() {
    let mut all = Vec::new();
    leaves(
        &serde_json::to_value(Config::default()).unwrap(),
        "",
        &mut all,
    );
    for p in PARAMETERS {
        for key in p.keys.split(", ").filter(|k| !k.is_empty()) {
            assert!(
                all.iter().any(|(k, _)| follows(key, k)),
                "{}: {key}",
                p.name
            );
        }
    }
}
