//! A configuration that fits: `--set`, size problems, `init --for` and `--fit`.

use crate::cli::*;
use insta::assert_snapshot;

/// `--set` replaces what the file says, and `--seed` what `--set` says.
#[test]
fn set_replaces_values_of_the_file() {
    let place = Place::new();
    let line = "config --config c.toml --json --seed 3 --set crossbar.rows=16 \
                --set adc.switch=graded --set adc.levels=[2,4] --set mapping.seed=7";
    let config: serde_json::Value = serde_json::from_str(&place.good(line).out).unwrap();
    assert_eq!(config["crossbar"]["rows"], 16);
    assert_eq!(config["crossbar"]["cols"], 16);
    assert_eq!(config["adc"]["switch"], "graded");
    assert_eq!(config["adc"]["levels"], serde_json::json!([2, 4]));
    assert_eq!(config["mapping"]["seed"], 3);
    place.good("gen --config c.toml --out g --set rtl.prefix=mine");
    assert!(place.path("g/mine_top.v").exists());
    // What the file alone cannot have may become right.
    place.edit_config("adcs = 4", "adcs = 5");
    place.good("config --config c.toml --set crossbar.cols=20");
}

#[test]
fn bad_settings_are_refused_by_their_key() {
    let place = Place::new();
    let told = |set: &str| place.bad(2, &format!("config --config c.toml --set {set}"));
    assert_snapshot!(told("crossbar.row=16"), @"
    error: argument --set: found `crossbar.row`: an unknown key, expected crossbar.rows, crossbar.cols, crossbar.cell_bits, crossbar.adcs
    help: did you mean crossbar.rows? `recross init` prints every key
    ");
    assert_snapshot!(told("crossbar.rows=1000"), @"
    error: argument --set: found `crossbar.rows`: 1000, expected a whole number from 2 to 512
    help: `recross init` prints every key with its range
    ");
    assert_snapshot!(told("crossbar.cols=18"), @"
    error: configuration c.toml:9: key `crossbar.adcs`: found 4, expected a divisor of crossbar.cols (18)
    help: every converter serves the same number of bitlines
    ");
    assert_snapshot!(told("crossbar.cols=16 --seed 9223372036854775808"), @"error: argument --seed: found 9223372036854775808, expected at most 9223372036854775807, the largest number of TOML");
    assert_snapshot!(place.bad(2, "trace stats t.bags --set crossbar.rows=2"), @"
    error: the following required arguments were not provided:
      --config <FILE>

    Usage: recross trace stats --config <FILE> --set <KEY=VALUE> --cache <DIR> <TRACE>

    For more information, try '--help'.
    ");
}

/// A trace of three bags of one table of 3,000 rows; the largest bag has 100 lookups.
fn larger(place: &Place) {
    let long: Vec<String> = (0..100).map(|i| (i * 29).to_string()).collect();
    let lines = format!("2999 1 2\n{}\n7 7\n1 2\n3\n", long.join(" "));
    place.write("l.bags", lines);
}

/// All that does not fit is told at once: ids, then dimensions, bags and the engine.
#[test]
fn all_size_problems_are_told_at_once() {
    let place = Place::new();
    larger(&place);
    place.write("wide.npy", float_table(3000, 9, |r, d| (r + d) as f32));
    let line = "run --config c.toml --trace l.bags --table wide.npy --out o";
    assert_snapshot!(place.bad(2, line), @"
    error: wide.npy: found vectors of 9 elements, expected at most 4 (`embedding.dim`)
    help: set embedding.dim = 9
    error: l.bags:2: found 100 lookups in bag 1, the largest, expected at most 64 (`embedding.max_bag`)
    help: set embedding.max_bag = 128
    error: argument engine.crossbars_per_bank: found 16 (64 crossbars in 2 lanes of 2 banks), expected at least 375 crossbars, one for each group of 8 embeddings; 450 give the copies of mapping.budget = 0.2
    help: set engine.crossbars_per_bank = 113; engine.crossbars_per_bank = 94 holds each group only once; 105 distinct ids, highest 2999: `--renumber` gives them the numbers 0 to 104; or use `--fit`
    ");
    assert_snapshot!(place.bad(2, &format!("{line} --json")), @r#"{"error":{"code":"several","kind":"several","message":"3 things do not fit: wide.npy: found vectors of 9 elements, expected at most 4 (`embedding.dim`); l.bags:2: found 100 lookups in bag 1, the largest, expected at most 64 (`embedding.max_bag`); argument engine.crossbars_per_bank: found 16 (64 crossbars in 2 lanes of 2 banks), expected at least 375 crossbars, one for each group of 8 embeddings; 450 give the copies of mapping.budget = 0.2","causes":[],"help":null,"exit_status":2,"problems":[{"code":"input","kind":"input","message":"wide.npy: found vectors of 9 elements, expected at most 4 (`embedding.dim`)","causes":[],"help":"set embedding.dim = 9","exit_status":2},{"code":"input","kind":"input","message":"l.bags:2: found 100 lookups in bag 1, the largest, expected at most 64 (`embedding.max_bag`)","causes":[],"help":"set embedding.max_bag = 128","exit_status":2},{"code":"argument","kind":"argument","message":"argument engine.crossbars_per_bank: found 16 (64 crossbars in 2 lanes of 2 banks), expected at least 375 crossbars, one for each group of 8 embeddings; 450 give the copies of mapping.budget = 0.2","causes":[],"help":"set engine.crossbars_per_bank = 113; engine.crossbars_per_bank = 94 holds each group only once; 105 distinct ids, highest 2999: `--renumber` gives them the numbers 0 to 104; or use `--fit`","exit_status":2}]}}"#);
    assert!(!place.path("o").exists());
    // The same words by other commands.
    for command in ["cosim", "map --out o", "compare"] {
        let line = format!("{command} --config c.toml --trace l.bags --table wide.npy");
        let told = place.bad(2, &line);
        assert!(told.contains("set embedding.dim = 9\n"), "{told}");
        assert!(told.contains("set embedding.max_bag = 128"), "{told}");
        assert!(told.ends_with("or use `--fit`\n"), "{told}");
        assert_eq!(told.contains("375 crossbars"), command != "compare");
    }
    // Where an id is beyond the table, no other engine helps.
    place.write("short.npy", float_table(2000, 4, |r, d| (r + d) as f32));
    let line = "cosim --config c.toml --trace l.bags --table short.npy";
    assert_snapshot!(place.bad(2, line), @"
    error: l.bags:1: found id 2999 in bag 0, expected an id below 2000, the number of rows of table 0
    help: ids count from 0; check that the trace and the table belong together
    error: l.bags:2: found 100 lookups in bag 1, the largest, expected at most 64 (`embedding.max_bag`)
    help: set embedding.max_bag = 128
    error: argument engine.crossbars_per_bank: found 16 (64 crossbars in 2 lanes of 2 banks), expected at least 250 crossbars, one for each group of 8 embeddings; 300 give the copies of mapping.budget = 0.2
    help: set engine.crossbars_per_bank = 75; engine.crossbars_per_bank = 63 holds each group only once; 105 distinct ids, highest 2999: `--renumber` gives them the numbers 0 to 104
    ");
    assert_snapshot!(place.bad(2, &format!("{line} --fit")), @"
    error: l.bags:1: found id 2999 in bag 0, expected an id below 2000, the number of rows of table 0
    help: ids count from 0; check that the trace and the table belong together
    ");
    // Nor for an id that no engine has room for; and what is advised can be configured.
    place.write("far.bags", "4000000000\n1\n");
    assert_snapshot!(place.bad(2, "map --config c.toml --trace far.bags --out o"), @"
    error: argument engine.crossbars_per_bank: found 16 (64 crossbars in 2 lanes of 2 banks), expected at least 500000001 crossbars, one for each group of 8 embeddings
    help: no engine has so many: use more crossbar.rows, or fewer ids; the highest id is 4000000000, in bag 0 of far.bags:1; 2 distinct ids, highest 4000000000: `--renumber` gives them the numbers 0 to 1
    ");
    place.write("many.bags", "20000000\n1\n");
    assert_snapshot!(place.bad(2, "map --config c.toml --trace many.bags --out o"), @"
    error: argument engine.crossbars_per_bank: found 16 (64 crossbars in 2 lanes of 2 banks), expected at least 2500001 crossbars, one for each group of 8 embeddings; 3000001 give the copies of mapping.budget = 0.2
    help: set engine.banks_per_lane = 23 and engine.crossbars_per_bank = 65218; engine.banks_per_lane = 20 and engine.crossbars_per_bank = 62501 holds each group only once; 2 distinct ids, highest 20000000: `--renumber` gives them the numbers 0 to 1; or use `--fit`
    ");
    // No bag may have so many lookups.
    place.write("bag.bags", "1 ".repeat((1 << 20) + 1));
    assert_snapshot!(place.bad(2, "map --config c.toml --trace bag.bags --out o --fit"), @"
    error: bag.bags:1: found 1048577 lookups in bag 0, the largest, expected at most 1048576 (`embedding.max_bag`)
    help: split the bag: no configuration takes more than 1048576
    ");
    assert_snapshot!(place.bad(2, "map --trace l.bags --out o"), @"
    error: argument --config: found no configuration, expected a file
    help: `recross init --for TRACE` writes one that fits the trace; or use `--fit`
    ");
}

/// What `init --for` prints is read back and fits at the first try, and says from what it was chosen.
#[test]
fn init_for_a_trace_fits_it() {
    let place = Place::new();
    larger(&place);
    place.write("wide.npy", float_table(3000, 9, |r, d| (r + d) as f32));
    let text = place
        .good("init --for l.bags --table wide.npy --budget 0.5 --set mapping.holdout=0.2")
        .out;
    let chosen: Vec<&str> = text
        .lines()
        .skip_while(|l| !l.starts_with("# Chosen"))
        .filter(|l| !l.is_empty())
        .collect();
    let chosen: Vec<&str> = chosen
        .windows(2)
        .filter(|w| w[0].starts_with("# Chosen"))
        .flatten()
        .copied()
        .collect();
    assert_snapshot!(chosen.join("\n"), @"
    # Chosen for the data: the width of wide.npy.
    dim = 9
    # Chosen for the data: the rows of wide.npy.
    tables = [3000]
    # Chosen for the data: the largest bag of l.bags has 100 lookups, rounded up to a power of two.
    max_bag = 128
    # Chosen for the data: 47 groups of 64 embeddings and 23 copies of mapping.budget = 0.5.
    crossbars_per_bank = 5
    ");
    place.write("f.toml", &text);
    place.good("map --config f.toml --trace l.bags --table wide.npy --out o --compare none");
    // Every copy of the budget has room.
    let report = place.json("o/report.json");
    assert_eq!(report["copies_bounded_by_room"], false);
    assert!(report["mapping"]["crossbars_available"].as_u64() >= Some(70));
    assert!(report.get("fitted").is_none());
    assert_snapshot!(place.bad(2, "init --for l.bags --technology"), @"
    error: the argument '--for <TRACE>' cannot be used with '--technology'

    Usage: recross init --for <TRACE> --cache <DIR>

    For more information, try '--help'.
    ");
}

/// `--fit` without a configuration is `init --for`, and says what it changed; what it leaves is a
/// configuration that fits.
#[test]
fn fit_changes_what_does_not_fit_and_says_so() {
    let place = Place::new();
    larger(&place);
    place.write("wide.npy", float_table(3000, 9, |r, d| (r + d) as f32));
    let line = "map --fit --trace l.bags --table wide.npy --out o --compare none";
    let said = place.good(line);
    assert_snapshot!(said.err, @"
    fitted embedding.tables = [3000]: the rows of wide.npy
    fitted embedding.dim = 9 instead of 16: the width of wide.npy
    fitted embedding.max_bag = 128 instead of 4096: the largest bag of l.bags has 100 lookups, rounded up to a power of two
    fitted engine.crossbars_per_bank = 4 instead of 32: 47 groups of 64 embeddings and 9 copies of mapping.budget = 0.2
    ");
    let report = place.json("o/report.json");
    assert_eq!(report["fitted"][1]["key"], "embedding.dim");
    assert_eq!(report["fitted"][1]["from"], 16);
    assert_eq!(report["fitted"][1]["to"], 9);
    assert_snapshot!(report["files"].to_string(), @r#"["o/mapping.json","o/report.json","o/config.toml"]"#);
    let init = place.good("init --for l.bags --table wide.npy --json").out;
    let kept = place.good("config --config o/config.toml --json").out;
    assert_eq!(init, kept);
    // Once more with what it wrote: nothing to change.
    let again = place.good(&format!("{line} --config o/config.toml"));
    assert_snapshot!(again.err, @"the configuration fits as it is");
    // A mapping's places are kept.
    place.good("score --fit --trace l.bags --table wide.npy --mapping o/mapping.json");
}

/// Tables of different widths, some of a few rows, and 26 of them.
#[test]
fn many_tables_fit_at_the_first_try() {
    let place = Place::new();
    let rows = |t: u32| [3, 10, 1000, 40, 500][t as usize % 5] + t;
    let mut line = "map --fit --trace t.jsonl --out o --compare none".to_owned();
    for t in 0..26 {
        let dim = 4 + t % 3;
        place.write(
            &format!("{t}.npy"),
            float_table(rows(t), dim, |r, d| (r + d) as f32),
        );
        line += &format!(" --table {t}.npy");
    }
    let mut text = String::new();
    for sample in 0..20u32 {
        for t in 0..26 {
            let id = (sample * 7919 + t) % rows(t);
            text += &format!("{{\"table\":{t},\"ids\":[{id}]}}\n");
        }
    }
    place.write("t.jsonl", text);
    place.good(&line);
    let report = place.json("o/report.json");
    let rows: u32 = (0..26).map(rows).sum();
    assert_eq!(report["mapping"]["embeddings"], rows);
    assert_eq!(report["fitted"][0]["to"].as_array().unwrap().len(), 26);
}

/// Two mappings on the same bags, and tables as other commands take them.
#[test]
fn two_mappings_are_scored_side_by_side() {
    let place = Place::new();
    let map = "map --config c.toml --trace t.bags --compare none";
    place.good(&format!("{map} --out a"));
    place.good(&format!(
        "{map} --out b --method id_order --replication none"
    ));
    let line = "score --config c.toml --trace t.bags --mapping a/mapping.json \
                --against b/mapping.json --table random:3";
    let said = place.good(line);
    let text = said.out;
    let table: Vec<&str> = text.split("\n\n").nth(1).unwrap().lines().collect();
    assert_eq!(table.len(), 6, "{text}");
    assert!(table[0].contains("b/mapping.json"), "{text}");
    let report: serde_json::Value =
        serde_json::from_str(&place.good(&format!("{line} --json")).out).unwrap();
    let touched = |score: &serde_json::Value| score["groups_touched"].as_u64().unwrap();
    assert!(touched(&report["score"]) < touched(&report["against"]["score"]));
    // As each is scored alone.
    let alone = place.good("score --config c.toml --trace t.bags --mapping b/mapping.json --json");
    let alone: serde_json::Value = serde_json::from_str(&alone.out).unwrap();
    assert_eq!(alone["score"], report["against"]["score"]);
    // A table that the mapping was not made for.
    let (table, _) = int_table(500, 4);
    place.write("e.npy", table);
    let line = "score --config c.toml --trace t.bags --mapping a/mapping.json --table e.npy";
    assert_snapshot!(place.bad(2, line), @"
    error: a/mapping.json: key `embeddings`: found 400, expected 500, the number of table rows
    help: the mapping has no place for the last rows: learned without tables, it ends with the highest id of its trace; name the tables when it is learned (`recross map --table`)
    ");
}

/// Several traces are one, but that a file begins a new batch.
#[test]
fn several_traces_are_taken_in_order() {
    let place = Place::new();
    let bags = cut(150);
    place.write("a.bags", bags_text(&bags[..70]));
    place.write("b.bags", bags_text(&bags[70..]));
    let map = "map --config c.toml --compare none --set mapping.batch=32 --set mapping.holdout=0";
    place.good(&format!("{map} --trace t.bags --out o"));
    let score = "score --config c.toml --json --set mapping.batch=32 --mapping o/mapping.json";
    let of = |traces: &str| -> serde_json::Value {
        serde_json::from_str(&place.good(&format!("{score} {traces}")).out).unwrap()
    };
    let (one, two) = (of("--trace t.bags"), of("--trace a.bags --trace b.bags"));
    assert_eq!(two["trace"], "a.bags, b.bags");
    for same in ["bags", "lookups", "groups_touched", "activations"] {
        assert_eq!(one["score"][same], two["score"][same], "{same}");
    }
    // 150 bags are 5 batches; 70 and 80 are 3 each.
    assert_eq!(one["score"]["batches"], 5);
    assert_eq!(two["score"]["batches"], 6);
    place.good(&format!("{map} --trace a.bags --trace b.bags --out p"));
    // What is fitted says which file has the largest bag.
    place.write("long.bags", format!("{}\n", "5 ".repeat(100)));
    let line = "score --fit --mapping o/mapping.json --trace a.bags --trace long.bags \
                --set crossbar.rows=8 --set embedding.tables=[400]";
    let said = place.good(line);
    let fitted = "fitted embedding.max_bag = 128 instead of 4096: the largest bag of long.bags has \
                  100 lookups, rounded up to a power of two";
    assert!(said.err.contains(fitted), "{}", said.err);
    // Messages name the file and the line.
    place.write("b.bags", "1\n999\n");
    let line = "score --config c.toml --mapping o/mapping.json --trace a.bags --trace b.bags \
                --set embedding.tables=[400]";
    assert_snapshot!(place.bad(2, line), @"
    error: b.bags:2: found id 999 in bag 71, expected an id below 400, the number of rows of table 0
    help: ids count from 0; check that the trace and the table belong together
    ");
}

/// A rule for unlisted ids makes a mapping large at no cost.
#[test]
fn a_mapping_with_more_embeddings_than_any_engine_is_named() {
    let place = Place::new();
    place.write(
        "huge.json",
        r#"{"format":2,"rows":64,"embeddings":4294967294,"groups":[],"rest":{"lanes":1,
        "banks":1048576,"slots":4294967295,"parts":[{"ids":[[0,4294967294]],"groups":4294967290,
        "order":"dealt"}]},"method":"x","seed":0,"train":{"bags":0,"activations":0}}"#,
    );
    assert_snapshot!(place.bad(2, "score --fit --mapping huge.json --trace t.bags"), @"
    error: configuration fitted to the data: key `embedding.tables[0]`: found 4294967294, expected a whole number from 1 to 1073741824
    help: the mapping has 4294967294 embeddings
    ");
    let cosim = "cosim --config c.toml --mapping huge.json --trace t.bags";
    assert_snapshot!(place.bad(2, cosim), @"
    error: argument engine.crossbars_per_bank: found 16 (64 crossbars in 2 lanes of 2 banks), expected at least 536870912 crossbars, one for each group of 8 embeddings
    help: no engine has so many: use more crossbar.rows, or fewer ids; the mapping has 4294967294 embeddings
    ");
}
