//! Every kind of bad input: checks the message, the exit status, and that no output is left.

use std::io::Write;

use crate::cli::*;
use insta::assert_snapshot;

const RUN: &str = "run --config c.toml --out o --trace";

/// The error message for a trace of this name and content; asserts that nothing is written.
fn trace_error(name: &str, bytes: impl AsRef<[u8]>) -> String {
    let place = Place::new();
    place.write(name, bytes);
    let text = place.bad(2, &format!("{RUN} {name}"));
    assert!(!place.path("o").exists());
    text
}

/// The error message for a table of this name and content; asserts that nothing is written.
fn table_error(name: &str, bytes: impl AsRef<[u8]>) -> String {
    let place = Place::new();
    place.write(name, bytes);
    let text = place.bad(2, &format!("{RUN} t.bags --table {name}"));
    assert!(!place.path("o").exists());
    text
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// An `.npz` of int64 arrays.
fn npz(arrays: &[(&str, &[i64])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, values) in arrays {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(format!("{name}.npy"), options).unwrap();
        let data: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        zip.write_all(&npy("<i8", &format!("({},)", values.len()), &data))
            .unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn arguments() {
    let place = Place::new();
    assert_snapshot!(place.bad(2, "run --config c.toml --trace t.bags"), @"
    error: the following required arguments were not provided:
      --out <DIR>

    Usage: recross run --trace <FILE> --out <DIR> --config <FILE> --cache <DIR>

    For more information, try '--help'.
    ");
    assert_snapshot!(place.bad(2, "simulate"), @"
    error: unrecognized subcommand 'simulate'

    Usage: recross [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
    assert_snapshot!(place.bad(2, "simulate --json"), @r#"{"error":{"code":"usage_command","kind":"usage","message":"unrecognized subcommand 'simulate'\n\nUsage: recross [OPTIONS] <COMMAND>\n\nFor more information, try '--help'.","causes":[],"help":null,"exit_status":2}}"#);
    assert_snapshot!(place.bad(2, "init --preset tiny"), @"
    error: argument --preset: found `tiny`, expected demo, cell1_64x64, cell2_128x128, nmars_like, naive
    help: `recross init --list-presets` says what they are
    ");
    assert_snapshot!(place.bad(2, &format!("{RUN} t.bags --limit 0")), @"
    error: argument --limit: found 0, expected at least 1 bag
    help: leave it out to drive all bags
    ");
    assert_snapshot!(place.bad(2, &format!("{RUN} t.bags --threads 0")), @"error: argument --threads: found 0, expected at least 1");
    assert_snapshot!(place.bad(2, &format!("{RUN} t.bags --seed 18446744073709551615")), @"error: argument --seed: found 18446744073709551615, expected at most 9223372036854775807, the largest number of TOML");
    assert_snapshot!(place.bad(2, &format!("{RUN} t.bags --table model.pt")), @"
    error: invalid value 'model.pt' for '--table <TABLE>': argument --table: found `model.pt`, expected a name that ends in .npy, .safetensors or .index.json, or random:SEED
    help: `python3 examples/export_from_pytorch.py convert model.pt table.npy` converts what PyTorch saved

    For more information, try '--help'.
    ");
    assert_snapshot!(place.bad(2, "map --config c.toml --trace t.bags --out o --method best"), @"
    error: invalid value 'best' for '--method <METHOD>'
      [possible values: id_order, random, frequency, recross, optimized]

    For more information, try '--help'.
    ");
    assert_snapshot!(place.bad(2, "map --config c.toml --trace t.bags --out o --budget -1"), @"error: configuration with the arguments: key `mapping.budget`: found -1, expected a number from 0 to 16");
    assert_snapshot!(place.bad(2, "gen --config c.toml --out o --table random:1"), @"
    error: argument --table: found a table without a mapping, expected --mapping too
    help: memory images hold the vectors where a mapping puts them
    ");
    assert_snapshot!(place.bad(2, "cosim --config c.toml --trace t.bags --waves w.png"), @"error: argument --waves: found `w.png`, expected a name that ends in .fst or .vcd");
    assert_snapshot!(place.bad(2, "cosim --config c.toml --trace t.bags --waves w.vcd --wave-from 5 --wave-to 4"), @"error: argument --wave-from: found 5, expected at most --wave-to (4)");
    assert_snapshot!(place.bad(2, "trace synth s.csv"), @"
    error: argument OUT: found `s.csv`, expected a name that ends in .bags, .txt, .jsonl (each also with .gz or .zst), or .npz
    help: rename it, or name its format with --to
    ");
    assert_snapshot!(place.bad(2, "trace synth s.bags --ids 10"), @"error: argument --clusters: found 100 clusters of 100 ids, expected at most 10 ids in all clusters");
}

#[test]
fn missing_files_and_files_of_another_type() {
    let place = Place::new();
    assert_snapshot!(place.bad(2, &format!("{RUN} no.bags")), @"
    error: cannot read no.bags: No such file or directory (os error 2)
    help: check the path: it does not exist
    ");
    assert_snapshot!(place.bad(2, "run --config no.toml --trace t.bags --out o"), @"
    error: cannot read no.toml: No such file or directory (os error 2)
    help: check the path: it does not exist
    ");
    assert_snapshot!(place.bad(2, &format!("{RUN} t.bags --table no.npy")), @"
    error: cannot read no.npy: No such file or directory (os error 2)
    help: check the path: it does not exist
    ");
    assert_snapshot!(place.bad(2, "score --config c.toml --trace t.bags --mapping no.json"), @"
    error: cannot read no.json: No such file or directory (os error 2)
    help: check the path: it does not exist
    ");
    assert_snapshot!(place.bad(2, "cosim --config c.toml --trace t.bags --rtl no"), @"
    error: no/config.json: found no readable file (No such file or directory (os error 2)), expected what an RTL package records
    help: name a folder that `recross gen` wrote, or generate the package again
    ");
    assert_snapshot!(trace_error("t.csv", "1,2\n"), @"
    error: t.csv:1: found 2 columns (`1`, `2`), expected one column of ids, or --column
    help: name each column of ids with --column, by its name in the first row or by its number from 1 (`3`, `15-40`); each is a table. If each row is one bag of ids, give --layout bag
    ");
    assert_snapshot!(trace_error("t.npz", "1 2\n"), @"
    error: t.npz: found other data, expected an `.npz` archive (npz)
    help: the file's name does not match its content: rename it, or give its format with --format
    ");
    assert_snapshot!(trace_error("t.bags", gzip(b"1 2\n")), @"
    error: t.bags: found gzip data, expected text (bags)
    help: the file's name does not match its content: rename it, or give its format with --format
    ");
    assert_snapshot!(trace_error("t.bags.gz", "1 2\n"), @"
    error: t.bags.gz: found other data, expected gzip data (bags.gz)
    help: the file's name does not match its content: rename it, or give its format with --format
    ");
    assert_snapshot!(trace_error("t.bags", ""), @"
    error: t.bags: found no bag at all, expected at least one bag
    help: a bag is a line of ids; an empty line is an empty bag
    ");
    assert_snapshot!(table_error("e.npy", "1 2\n"), @"
    error: e.npy: found other data, expected an `.npy` array
    help: write it with `numpy.save`
    ");
    assert_snapshot!(table_error("e.npy", npz(&[("a", &[1])])), @"
    error: e.npy: found a zip archive (`.npz`, or a PyTorch checkpoint), expected an `.npy` array
    help: write it with `numpy.save`
    ");
    place.write("folder/x", "");
    assert_snapshot!(place.bad(2, &format!("{RUN} folder --format bags")), @"
    error: folder: found a folder, expected a file
    help: name a file inside it
    ");
    place.write("c.toml", b"\xff\xfe");
    assert_snapshot!(place.bad(2, &format!("{RUN} t.bags")), @"
    error: configuration c.toml: key `(file)`: found bytes that are not UTF-8, expected a TOML text
    help: name a configuration file; `recross init` makes one
    ");
}

#[test]
fn truncated_files() {
    let whole = gzip(bags_text(&cut(60)).as_bytes());
    // The position of the error depends on the compressor.
    let half = trace_error("t.bags.gz", &whole[..whole.len() / 2]);
    assert!(half.contains("found truncated gzip data"), "{half}");
    assert_snapshot!(trace_error("t.bags.gz", &whole[..whole.len() - 4]), @"
    error: t.bags.gz:61: found truncated gzip data, expected a complete gzip file
    help: the file is damaged or truncated; copy it again (`gzip -t` checks it)
    ");
    let zip = npz(&[("indices", &[1, 2]), ("offsets", &[0, 1])]);
    assert_snapshot!(trace_error("t.npz", &zip[..zip.len() / 2]), @"
    error: t.npz: found a damaged or truncated zip archive, expected a complete `.npz` archive
    help: write it with `numpy.savez` or `numpy.savez_compressed`, or copy it again
    ");
    let table = int_table(IDS, 4).0;
    assert_snapshot!(table_error("e.npy", &table[..table.len() / 2]), @"
    error: e.npy: found a file of 864 bytes, expected more than 1600: shape (400, 4) of int8
    help: the file is truncated; write or copy it again
    ");
    assert_snapshot!(table_error("e.npy", &table[..20]), @"
    error: e.npy: found a truncated header, expected a complete array
    help: the file is truncated; write or copy it again
    ");
}

#[test]
fn invalid_ids() {
    assert_snapshot!(trace_error("t.bags", "1 2\n3 -4\n"), @"
    error: t.bags:2: found the negative id `-4`, expected an id from 0 to 4294967294
    help: ids are rows of a table, counted from 0; if it is padding, leave it out with --padding-idx
    ");
    assert_snapshot!(trace_error("t.bags", "1 2\n\nthree\n"), @"
    error: t.bags:3: found `three`, expected an id from 0 to 4294967294
    help: write one bag per line, ids separated by blanks; a comment starts with `#`
    ");
    assert_snapshot!(trace_error("t.bags", "99999999999\n"), @"
    error: t.bags:1: found `99999999999`, which is too large, expected an id from 0 to 4294967294
    help: ids are rows of a table, counted from 0; 1 distinct id, highest 99999999999: `--renumber` gives it the number 0
    ");
    assert_snapshot!(trace_error("t.jsonl", "[1]\n[2.5]\n"), @"
    error: t.jsonl:2: found floating point `2.5` (column 4), expected an id from 0 to 4294967294
    help: one bag per line: a list of ids, or an object with `table` and `ids`
    ");
    assert_snapshot!(trace_error("t.npz", npz(&[("indices", &[1, -2]), ("offsets", &[0])])), @"
    error: t.npz: key `indices`: found -2 at position 1, expected an id from 0 to 4294967294
    help: ids are rows of a table, counted from 0; if it is padding, leave it out with --padding-idx
    ");
    let long: Vec<u32> = (0..65).collect();
    assert_snapshot!(trace_error("t.bags", bags_text(&[vec![], long])), @"
    error: t.bags:2: found 65 lookups in bag 1, the largest, expected at most 64 (`embedding.max_bag`)
    help: set embedding.max_bag = 128; or use `--fit`
    ");
    // An id far beyond what the crossbars, or memory, can hold.
    assert_snapshot!(trace_error("t.bags", "4294967294\n"), @"
    error: argument engine.crossbars_per_bank: found 16 (64 crossbars in 2 lanes of 2 banks), expected at least 536870912 crossbars, one for each group of 8 embeddings
    help: no engine has so many: use more crossbar.rows, or fewer ids; the highest id is 4294967294, in bag 0 of t.bags:1; 1 distinct id, highest 4294967294: `--renumber` gives it the number 0
    ");
}

#[test]
fn ids_beyond_the_table() {
    let place = Place::new();
    place.write("e.npy", int_table(300, 4).0);
    assert_snapshot!(place.bad(2, &format!("{RUN} t.bags --table e.npy")), @"
    error: t.bags:1: found id 399 in bag 0, expected an id below 300, the number of rows of table 0
    help: ids count from 0; check that the trace and the table belong together
    ");
    place.edit_config("max_bag = 64", "max_bag = 64\ntables = [300]");
    assert_snapshot!(place.bad(2, &format!("{RUN} t.bags")), @"
    error: t.bags:1: found id 399 in bag 0, expected an id below 300, the number of rows of table 0
    help: ids count from 0; check that the trace and the table belong together; or use `--fit`
    ");
    place.write("b.jsonl", "{\"table\":1,\"ids\":[0]}\n");
    assert_snapshot!(place.bad(2, &format!("{RUN} b.jsonl")), @"
    error: b.jsonl:1: found table 1 in bag 0, expected a table from 0 to 0
    help: list the number of rows of each table in `embedding.tables`; or use `--fit`
    ");
}

#[test]
fn ragged_offsets() {
    let bad = |offsets: &[i64]| {
        trace_error(
            "t.npz",
            npz(&[("indices", &[1, 2, 3]), ("offsets", offsets)]),
        )
    };
    assert_snapshot!(bad(&[0, 2, 1]), @"
    error: t.npz: key `offsets`: found 1 after 2 at position 2, expected offsets that never decrease
    help: each offset is the start of a bag in `indices`; name lengths `lengths`
    ");
    assert_snapshot!(bad(&[1, 2]), @"
    error: t.npz: key `offsets`: found 1 at position 0, expected 0, the start of the first bag
    help: if these are the lengths of the bags, name the array `lengths`
    ");
    assert_snapshot!(bad(&[0, 9]), @"
    error: t.npz: key `offsets`: found 9 at position 1, expected an offset from 0 to 3, the number of indices
    help: check that `indices` and `offsets` belong together
    ");
    assert_snapshot!(trace_error("t.npz", npz(&[("indices", &[1])])), @"
    error: t.npz: key `offsets`: found no such array (the file has indices), expected an array `offsets` or `lengths`
    help: save it with `numpy.savez(path, indices=..., offsets=...)`
    ");
}

#[test]
fn tables_that_cannot_be_used() {
    let with = |bad: f32| float_table(IDS, 4, |r, d| if (r, d) == (7, 2) { bad } else { 0.5 });
    assert_snapshot!(table_error("e.npy", with(f32::NAN)), @"
    error: e.npy: found NaN in row 7, column 2, expected finite values of at most 1e15
    help: a single scale cannot represent it; check the training, or replace the value
    ");
    assert_snapshot!(table_error("e.npy", with(f32::NEG_INFINITY)), @"
    error: e.npy: found -infinity in row 7, column 2, expected finite values of at most 1e15
    help: a single scale cannot represent it; check the training, or replace the value
    ");
    assert_snapshot!(table_error("e.npy", npy("|u1", "(400, 4)", &[0; 1600])), @r#"
    error: e.npy: found uint8 elements, as row-wise quantised tables have (FBGEMM 8-bit rows, quint8), expected integers or floats with one scale for the whole table
    help: rows with different scales cannot be summed in an analog column; give floats, and recross quantises them with one scale for the table: `s = q[:, -8:].copy().view(numpy.float32); numpy.save("table.npy", q[:, :-8] * s[:, :1] + s[:, 1:])` for 8-bit rows with scale and bias at their end (docs/data.md has other layouts)
    "#);
    assert_snapshot!(table_error("e.npy", npy("|i1", "(400, 4)", &[100; 1600])), @"
    error: e.npy: found 100 in row 0, column 0, expected -8 to 7 (`embedding.value_bits` is 4)
    help: raise `embedding.value_bits`, or give the table as float32 to have it quantised
    ");
    assert_snapshot!(table_error("e.npy", npy("|i1", "(400, 5)", &[0; 2000])), @"
    error: e.npy: found vectors of 5 elements, expected at most 4 (`embedding.dim`)
    help: set embedding.dim = 5; or use `--fit`
    ");
    assert_snapshot!(table_error("e.npy", npy("|i1", "(1600,)", &[0; 1600])), @"
    error: e.npy: found an array of shape (1600,), expected a 2-D table: rows x elements
    help: save one vector per row; give several tables as separate files
    ");
}

#[test]
fn configurations_that_contradict_themselves() {
    let place = Place::new();
    let bad = |from: &str, to: &str| {
        place.edit_config(from, to);
        place.bad(2, &format!("{RUN} t.bags"))
    };
    assert_snapshot!(bad("adcs = 4", "adcs = 3"), @"
    error: configuration c.toml:9: key `crossbar.adcs`: found 3, expected a divisor of crossbar.cols (16)
    help: every converter serves the same number of bitlines
    ");
    assert_snapshot!(bad("cols = 16", "cols = 4\nrows = 1"), @"
    error: configuration c.toml:8: this is not TOML at `crossbar.rows`: duplicate key
    help: `recross init` prints an annotated configuration, `recross schema` its JSON schema
    ");
    assert_snapshot!(bad("max_bag = 64", "max_bag = 64\ntables = [400]\ndims = [4, 4]"), @"
    error: configuration c.toml:6: key `embedding.dims`: found 2 widths, expected 1, one for each of embedding.tables
    help: leave it out if all tables have embedding.dim elements
    ");
    assert_snapshot!(bad("max_bag = 64", "max_bag = 64\ntables = [400]\ndims = [5]"), @"error: configuration c.toml:6: key `embedding.dims[0]`: found 5, expected a whole number from 1 to 4");
    assert_snapshot!(bad("[simulation]", "[mapping]\nmemory_mib = 63\n[simulation]"), @"error: configuration c.toml:21: key `mapping.memory_mib`: found 63, expected a whole number from 64 to 1048576");
    let tables = "max_bag = 64\ntables = [100000000]\n[mapping]\nmemory_mib = 64\n";
    assert_snapshot!(bad("max_bag = 64\n", tables), @"
    error: configuration t.bags: key `mapping.memory_mib`: found 64 MiB for tables of 100000000 rows, expected at least 168 MiB
    help: bags can be sampled, rows cannot; 0 takes what the whole trace needs
    ");
    assert_snapshot!(bad("rows = 8", "rows = 1"), @"error: configuration c.toml:6: key `crossbar.rows`: found 1, expected a whole number from 2 to 512");
    assert_snapshot!(bad("rows = 8", "rows = \"8\""), @r#"
    error: configuration c.toml:6: crossbar.rows is "8"; use a whole number from 2 to 512
    help: `recross init` prints an annotated configuration, `recross schema` its JSON schema
    "#);
    assert_snapshot!(bad("rows = 8", "row = 8"), @"
    error: configuration c.toml:6: crossbar.row is not a key; did you mean crossbar.rows?
    help: the keys of [crossbar] are adcs, cell_bits, cols, rows
    ");
    assert_snapshot!(bad("rows = 8", "rows = "), @"
    error: configuration c.toml:6: this is not TOML at `crossbar.rows`: string values must be quoted, expected literal string
    help: `recross init` prints an annotated configuration, `recross schema` its JSON schema
    ");
    assert_snapshot!(bad("window = 8", "window = 9"), @"error: configuration c.toml:16: key `frontend.window`: found 9, expected a power of two from 2 to 1024");
    assert_snapshot!(bad("ports = 2", "ports = 0"), @"error: configuration c.toml:17: key `frontend.ports`: found 0, expected a whole number from 1 to 8");
    assert_snapshot!(bad("ports = 2", "ports = 9"), @"error: configuration c.toml:17: key `frontend.ports`: found 9, expected a whole number from 1 to 8");
    assert_snapshot!(bad("window = 8", "window = 8\nids_per_beat = 3"), @"error: configuration c.toml:17: key `frontend.ids_per_beat`: found 3, expected a power of two from 1 to 4");
    assert_snapshot!(bad("places = 16", "places = 1"), @"error: configuration c.toml:19: key `frontend.places`: found 1, expected a whole number from 2 to 256");
    assert_snapshot!(bad("places = 16", "places = 16\ntag_bits = 33"), @"error: configuration c.toml:20: key `frontend.tag_bits`: found 33, expected a whole number from 1 to 32");
    assert_snapshot!(bad("places = 16", "places = 16\nresult_bits = 48"), @"error: configuration c.toml:20: key `frontend.result_bits`: found 48, expected a power of two from 32 to 1024");
    assert_snapshot!(bad("lanes = 2", "lanes = 2\nretire_ports = 3"), @"
    error: configuration c.toml:12: engine.retire_ports is not a key
    help: use frontend.ports: each port takes bags and gives their vectors
    ");
    assert_snapshot!(bad("lanes = 2", "lanes = 2\ntree_fan_in = 3"), @"error: configuration c.toml:12: key `engine.tree_fan_in`: found 3, expected a power of two from 2 to 8");
    assert_snapshot!(bad("lanes = 2", "lanes = 2\ntree_fan_in = 16"), @"error: configuration c.toml:12: key `engine.tree_fan_in`: found 16, expected a power of two from 2 to 8");
    assert_snapshot!(bad("lanes = 2\nbanks_per_lane = 2\ncrossbars_per_bank = 16\n", "lanes = 64\nbanks_per_lane = 64\ncrossbars_per_bank = 65536\n"), @"error: configuration c.toml:13: key `engine.crossbars_per_bank`: found 268435456 crossbars in all, expected at most 16777216");
    assert_snapshot!(bad("adcs = 4", "adcs = 4\n[adc]\nmax_active_rows = 9"), @"error: configuration c.toml:11: key `adc.max_active_rows`: found 9, expected a whole number from 0 to 8");
    assert_snapshot!(bad("adcs = 4", "adcs = 4\n[adc]\nbits = \"best\""), @"
    error: configuration c.toml:11: adc.bits is `best`; use `auto` or a whole number from 1 to 14
    help: `recross init` prints an annotated configuration, `recross schema` its JSON schema
    ");
    assert_snapshot!(bad("adcs = 4", "adcs = 4\n[adc]\nswitch = \"graded\"\nlevels = [4, 2]"), @"error: configuration c.toml:12: key `adc.levels`: found [4, 2], expected ascending numbers of rows from 1 to 8");
    assert_snapshot!(bad("cols = 16\ncell_bits = 2\nadcs = 4", "cols = 1\ncell_bits = 1\nadcs = 1"), @"
    error: configuration c.toml:7: key `crossbar.cols`: found 1 bitlines in 1 phases of 1 converters, expected room for one element: 4 slices of 1 bit (4 phases)
    help: use more bitlines, more bits per cell or fewer value bits
    ");
    assert_snapshot!(bad("crossbars_per_bank = 16", "crossbars_per_bank = 12"), @"
    error: argument engine.crossbars_per_bank: found 12 (48 crossbars in 2 lanes of 2 banks), expected at least 50 crossbars, one for each group of 8 embeddings; 60 give the copies of mapping.budget = 0.2
    help: set engine.crossbars_per_bank = 15; engine.crossbars_per_bank = 13 holds each group only once; or use `--fit`
    ");
    assert!(!place.path("o").exists());
}

#[test]
fn mappings_that_do_not_fit() {
    let place = Place::new();
    place.good("map --config c.toml --trace t.bags --out m --compare none --replication none");
    let text = place.read("m/mapping.json");
    let bad = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        place.write("m.json", text.replacen(from, to, 1));
        let line = "--config c.toml --trace t.bags --mapping m.json";
        let said = place.bad(2, &format!("score {line}"));
        assert_eq!(place.bad(2, &format!("cosim {line}")), said);
        said
    };
    assert_snapshot!(bad("\"rows\":8", "\"rows\":16"), @"
    error: m.json: key `rows`: found 16, expected 8, the configuration's crossbar.rows
    help: learn it again with this configuration (`recross map`), or use the configuration that it was learned for
    ");
    assert_snapshot!(bad("\"embeddings\":400", "\"embeddings\":300"), @"
    error: m.json: key `embeddings`: found 300, expected 400, the number of table rows
    help: the mapping has no place for the last rows: learned without tables, it ends with the highest id of its trace; name the tables when it is learned (`recross map --table`)
    ");
    let json = place.json("m/mapping.json");
    let ids: Vec<u64> = json["groups"][0]["ids"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_u64().unwrap())
        .collect();
    let (first, second) = (ids[0], ids[1]);
    let start = format!("\"ids\":[{first},{second},");
    // Which ids share a group depends on the method.
    let nameless = |said: String| {
        said.replace(&format!("id {first} "), "id [FIRST] ")
            .replace(&format!("id {first},"), "id [FIRST],")
    };
    assert_snapshot!(nameless(bad(&start, &format!("\"ids\":[{second},"))), @"
    error: m.json: key `groups`: found no group with id [FIRST] (1 of 400 ids missing), expected each id once
    help: every id must be in exactly one group
    ");
    let doubled = bad(&start, &format!("\"ids\":[{second},{second},"));
    assert_snapshot!(doubled.replace(&second.to_string(), "[ID]"), @"
    error: m.json: key `groups[0].ids[1]`: found id [ID] a second time, expected each id once
    help: every id must be in exactly one group
    ");
    assert_snapshot!(bad("\"method\":", "\"methods\":"), @"
    error: m.json: key `methods`: found an unknown key, expected only format, rows, embeddings, groups, row_copies, rest, method, seed, train, ids
    help: use a mapping.json that `recross map` wrote, or one of the same format (docs: mapping.json)
    ");
    place.write("m.json", &text[..text.len() / 2]);
    let line = "score --config c.toml --trace t.bags --mapping m.json";
    let cut_off = place.bad(2, line);
    assert!(cut_off.contains("the file is cut off"), "{cut_off}");
    // A mapping for another geometry.
    place.good("map --config c.toml --trace t.bags --out m --compare none");
    place.edit_config("banks_per_lane = 2", "banks_per_lane = 1");
    place.write(
        "c.toml",
        place
            .read("c.toml")
            .replace("per_bank = 16", "per_bank = 64"),
    );
    let line = "cosim --config c.toml --trace t.bags --mapping m/mapping.json";
    let said = place.bad(2, line);
    assert!(said.contains("m/mapping.json: key `groups["), "{said}");
    assert!(said.contains("bank"), "{said}");
}

#[test]
fn folders_that_cannot_be_written() {
    let place = Place::new();
    place.write("file", "");
    let with = |out: &str| format!("--config c.toml --trace t.bags --out {out}");
    assert_snapshot!(place.bad(2, &format!("run {}", with("file"))), @"
    error: cannot create file: File exists (os error 17)
    help: a folder of the path exists as a file: name another folder
    ");
    assert_snapshot!(place.bad(2, &format!("run {}", with("file/o"))), @"
    error: cannot create file/o: Not a directory (os error 20)
    help: a folder of the path exists as a file: name another folder
    ");
    assert_snapshot!(place.bad(2, &format!("map {} --compare none", with("file/o"))), @"
    error: cannot create file/o: Not a directory (os error 20)
    help: a folder of the path exists as a file: name another folder
    ");
    assert_snapshot!(place.bad(2, "gen --config c.toml --out file/g"), @"
    error: cannot create file/g: Not a directory (os error 20)
    help: a folder of the path exists as a file: name another folder
    ");
    assert_snapshot!(place.bad(2, "trace convert t.bags file/t.npz"), @"
    error: cannot create file: File exists (os error 17)
    help: a folder of the path exists as a file: name another folder
    ");
    let cosim = "cosim --config c.toml --trace t.bags";
    assert_snapshot!(place.bad(2, &format!("{cosim} --dump-outputs file/o.npy")), @"
    error: cannot create file: File exists (os error 17)
    help: a folder of the path exists as a file: name another folder
    ");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk() {
    let place = Place::new();
    std::os::unix::fs::symlink("/dev/full", place.path("full.npy")).unwrap();
    let line = "cosim --config c.toml --trace t.bags --limit 2 --dump-outputs full.npy";
    assert_snapshot!(place.bad(2, line), @"
    error: cannot write full.npy: No space left on device (os error 28)
    help: free some disk space; no partial file was left
    ");
    let mut shell = std::process::Command::new("sh");
    let program = env!("CARGO_BIN_EXE_recross");
    shell.args(["-c", &format!("{program} init > /dev/full")]);
    let said = place.said(&mut shell);
    assert_eq!(said.status, 2);
    assert_snapshot!(said.err, @"
    error: cannot write <stdout>: No space left on device (os error 28)
    help: free some disk space; no partial file was left
    ");
}

#[test]
fn errors_are_json_when_asked_for() {
    let place = Place::new();
    let text = place.bad(2, &format!("{RUN} no.bags --json"));
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["error"]["kind"], "io");
    assert_eq!(value["error"]["exit_status"], 2);
    assert_eq!(value["error"]["help"], "check the path: it does not exist");
    assert!(
        value["error"]["message"]
            .as_str()
            .unwrap()
            .contains("no.bags")
    );
}
