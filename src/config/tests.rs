#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::shape::{Key, Shape, Word};
use super::*;
use insta::assert_snapshot;

/// What a text is told.
fn told(text: &str) -> String {
    let error = Config::from_toml(text, "c.toml").unwrap_err();
    let help = error
        .help()
        .map_or(String::new(), |help| format!("\n{help}"));
    format!("{error}{help}")
}

#[test]
fn words_types_and_keys_that_do_not_fit_are_told_plainly() {
    assert_snapshot!(told("[adc]\nkind = \"flsh\"\n"), @"
    configuration c.toml:2: adc.kind is `flsh`; use `flash` or `sar`
    `recross init` prints an annotated configuration, `recross schema` its JSON schema
    ");
    assert_snapshot!(told("[adc]\nkind = \"murmann\"\n"), @"
    configuration c.toml:2: adc.kind is `murmann`; use `flash` or `sar`
    murmann is an energy model, not a converter that can be built; a technology file takes it as adc.model
    ");
    assert_snapshot!(told("[adc]\nkind = 2\n"), @"
    configuration c.toml:2: adc.kind is 2; use `flash` or `sar`
    `recross init` prints an annotated configuration, `recross schema` its JSON schema
    ");
    assert_snapshot!(told("[adc]\nbits = \"best\"\n"), @"
    configuration c.toml:2: adc.bits is `best`; use `auto` or a whole number from 1 to 14
    `recross init` prints an annotated configuration, `recross schema` its JSON schema
    ");
    assert_snapshot!(told("\n[crossbar]\nrows = \"8\"\n"), @r#"
    configuration c.toml:3: crossbar.rows is "8"; use a whole number from 2 to 512
    `recross init` prints an annotated configuration, `recross schema` its JSON schema
    "#);
    assert_snapshot!(told("crossbar.rows = 8.0\n"), @"
    configuration c.toml:1: crossbar.rows is 8.0; use a whole number from 2 to 512
    `recross init` prints an annotated configuration, `recross schema` its JSON schema
    ");
    assert_snapshot!(told("[embedding]\ntables = [\n3,\n\"4\"]\n"), @r#"
    configuration c.toml:2: embedding.tables[1] is "4"; use a whole number from 1 to 1073741824
    `recross init` prints an annotated configuration, `recross schema` its JSON schema
    "#);
    assert_snapshot!(told("[embedding]\ntables = 3\n"), @"
    configuration c.toml:2: embedding.tables is 3; use a list, each entry a whole number from 1 to 1073741824
    `recross init` prints an annotated configuration, `recross schema` its JSON schema
    ");
    assert_snapshot!(told("technology = 3\n"), @"
    configuration c.toml:1: technology is 3; use a section, [technology]
    `recross init` prints an annotated configuration, `recross schema` its JSON schema
    ");
    assert_snapshot!(told("[crossbar]\nrow = 8\n"), @"
    configuration c.toml:2: crossbar.row is not a key; did you mean crossbar.rows?
    the keys of [crossbar] are adcs, cell_bits, cols, rows
    ");
    assert_snapshot!(told("[crossbar]\nspeed = 8\n"), @"
    configuration c.toml:2: crossbar.speed is not a key
    the keys of [crossbar] are adcs, cell_bits, cols, rows
    ");
    assert_snapshot!(told("[crosbar]\nrows = 8\n"), @"
    configuration c.toml:1: crosbar is not a key; did you mean crossbar?
    the sections are adc, crossbar, embedding, engine, frontend, mapping, rtl, simulation, technology
    ");
    assert_snapshot!(told("[crossbar]\nrows = \n"), @"
    configuration c.toml:2: this is not TOML at `crossbar.rows`: string values must be quoted, expected literal string
    `recross init` prints an annotated configuration, `recross schema` its JSON schema
    ");
}

#[test]
fn values_out_of_range_name_the_key_and_what_is_allowed() {
    assert_snapshot!(told("[crossbar]\nrows = 1\n"), @"configuration c.toml:2: key `crossbar.rows`: found 1, expected a whole number from 2 to 512");
    assert_snapshot!(told("[crossbar]\nrows = -8\n"), @"configuration c.toml:2: key `crossbar.rows`: found -8, expected a whole number from 2 to 512");
    assert_snapshot!(told("[adc]\nbits = 15\n"), @"configuration c.toml:2: key `adc.bits`: found 15, expected a whole number from 1 to 14");
    assert_snapshot!(told("[frontend]\nwindow = 9\n"), @"configuration c.toml:2: key `frontend.window`: found 9, expected a power of two from 2 to 1024");
    assert_snapshot!(told("[frontend]\nids_per_beat = 3\n"), @"configuration c.toml:2: key `frontend.ids_per_beat`: found 3, expected a power of two from 1 to 4");
    assert_snapshot!(told("[engine]\ncounter_bits = 7\n"), @"configuration c.toml:2: key `engine.counter_bits`: found 7, expected a whole number from 8 to 48");
    assert_snapshot!(told("[engine]\ncounter_bits = 49\n"), @"configuration c.toml:2: key `engine.counter_bits`: found 49, expected a whole number from 8 to 48");
    assert_snapshot!(told("[engine]\ncounters = \"total\"\n"), @"
    configuration c.toml:2: engine.counters is `total`; use `none`, `totals` or `full`
    `recross init` prints an annotated configuration, `recross schema` its JSON schema
    ");
    assert_snapshot!(told("[mapping]\nmemory_mib = 63\n"), @"configuration c.toml:2: key `mapping.memory_mib`: found 63, expected a whole number from 64 to 1048576");
    assert_snapshot!(told("[mapping]\nholdout = 1\n"), @"configuration c.toml:2: key `mapping.holdout`: found 1, expected a number from 0 to 0.99");
    assert_snapshot!(told("[mapping]\nbudget = -inf\n"), @"configuration c.toml:2: key `mapping.budget`: found -inf, expected a number from 0 to 16");
    assert_snapshot!(told("[mapping]\nbudget = nan\n"), @"configuration c.toml:2: key `mapping.budget`: found NaN, expected a number from 0 to 16");
    assert_snapshot!(told("[embedding]\ntables = [5, 0]\n"), @"configuration c.toml:2: key `embedding.tables[1]`: found 0, expected a whole number from 1 to 1073741824");
    assert_snapshot!(told("[adc]\nlevels = [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]\n"), @"configuration c.toml:2: key `adc.levels`: found 17 entries, expected at most 16");
    for fits in [
        "memory_mib = 0",
        "memory_mib = 64",
        "budget = 16",
        "holdout = 0.99",
    ] {
        Config::from_toml(&format!("[mapping]\n{fits}\n"), "c.toml").expect(fits);
    }
}

/// A configuration that a program makes is checked as a file is.
#[test]
fn values_that_never_were_in_a_file_are_checked_too() {
    let told = |change: fn(&mut Config)| {
        let mut config = Config::default();
        change(&mut config);
        config.resolve("made").unwrap_err().to_string()
    };
    assert_snapshot!(told(|c| c.mapping.budget = f64::NAN), @"configuration made: key `mapping.budget`: found NaN, expected a number from 0 to 16");
    assert_snapshot!(told(|c| c.technology.clock_mhz = f64::INFINITY), @"configuration made: key `technology.clock_mhz`: found inf, expected a number from 1 to 10000");
    assert_snapshot!(told(|c| c.adc.kind = Converter::Murmann), @"configuration made: adc.kind is `murmann`; use `flash` or `sar`");
    assert_snapshot!(told(|c| c.engine.tree_fan_in = 3), @"configuration made: key `engine.tree_fan_in`: found 3, expected a power of two from 2 to 8");
    assert_snapshot!(told(|c| c.adc.bits = AdcBits::Bits(0)), @"configuration made: key `adc.bits`: found 0, expected a whole number from 1 to 14");
    assert_snapshot!(told(|c| c.embedding.dims = vec![17]), @"configuration made: key `embedding.dims[0]`: found 17, expected a whole number from 1 to 16");
    assert_snapshot!(told(|c| c.mapping.seed = u64::MAX), @"configuration made: key `(whole numbers)`: found u64 value was too large, expected numbers up to 9223372036854775807, the largest of TOML");
}

/// Every key with its path.
fn keys(shape: &Shape, path: &str, out: &mut Vec<(String, Key)>) {
    if let Shape::Table(keys_here) = shape {
        for (name, key) in keys_here {
            let path = super::join(path, name);
            keys(&key.shape, &path, out);
            out.push((path, key.clone()));
        }
    }
}

fn assert_bounded(path: &str, shape: &Shape) {
    match shape {
        Shape::Integer(r) => assert!(r.low >= 0 && r.high > r.low, "{path}: {r:?}"),
        Shape::Number(r) => assert!(r.low >= 0.0 && r.high < f64::MAX, "{path}: {r:?}"),
        Shape::List(items, _) => assert_bounded(path, items),
        Shape::AnyOf(several) => several.iter().for_each(|k| assert_bounded(path, &k.shape)),
        Shape::Words(words) => {
            assert!(words.iter().all(|w: &Word| !w.text.is_empty()), "{path}");
        }
        Shape::Table(_) | Shape::Flag | Shape::Text => {}
    }
}

#[test]
fn every_key_says_what_it_is_and_every_number_is_bounded() {
    let shape = Shape::of::<Config>().expect("the schema has a shape");
    let mut all = Vec::new();
    keys(&shape, "", &mut all);
    for (path, key) in &all {
        assert!(!key.text.is_empty(), "{path} has no doc comment");
        // Links of rustdoc would be noise in a file.
        assert!(!key.text.contains("[`"), "{path}: {}", key.text);
        assert_bounded(path, &key.shape);
    }
    let written = toml::Table::try_from(Config::default()).unwrap();
    let leaves = written.values().map(|s| s.as_table().unwrap().len());
    assert_eq!(all.len(), written.len() + leaves.sum::<usize>());
}

#[test]
fn the_schema_has_bounds_units_and_defaults() {
    let schema = schemars::schema_for!(Config);
    assert_snapshot!("schema", serde_json::to_string_pretty(&schema).unwrap());
}

#[test]
fn the_demo_is_what_init_prints() {
    let demo = include_str!("../../examples/demo.toml");
    let printed = annotated_template(&PRESETS[0].config()).unwrap();
    assert!(
        demo == printed,
        "examples/demo.toml is not what `recross init` prints; if the change is meant, run\n    \
         cargo run -- init > examples/demo.toml"
    );
}

/// The types of words that a schema knows.
#[cfg(feature = "cli")]
fn types_of_words() -> Vec<String> {
    let schema = schemars::schema_for!(Config).to_value();
    let types = schema["$defs"].as_object().unwrap();
    let of_words = types
        .iter()
        .filter(|(_, schema)| schema.get("oneOf").is_some());
    of_words.map(|(name, _)| name.clone()).collect()
}

#[cfg(feature = "cli")]
#[test]
fn clap_and_serde_know_the_same_words() {
    fn words<T: Choice + clap::ValueEnum + std::fmt::Debug + PartialEq>() -> String {
        let clap = T::value_variants();
        assert_eq!(clap, T::all());
        for variant in clap {
            let value = variant.to_possible_value().unwrap();
            assert_eq!(value.get_name(), variant.name());
            assert_eq!(T::named(value.get_name()), Some(*variant));
        }
        T::schema_name().into_owned()
    }
    let mut checked = vec![
        words::<AdcSwitch>(),
        words::<Auto>(),
        words::<Converter>(),
        words::<EventCounters>(),
        words::<Effort>(),
        words::<FlashLatency>(),
        words::<Method>(),
        words::<Objective>(),
        words::<Replication>(),
    ];
    checked.sort();
    assert_eq!(checked, types_of_words(), "check every type of words");
}

/// Keys of the front end that contradict others, and keys that are gone.
#[test]
fn front_ends_that_do_not_fit_are_refused() {
    let told = |text: &str| {
        let resolved = Config::from_toml(text, "c.toml").and_then(|c| c.resolve("c.toml"));
        let error = resolved.unwrap_err();
        format!("{error}\n{}", error.help().unwrap_or(""))
    };
    assert_snapshot!(told("[crossbar]\nrows = 512\n[adc]\nkind = \"sar\"\n[engine]\nlanes = 64\nbanks_per_lane = 33\ncrossbars_per_bank = 4097\n"), @"
    configuration c.toml: key `engine.crossbars_per_bank`: found 4097, with which lane, bank, crossbar and row of an id take 34 bits, expected at most 2048, so that they fit 32 bits
    use fewer lanes, banks, crossbars or rows
    ");
    assert_snapshot!(told("[embedding]\nvalue_bits = 16\nmax_bag = 131072\n[frontend]\nresult_bits = 32\n"), @"
    configuration c.toml: key `frontend.result_bits`: found 32, expected at least 64, the width of an element of a result
    use a smaller embedding.max_bag for elements of 32 bits
    ");
    assert_snapshot!(told("[frontend]\nresult_bits = 96\n"), @"configuration c.toml:2: key `frontend.result_bits`: found 96, expected a power of two from 32 to 1024");
    assert_snapshot!(told("[frontend]\nports = 8\nplaces = 7\n"), @"configuration c.toml: key `frontend.places`: found 7, expected a whole number from 8 to 256");
    assert_snapshot!(told("[frontend]\nports = 9\n"), @"configuration c.toml:2: key `frontend.ports`: found 9, expected a whole number from 1 to 8");
    assert_snapshot!(told("[frontend]\ngather = 1\n"), @"configuration c.toml:2: key `frontend.gather`: found 1, expected a whole number from 2 to 64");
    assert_snapshot!(told("[frontend]\nhop_lanes = 5\n"), @"configuration c.toml: key `frontend.hop_lanes`: found 5, expected a whole number from 0 to 4");
    assert_snapshot!(told("[engine]\nwindow = 8\n"), @"
    configuration c.toml:2: engine.window is not a key
    use frontend.window, the bags in flight of each port
    ");
    assert_snapshot!(told("[engine]\nretire_ports = 8\n"), @"
    configuration c.toml:2: engine.retire_ports is not a key
    use frontend.ports: each port takes bags and gives their vectors
    ");
    assert_snapshot!(told("[engine]\nmax_replicas = 8\n"), @"
    configuration c.toml:2: engine.max_replicas is not a key
    leave it out: a lane may hold any number of copies of a group, because the host names the crossbar of each id
    ");
    assert_snapshot!(told("[engine]\ndispatch = \"round_robin\"\n"), @"
    configuration c.toml:2: engine.dispatch is not a key
    leave it out: the host chooses the copy of a group that serves a bag
    ");
}
