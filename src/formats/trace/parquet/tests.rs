//! Reading files that the crate's writer made, and damaged ones.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::super::{MemoryBound, ReadOptions, Trace};
use crate::error::Result;
use parquet::basic::{Compression, GzipLevel, ZstdLevel};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use std::path::Path;
use std::sync::Arc;

/// The values and levels of one column of a row group.
enum Cells {
    I32(Vec<i32>, Vec<i16>, Vec<i16>),
    I64(Vec<i64>, Vec<i16>, Vec<i16>),
    Text(Vec<&'static str>),
    F64(Vec<f64>),
}
use Cells::{F64, I32, I64, Text};

fn file(schema: &str, compression: Compression, groups: &[Vec<Cells>]) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .build();
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties)).unwrap();
    for group in groups {
        let mut rows = writer.next_row_group().unwrap();
        for cells in group {
            let mut column = rows.next_column().unwrap().unwrap();
            match (column.untyped(), cells) {
                (ColumnWriter::Int32ColumnWriter(w), I32(v, d, r)) => {
                    w.write_batch(v, levels(d), levels(r)).unwrap();
                }
                (ColumnWriter::Int64ColumnWriter(w), I64(v, d, r)) => {
                    w.write_batch(v, levels(d), levels(r)).unwrap();
                }
                (ColumnWriter::ByteArrayColumnWriter(w), Text(v)) => {
                    let v: Vec<ByteArray> = v.iter().map(|&t| ByteArray::from(t)).collect();
                    w.write_batch(&v, None, None).unwrap();
                }
                (ColumnWriter::DoubleColumnWriter(w), F64(v)) => {
                    w.write_batch(v, None, None).unwrap();
                }
                _ => panic!("cells of another type"),
            }
            column.close().unwrap();
        }
        rows.close().unwrap();
    }
    writer.close().unwrap();
    bytes
}

/// A column that must have a value has no levels.
fn levels(levels: &[i16]) -> Option<&[i16]> {
    (!levels.is_empty()).then_some(levels)
}

/// A column of lists, as pyarrow writes it.
const LISTS: &str = "message m {
    optional group items (LIST) { repeated group list { optional int64 element; } }
}";

/// The lists `[[1, 2], [], null, [7]]` and `[[8]]` in two row groups.
fn lists(compression: Compression) -> Vec<u8> {
    let first = I64(vec![1, 2, 7], vec![3, 3, 1, 0, 3], vec![0, 1, 0, 0, 0]);
    let second = I64(vec![8], vec![3], vec![0]);
    file(LISTS, compression, &[vec![first], vec![second]])
}

fn parse(bytes: &[u8], options: &ReadOptions) -> Result<Trace> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    std::fs::write(&path, bytes).unwrap();
    crate::formats::trace::read(&path, options)
}

fn message(bytes: &[u8], options: &ReadOptions) -> String {
    let e = parse(bytes, options).unwrap_err();
    let place = e.to_string();
    let (_, rest) = place.split_once("t.parquet").unwrap();
    format!("t.parquet{rest}\n{}", e.help().unwrap_or(""))
}

fn columns(names: &[&str]) -> ReadOptions {
    ReadOptions {
        columns: names.iter().map(|&n| n.to_owned()).collect(),
        ..ReadOptions::default()
    }
}

#[test]
fn a_column_of_lists_is_read_with_every_compression_method() {
    let expected = [vec![1, 2], vec![], vec![], vec![7], vec![8]].map(|ids| (0, ids));
    let expected = Trace::from_lists(&expected).unwrap();
    for method in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::ZSTD(ZstdLevel::default()),
    ] {
        let bytes = lists(method);
        assert_eq!(parse(&bytes, &columns(&[])).unwrap(), expected, "{method}");
        assert_eq!(parse(&bytes, &columns(&["items"])).unwrap(), expected);
    }
}

#[test]
fn columns_of_ids_are_tables() {
    let schema = "message m {
        required int64 c1;
        required double score;
        optional int32 c2 (INTEGER(32,false));
        repeated int32 many;
    }";
    let rows = vec![
        I64(vec![5, 6], vec![], vec![]),
        F64(vec![0.5, 0.25]),
        I32(vec![-1], vec![0, 1], vec![]),
        I32(vec![3, 4], vec![1, 1, 0], vec![0, 1, 0]),
    ];
    let bytes = file(schema, Compression::SNAPPY, &[rows]);
    let trace = parse(&bytes, &columns(&["many", "c1"])).unwrap();
    let expected = [(0, vec![3, 4]), (1, vec![5]), (0, vec![]), (1, vec![6])];
    assert_eq!(trace, Trace::from_lists(&expected).unwrap());
    assert_eq!(parse(&bytes, &columns(&["4", "1"])).unwrap(), trace);
    // The only column of lists needs no name.
    let expected = [(0, vec![3, 4]), (0, vec![])];
    let only = parse(&bytes, &columns(&[])).unwrap();
    assert_eq!(only, Trace::from_lists(&expected).unwrap());
    insta::assert_snapshot!(message(&bytes, &columns(&["score"])), @"
    t.parquet: key `score`: found DOUBLE values, expected a column of ids or of lists of ids
    name columns of whole numbers with --column
    ");
    insta::assert_snapshot!(message(&bytes, &columns(&["c2"])), @"
    t.parquet: key `c2`: found `4294967295` in row 1, expected an id from 0 to 4294967294
    ids are rows of a table, counted from 0; 1 distinct id, highest 4294967295: `--renumber` gives it the number 0
    ");
    insta::assert_snapshot!(message(&bytes, &columns(&["c3"])), @"
    t.parquet: found the columns `c1`, `score`, `c2`, `many`, expected a column `c3`
    name each column of ids with --column; each is a table
    ");
    let padding = ReadOptions {
        padding_idx: Some(i64::from(u32::MAX)),
        ..columns(&["c2"])
    };
    assert_eq!(parse(&bytes, &padding).unwrap().lookups(), 0);
}

#[test]
fn what_holds_no_ids_is_refused() {
    let one = |schema: &str, cells| file(schema, Compression::UNCOMPRESSED, &[vec![cells]]);
    let null = one(LISTS, I64(vec![1], vec![3, 2], vec![0, 1]));
    insta::assert_snapshot!(message(&null, &columns(&[])), @"
    t.parquet: key `items`: found an empty entry of a list in row 0, expected an id
    leave empty entries out, or fill them with an id of padding and give --padding-idx
    ");
    let text = one(
        "message m { required binary name (STRING); }",
        Text(vec!["68fd1e64"]),
    );
    insta::assert_snapshot!(message(&text, &columns(&[])), @"
    t.parquet: key `name`: found the text `68fd1e64` in row 0, expected an id from 0 to 4294967294
    ids are rows of a table, counted from 0; 1 distinct id: `--renumber` gives it the number 0
    ");
    let nested = one(
        "message m { repeated group a { repeated int64 b; } }",
        I64(vec![1], vec![2], vec![0]),
    );
    insta::assert_snapshot!(message(&nested, &columns(&[])), @"
    t.parquet: key `a`: found lists inside lists or records, expected a column of ids or of lists of ids
    name columns of whole numbers with --column
    ");
    let two = file(
        "message m { required int64 a; required int64 b; }",
        Compression::UNCOMPRESSED,
        &[vec![
            I64(vec![1], vec![], vec![]),
            I64(vec![1 << 40], vec![], vec![]),
        ]],
    );
    insta::assert_snapshot!(message(&two, &columns(&[])), @"
    t.parquet: found the columns `a`, `b`, expected one column of ids, or --column
    name each column of ids with --column; each is a table
    ");
    insta::assert_snapshot!(message(&two, &columns(&["a", "b"])), @"
    t.parquet: key `b`: found `1099511627776` in row 0, expected an id from 0 to 4294967294
    ids are rows of a table, counted from 0; 2 distinct ids in 2 tables, highest 1099511627776: `--renumber` numbers those of each table from 0
    ");
}

#[test]
fn methods_that_were_left_out_are_named() {
    let column = super::Column {
        leaf: 0,
        name: "items".to_owned(),
        unsigned: false,
        list: false,
        element: 0,
        entry: 0,
    };
    let refused = |method| {
        super::check_compression(method, &column, Path::new("t.parquet"))
            .unwrap_err()
            .to_string()
    };
    insta::assert_snapshot!(refused(Compression::LZ4_RAW), @"t.parquet: key `items`: found the compression method LZ4_RAW, expected none, SNAPPY, GZIP or ZSTD");
    insta::assert_snapshot!(refused(Compression::BROTLI(Default::default())), @"t.parquet: key `items`: found the compression method BROTLI, expected none, SNAPPY, GZIP or ZSTD");
}

#[test]
fn a_large_file_is_sampled_within_the_memory_bound() {
    let bags = 20_000;
    let ids: Vec<i64> = (0..bags * 4).map(|i| i * 7919 % 1000).collect();
    let definition = vec![3; ids.len()];
    let repetition: Vec<i16> = (0..bags).flat_map(|_| [0, 1, 1, 1]).collect();
    let cells = I64(ids, definition, repetition);
    let bytes = file(LISTS, Compression::SNAPPY, &[vec![cells]]);
    let bound = MemoryBound {
        bytes: 100_000,
        per_lookup: 10,
        per_bag: 100,
        per_row: 1,
        per_row_by_rule: 1,
        seed: 1,
    };
    let options = ReadOptions {
        memory: Some(bound),
        ..columns(&[])
    };
    let part = parse(&bytes, &options).unwrap();
    let sample = part.sample().unwrap();
    assert_eq!((sample.of_bags, sample.of_lookups), (20_000, 80_000));
    let needed = bound.needed(1000, part.len() as u64, part.lookups());
    assert!(
        needed <= bound.bytes && needed > bound.bytes / 2,
        "{needed}"
    );
    assert_eq!(part.inferred_rows(), [1000]);
}

#[test]
fn damaged_files_are_refused() {
    let whole = lists(Compression::SNAPPY);
    insta::assert_snapshot!(message(&whole[..whole.len() / 2], &columns(&[])), @"
    t.parquet: found data that cannot be decoded (Invalid Parquet file. Corrupt footer), expected a complete Parquet file
    the file is damaged, truncated or encrypted, or uses an encoding that recross lacks; write it again, or convert it to .npz or .csv
    ");
    for cut in 0..whole.len() {
        assert!(parse(&whole[..cut], &columns(&[])).is_err(), "{cut}");
    }
    let mut refused = 0;
    for at in 0..whole.len() {
        for bit in [0x01, 0x10, 0x80] {
            let mut bad = whole.clone();
            bad[at] ^= bit;
            refused += u32::from(parse(&bad, &columns(&[])).is_err());
        }
    }
    assert!(refused > 50, "{refused}");
}
