//! `map` and `score` on valid input.

use std::collections::BTreeSet;

use crate::cli::*;
use serde_json::Value;

fn json_of(place: &Place, line: &str) -> Value {
    serde_json::from_str(&place.good(line).out).unwrap()
}

#[test]
fn a_mapping_is_learned_compared_and_scored() {
    let place = Place::new();
    let said = place.good("map --config c.toml --trace t.bags --out m");
    let report = place.json("m/report.json");
    every_number_is_in(&said.out, &report);
    let names: Vec<String> = report["candidates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| format!("{}+{}", c["method"], c["replication"]).replace('"', ""))
        .collect();
    assert_eq!(
        names,
        [
            "optimized+optimized",
            "id_order+none",
            "id_order+optimized",
            "random+optimized",
            "frequency+optimized",
            "recross+optimized"
        ]
    );
    assert_eq!(
        (&report["history_bags"], &report["holdout_bags"]),
        (&120.into(), &30.into())
    );

    // The same bags as a separate trace have the same score.
    place.write("held.bags", bags_text(&cut(150)[120..]));
    let line = "score --config c.toml --mapping m/mapping.json --trace held.bags";
    let json: Value = serde_json::from_str(&place.good(&format!("{line} --json")).out).unwrap();
    assert_eq!(json["score"], report["candidates"][0]["holdout"]);
    every_number_is_in(&place.good(line).out, &json);
    // Groups touched, recomputed.
    let mapping = place.json("m/mapping.json");
    let mut group_of = vec![0; IDS as usize];
    for (g, group) in mapping["groups"].as_array().unwrap().iter().enumerate() {
        for id in group["ids"].as_array().unwrap() {
            group_of[id.as_u64().unwrap() as usize] = g;
        }
    }
    let touched = |bag: &Vec<u32>| {
        let groups: BTreeSet<usize> = bag.iter().map(|&id| group_of[id as usize]).collect();
        groups.len()
    };
    let touching: usize = cut(150)[120..].iter().map(touched).sum();
    assert_eq!(json["score"]["groups_touched"], touching);

    place.write("history.bags", bags_text(&cut(150)[..120]));
    place.good(
        "map --config c.toml --trace history.bags --holdout held.bags --out m3 --compare none",
    );
    assert_eq!(place.read("m3/mapping.json"), place.read("m/mapping.json"));
    let report3 = place.json("m3/report.json");
    let (one, all) = (&report3["candidates"], &report["candidates"]);
    assert_eq!(one.as_array().unwrap().len(), 1);
    for part in ["crossbars", "history", "holdout"] {
        assert_eq!(one[0][part], all[0][part]);
    }
    place.good("map --config c.toml --trace t.bags --out m4 --method frequency --replication none");
    assert_eq!(place.json("m4/mapping.json")["method"], "frequency");
    assert_eq!(place.json("m4/report.json")["mapping"]["copies"], 0);
}

/// A trace that needs more than the memory limit is sampled: the report states the sample, the
/// program stays within the limit, and the mapping is good on the whole trace.
#[test]
fn a_trace_beyond_the_memory_limit_is_sampled() {
    let place = Place::new();
    place.write("c.toml", BIG);
    let sizes = "--ids 20000 --bags 120000 --clusters 200";
    place.good(&format!("trace synth t.bags.gz {sizes}"));
    let map = |out: &str, more: &str| {
        let line =
            format!("map --config c.toml --trace t.bags.gz --out {out} --compare none {more}");
        let said = place.good(&line);
        (said, place.json(&format!("{out}/report.json")))
    };
    let (said, bounded) = map("bounded", "--memory-mib 64");
    let (_, whole) = map("whole", "");
    assert!(whole.get("sample").is_none());

    let sample = &bounded["sample"];
    let count = |value: &Value| value.as_u64().unwrap();
    let stats = json_of(&place, "trace stats t.bags.gz --json");
    assert_eq!(sample["seed"], 1);
    assert_eq!(count(&sample["of_bags"]), 120_000);
    assert_eq!(sample["of_lookups"], stats["stats"]["lookups"]);
    assert_eq!(
        count(&sample["bags"]),
        count(&bounded["history_bags"]) + count(&bounded["holdout_bags"])
    );
    let share = count(&sample["bags"]) as f64 / 120_000.0;
    assert!((0.08..0.3).contains(&share), "{share}");
    assert!(said.out.contains(" of 120,000 bags ("), "{}", said.out);
    assert!(
        said.out
            .contains("lookups), seed 1: as many as fit mapping.memory_mib")
    );

    // Linux reports the peak.
    let peak = |report: &Value| report["candidates"][0]["peak_memory_mib"].as_u64();
    if let (Some(bounded), Some(whole)) = (peak(&bounded), peak(&whole)) {
        assert!(bounded <= 64, "{bounded} MiB");
        assert!(whole > 64, "{whole} MiB: nothing to bound");
    }
    // Both mappings, scored on the whole trace.
    let score = |out: &str| {
        let line =
            format!("score --config c.toml --mapping {out}/mapping.json --trace t.bags.gz --json");
        json_of(&place, &line)["score"]["groups_touched_per_bag"]
            .as_f64()
            .unwrap()
    };
    let (sampled, all) = (score("bounded"), score("whole"));
    assert!(sampled < 1.1 * all, "{sampled} against {all}");
    // The same seed gives the same sample, another seed another one.
    map("again", "--memory-mib 64");
    assert_eq!(
        place.read("again/mapping.json"),
        place.read("bounded/mapping.json")
    );
    let (_, other) = map("other", "--memory-mib 64 --seed 2");
    assert_ne!(other["sample"]["lookups"], sample["lookups"]);
}

/// 32,768 places for groups of 64.
const BIG: &str = "\
[engine]
lanes = 4
banks_per_lane = 4
crossbars_per_bank = 64
[mapping]
effort = \"fast\"
";

/// Narrower tables, given by the configuration or by their files, get crossbars of their own.
#[test]
fn tables_of_different_widths_share_no_crossbar() {
    let place = Place::new();
    let bags: String = (0..300)
        .map(|i| {
            format!(
                "{{\"table\":{},\"ids\":[{},{}]}}\n",
                i % 2,
                i % 20,
                i * 7 % 20
            )
        })
        .collect();
    place.write("t.jsonl", bags);
    place.write("wide.npy", int_table(20, 4).0);
    place.write("narrow.npy", int_table(20, 2).0);
    let width_of = |out: &str| {
        let groups = place.json(&format!("{out}/mapping.json"))["groups"].clone();
        let groups = groups.as_array().unwrap().clone();
        let tables = |group: &Value| -> BTreeSet<bool> {
            let ids = group["ids"].as_array().unwrap();
            ids.iter().map(|id| id.as_u64().unwrap() < 20).collect()
        };
        // 20 ids in groups of 8 need 3 crossbars, 40 need 5.
        (groups.len(), groups.iter().all(|g| tables(g).len() == 1))
    };
    let map = |config: &str, out: &str, tables: &str| {
        let line =
            format!("map --config {config} --trace t.jsonl --out {out} --compare none {tables}");
        place.good(&line);
        width_of(out)
    };
    assert_eq!(map("c.toml", "same", ""), (5, false));
    let files = "--table wide.npy --table narrow.npy";
    assert_eq!(map("c.toml", "files", files), (6, true));
    let keys = "max_bag = 64\ntables = [20, 20]\ndims = [4, 2]\n";
    place.write("d.toml", CONFIG.replace("max_bag = 64\n", keys));
    assert_eq!(map("d.toml", "keys", ""), (6, true));
    assert_eq!(
        place.read("files/mapping.json"),
        place.read("keys/mapping.json")
    );
}

/// Objective `energy` uses the energies of the technology file.
#[test]
fn the_energy_objective_follows_the_technology_file() {
    let place = Place::new();
    let energy = |technology: &str, out: &str| {
        place.write("tech.toml", technology);
        let keys = "[technology]\nfile = \"tech.toml\"\n[mapping]\nobjective = \"energy\"\n";
        place.write("e.toml", format!("{CONFIG}{keys}"));
        place.good(&format!(
            "map --config e.toml --trace t.bags --out {out} --compare none"
        ));
        place.read(&format!("{out}/mapping.json"))
    };
    // If only wordlines cost energy, every grouping costs the same; if only activations do, it does
    // not.
    let rows = "[array]\nwordline = 1e9\n";
    let commands = "[digital]\nregister = 1e6\n";
    assert_ne!(energy(rows, "rows"), energy(commands, "commands"));
}

/// The trace repeats each id many times in a row, and all ids are in different groups, so one
/// crossbar of row copies serves them all. It is programmed and driven, and the mapping is written
/// and read again.
#[test]
fn row_copies_are_learned_driven_written_and_read() {
    let place = Place::new();
    let mapping = "[mapping]\nmethod = \"id_order\"\nreplication = \"rows\"\nbudget = 0.1\nbatch = 16\nholdout = 0\n";
    place.edit_config("[simulation]\n", &format!("{mapping}[simulation]\n"));
    let waves: Vec<Vec<u32>> = (0..10u32)
        .flat_map(|wave| std::iter::repeat_n(vec![8 * wave], 64))
        .collect();
    place.write("w.bags", bags_text(&waves));
    let said = place.good("run --config c.toml --trace w.bags --out o").out;
    assert!(
        said.contains("10 groups of 73 embeddings on 11 of 64 crossbars (1 copies, 1 of rows)"),
        "{said}"
    );
    assert!(said.contains("mismatches      0 of 640 bags"), "{said}");
    let written = place.json("o/mapping.json");
    assert_eq!(written["row_copies"].as_array().unwrap().len(), 1);
    // Without row copies, repeated ids wait for one crossbar.
    let cycles = |mapping: &str| {
        let line = format!("cosim --config c.toml --trace w.bags --mapping {mapping} --json");
        json_of(&place, &line)["simulation"]["cycles"]
            .as_u64()
            .unwrap()
    };
    let mut none = written.clone();
    none.as_object_mut().unwrap().remove("row_copies");
    place.write("none.json", none.to_string());
    let (with, without) = (cycles("o/mapping.json"), cycles("none.json"));
    assert_eq!(place.json("o/report.json")["simulation"]["cycles"], with);
    // Not half the cycles, because of a window of 8 bags.
    assert!(10 * with < 9 * without, "{with} of {without}");
}

/// The arrays of `mapping export` agree with `mapping.json`, and the permutation is one.
#[test]
fn a_mapping_is_exported_as_arrays() {
    let place = Place::new();
    place.good("map --config c.toml --trace t.bags --out m --compare none");
    let said = place.good("mapping export --mapping m/mapping.json --npy a");
    insta::assert_snapshot!(said.out, @"
    mapping  m/mapping.json: 400 ids in 50 groups of up to 8 rows
    files    a/place.npy
             a/permutation.npy
    ");
    let line = "mapping export --mapping m/mapping.json --npy b --json";
    let report = json_of(&place, line);
    assert_eq!(
        (&report["embeddings"], &report["groups"]),
        (&IDS.into(), &50.into())
    );
    let array = |folder: &str, name: &str| {
        let path = place.path(folder).join(name);
        recross::formats::npy::read_npy_i64(&path).unwrap()
    };
    for name in ["place.npy", "permutation.npy"] {
        assert_eq!(array("a", name), array("b", name));
    }
    let (ids, columns, places) = array("a", "place.npy");
    assert_eq!((ids, columns), (u64::from(IDS), 4));
    let mapping = place.json("m/mapping.json");
    let mut group_of = vec![None; IDS as usize];
    for (g, group) in mapping["groups"].as_array().unwrap().iter().enumerate() {
        for (row, id) in group["ids"].as_array().unwrap().iter().enumerate() {
            let home = [
                &g.into(),
                &row.into(),
                &group["placements"][0][0],
                &group["placements"][0][1],
            ];
            group_of[id.as_u64().unwrap() as usize] = Some(home.map(|n: &Value| n.as_i64()));
        }
    }
    for (id, home) in places.chunks(4).enumerate() {
        let home: Vec<_> = home.iter().map(|&n| Some(n)).collect();
        assert_eq!(group_of[id].unwrap().as_slice(), home, "id {id}");
    }

    let (two, ids, permutation) = array("a", "permutation.npy");
    assert_eq!((two, ids), (2, IDS));
    let (order, position) = permutation.split_at(IDS as usize);
    let all: BTreeSet<i64> = order.iter().copied().collect();
    assert_eq!(all, (0..i64::from(IDS)).collect());
    for (at, &id) in order.iter().enumerate() {
        assert_eq!(position[id as usize], at as i64);
    }
    // Positions follow the groups, and inside a group the rows.
    let home = |id: i64| (places[4 * id as usize], places[4 * id as usize + 1]);
    assert!(order.windows(2).all(|pair| home(pair[0]) < home(pair[1])));

    let error = place.bad(2, "mapping export --mapping t.bags --npy c");
    assert!(error.starts_with("error: t.bags"), "{error}");
    assert!(!place.path("c").exists());
}
