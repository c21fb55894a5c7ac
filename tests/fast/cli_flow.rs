//! Every command on valid input.

use std::collections::BTreeSet;

use crate::cli::*;
use serde_json::Value;
use walkdir::WalkDir;

#[test]
fn the_example_is_the_demo_preset() {
    let example = include_str!("../../examples/demo.toml");
    assert_eq!(Place::new().good("init").out, example);
}

#[test]
fn every_preset_is_listed_printed_and_accepted() {
    let place = Place::new();
    let list: Value = serde_json::from_str(&place.good("init --list-presets --json").out).unwrap();
    let presets = list["presets"].as_array().unwrap();
    assert_eq!(presets.len(), 5);
    for preset in presets {
        let name = preset["name"].as_str().unwrap();
        assert!(place.good("init --list-presets").out.contains(name));
        let toml = place.good(&format!("init --preset {name}")).out;
        place.write("p.toml", &toml);
        assert_eq!(place.good("config --config p.toml").out, toml);
        place.good("config --config p.toml --resolved");
    }
}

#[test]
fn json_is_json_on_every_command() {
    let place = Place::new();
    place.good("map --config c.toml --trace t.bags --out m -q");
    for line in [
        "init",
        "schema",
        "doctor",
        "completions zsh",
        "config --config c.toml",
        "config --config c.toml --resolved",
        "trace stats t.bags",
        "trace convert t.bags t.npz",
        "trace synth s.bags --bags 10 --ids 100 --clusters 5 --cluster-size 9",
        "map --config c.toml --trace t.bags --out m2",
        "score --config c.toml --mapping m/mapping.json --trace t.bags",
        "mapping export --mapping m/mapping.json --npy e",
        "gen --config c.toml --out g",
    ] {
        let said = place.good(&format!("{line} --json"));
        let value: Value = serde_json::from_str(&said.out).expect(line);
        assert!(value.is_object(), "{line}");
        assert_eq!(said.err, "", "{line}");
    }
}

#[test]
fn the_schema_contains_every_section() {
    let schema: Value = serde_json::from_str(&Place::new().good("schema").out).unwrap();
    let sections: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    assert_eq!(
        sections,
        [
            "adc",
            "crossbar",
            "embedding",
            "engine",
            "frontend",
            "mapping",
            "rtl",
            "simulation",
            "technology"
        ]
    );
    assert_eq!(schema["additionalProperties"], false);
}

#[test]
fn what_follows_from_the_configuration_is_printed() {
    let place = Place::new();
    let text = place.good("config --config c.toml --resolved").out;
    insta::assert_snapshot!(text, @"
    slices             2        cells (bitlines) of an element
    phases             4        column phases of an activation
    dims_per_phase     2        elements of a phase (0: an element takes several)
    phases_per_dim     1        phases of an element
    dims_per_block     8        elements of a crossbar's row
    column_blocks      1        crossbars side by side that hold a vector
    max_active_rows    8        most rows sensed at once
    read_split_max     1        most rows done as single-row reads (1: never)
    adc_bits           5        bits of the converters
    adc_bits_lossless  5        fewest bits that never clip
    wordline_cycles    1        set-up of an activation
    psum_bits          7        bits of a partial sum's element
    acc_bits           10       bits of a result's element
    banks              4        banks of all lanes
    slots              64       crossbars of all banks
    lane_slots         32       crossbars of a lane
    gather             24       commands that a lane gathers at a time
    places             16       vectors that a lane can add up at a time
    hops               1        hops that an id passes at most
    hop_lanes          2        lanes of a hop
    element_bits       32       bits of an element in a beat of results
    result_beats       2        beats of a vector
    lane_bits          1        bits of a lane's number
    bank_bits          1        bits of a bank's number in its lane
    slot_bits          4        bits of a slot's number in its bank
    row_number_bits    3        bits of a row's number
    array_bits         16       bits of a bitline's word
    prog_bits          32       data bits of a block of a row
    prog_addr_bits     8        bits of a block's place in its bank

    converter  rows up to  thresholds  bits  cycles a phase
    read mode           1           3     2               1
    MAC mode            8          31     5               2
    ");
    let json = place.good("config --config c.toml --resolved --json").out;
    let json: Value = serde_json::from_str(&json).unwrap();
    every_number_is_in(&text, &json);
}

#[test]
fn seed_overrides_the_configuration() {
    let place = Place::new();
    let toml = place.good("config --config c.toml --seed 77").out;
    assert_eq!(toml.matches("seed = 77").count(), 2);
}

#[test]
fn traces_are_described_converted_and_made() {
    let place = Place::new();
    let lists = cut(150);
    let json = place.good("trace stats t.bags --json").out;
    let stats: Value = serde_json::from_str(&json).unwrap();
    let lookups: usize = lists.iter().map(Vec::len).sum();
    let distinct: BTreeSet<u32> = lists.iter().flatten().copied().collect();
    assert_eq!(stats["stats"]["bags"], 150);
    assert_eq!(stats["stats"]["lookups"], lookups);
    assert_eq!(stats["stats"]["distinct_ids"], distinct.len());
    let once = |bag: &Vec<u32>| bag.iter().collect::<BTreeSet<_>>().len();
    let repeats = lookups - lists.iter().map(once).sum::<usize>();
    assert!(repeats > 0);
    assert_eq!(stats["stats"]["repeats"], repeats);
    let text = place.good("trace stats t.bags").out;
    // Names of percentiles and shares are not numbers.
    let text = text.replace("hottest 10 %", "").replace("hottest 1 %", "");
    every_number_is_in(&text, &stats);

    for name in ["u.npz", "u.jsonl.zst", "u.bags.gz"] {
        place.good(&format!("trace convert t.bags {name}"));
        place.good(&format!("trace convert {name} back.bags --force"));
        assert_eq!(place.read("back.bags"), place.read("t.bags"), "{name}");
    }
    let synth =
        "trace synth s.bags --bags 50 --ids 90 --clusters 3 --cluster-size 30 --force --seed";
    place.good(&format!("{synth} 1"));
    let first = place.read("s.bags");
    assert_eq!(first.lines().count(), 50);
    place.good(&format!("{synth} 2"));
    assert_ne!(place.read("s.bags"), first);
    place.good(&format!("{synth} 1 --threads 1"));
    assert_eq!(place.read("s.bags"), first);
}

#[test]
fn a_package_is_written_once_with_its_images() {
    let place = Place::new();
    place.good("map --config c.toml --trace t.bags --out m --compare none");
    place.write("e.npy", int_table(IDS, 4).0);
    let line = "gen --config c.toml --out g --mapping m/mapping.json --table e.npy";
    let said = place.good(line);
    let files = WalkDir::new(place.path("g")).into_iter();
    let in_package = files
        .map(Result::unwrap)
        .filter(|e| e.file_type().is_file() && !e.path().starts_with(place.path("g/images")))
        .count();
    let out = said
        .out
        .replace(&format!(" {in_package} files"), " N files");
    insta::assert_snapshot!(out, @"
    design   2 lanes, 4 banks; crossbars of 8 x 16 cells with 2 bit, 1 side by side; 4 converters of 5 bit
    package  g: N files, top module recross_top, file list recross.f
    mapping  optimized from m/mapping.json: 50 groups of 400 embeddings on 60 of 64 crossbars (10 copies)
    images   g/images: 4 files
    ");
    for name in [
        "recross_top.v",
        "recross.f",
        "README.md",
        "images/lane1_bank1.hex",
    ] {
        assert!(place.path("g").join(name).is_file(), "{name}");
    }
    let changed = |name: &str| {
        let metadata = std::fs::metadata(place.path("g").join(name)).unwrap();
        metadata.modified().unwrap()
    };
    let before = (changed("recross_top.v"), changed("images/lane1_bank1.hex"));
    place.good(line);
    assert_eq!(
        (changed("recross_top.v"), changed("images/lane1_bank1.hex")),
        before
    );
}

#[test]
fn a_run_checks_every_vector_and_can_be_repeated() {
    let place = Place::new();
    let (table, rows) = int_table(IDS, 4);
    place.write("e.npy", table);
    let line = "run --config c.toml --trace t.bags --table e.npy --out";
    let said = place.good(&format!("{line} a"));
    assert_eq!(said.err, "");
    let report = place.json("a/report.json");
    every_number_is_in(&said.out, &report);
    assert_eq!(report["check"]["passed"], true);
    assert_eq!(report["check"]["mismatched_bags"], 0);
    assert_eq!(report["check"]["bags"], 30);
    assert_eq!(report["trace"]["first_driven_bag"], 120);

    // The results are the sums of the rows.
    let (bags, dim, values) =
        recross::formats::npy::read_npy_i64(&place.path("a/outputs.npy")).unwrap();
    assert_eq!((bags, dim), (30, 4));
    let mut expected = Vec::new();
    for bag in &cut(150)[120..] {
        let sum = |d: usize| bag.iter().map(|&id| rows[id as usize][d]).sum::<i64>();
        expected.extend((0..4).map(sum));
    }
    assert_eq!(values, expected);

    // The RTL's number of activations equals the mapping's score.
    assert_eq!(
        report["simulation"]["activations"],
        report["score"]["activations"]
    );
    assert_eq!(
        report["simulation"]["active_rows"],
        report["trace"]["driven_lookups"]
    );

    // The saved configuration gives the same results again, with any number of threads.
    std::fs::copy(place.path("a/config.toml"), place.path("again.toml")).unwrap();
    let again = line.replace("c.toml", "again.toml");
    place.good(&format!("{again} b --threads 1 -q"));
    for name in [
        "mapping.json",
        "outputs.npy",
        "outputs.npz",
        "config.toml",
        "config.json",
        "rtl/images/lane0_bank0.hex",
    ] {
        let bytes = |run: &str| std::fs::read(place.path(run).join(name)).unwrap();
        assert_eq!(bytes("a"), bytes("b"), "{name}");
    }
    let stable = |run: &str| {
        let mut report = place.json(&format!("{run}/report.json"));
        let fields = report.as_object_mut().unwrap();
        fields.remove("host");
        fields.remove("files");
        report
    };
    assert_eq!(stable("a"), stable("b"));
    assert_eq!(place.json("b/report.json")["host"]["model_built"], false);
    // The package that was written is the one that was checked, and can be checked again.
    let line =
        "cosim --config c.toml --trace t.bags --table e.npy --rtl a/rtl --mapping a/mapping.json";
    place.good(line);
}

#[test]
fn cosim_drives_the_requested_bags() {
    let place = Place::new();
    place.good("map --config c.toml --trace t.bags --out m --compare none");
    let run = |rest: &str| -> Value {
        let said = place.good(&format!(
            "cosim --config c.toml --trace t.bags --json {rest}"
        ));
        serde_json::from_str(&said.out).unwrap()
    };
    let learned = run("--dump-outputs learned.npy");
    assert_eq!(learned["trace"]["driven_bags"], 30);
    assert_eq!(learned["trace"]["held_out"], true);
    let given = run("--mapping m/mapping.json --limit 140 --dump-outputs given.npy");
    assert_eq!(given["trace"]["driven_bags"], 140);
    assert_eq!(given["trace"]["history_bags"], 0);
    assert_eq!(given["simulation"]["program_cycles"], 8);
    // Through the port, the contents are the same and take cycles.
    let ported = run("--preload port --dump-outputs ported.npy");
    assert!(ported["simulation"]["program_cycles"].as_u64().unwrap() > 100);
    assert_eq!(
        ported["simulation"]["cycles"],
        learned["simulation"]["cycles"]
    );
    let outputs = |name: &str| {
        recross::formats::npy::read_npy_i64(&place.path(name))
            .unwrap()
            .2
    };
    assert_eq!(outputs("learned.npy")[..80], outputs("given.npy")[480..]);
    assert_eq!(outputs("learned.npy"), outputs("ported.npy"));
    // Pauses add cycles and change nothing else.
    let stalled = run("--stall --dump-outputs stalled.npy");
    assert_eq!(outputs("stalled.npy"), outputs("learned.npy"));
    assert!(stalled["simulation"]["cycles"].as_u64() > learned["simulation"]["cycles"].as_u64());
    assert_eq!(
        stalled["simulation"]["activations"],
        learned["simulation"]["activations"]
    );
    // Another seed gives another random table.
    run("--seed 5 --dump-outputs seed.npy");
    assert_ne!(outputs("seed.npy"), outputs("learned.npy"));
    run("--table random:1 --dump-outputs one.npy");
    assert_eq!(outputs("one.npy"), outputs("learned.npy"));
}

#[test]
fn waves_are_written_in_their_window() {
    let place = Place::new();
    let line =
        "cosim --config c.toml --trace t.bags --limit 2 --waves w.vcd --wave-from 10 --wave-to 20";
    place.good(line);
    let vcd = place.read("w.vcd");
    assert!(vcd.contains("$enddefinitions"));
    let times: Vec<u64> = vcd
        .lines()
        .filter_map(|l| l.strip_prefix('#')?.parse().ok())
        .collect();
    assert!(!times.is_empty());
    let all = times.last().unwrap() - times.first().unwrap();
    assert!(all <= 22, "{times:?}");
}

#[test]
fn the_quantisation_error_of_a_float_table_is_reported() {
    let place = Place::new();
    let value = |r: u32, d: u32| (r as f32 * 0.37 + d as f32).sin();
    place.write("e.npy", float_table(IDS, 4, value));
    let said = place.good("run --config c.toml --trace t.bags --table e.npy --out o");
    let report = place.json("o/report.json");
    every_number_is_in(&said.out, &report);
    let q = &report["quantisation"];
    let number = |key: &str| q[key].as_f64().unwrap();
    let percent = 100.0 * number("mean_abs_fp32") / number("mean_magnitude");
    assert!((number("mean_percent") - percent).abs() < 1e-12);
    let line = format!(
        "quantisation    against fp32 pooling: mean {:.6e}, {percent:.3} % of the mean magnitude",
        number("mean_abs_fp32")
    );
    assert!(said.out.contains(&line), "{}", said.out);
    // One table: its errors are all errors.
    assert_eq!(q["tables"].as_array().unwrap().len(), 1);
    assert_eq!(q["tables"][0]["mean_percent"], q["mean_percent"]);
    let largest = (0..IDS).flat_map(|r| (0..4).map(move |d| value(r, d).abs()));
    let largest = f64::from(largest.fold(0.0, f32::max));
    let scale = report["tables"][0]["quantised"]["scale"].as_f64().unwrap();
    assert!((scale - largest / 7.0).abs() < 1e-12);
    // The largest error of a bag, recomputed.
    let (_, _, values) = recross::formats::npy::read_npy_i64(&place.path("o/outputs.npy")).unwrap();
    let mut worst = 0.0f64;
    for (b, bag) in cut(150)[120..].iter().enumerate() {
        for d in 0..4 {
            let sum = bag.iter().fold(0.0f32, |s, &id| s + value(id, d as u32));
            worst = worst.max((f64::from(sum) - scale * values[b * 4 + d] as f64).abs());
        }
    }
    let said = report["quantisation"]["max_abs_fp32"].as_f64().unwrap();
    assert!((said - worst).abs() < 1e-9, "{said} {worst}");
}

#[test]
fn configured_clipping_is_checked_and_reported() {
    let place = Place::new();
    place.write("c.toml", format!("{CONFIG}[adc]\nbits = 3\n"));
    let said = place.good("cosim --config c.toml --trace t.bags");
    assert!(
        said.out.contains("against the hardware golden model"),
        "{}",
        said.out
    );
    let json = place
        .good("cosim --config c.toml --trace t.bags --json")
        .out;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["check"]["passed"], true);
    assert!(json["check"]["clipping"]["share"].as_f64().unwrap() > 0.0);
    assert!(said.out.contains("\nclipping "));
}

#[test]
fn several_tables_go_from_trace_to_result() {
    let place = Place::new();
    let tables = [int_table(100, 4), int_table(60, 4)];
    place.write("a.npy", &tables[0].0);
    place.write("b.npy", &tables[1].0);
    let bags: Vec<(usize, Vec<usize>)> = (0..40)
        .map(|i| (i % 2, (0..i % 7).map(|k| (i * 13 + k * 5) % 60).collect()))
        .collect();
    let text: String = bags
        .iter()
        .map(|(t, ids)| format!("{{\"table\":{t},\"ids\":{ids:?}}}\n"))
        .collect();
    place.write("t.jsonl", text);
    place.edit_config("max_bag = 64", "max_bag = 64\ntables = [100, 60]");
    place.good("run --config c.toml --trace t.jsonl --table a.npy --table b.npy --out o");
    let (count, _, values) =
        recross::formats::npy::read_npy_i64(&place.path("o/outputs.npy")).unwrap();
    assert_eq!(count, 8);
    let mut expected = Vec::new();
    for (t, ids) in &bags[32..] {
        for d in 0..4 {
            expected.push(ids.iter().map(|&id| tables[*t].1[id][d]).sum::<i64>());
        }
    }
    assert_eq!(values, expected);

    // The archive has the same values, and names bag, table and scale of each.
    let ints = |file: &str, array: &str| archived::<i64>(&place, file, array);
    assert_eq!(ints("o/outputs.npz", "values"), values);
    assert_eq!(ints("o/outputs.npz", "bag"), (32..40).collect::<Vec<_>>());
    let table_of: Vec<i64> = bags[32..].iter().map(|&(t, _)| t as i64).collect();
    assert_eq!(ints("o/outputs.npz", "table"), table_of);
    let floats = |file: &str| archived::<f64>(&place, file, "scale");
    assert_eq!(floats("o/outputs.npz"), [1.0; 8]);

    // With a float table, the error of each table is printed, and the archive has its scale.
    let value = |r: u32, d: u32| (r as f32 * 0.37 + d as f32).sin();
    place.write("b.npy", float_table(60, 4, value));
    let line = "cosim --config c.toml --trace t.jsonl --table a.npy --table b.npy";
    let said = place.good(&format!("{line} --dump-outputs d.npy"));
    let json = place.good(&format!("{line} --dump-outputs e.npz --json"));
    let report: Value = serde_json::from_str(&json.out).unwrap();
    // What follows depends on the machine.
    let (text, rest) = said.out.split_once("\nspeed").unwrap();
    every_number_is_in(text, &report);
    assert!(rest.contains("d.npy\n") && rest.contains("d.npz"));
    assert!(!place.path("e.npy").exists());
    assert_eq!(ints("d.npz", "values"), ints("e.npz", "values"));
    let errors = report["quantisation"]["tables"].as_array().unwrap();
    assert_eq!(errors.len(), 2);
    assert_eq!(errors[0]["mean_percent"], 0.0);
    assert_eq!(errors[0]["bags"], 4);
    assert!(errors[1]["mean_percent"].as_f64().unwrap() > 0.1);
    let scale = report["tables"][1]["quantised"]["scale"].as_f64().unwrap();
    let by_row = table_of.iter().map(|&t| [1.0, scale][t as usize]);
    assert_eq!(floats("e.npz"), by_row.collect::<Vec<_>>());
}

/// An array of an `.npz`, read by another library.
fn archived<T: npyz::Deserialize>(place: &Place, file: &str, array: &str) -> Vec<T> {
    let file = std::fs::File::open(place.path(file)).unwrap();
    let mut archive = zip::ZipArchive::new(file).unwrap();
    let entry = archive.by_name(&format!("{array}.npy")).unwrap();
    npyz::NpyFile::new(entry).unwrap().into_vec().unwrap()
}

#[test]
fn a_short_trace_is_driven_whole_with_a_message() {
    let place = Place::new();
    place.write("t.bags", "1 2 3\n\n4 4\n");
    let said = place.good("run --config c.toml --trace t.bags --out o");
    insta::assert_snapshot!(said.err, @"note: nothing is held out; the mapping is judged on the bags it learned from");
    assert!(
        said.out.contains("drove 3 of the SAME bags"),
        "{}",
        said.out
    );
}

#[test]
fn a_closed_stdout_is_not_an_error() {
    let place = Place::new();
    let program = env!("CARGO_BIN_EXE_recross");
    let mut shell = std::process::Command::new("sh");
    shell.args([
        "-c",
        &format!("{{ {program} schema; echo $? >&2; }} | true"),
    ]);
    assert_eq!(place.said(&mut shell).err, "0\n");
}
