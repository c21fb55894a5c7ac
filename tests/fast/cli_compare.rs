//! `recross compare`: its figures (recomputed here), its files, and bad input.

use std::collections::BTreeMap;

use crate::cli::*;
use insta::assert_snapshot;
use serde_json::Value;

const COMPARE: &str = "compare --config c.toml --trace t.bags --cpu-seconds 0";

/// The rows of a CSV text, each by column; no field of ours has a comma.
fn csv(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut lines = text.lines();
    let head: Vec<&str> = lines.next().unwrap().split(',').collect();
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            assert_eq!(cells.len(), head.len(), "{line}");
            std::iter::zip(&head, cells)
                .map(|(h, c)| ((*h).to_owned(), c.to_owned()))
                .collect()
        })
        .collect()
}

fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    let cell = &row[column];
    cell.parse()
        .unwrap_or_else(|_| panic!("{column}: `{cell}`"))
}

fn near(found: f64, wanted: f64, what: &str) {
    assert!(
        (found / wanted - 1.0).abs() < 1e-9,
        "{what}: {found} is not {wanted}"
    );
}

/// Recomputes the ratios from the raw columns, and the values per lookup from totals.
#[test]
fn ratios_follow_from_the_raw_columns() {
    let place = Place::new();
    for baseline in ["nmars_like_fixed", "cpu_model"] {
        place.good(&format!(
            "{COMPARE} --budget 0,0.5 --ablation --baseline {baseline} --out o"
        ));
        let rows = csv(&place.read("o/compare.csv"));
        // At each of two budgets: seven designs, two machines with two models each, eight ablation
        // steps.
        assert_eq!(rows.len(), 2 * (7 + 4 + 8));
        for row in &rows {
            let is_base = |r: &&BTreeMap<String, String>| {
                r["row"] == baseline && r["part"] == "architecture" && r["budget"] == row["budget"]
            };
            let base = rows.iter().find(is_base).unwrap();
            for (ratio, raw) in [
                ("ratio_batch_alone", "batch_alone_ns"),
                ("ratio_back_to_back", "ns_per_lookup"),
                ("ratio_energy_flash", "pj_per_lookup_flash"),
                ("ratio_energy_sar", "pj_per_lookup_sar"),
                ("ratio_energy_murmann", "pj_per_lookup_murmann"),
            ] {
                near(
                    number(row, ratio),
                    number(base, raw) / number(row, raw),
                    ratio,
                );
            }
            if row["cycles"].is_empty() {
                let parts = ["memory_pj_per_lookup", "package_pj_per_lookup"];
                let sum: f64 = parts.iter().map(|p| number(row, p)).sum();
                near(number(row, "pj_per_lookup_flash"), sum, "machine");
                continue;
            }
            // 500 MHz.
            near(
                number(row, "ns_per_lookup"),
                number(row, "cycles") * 2.0 / number(row, "lookups"),
                "ns_per_lookup",
            );
            near(
                number(row, "batch_alone_ns"),
                number(row, "batch_alone_cycles") * 2.0,
                "batch_alone_ns",
            );
            let parts: f64 = row
                .iter()
                .filter(|(name, _)| name.starts_with("pj_") && !name.starts_with("pj_per_lookup"))
                .map(|(_, cell)| cell.parse::<f64>().unwrap())
                .sum();
            near(parts, number(row, "pj_per_lookup_flash"), "parts");
        }
    }
}

/// Recomputes nmars_like with a fixed converter on one bank from the trace's text and the
/// technology numbers.
#[test]
fn a_baseline_recomputed() {
    let place = Place::new();
    place.edit_config(
        "lanes = 2\nbanks_per_lane = 2\n",
        "lanes = 1\nbanks_per_lane = 1\n",
    );
    // So many that all commands of a bag can be gathered at a time.
    let config = place.read("c.toml").replace("gather = 24", "gather = 64");
    place.write("c.toml", config);
    place.good(&format!("{COMPARE} --budget 0 --id-order given --out o"));
    let rows = csv(&place.read("o/compare.csv"));
    let row = rows
        .iter()
        .find(|r| r["row"] == "nmars_like_fixed")
        .unwrap();

    // The last fifth of the bags; 8 ids per crossbar, and as many crossbars as the highest id
    // needs.
    let text = place.read("t.bags");
    let bags: Vec<Vec<u32>> = text
        .lines()
        .map(|l| l.split_whitespace().map(|id| id.parse().unwrap()).collect())
        .collect();
    let embeddings = 1 + bags.iter().flatten().max().unwrap();
    let crossbars = embeddings.div_ceil(8);
    let bags = &bags[120..];
    let lookups = bags.iter().map(Vec::len).sum::<usize>() as f64;
    let (mut commands, mut singles) = (0, 0);
    for bag in bags {
        // Ids are spread evenly over the crossbars; a repeated id needs one more command.
        let mut times = BTreeMap::<(u32, u32), u32>::new();
        for &id in bag {
            let crossbar = (0..crossbars)
                .find(|c| id < (c + 1) * embeddings / crossbars)
                .unwrap();
            *times.entry((crossbar, id)).or_default() += 1;
        }
        // Number of rows in a crossbar's first command, its second, and so on.
        let mut rows = BTreeMap::<(u32, u32), u32>::new();
        for ((crossbar, _), n) in times {
            for command in 0..n {
                *rows.entry((crossbar, command)).or_default() += 1;
            }
        }
        commands += rows.len();
        singles += rows.values().filter(|&&n| n == 1).count();
    }
    let filled = bags.iter().filter(|bag| !bag.is_empty()).count() as f64;
    let (bags, commands, singles) = (bags.len() as f64, commands as f64, singles as f64);
    let masks = commands - singles;
    // Single-row reads of the commands with a mask; every result but a bag's first is added.
    let (masked, adds) = (lookups - singles, commands - filled);
    assert!(singles > 0.0 && masks > 0.0 && masked > masks && adds > 0.0);

    // 16 bitlines, 4 converters: 4 phases. Full resolution: 8 rows of 3 levels need 5 bits.
    assert_eq!(number(row, "activations"), lookups);
    assert_eq!(number(row, "commands"), commands);
    assert_eq!(number(row, "row_commands"), singles);
    assert_eq!(number(row, "adds"), adds);
    assert_eq!(number(row, "conversions_mac"), lookups * 16.0);
    assert_eq!(number(row, "conversions_read"), 0.0);
    // At 500 MHz, an activation takes a cycle of set-up and 4 phases of 2.31 ns, of 2 cycles each;
    // the rest is the pipeline's fill.
    let busy = 9.0 * lookups;
    let cycles = number(row, "cycles");
    assert!(
        cycles > busy && cycles < 1.01 * busy + 50.0,
        "{cycles} {busy}"
    );

    let (adder, register) = (6.6, 9.0);
    let conversions = lookups * 16.0;
    // A place in the lane is bank, slot and row; a sum has one of 16 places, and a bag one of 8.
    let slot_bits = f64::from(crossbars.next_power_of_two().ilog2());
    let (bank_bits, lane_bits, port_bits, row_bits) = (1.0, 1.0, 1.0, 3.0);
    let (pool_bits, place_bits, user_bits) = (4.0, 3.0, 16.0 + 2.0);
    let group = bank_bits + slot_bits;
    let body = group + row_bits;
    // A beat has one id, its end, and the tag. It is written to a queue, read, and written to the hop.
    // It has two flags: that it is there, and that it is the last of its crossbar.
    let hop = 1.0 + place_bits + 2.0 + lane_bits + body;
    let way_in = lookups * (2.0 * (36.0 + 1.0 + 16.0) + hop);
    // A mask has 8 bits, the number of a row 3.
    let rows = masks * 8.0 + singles * row_bits;
    let gathered = lookups * 8.0 + commands * (port_bits + 2.0 * (pool_bits + group)) + rows;
    let fields = commands * (pool_bits + slot_bits + 1.0);
    let command = fields + rows;
    let tag_and_flag = commands * (pool_bits + 1.0);
    let vector = masks * 4.0 * 7.0 + singles * 4.0 * 4.0 + tag_and_flag;
    let result = 4.0 * 10.0;
    // Elements of 32 bits leave two a beat.
    let way_out = bags * (user_bits * (3.0 + 1.0) + 2.0 * result);
    // The 64 commands of the store, ten of the bank, and four on the way need 7 bits.
    let outstanding = 2.0 * commands * 7.0;
    for (part, fj) in [
        ("pj_array", lookups * 27.6 * 16.0 / 64.0),
        (
            "pj_drivers",
            lookups * 0.5 * (9.875 * 8.0 + 0.042 * 8.0 * 16.0 + 44.0),
        ),
        ("pj_adc_mac", conversions * 77.0 * 128.0 / 185.0),
        (
            "pj_shift_add",
            16.0 * (masked * 7.0 + singles * 2.0) * 21.0 / 16.0,
        ),
        (
            "pj_accumulate",
            masked * 8.0 * 7.0 * (2.0 * adder + register)
                + singles * 8.0 * 4.0 * register
                + adds * result * adder,
        ),
        // One lane: its output register and the tree's only stage. Empty bags load neither.
        ("pj_merge_tree", filled * result * 2.0 * register),
        (
            "pj_buffers",
            // Way in; choice of an id; gather store; queue (written and read); preparation and
            // sensing; conversion; bank and merge; way out. Sums are written, and read to add to them
            // and at the end.
            (way_in + lookups * (port_bits + pool_bits + body + 1.0) + gathered) * register
                + 2.0 * command * register
                + (2.0 * fields + masked * 3.0 * 8.0 + singles * 2.0 * 3.0) * register
                + (tag_and_flag + 2.0 * vector + way_out) * register
                + outstanding * (adder + register)
                + (commands + adds + filled) * result * 27.0,
        ),
        (
            "pj_wires",
            54.0 * (lookups * (32.0 + hop) + command + vector + bags * 2.0 * (64.0 + user_bits)),
        ),
    ] {
        let found = number(row, part);
        let wanted = fj * 1e-3 / lookups;
        near(found, wanted, part);
    }
    // With single-row reads only, no rows are counted.
    for part in ["pj_population_count", "pj_adc_read", "pj_leakage"] {
        assert_eq!(number(row, part), 0.0);
    }
}

/// A read mode changes the energy and time of conversions, and nothing else.
#[test]
fn a_read_mode_changes_conversions_and_time_only() {
    let place = Place::new();
    place.good(&format!("{COMPARE} --budget 0.25 --out o"));
    let rows = csv(&place.read("o/compare.csv"));
    let row = |name: &str| rows.iter().find(|r| r["row"] == name).unwrap();
    let (fixed, read) = (row("nmars_like_fixed"), row("nmars_like_read"));
    assert_eq!(fixed["conversions_mac"], read["conversions_read"]);
    for column in ["crossbars", "activations", "pj_drivers"] {
        assert_eq!(fixed[column], read[column], "{column}");
    }
    // How ids gather into commands depends on how busy banks are, by a few percent.
    for column in ["commands", "pj_shift_add"] {
        let ratio = number(fixed, column) / number(read, column);
        assert!((ratio - 1.0).abs() < 0.03, "{column} by {ratio}");
    }
    // 3 of 31 thresholds.
    near(
        number(read, "pj_adc_read") / number(fixed, "pj_adc_mac"),
        3.0 / 31.0,
        "read mode",
    );
    // Every row has the crossbars of the budget, except for copies that found no place.
    let allowed = number(fixed, "crossbars");
    for row in &rows[..7] {
        assert!(number(row, "crossbars") <= allowed);
        assert_eq!(row["crossbars_available"], fixed["crossbars_available"]);
    }
}

#[test]
fn the_report_is_deterministic_and_contains_the_printed_numbers() {
    let place = Place::new();
    let line = format!("{COMPARE} --budget 0.2 --out");
    let said = place.good(&format!("{line} o --json"));
    place.good(&format!("{line} p --threads 1"));
    let other = place.read("p/report.json").replace("\"p/", "\"o/");
    assert_eq!(place.read("o/report.json"), other);
    assert_eq!(said.out, other);
    assert_eq!(place.read("o/compare.csv"), place.read("p/compare.csv"));
    let report: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(report["blocks"][0]["rows"].as_array().unwrap().len(), 11);
    assert_eq!(report["blocks"][0]["rows"][2]["kind"], "in_memory");
    let text = place.good(&format!("{COMPARE} --budget 0.2")).out;
    let shown: Vec<&str> = text.lines().skip_while(|l| *l != "time").take(4).collect();
    assert_snapshot!(shown.join("\n"), @"
    time
    row                batch alone, cycles    ns  ratio  back to back, cycles  ns/lookup  ratio         bound  over bound
    naive                             1997  3994  1.41x                 1,997      3.408  1.41x  busiest bank       1.014
    frequency                         1525  3050  1.84x                 1,525      2.602  1.84x  busiest bank       1.022
    ");
    assert!(place.read("o/compare.md").contains("| nmars_like_fixed |"));
}

#[test]
fn the_cpu_is_measured_and_a_gpu_can_be() {
    let place = Place::new();
    place.write("h.bags", "1 2 3\n4 4\n");
    place.write(
        "gpu.json",
        "{\"device\": \"card\", \"precision\": \"int8\", \"dim\": 4, \"bags\": 2, \"lookups\": 5, \
         \"batch\": 256, \"batch_seconds\": 1e-5, \"lookups_per_second\": 2e9, \
         \"gathered_gb_per_second\": 8.0}\n",
    );
    let line = "compare --config c.toml --trace t.bags --holdout h.bags --cpu-seconds 0.01 \
                --budget 0 --gpu-measured gpu.json --json";
    let report: Value = serde_json::from_str(&place.good(line).out).unwrap();
    let rows = report["blocks"][0]["rows"].as_array().unwrap();
    let names: Vec<&str> = rows[7..]
        .iter()
        .map(|r| r["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "cpu_measured",
            "cpu_measured_fp32",
            "cpu_model",
            "cpu_model_fp32",
            "gpu_model",
            "gpu_model_fp32",
            "gpu_measured"
        ]
    );
    let gpu = &rows[13];
    assert_eq!(
        (
            gpu["ns_per_lookup"].as_f64(),
            gpu["batch_alone_ns"].as_f64()
        ),
        (Some(0.5), Some(10_000.0))
    );
    // 400 W over 2e9 lookups per second; one sector of 32 bytes at 3.9 pJ/bit.
    assert_eq!(gpu["package_pj_per_lookup"], 200_000.0);
    near(
        gpu["memory_pj_per_lookup"].as_f64().unwrap(),
        998.4,
        "memory",
    );
    assert_eq!(report["judged"]["bags"], 2);

    let other = "compare --config c.toml --trace t.bags --cpu-seconds 0 --gpu-measured gpu.json";
    assert_snapshot!(place.bad(2, other), @"
    error: gpu.json: key `bags`: found 2, expected 30
    help: measure the bags that are judged: examples/gpu/measure.sh TABLE.npy HOLDOUT BATCH
    ");
}

/// The only test in this file that builds models.
#[test]
fn designs_are_compared_with_their_rtl() {
    let place = Place::new();
    let line = format!("{COMPARE} --budget 0.1 --verify-rtl 6 --verify-cut 1,2 --json");
    let report: Value = serde_json::from_str(&place.good(&line).out).unwrap();
    let verified = report["blocks"][0]["verified"].as_array().unwrap();
    assert_eq!(verified.len(), 7);
    for v in verified {
        assert_eq!(
            (&v["lanes"], &v["banks"], &v["bags"]),
            (&1.into(), &2.into(), &6.into())
        );
        assert_eq!(v["values"], 24);
        assert!(v["cycles"].as_u64().unwrap() > 100);
    }
}

#[test]
fn bad_arguments_are_rejected_before_any_work() {
    let place = Place::new();
    let message = |rest: &str| place.bad(2, &format!("{COMPARE} --out o {rest}"));
    assert_snapshot!(message("--baseline nmars"), @"
    error: argument --baseline: found `nmars`, expected one of naive, frequency, nmars_like_fixed, nmars_like_read, nmars_like_copies, recross, optimized, cpu_model, cpu_model_fp32, gpu_model, gpu_model_fp32
    help: ratios are against one row of the comparison
    ");
    assert_snapshot!(message("--baseline cpu_measured"), @"
    error: argument --baseline: found `cpu_measured`, expected one of naive, frequency, nmars_like_fixed, nmars_like_read, nmars_like_copies, recross, optimized, cpu_model, cpu_model_fp32, gpu_model, gpu_model_fp32
    help: ratios are against one row of the comparison
    ");
    assert_snapshot!(message("--budget 0.1,-1"), @"
    error: argument --budget: found -1, expected different numbers from 0 to 16
    help: 0.2 is a fifth more crossbars than the embeddings need
    ");
    assert_snapshot!(message("--budget 0.1,0.1"), @"
    error: argument --budget: found 0.1 twice, expected different numbers from 0 to 16
    help: 0.2 is a fifth more crossbars than the embeddings need
    ");
    assert_snapshot!(message("--budget NaN"), @"
    error: argument --budget: found NaN, expected different numbers from 0 to 16
    help: 0.2 is a fifth more crossbars than the embeddings need
    ");
    assert_snapshot!(message("--budget 0,much"), @"
    error: invalid value 'much' for '--budget <FRACTIONS>': invalid float literal

    For more information, try '--help'.
    ");
    assert_snapshot!(message("--limit 0"), @"
    error: argument --limit: found 0, expected at least 1 bag
    help: leave it out to drive all bags
    ");
    assert_snapshot!(message("--verify-rtl 0"), @"
    error: argument --verify-rtl: found 0, expected at least 1 bag
    help: leave it out to co-simulate nothing
    ");
    assert_snapshot!(message("--verify-rtl 1 --verify-cut 4"), @"
    error: argument --verify-cut: found [4], expected two numbers: lanes, and banks of a lane
    help: `--verify-cut 2,4` is 8 banks
    ");
    assert!(message("--verify-cut 4,4").contains("--verify-rtl <N>"));
    let line = "compare --config c.toml --trace t.bags --cpu-seconds -1";
    assert_snapshot!(place.bad(2, line), @"error: argument --cpu-seconds: found -1, expected a number from 0 to 3600");
    place.write("empty.bags", "\n\n\n\n\n");
    let line = "compare --config c.toml --trace empty.bags --cpu-seconds 0";
    assert_snapshot!(place.bad(2, line), @"
    error: argument --trace: found no lookup in the bags that are judged, expected at least one
    help: judge more bags, or others
    ");
    place.edit_config("adcs = 4\n", "adcs = 4\n[adc]\nmax_active_rows = 1\n");
    assert_snapshot!(message(""), @"
    error: configuration to compare: key `adc.max_active_rows`: found 1, expected 0 or at least 2: other rows than nmars_like sum on bitlines
    help: `compare` makes the single-row architectures itself
    ");
    place.edit_config(
        "banks_per_lane = 2\ncrossbars_per_bank = 16",
        "crossbars_per_bank = 1\nbanks_per_lane = 8",
    );
    assert_snapshot!(message("--grow banks --budget 15"), @"
    error: argument --grow: found 800 crossbars: 400 banks in each of 2 lanes, expected at most 64 banks a lane
    help: configure more engine.lanes or engine.crossbars_per_bank, or let the latter grow
    ");
    // The output folder does not exist or is empty.
    assert!(!place.path("o/report.json").exists());
}
