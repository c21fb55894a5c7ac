//! Writes inputs to begin with into `corpus`: valid ones of every kind, from which the fuzzer goes on.
//! `cargo run --bin seeds` in this folder.

use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use recross::config::{Config, PRESETS, Resolved, Settings, annotated_template};
use recross::formats::table::write_npy_i64;
use recross::formats::trace::{Bags, ReadOptions, read, write};
use recross::learn::learn;
use recross::rtl::{Package, RECORD};
use std::path::Path;
use std::sync::Arc;

const CONFIGS: &[&str] = &[
    include_str!("../../../tests/snapshots/configs/small.toml"),
    include_str!("../../../tests/snapshots/configs/ports.toml"),
    include_str!("../../../tests/snapshots/configs/graded_sar.toml"),
    include_str!("../../../tests/snapshots/configs/wide_values.toml"),
];

fn main() {
    let folder = tempfile::tempdir().unwrap();
    traces(folder.path());
    tables(folder.path());
    texts(folder.path());
    mappings(folder.path());
    choices();
}

fn seed(target: &str, name: &str, bytes: &[u8]) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let folder = corpus.join(target);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("seed-{name}")), bytes).unwrap();
}

/// A trace after its format, options and their values, as `inputs::trace` takes them.
fn trace(name: &str, head: [u8; 3], bytes: &[u8]) {
    seed("trace", name, &[&head, bytes].concat());
}

fn traces(folder: &Path) {
    trace("bags", [0, 0, 0], b"1 2 3\n\n# a comment\n3 3 5 6\n");
    trace("tables", [0, 0, 0], b"0: 4 5\n1: 7\n0: 1\n");
    trace("samples", [0, 8, 1], b"0:4 1:5 1:6\n0:1\n");
    trace("padded", [0, 4, 1], b"0 0 1 2\n");
    trace("sampled", [0, 128, 8], &b"1 2 3 4 5 6 7 8 9\n".repeat(9));
    trace(
        "jsonl",
        [3, 0, 0],
        b"[1, 2]\n{\"table\": 1, \"ids\": [3]}\n[]\n",
    );
    trace("csv", [5, 0, 0], b"1,2\n3,4\n");
    trace("columns", [5, 16, 0], b"a,b,c\n1,2,\"3 4\"\n5,,7\n");
    trace("lists", [5, 16, 1], b"a,b\n\"[1, 2]\",3\n\"[]\",4\n");
    trace("renumbered", [5, 64, 0], b"a,b\nx,y\nz,\"x\"\"y\"\n");
    trace("tsv", [7, 0, 0], b"1\t2\n3\t4\n");
    trace("semicolons", [5, 32, 0], b"1;2\n3;4\n");
    let source = folder.join("t.bags");
    for (text, names) in [
        ("1 2 3\n\n3 3 5 6\n", ["w.npz", "w.bags.gz", "w.bags.zst"]),
        (
            "0: 1 2\n1: 3\n0: 4\n1:\n",
            ["v.npz", "v.jsonl.gz", "v.bags.gz"],
        ),
    ] {
        std::fs::write(&source, text).unwrap();
        let read = read(&source, &ReadOptions::default()).unwrap();
        for name in names {
            let path = folder.join(name);
            write(&read, &path, None).unwrap();
            let format = match name.split_once('.') {
                Some((_, "npz")) => 8,
                Some((_, "bags.gz")) => 1,
                Some((_, "bags.zst")) => 2,
                _ => 4,
            };
            trace(name, [format, 0, 0], &std::fs::read(path).unwrap());
        }
    }
    for (name, compression) in [
        ("plain", Compression::UNCOMPRESSED),
        ("snappy", Compression::SNAPPY),
        ("zstd", Compression::ZSTD(ZstdLevel::default())),
    ] {
        let bytes = columns(compression);
        trace(&format!("parquet-{name}"), [9, 0, 0], &bytes);
        trace(&format!("parquet-{name}-renumbered"), [9, 64, 0], &bytes);
    }
    trace("parquet-lists", [9, 0, 0], &lists());
    for (name, head, text) in [
        ("numbers", 0, "10\n7\n12\n"),
        ("texts", 0, "x\n`7`\n7\n\u{e9}\n"),
        ("bags", 2, "1 2 3\n"),
    ] {
        seed("numbering", name, &[&[head], text.as_bytes()].concat());
    }
}

type Writer<'a> = SerializedFileWriter<&'a mut Vec<u8>>;

fn parquet(schema: &str, compression: Compression, fill: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let properties = WriterProperties::builder().set_compression(compression);
    let mut bytes = Vec::new();
    let mut writer =
        SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties.build())).unwrap();
    fill(&mut writer);
    writer.close().unwrap();
    bytes
}

/// Two columns, one of them of texts.
fn columns(compression: Compression) -> Vec<u8> {
    let schema = "message m { required int64 a; required binary b (UTF8); }";
    parquet(schema, compression, |writer| {
        let mut rows = writer.next_row_group().unwrap();
        let mut column = rows.next_column().unwrap().unwrap();
        let numbers = column.typed::<Int64Type>();
        numbers.write_batch(&[1, 2, 3], None, None).unwrap();
        column.close().unwrap();
        let mut column = rows.next_column().unwrap().unwrap();
        let texts = column.typed::<ByteArrayType>();
        let values = ["7", "8", "7"].map(ByteArray::from);
        texts.write_batch(&values, None, None).unwrap();
        column.close().unwrap();
        rows.close().unwrap();
    })
}

/// A column of lists, one of them empty and one missing.
fn lists() -> Vec<u8> {
    let schema = "message m {
        optional group items (LIST) { repeated group list { optional int64 element; } }
    }";
    parquet(schema, Compression::UNCOMPRESSED, |writer| {
        let mut rows = writer.next_row_group().unwrap();
        let mut column = rows.next_column().unwrap().unwrap();
        let (definition, repetition) = ([3, 3, 1, 0, 3], [0, 1, 0, 0, 0]);
        let numbers = column.typed::<Int64Type>();
        numbers
            .write_batch(&[1, 2, 7], Some(&definition), Some(&repetition))
            .unwrap();
        column.close().unwrap();
        rows.close().unwrap();
    })
}

fn npy(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    while !(10 + header.len() + 1).is_multiple_of(64) {
        header.push(' ');
    }
    header.push('\n');
    let length = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), data].concat()
}

fn tensor(dtype: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let end = data.len();
    let header =
        format!("{{\"w\":{{\"dtype\":\"{dtype}\",\"shape\":{shape},\"data_offsets\":[0,{end}]}}}}");
    let length = (header.len() as u64).to_le_bytes();
    [&length[..], header.as_bytes(), data].concat()
}

fn tables(folder: &Path) {
    let floats: Vec<u8> = (0..12u8)
        .flat_map(|n| (f32::from(n) / 7.0).to_le_bytes())
        .collect();
    let bytes: Vec<u8> = (0..12).collect();
    let index = b"{\"weight_map\": {\"w\": \"t.safetensors\"}}";
    for (name, head, file) in [
        ("f4", [0, 0], npy("<f4", "(3, 4)", &floats)),
        ("f4-kept", [0, 64], npy("<f4", "(3, 4)", &floats)),
        ("f8", [0, 4], npy("<f8", "(3, 2)", &floats)),
        ("f2", [0, 4], npy("<f2", "(3, 4)", &floats[..24])),
        ("i1", [0, 8], npy("|i1", "(3, 2)", &[0, 1, 7, 255, 3, 250])),
        ("u2", [0, 0], npy(">u2", "(2, 3)", &[0; 12])),
        ("one", [0, 16], npy("<i8", "(1, 1)", &bytes[..8])),
        ("bf16", [1, 0], tensor("BF16", "[3,2]", &bytes)),
        ("f32", [2, 0], tensor("F32", "[3,4]", &floats)),
        ("i8", [1, 0], tensor("I8", "[3,4]", &bytes)),
        ("index", [3, 0], index.to_vec()),
    ] {
        seed("table", name, &[&head[..], &file].concat());
    }
    let path = folder.join("a.npy");
    write_npy_i64(&path, 2, 3, &[1, -2, 3, i64::MAX, 5, i64::MIN]).unwrap();
    seed("array", "i8", &std::fs::read(path).unwrap());
    seed("array", "i4", &npy("<i4", "(3, 1)", &bytes));
    seed("array", "f4", &npy("<f4", "(3, 4)", &floats));
    seed("array", "none", &npy("<i8", "(0, 4)", &[]));
}

fn resolved(text: &str, set: &[&str]) -> Resolved {
    let set: Vec<String> = set.iter().map(|&s| s.to_owned()).collect();
    let config = Config::from_toml(text, "seed").unwrap();
    let settings = Settings::parse(&set).unwrap();
    config.resolve_with(&settings, "seed").unwrap()
}

fn texts(folder: &Path) {
    let technology = recross::technology::DEFAULT_TECHNOLOGY;
    let sections = technology
        .split("\n\n")
        .filter(|part| part.starts_with('['));
    for (n, part) in sections.enumerate() {
        seed("technology", &n.to_string(), part.as_bytes());
    }
    for (n, text) in CONFIGS.iter().enumerate() {
        let n = n.to_string();
        seed("config", &n, text.as_bytes());
        let package = folder.join(&n);
        let emitted = Package::emit(&resolved(text, &[])).unwrap();
        emitted.write(&package).unwrap();
        let record = std::fs::read(package.join(RECORD)).unwrap();
        seed("package", &n, &record);
    }
    let set = b"--set adc.switch=graded\n--set adc.levels=[2, 4]\n[crossbar]\nrows = 64\n";
    seed("config", "set", set);
    let preset = annotated_template(&PRESETS[0].config()).unwrap();
    seed("config", "preset", preset.as_bytes());
}

fn mappings(folder: &Path) {
    for (name, set) in [
        (
            "learned",
            ["mapping.method=optimized", "mapping.effort=fast"],
        ),
        ("copied", ["mapping.method=recross", "mapping.seed=2"]),
        ("frequency", ["mapping.method=frequency", "mapping.seed=3"]),
    ] {
        let lists: Vec<Vec<u32>> = (0..12)
            .map(|n| vec![n % 20, n * 7 % 20, n * 3 % 20])
            .collect();
        let bags = Bags::from_lists(20, &lists).unwrap();
        let mapping = learn(&resolved(CONFIGS[0], &set), &bags, &()).unwrap();
        let path = folder.join("m.json");
        mapping.write(&path).unwrap();
        seed("mapping", name, &std::fs::read(path).unwrap());
    }
    let wrong = "{\"format\":1,\"rows\":8,\"embeddings\":2,\"groups\":[
        {\"ids\":[0,1],\"copies\":1,\"placements\":[[0,\"a\"]]}]}";
    seed("mapping", "wrong", wrong.as_bytes());
}

/// Bytes that are choices: some of each kind.
fn choices() {
    let mut state = 1u64;
    let mut bytes = |number: usize| -> Vec<u8> {
        (0..number)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                (state >> 56) as u8
            })
            .collect()
    };
    for target in ["driver", "registers", "request"] {
        for n in 0..6 {
            seed(target, &n.to_string(), &bytes(40 << n.min(3)));
        }
    }
}
