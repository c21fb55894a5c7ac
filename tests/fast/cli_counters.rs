//! Event counters of an engine: which there are (`engine.counters`), and how wide (`engine.counter_bits`).

use crate::cli::*;
use serde_json::{Value, json};

const COSIM: &str = "cosim --config c.toml --trace t.bags";

/// Gives the engine counters of a kind and width.
fn choose(place: &Place, counters: &str, bits: u32) {
    let keys = format!("[engine]\ncounters = \"{counters}\"\ncounter_bits = {bits}\n");
    place.edit_config("[engine]\n", &keys);
}

/// The report of a co-simulation, and its text about the counts.
fn report(place: &Place) -> (Value, String) {
    let report: Value = serde_json::from_str(&place.good(&format!("{COSIM} --json")).out).unwrap();
    let text = place.good(COSIM).out;
    let line = text.lines().find(|l| l.starts_with("event counts"));
    (report, line.unwrap()["event counts".len()..].trim().into())
}

/// Counts do not depend on where they come from: with and without counters, wrapped or not, they are
/// those of counters that are wide enough for everything.
#[test]
fn counts_are_the_same_with_any_counters() {
    let place = Place::new();
    choose(&place, "full", 48);
    let (full, text) = report(&place);
    let mut counts = full["simulation"]["counters"].clone();
    let source = counts.as_object_mut().unwrap().remove("source").unwrap();
    let all = |from: &str| json!({"engine": from, "lanes": from, "totals": from, "banks": from});
    assert_eq!(source, all("rtl"));
    assert_eq!(
        text,
        "engine, lanes, sums over a lane's banks, banks from the RTL"
    );
    // Engine, 2 lanes, 4 banks.
    assert_eq!(full["timing"]["check"]["compared_counters"], 6 + 12 + 40);
    // The counters of this run do not fit into 8 bits.
    assert!(counts["engine"]["cycles"].as_u64().unwrap() > 256);
    let waits = ["wait_place", "wait_room", "wait_queue"].map(|n| &counts["lanes"][1][n]);
    assert!(waits.iter().any(|w| w.as_u64().unwrap() > 0), "{waits:?}");

    let mut lane_wise = all("rtl");
    lane_wise["banks"] = json!("model");
    for (counters, bits, number, from, line) in [
        (
            "totals",
            32,
            6 + 12 + 20,
            lane_wise,
            "engine, lanes, sums over a lane's banks from the RTL; banks from the cycle model",
        ),
        (
            "none",
            32,
            0,
            all("model"),
            "engine, lanes, sums over a lane's banks, banks from the cycle model",
        ),
        (
            "totals",
            8,
            6 + 12 + 20,
            all("model"),
            "engine, lanes, sums over a lane's banks, banks from the cycle model",
        ),
        (
            "full",
            8,
            6 + 12 + 40,
            all("model"),
            "engine, lanes, sums over a lane's banks, banks from the cycle model",
        ),
    ] {
        choose(&place, counters, bits);
        let (mut found, text) = report(&place);
        assert_eq!(text, line, "{counters} {bits}");
        let compared = &found["timing"]["check"]["compared_counters"];
        assert_eq!(*compared, number, "{counters} {bits}");
        let found = found["simulation"].as_object_mut().unwrap();
        let own = found["counters"].as_object_mut().unwrap();
        assert_eq!(own.remove("source"), Some(from), "{counters} {bits}");
        assert_eq!(found["counters"], counts, "{counters} {bits}");
        for (name, value) in full["simulation"].as_object().unwrap() {
            if !["counters", "simulated_cycles"].contains(&name.as_str()) {
                assert_eq!(found[name], *value, "{name} of {counters} {bits}");
            }
        }
    }
}

/// The top module swaps neighbouring counters of the banks. Whatever there is of them is compared, also
/// modulo 2^8.
#[test]
fn a_wrong_counter_is_found_in_any_counters() {
    let place = Place::new();
    for (counters, bits, words) in [
        ("totals", 32, "lane 0, all banks: single_row: found"),
        ("totals", 8, "lane 0, all banks: single_row: found"),
        ("full", 32, "lane 0 bank 0 single_row: found"),
        ("full", 8, "lane 0 bank 0 single_row: found"),
    ] {
        choose(&place, counters, bits);
        place.good("gen --config c.toml --out g --force");
        let text = place.read("g/recross_top.v");
        let pin = ".count_index_i(count_index_i)";
        assert_eq!(text.matches(pin).count(), 1);
        let swapped = ".count_index_i({count_index_i[3:1], \
                       count_index_i[0] ^ (count_kind_i == 2'd2)})";
        place.write("g/recross_top.v", text.replace(pin, swapped));
        let said = place.run(&format!("{COSIM} --rtl g"));
        assert_eq!(said.status, 1, "{counters} {bits}: {}", said.err);
        assert!(said.err.contains(words), "{counters} {bits}: {}", said.err);
    }
}

/// A bank takes longer than it should. There are no counters that show it.
#[test]
fn wrong_cycles_are_found_without_counters() {
    let place = Place::new();
    choose(&place, "none", 32);
    place.good("gen --config c.toml --out g");
    let text = place.read("g/recross_analog.v");
    let from = ".LevelCycles({16'd";
    assert!(text.contains(from));
    let slower = text.replace(from, ".LevelCycles({16'd1");
    place.write("g/recross_analog.v", slower);
    let said = place.run(&format!("{COSIM} --rtl g"));
    assert_eq!(said.status, 1, "{}", said.err);
    let words = "timing differs from the cycle model";
    assert!(said.err.contains(words), "{}", said.err);
    assert!(said.err.contains("and 0 counters differ"), "{}", said.err);
}

/// A smaller design is a smaller area.
#[test]
fn counters_have_an_area() {
    let place = Place::new();
    let area = |counters: &str, bits: u32| {
        choose(&place, counters, bits);
        let line = "compare --config c.toml --trace t.bags --json";
        let report: Value = serde_json::from_str(&place.good(line).out).unwrap();
        let rows = report["blocks"][0]["rows"].as_array().unwrap();
        let row = rows.iter().find(|r| r["name"] == "optimized").unwrap();
        row["area"]["total_mm2"].as_f64().unwrap()
    };
    let sizes = [
        area("none", 32),
        area("totals", 8),
        area("totals", 32),
        area("full", 32),
        area("full", 48),
    ];
    assert!(sizes.is_sorted_by(|a, b| a < b), "{sizes:?}");
}
