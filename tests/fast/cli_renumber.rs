//! `--renumber`: ids that are sparse, of 64 bits, or texts.

use crate::cli::*;
use insta::assert_snapshot;

/// The original id of a small one.
fn sparse(id: u32) -> u64 {
    u64::from(id) * 7 + 3
}

/// Small ids in the order of their first appearance.
fn in_order(bags: &[Vec<u32>]) -> Vec<u32> {
    let mut order = Vec::new();
    for &id in bags.iter().flatten() {
        if !order.contains(&id) {
            order.push(id);
        }
    }
    order
}

fn text_of(bags: &[Vec<u32>], name: impl Fn(u32) -> String) -> String {
    let line = |bag: &Vec<u32>| bag.iter().map(|&id| name(id)).collect::<Vec<_>>().join(" ");
    bags.iter().map(|bag| line(bag) + "\n").collect()
}

/// The uint64 elements of a list.
fn list(place: &Place, name: &str) -> Vec<u64> {
    let bytes = std::fs::read(place.path(name)).unwrap();
    let array = npyz::NpyFile::new(&bytes[..]).unwrap();
    assert_eq!(array.shape().len(), 1);
    array.into_vec().unwrap()
}

fn ints(place: &Place, name: &str) -> Vec<i64> {
    let bytes = std::fs::read(place.path(name)).unwrap();
    npyz::NpyFile::new(&bytes[..]).unwrap().into_vec().unwrap()
}

/// A place with `s.bags`, the sparse form of `t.bags`.
fn sparse_place() -> (Place, Vec<Vec<u32>>) {
    let place = Place::new();
    let bags = cut(150);
    place.write("s.bags", text_of(&bags, |id| sparse(id).to_string()));
    (place, bags)
}

#[test]
fn reports_name_the_lists_that_gave_ids_their_numbers() {
    let (place, bags) = sparse_place();
    let order = in_order(&bags);
    // The documented hash, of the ids as text.
    let hash = |ids: &[u32]| {
        let lines: String = ids.iter().map(|&id| format!("{}\n", sparse(id))).collect();
        format!("blake3:{}", blake3::hash(lines.as_bytes()).to_hex())
    };
    let half = order.len() / 2;
    let lines: String = order[..half]
        .iter()
        .map(|&id| format!("{}\n", sparse(id)))
        .collect();
    place.write("half.txt", lines);
    let line = "--config c.toml --trace s.bags --renumber";
    let new = serde_json::json!([
        { "count": order.len(), "hash": hash(&order), "written": "o/ids.npy" }
    ]);
    place.good(&format!("map {line} --out o"));
    let report = place.json("o/report.json");
    assert_eq!(report["renumbered"], new);
    assert_eq!(place.json("o/mapping.json")["ids"][0]["hash"], hash(&order));
    let given =
        serde_json::json!({ "path": "half.txt", "count": half, "hash": hash(&order[..half]) });
    let continued = |written: Option<&str>| {
        serde_json::json!([{
            "count": order.len(), "hash": hash(&order), "written": written, "given": given,
        }])
    };
    let line = format!("{line} --ids half.txt");
    place.good(&format!("run {line} --limit 2 --out r"));
    assert_eq!(
        place.json("r/report.json")["trace"]["renumbered"],
        continued(Some("r/ids.npy"))
    );
    let said = place.good(&format!("score {line} --mapping o/mapping.json --json"));
    let report: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(report["renumbered"], continued(None));
    place.good(&format!("compare {line} --limit 9 --cpu-seconds 0 --out c"));
    assert_eq!(
        place.json("c/report.json")["judged"]["renumbered"],
        continued(None)
    );
    place.good(&format!(
        "sweep {line} --set adc.switch=off,dynamic --out s"
    ));
    assert_eq!(place.json("s/report.json")["renumbered"], continued(None));
    // Ids that are rows have no list.
    let said = place.good("map --config c.toml --trace t.bags --out p --json");
    assert!(!said.out.contains("renumbered"), "{}", said.out);
}

#[test]
fn convert_writes_dense_ids_and_their_list() {
    let place = Place::new();
    place.write("a.bags", "1000000199 7\n18446744073709551615 7 7\n\n");
    let said = place.good("trace convert a.bags d.bags.gz --renumber");
    assert_snapshot!(said.out, @"
    file          d.bags.gz
    tables        1
    bags          3
    lookups       5
    original ids  d.ids.npy
    ");
    assert_snapshot!(said.err, @"note: a.bags: 3 distinct ids, highest 18446744073709551615, numbered in the order of their first appearance");
    assert_eq!(list(&place, "d.ids.npy"), [1000000199, 7, u64::MAX]);
    place.good("trace convert d.bags.gz d.bags");
    assert_eq!(place.read("d.bags"), "0 1\n2 1 1\n\n");
    // A list that is there is not lost.
    let told = place.bad(2, "trace convert a.bags d.jsonl --renumber");
    assert!(
        told.contains("error: d.ids.npy: found a file that is there"),
        "{told}"
    );
    assert!(!place.path("d.jsonl").exists());
    place.good("trace convert a.bags d.jsonl --renumber --force");

    // A named list is begun, and continued.
    place.good("trace convert a.bags e.bags --renumber --ids l.txt");
    assert_eq!(place.read("l.txt"), "1000000199\n7\n18446744073709551615\n");
    place.write("b.bags", "8 7\n1000000199 9\n");
    let said = place.good("trace convert b.bags f.bags --renumber --ids l.txt");
    assert_snapshot!(said.err, @"note: b.bags: 2 ids are not in l.txt and follow its 3");
    assert_eq!(place.read("f.bags"), "3 1\n0 4\n");
    assert_eq!(
        place.read("l.txt"),
        "1000000199\n7\n18446744073709551615\n8\n9\n"
    );

    // Names of columns look like ids that are texts.
    place.write("h.csv", "items\nx\n");
    let head = |rest: &str| {
        place.good(&format!(
            "trace convert h.csv h.jsonl --force --renumber {rest}"
        ))
    };
    assert_snapshot!(head("").err, @"
    note: h.csv: the first row (`items`) was taken for the column's name; if it holds ids, give --column 1
    note: h.csv: 1 distinct id, numbered in the order of their first appearance
    ");
    assert_snapshot!(head("--column 1").err, @"
    note: h.csv: the first row (`items`) was read as ids, as columns go by number; if it holds names, give one of them to --column
    note: h.csv: 2 distinct ids, numbered in the order of their first appearance
    ");
    assert_eq!(place.read("h.jsonl"), "[0]\n[1]\n");
    assert_snapshot!(head("--column items").err, @"note: h.csv: 1 distinct id, numbered in the order of their first appearance");

    // A list for each table.
    place.write("two.csv", "shop,item\nx,5000000000\ny,6\nx,6\n");
    place.good("trace convert two.csv two.bags --renumber --column shop,item");
    assert_eq!(
        place.read("two.bags"),
        "0: 0\n1: 0\n0: 1\n1: 1\n0: 0\n1: 1\n"
    );
    assert_eq!(place.read("two.ids.0.txt"), "x\ny\n");
    assert_eq!(place.read("two.ids.1.txt"), "5000000000\n6\n");
    let line = "trace convert two.csv g.bags --renumber --column shop,item --ids";
    assert_snapshot!(place.bad(2, &format!("{line} l.txt")), @"
    error: argument --ids: found l.txt, the list of one table, for 2 tables, expected a list for each table
    help: rename it to l.0.txt
    ");
    assert_snapshot!(place.bad(2, &format!("{line} new.npy")), @"
    note: two.csv: 4 distinct ids in 2 tables, numbered in the order of their first appearance
    error: argument --ids: found `new.npy` for ids that are no numbers, such as `x`, expected a name that ends in .txt
    help: a .npy holds numbers only
    ");
    assert_snapshot!(place.bad(2, "trace convert a.bags g.bags --ids l.txt"), @"
    error: the following required arguments were not provided:
      --renumber

    Usage: recross trace convert --renumber --ids <FILE> --cache <DIR> <TRACE> <OUT>

    For more information, try '--help'.
    ");
    assert_snapshot!(place.bad(2, "trace stats a.bags --renumber --ids none.npy"), @"
    error: cannot read none.npy: No such file or directory (os error 2)
    help: check the path: it does not exist
    ");
    assert_snapshot!(place.bad(2, "trace convert a.bags /dev/null --to bags --renumber"), @"
    note: a.bags: 3 distinct ids, highest 18446744073709551615, numbered in the order of their first appearance
    error: argument --ids: found none, with /dev/null as output, expected a name for the list of original ids
    help: give --ids FILE.npy
    ");
    assert!(!place.path("g.bags").exists());
}

/// What is driven for sparse ids is what is driven for dense ids and the gathered table.
#[test]
fn a_renumbered_trace_gives_the_results_of_the_dense_one() {
    let (place, bags) = sparse_place();
    let order = in_order(&bags);
    let number = |id: u32| order.iter().position(|&o| o == id).unwrap();
    place.write("d.bags", text_of(&bags, |id| number(id).to_string()));
    let (bytes, rows) = int_table(sparse(IDS) as u32, 4);
    place.write("table.npy", bytes);
    let gathered: Vec<u8> = order
        .iter()
        .flat_map(|&id| rows[sparse(id) as usize].iter().map(|&v| v as i8 as u8))
        .collect();
    let shape = format!("({}, 4)", order.len());
    place.write("gathered.npy", npy("|i1", &shape, &gathered));

    place.good("run --config c.toml --trace s.bags --renumber --table table.npy --out a");
    place.good("cosim --config c.toml --trace d.bags --table gathered.npy --dump-outputs b.npy");
    assert_eq!(ints(&place, "a/outputs.npy"), ints(&place, "b.npy"));
    // The sums of the rows of the original ids.
    let driven = &bags[120..];
    let sums = driven.iter().flat_map(|bag| {
        (0..4).map(|d| {
            bag.iter()
                .map(|&id| rows[sparse(id) as usize][d])
                .sum::<i64>()
        })
    });
    assert_eq!(ints(&place, "a/outputs.npy"), sums.collect::<Vec<_>>());
    let originals: Vec<u64> = order.iter().map(|&id| sparse(id)).collect();
    assert_eq!(list(&place, "a/ids.npy"), originals);
    let files = place.json("a/report.json")["files"].to_string();
    assert!(files.contains("a/ids.npy"), "{files}");

    // The mapping is used again with its list, whatever the order of the new trace.
    let mut other: Vec<Vec<u32>> = bags.clone();
    other.reverse();
    place.write("r.bags", text_of(&other, |id| sparse(id).to_string()));
    let line = "cosim --config c.toml --trace r.bags --renumber --table table.npy --mapping a/mapping.json";
    place.good(&format!("{line} --ids a/ids.npy --dump-outputs r.npy"));
    let sums = other.iter().flat_map(|bag| {
        (0..4).map(|d| {
            bag.iter()
                .map(|&id| rows[sparse(id) as usize][d])
                .sum::<i64>()
        })
    });
    assert_eq!(ints(&place, "r.npy"), sums.collect::<Vec<_>>());
    let told = place.bad(2, line);
    assert!(told.contains("key `ids`: found blake3:"), "{told}");
    // Without a trace, nothing says which row an id has.
    let line = "gen --config c.toml --mapping a/mapping.json --table table.npy --out g";
    assert_snapshot!(place.bad(2, line), @"
    error: a/mapping.json: key `ids`: found a mapping of renumbered ids, expected one of ids that are rows of the tables
    help: `recross run --renumber --ids LIST --mapping FILE --out DIR` writes the images, as it knows the row of each id
    ");
}

/// A mapping is used only with the numbers that it was learned with.
#[test]
fn a_mapping_needs_its_list() {
    let (place, _) = sparse_place();
    place.good("map --config c.toml --trace s.bags --renumber --out m --compare none");
    place.good("map --config c.toml --trace t.bags --out plain --compare none");
    let mapping = place.json("m/mapping.json");
    assert_eq!(
        mapping["ids"][0]["count"].as_u64().unwrap() as usize,
        list(&place, "m/ids.npy").len()
    );
    assert!(place.json("plain/mapping.json")["ids"].is_null());
    let score = |rest: &str| format!("score --config c.toml {rest}");
    place.good(&score("--mapping m/mapping.json --trace s.bags --renumber"));
    place.good(&score(
        "--mapping m/mapping.json --trace s.bags --renumber --ids m/ids.npy",
    ));
    let told = |rest: &str| place.bad(2, &score(rest));
    assert_snapshot!(told("--mapping m/mapping.json --trace t.bags"), @"
    error: m/mapping.json: key `ids`: found a mapping of renumbered ids, expected one of ids that are rows, as in the trace
    help: give `--renumber --ids` with the list that was written beside the mapping (ids.npy or ids.txt), so that ids get the numbers that they had
    ");
    assert_snapshot!(told("--mapping plain/mapping.json --trace s.bags --renumber"), @"
    note: s.bags: 382 distinct ids, highest 2796, numbered in the order of their first appearance
    error: plain/mapping.json: key `ids`: found no list of ids, expected that of a mapping of renumbered ids
    help: leave --renumber out if the trace has the mapping's ids; else learn one with `recross map --renumber`
    ");
    // Another order, fewer ids, and more.
    place.write("two.bags", "10 3\n");
    assert_snapshot!(told("--mapping m/mapping.json --trace two.bags --renumber"), @"
    note: two.bags: 2 distinct ids, highest 10, numbered in the order of their first appearance
    error: m/mapping.json: key `ids`: found a list of 382 ids for table 0, expected at most 2, as the trace's list has
    help: give `--renumber --ids` with the list that was written beside the mapping (ids.npy or ids.txt), so that ids get the numbers that they had
    ");
    place.write("new.bags", "10 3 5000000000\n");
    assert_snapshot!(told("--mapping m/mapping.json --trace new.bags --renumber --ids m/ids.npy"), @"
    note: new.bags: 1 id is not in m/ids.npy and follows its 382
    error: m/mapping.json: key `ids`: found 382 ids of table 0, expected 383: 5000000000 is not in the list that the mapping was learned with
    help: learn it again with `recross map --renumber --ids` on a trace that has them
    ");
    place.good(&score(
        "--mapping m/mapping.json --trace two.bags --renumber --ids m/ids.npy",
    ));
    let ids: String = list(&place, "m/ids.npy")
        .iter()
        .rev()
        .map(|id| format!("{id}\n"))
        .collect();
    place.write("other.txt", ids);
    let other = told("--mapping m/mapping.json --trace two.bags --renumber --ids other.txt");
    assert!(
        other.contains("key `ids`: found blake3:") && other.contains("--ids"),
        "{other}"
    );
    // The trace to judge on continues the list.
    place.good(
        "map --config c.toml --trace two.bags --holdout s.bags --renumber --out h --compare none",
    );
    assert_eq!(list(&place, "h/ids.npy")[..2], [10, 3]);
    assert_eq!(
        list(&place, "h/ids.npy").len(),
        list(&place, "m/ids.npy").len()
    );
    place.good("compare --config c.toml --trace s.bags --renumber --budget 0 --cpu-seconds 0");
}

/// A table of a file has a row for each original id.
#[test]
fn tables_are_gathered_by_original_id() {
    let place = Place::new();
    place.write("small.npy", int_table(20, 4).0);
    place.write("a.bags", "7 3\n19 3\n\n3 20\n");
    let map = "map --config c.toml --renumber --out m --compare none --table small.npy --trace";
    assert_snapshot!(place.bad(2, &format!("{map} a.bags")), @"
    note: a.bags: 4 distinct ids, highest 20, numbered in the order of their first appearance
    error: a.bags:4: found id 20 in bag 3, expected an id below 20, the number of rows of table 0
    help: ids count from 0; check that the trace and the table belong together
    ");
    place.write("b.bags", "7 3\n19 3\n");
    place.write("far.txt", "7\n3\n21\n");
    assert_snapshot!(place.bad(2, &format!("{map} b.bags --ids far.txt")), @"
    note: b.bags: 1 id is not in far.txt and follows its 3
    error: small.npy: found 20 rows, expected row 21, as 21 is an id of the list
    help: the row of an id is its original number; check that the list and the table belong together
    ");
    place.good(&format!("{map} b.bags"));
    assert_eq!(place.json("m/mapping.json")["embeddings"], 3);

    // Texts have no rows but those of a list.
    place.write("t.jsonl", "[\"x\", \"y\"]\n[\"z\"]\n");
    assert_snapshot!(place.bad(2, &format!("{map} t.jsonl")), @"
    note: t.jsonl: 3 distinct ids, numbered in the order of their first appearance
    error: small.npy: found a table for ids that are no numbers, such as `x`, expected the list of the table's ids in the order of its rows
    help: give it with `--ids FILE.txt`, an id on each line
    ");
    place.write("xyz.txt", "z\nx\ny\n");
    assert_snapshot!(place.bad(2, &format!("{map} t.jsonl --ids xyz.txt")), @"
    note: t.jsonl: all ids have the numbers of xyz.txt
    error: small.npy: found 20 rows, expected 3, one for each id of the list, in its order
    help: check that the list and the table belong together
    ");
    place.write("three.npy", int_table(3, 4).0);
    let map = "map --config c.toml --renumber --out n --compare none --table three.npy --trace";
    place.good(&format!("{map} t.jsonl --ids xyz.txt"));
    assert_eq!(place.read("n/ids.txt"), "z\nx\ny\n");
    place.write("u.jsonl", "[\"x\", \"w\"]\n[\"z\"]\n");
    assert_snapshot!(place.bad(2, &format!("{map} u.jsonl --ids xyz.txt")), @"
    note: u.jsonl: 1 id is not in xyz.txt and follows its 3
    error: three.npy: found no row for `w`, which is not in the list, expected a row for each id of the trace
    help: add its row to the table, and the id to the list at the same place
    ");
}

/// Errors about ranges that are too large say what `--renumber` would do.
#[test]
fn errors_about_huge_ranges_name_the_way_out() {
    let place = Place::new();
    let bags: Vec<Vec<u32>> = (0..100).map(|i| vec![i, i + 100]).collect();
    place.write(
        "a.bags",
        text_of(&bags, |id| (1_000_000_000 + id).to_string()),
    );
    assert_snapshot!(place.bad(2, "map --config c.toml --trace a.bags --out m"), @"
    error: argument engine.crossbars_per_bank: found 16 (64 crossbars in 2 lanes of 2 banks), expected at least 125000025 crossbars, one for each group of 8 embeddings
    help: no engine has so many: use more crossbar.rows, or fewer ids; the highest id is 1000000199, in bag 99 of a.bags:100; 200 distinct ids, highest 1000000199: `--renumber` gives them the numbers 0 to 199
    ");
    place.write(
        "w.bags",
        text_of(&bags, |id| (5_000_000_000 + u64::from(id)).to_string()),
    );
    assert_snapshot!(place.bad(2, "cosim --config c.toml --trace w.bags"), @"
    error: w.bags:1: found `5000000000`, which is too large, expected an id from 0 to 4294967294
    help: ids are rows of a table, counted from 0; 200 distinct ids, highest 5000000199: `--renumber` gives them the numbers 0 to 199
    ");
    assert_snapshot!(place.bad(2, "compare --config c.toml --trace a.bags --cpu-seconds 0"), @"
    error: argument engine.crossbars_per_bank: found 125000025 crossbars of 8 embeddings, expected as many as an engine can have: 16777216, or fewer if vectors are wide
    help: use more crossbar.rows, or fewer ids; 200 distinct ids, highest 1000000199: `--renumber` gives them the numbers 0 to 199
    ");
    let small = "map --config c.toml --trace a.bags --out m --memory-mib 100";
    assert_snapshot!(place.bad(2, small), @"
    error: configuration a.bags: key `mapping.memory_mib`: found 100 MiB for tables of 1000000200 rows, expected at least 1312 MiB
    help: bags can be sampled, rows cannot; 0 takes what the whole trace needs; `--renumber` gives numbers to the ids that occur alone
    ");
    place.good("map --config c.toml --trace a.bags --out m --renumber --compare none");
    // Nothing that could be fitted has so many rows.
    place.write("x.bags", "7\n5 4000000000\n");
    assert_snapshot!(place.bad(2, "run --fit --trace x.bags --out m"), @"
    error: configuration fitted to the data: key `embedding.tables[0]`: found 4000000001, expected a whole number from 1 to 1073741824
    help: the highest id is 4000000000, in bag 1 of x.bags:2; 3 distinct ids, highest 4000000000: `--renumber` gives them the numbers 0 to 2
    ");
    // Nor are copies promised that do not fit.
    let said = place.good("init --for a.bags");
    let text = said.out.replace("\n# ", " ");
    assert!(
        text.contains(
            "15625004 groups of 64 embeddings; with these lanes, no engine also has room for the \
             3125000 copies of mapping.budget = 0.2."
        ),
        "{text}"
    );
}
