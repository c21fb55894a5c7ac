//! Renumbered ids: in every format, the list gives the original ids back.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashSet;
use std::io::{Cursor, Write};
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;

use super::raw_id::canonical;
use super::{MemoryBound, Numbering, ReadOptions, Renumber, TableIds, Trace, read};
use crate::error::Result;

/// Samples of tables, each with a bag of ids as they were written.
type Samples = Vec<Vec<Vec<String>>>;

fn renumbering() -> ReadOptions {
    ReadOptions {
        renumber: Some(Renumber::New),
        ..ReadOptions::default()
    }
}

fn parse(name: &str, bytes: &[u8], options: &ReadOptions) -> Result<Trace> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    read(&path, options)
}

fn message(name: &str, bytes: &[u8], options: &ReadOptions) -> String {
    let e = parse(name, bytes, options).unwrap_err();
    let place = e.to_string();
    let (_, rest) = place.split_once(name).unwrap();
    format!("{name}{rest}\n{}", e.help().unwrap_or(""))
}

fn ids_of(numbering: &Numbering, table: usize) -> Vec<String> {
    match numbering.table(table) {
        TableIds::Numbers(ids) => ids.iter().map(u64::to_string).collect(),
        TableIds::Texts(ids) => ids.iter().map(|id| id.to_string()).collect(),
    }
}

/// The bags of a trace with their original ids: `(table, ids)`.
fn originals(trace: &Trace) -> Vec<(u16, Vec<String>)> {
    let numbering = trace.numbering().unwrap();
    let bag = |(table, ids): (u16, &[u32])| {
        let list = ids_of(numbering, table.into());
        (
            table,
            ids.iter().map(|&id| list[id as usize].clone()).collect(),
        )
    };
    trace.iter().map(bag).collect()
}

fn bags(samples: &Samples) -> Vec<u8> {
    let mut text = String::new();
    for sample in samples {
        for (table, ids) in sample.iter().enumerate() {
            text += &format!("{table}: {}\n", ids.join(" "));
        }
    }
    text.into_bytes()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

/// `quoted`: all ids are strings.
fn jsonl(samples: &Samples, quoted: bool) -> Vec<u8> {
    let mut text = String::new();
    for sample in samples {
        for (table, ids) in sample.iter().enumerate() {
            let ids = ids.iter().map(|id| match canonical(id) {
                Some(number) if !quoted => number.into(),
                _ => serde_json::Value::from(id.as_str()),
            });
            let ids: serde_json::Value = ids.collect();
            text += &format!("{{\"table\":{table},\"ids\":{ids}}}\n");
        }
    }
    text.into_bytes()
}

fn csv(samples: &Samples) -> Vec<u8> {
    let tables = samples.first().map_or(1, Vec::len);
    let names: Vec<String> = (0..tables).map(|t| format!("t{t}")).collect();
    let mut text = names.join(",") + "\n";
    for sample in samples {
        let cells: Vec<String> = sample
            .iter()
            .map(|ids| format!("\"{}\"", ids.join("|")))
            .collect();
        text += &(cells.join(",") + "\n");
    }
    text.into_bytes()
}

fn pairs(samples: &Samples) -> Vec<u8> {
    let mut text = String::new();
    for sample in samples {
        for (table, ids) in sample.iter().enumerate() {
            ids.iter().for_each(|id| text += &format!("{table}:{id} "));
        }
        text += "\n";
    }
    text.into_bytes()
}

/// Ids are numbers.
fn npz(samples: &Samples) -> Vec<u8> {
    let tables = samples.first().map_or(1, Vec::len);
    let (mut ids, mut lengths) = (Vec::new(), Vec::new());
    for table in 0..tables {
        for sample in samples {
            ids.extend(sample[table].iter().map(|id| id.parse::<u64>().unwrap()));
            lengths.push(sample[table].len() as u64);
        }
    }
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, values) in [("values", ids), ("lengths", lengths)] {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(format!("{name}.npy"), options).unwrap();
        crate::formats::npy::write_header(&mut zip, "<u8", &[values.len() as u64]).unwrap();
        for value in values {
            zip.write_all(&value.to_le_bytes()).unwrap();
        }
    }
    zip.finish().unwrap().into_inner()
}

/// A column of lists for each table: of unsigned numbers, or of texts.
#[cfg(feature = "parquet")]
fn parquet(samples: &Samples, texts: bool) -> Vec<u8> {
    use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
    use parquet::file::writer::SerializedFileWriter;
    let tables = samples.first().map_or(1, Vec::len);
    let (kind, annotation) = match texts {
        true => ("binary", "UTF8"),
        false => ("int64", "UINT_64"),
    };
    let columns: String = (0..tables)
        .map(|t| {
            format!(
                "optional group t{t} (LIST) {{ repeated group list {{ \
                 optional {kind} element ({annotation}); }} }}\n"
            )
        })
        .collect();
    let schema = parquet::schema::parser::parse_message_type(&format!("message m {{ {columns} }}"));
    let schema = Arc::new(schema.unwrap());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Default::default()).unwrap();
    let mut rows = writer.next_row_group().unwrap();
    for table in 0..tables {
        let mut column = rows.next_column().unwrap().unwrap();
        let (mut definition, mut repetition, mut ids) = (Vec::new(), Vec::new(), Vec::new());
        for sample in samples {
            if sample[table].is_empty() {
                definition.push(1);
                repetition.push(0);
            }
            for (at, id) in sample[table].iter().enumerate() {
                definition.push(3);
                repetition.push(i16::from(at > 0));
                ids.push(id.clone());
            }
        }
        let levels = (Some(&definition[..]), Some(&repetition[..]));
        if texts {
            let ids: Vec<ByteArray> = ids.iter().map(|id| ByteArray::from(id.as_str())).collect();
            let typed = column.typed::<ByteArrayType>();
            typed.write_batch(&ids, levels.0, levels.1).unwrap();
        } else {
            let ids: Vec<i64> = ids
                .iter()
                .map(|id| id.parse::<u64>().unwrap() as i64)
                .collect();
            let typed = column.typed::<Int64Type>();
            typed.write_batch(&ids, levels.0, levels.1).unwrap();
        }
        column.close().unwrap();
    }
    rows.close().unwrap();
    writer.close().unwrap();
    bytes
}

/// Each file that holds the samples, and how it is read.
fn files(samples: &Samples) -> Vec<(&'static str, Vec<u8>, ReadOptions)> {
    let tables = samples.first().map_or(1, Vec::len);
    let names: Vec<String> = (0..tables).map(|t| format!("t{t}")).collect();
    let plain = renumbering();
    let by_name = ReadOptions {
        columns: names,
        ..renumbering()
    };
    let by_table = ReadOptions {
        layout: Some(super::Layout::TableId),
        tables,
        ..renumbering()
    };
    let numbers = samples
        .iter()
        .flatten()
        .flatten()
        .all(|id| canonical(id).is_some());
    let mut files = vec![
        ("t.bags", bags(samples), plain.clone()),
        ("t.bags.gz", gzip(&bags(samples)), plain.clone()),
        ("t.jsonl", jsonl(samples, false), plain.clone()),
        ("t.jsonl", jsonl(samples, true), plain),
        ("t.csv", csv(samples), by_name.clone()),
        ("t.txt", pairs(samples), by_table),
    ];
    #[cfg(feature = "parquet")]
    files.push(("t.parquet", parquet(samples, true), by_name.clone()));
    if numbers {
        #[cfg(feature = "parquet")]
        files.push(("t.parquet", parquet(samples, false), by_name));
        let batched = ReadOptions {
            tables,
            ..renumbering()
        };
        files.push(("t.npz", npz(samples), batched));
    }
    files
}

/// The ids of a table in the order of their first appearance.
fn in_order(samples: &Samples, table: usize) -> Vec<String> {
    let mut seen = HashSet::new();
    let ids = samples.iter().flat_map(|sample| &sample[table]);
    ids.filter(|id| seen.insert(*id)).cloned().collect()
}

fn samples(id: impl Strategy<Value = String> + Clone + 'static) -> impl Strategy<Value = Samples> {
    (1usize..4).prop_flat_map(move |tables| {
        let bag = prop::collection::vec(id.clone(), 0..5);
        prop::collection::vec(prop::collection::vec(bag, tables), 1..8)
    })
}

fn number() -> impl Strategy<Value = String> + Clone {
    prop_oneof![
        (0u64..6).prop_map(|n| n.to_string()),
        (u64::MAX - 3..=u64::MAX).prop_map(|n| n.to_string()),
        any::<u64>().prop_map(|n| n.to_string()),
    ]
}

fn text() -> impl Strategy<Value = String> + Clone {
    prop_oneof![number(), "[a-f0-9]{1,8}", "0{0,2}[0-9]{1,2}", "ä[a-z]{0,2}"]
}

fn comes_back(samples: &Samples) -> std::result::Result<(), TestCaseError> {
    let flat: Vec<(u16, Vec<String>)> = samples
        .iter()
        .flat_map(|sample| {
            sample
                .iter()
                .enumerate()
                .map(|(t, b)| (t as u16, b.clone()))
        })
        .collect();
    for (name, bytes, options) in files(samples) {
        let trace = parse(name, &bytes, &options).unwrap();
        prop_assert_eq!(&originals(&trace), &flat, "{}", name);
        let numbering = trace.numbering().unwrap();
        for table in 0..samples[0].len() {
            let listed = ids_of(numbering, table);
            prop_assert_eq!(listed, in_order(samples, table), "{}", name);
        }
        // Read again after its own list, nothing is new.
        let again = ReadOptions {
            renumber: Some(Renumber::After(numbering.clone())),
            ..options
        };
        let again = parse(name, &bytes, &again).unwrap();
        prop_assert_eq!(&again, &trace);
        prop_assert_eq!(&again.numbering().unwrap().tables, &numbering.tables);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn the_list_gives_numbers_of_every_format_back(samples in samples(number())) {
        comes_back(&samples)?;
    }

    #[test]
    fn the_list_gives_texts_of_every_format_back(samples in samples(text())) {
        comes_back(&samples)?;
    }

    /// A list is a prefix of the one that continues it, and written ones read back.
    #[test]
    fn lists_are_continued(first in samples(text()), second in samples(text())) {
        let folder = tempfile::tempdir().unwrap();
        let before = parse("t.jsonl", &jsonl(&first, false), &renumbering()).unwrap();
        let before = before.numbering().unwrap();
        let list = folder.path().join("new").join(format!("ids.{}", before.ending()));
        before.write(&list).unwrap();
        let options = ReadOptions {
            renumber: Some(Renumber::File(list.clone())),
            ..renumbering()
        };
        let trace = parse("t.jsonl", &jsonl(&second, true), &options);
        if before.tables.len() <= 1 && second[0].len() > 1 && trace.is_err() {
            // The list of one table says nothing about others.
            return Ok(());
        }
        let trace = trace.unwrap();
        let after = trace.numbering().unwrap();
        for table in 0..before.tables.len() {
            let (old, new) = (ids_of(before, table), ids_of(after, table));
            prop_assert_eq!(&new[..old.len()], &old[..]);
            prop_assert_eq!(after.given(table) as usize, old.len());
            let hash = before.table(table).hash(old.len() as u32);
            prop_assert_eq!(after.table(table).hash(old.len() as u32), hash);
        }
        let fresh = before.tables.len()..after.tables.len();
        prop_assert!(fresh.into_iter().all(|table| after.given(table) == 0));
        let text = folder.path().join("all.txt");
        after.write(&text).unwrap();
        prop_assert_eq!(&Numbering::read(&text).unwrap().tables, &after.tables);
    }
}

/// What a sample leaves out is in the list too, and numbers are those of the whole trace.
#[test]
fn a_sample_has_the_list_of_the_whole_trace() {
    let all: Samples = (0..600u64)
        .map(|i| vec![vec![(i * 1_000_003).to_string(); (i % 5) as usize]])
        .collect();
    let bound = MemoryBound {
        bytes: 20_000,
        per_lookup: 10,
        per_bag: 100,
        per_row: 1,
        per_row_by_rule: 1,
        seed: 1,
    };
    for (name, bytes, options) in files(&all) {
        let whole = parse(name, &bytes, &options).unwrap();
        let some = ReadOptions {
            memory: Some(bound),
            ..options
        };
        let some = parse(name, &bytes, &some).unwrap();
        let sample = some.sample().unwrap();
        assert!(some.len() < whole.len(), "{name}");
        assert_eq!(some.numbering(), whole.numbering());
        assert_eq!(some.inferred_rows(), whole.inferred_rows());
        let (part, all) = (originals(&some), originals(&whole));
        for (at, number) in sample.numbers().enumerate() {
            assert_eq!(part[at], all[number as usize]);
        }
    }
}

#[test]
fn a_table_has_a_row_for_each_id_of_its_list() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("ids.npy");
    let numbering = Numbering {
        tables: vec![TableIds::Numbers(vec![50, 7, 9]), TableIds::default()],
        given: vec![],
    };
    numbering.write(&list).unwrap();
    assert!(!list.exists() && Numbering::exists(&list));
    let options = ReadOptions {
        renumber: Some(Renumber::File(list)),
        ..renumbering()
    };
    let trace = parse("t.bags", b"7 80\n", &options).unwrap();
    assert_eq!(trace.bag(0), [1, 3]);
    assert_eq!(trace.inferred_rows(), [4, 1]);
    assert_eq!(
        (trace.shown(0, 3), trace.shown(0, 4)),
        ("80".to_owned(), "4".to_owned())
    );
    let e = trace.check_ids(&[3]).unwrap_err().to_string();
    assert!(
        e.ends_with(
            "t.bags:1: found id 80 in bag 0, expected an id below 3, the number of rows of table 0"
        ),
        "{e}"
    );
}

#[test]
fn numbers_and_their_digits_are_one_id() {
    let trace = parse("t.jsonl", b"[7, \"7\", \"07\", 7]\n", &renumbering()).unwrap();
    assert_eq!(trace.bag(0), [0, 0, 1, 0]);
    assert_eq!(trace.shown(0, 1), "`07`");
    let hash = trace.numbering().unwrap().table(0).hash(1).unwrap();
    let number = TableIds::Numbers(vec![7]);
    assert_eq!(Some(hash), number.hash(1));
    assert_eq!(number.hash(2), None);
    insta::assert_snapshot!(number.hash(1).unwrap().hash, @"blake3:dedc9531a3ea216ed967a15ede743b4e4d1e9181bf24204cdd6c316171daa2e8");
}

#[test]
fn what_gets_no_number_is_refused() {
    let told = |name: &str, text: &str| message(name, text.as_bytes(), &renumbering());
    insta::assert_snapshot!(told("t.bags", "1\n2 -1\n"), @"
    t.bags:2: found the negative id `-1`, expected a whole number from 0 to 18446744073709551615, or another text
    if it is padding, leave it out with --padding-idx; hashes of 64 bits that were saved as signed numbers become unsigned with `ids.astype(numpy.uint64)`
    ");
    insta::assert_snapshot!(told("t.bags", "a 1.5\n"), @r#"
    t.bags:1: found the fractional id `1.5`, expected a whole number from 0 to 18446744073709551615, or another text
    ids are whole numbers or other texts; pandas writes a column with empty cells as fractions: convert it with `.astype("Int64")`
    "#);
    insta::assert_snapshot!(told("t.bags", "a,b\n"), @"
    t.bags:1: found `a,b`, expected an id from 0 to 4294967294
    separate ids with blanks, not commas
    ");
    insta::assert_snapshot!(told("t.txt", "0:a 1:b:0.5\n"), @"
    t.txt:1: found `1:b:0.5`, expected a table and an id with a colon between (`0:5`)
    `--layout table:id` reads lines of a table and an id with a colon between; a bag is a line of ids (`5 7 9`), after its table if that is not 0 (`1: 5 7 9`)
    ");
    insta::assert_snapshot!(told("t.csv", "ids\n1.0\n"), @r#"
    t.csv:2: found `1.0` in column `ids`, expected a whole number from 0 to 18446744073709551615, or another text
    ids are whole numbers; pandas writes a column with empty cells as fractions: convert it with `.astype("Int64")`
    "#);
    insta::assert_snapshot!(told("t.jsonl", "[\"a\\nb\"]\n"), @r#"
    t.jsonl:1: found the string id `a\nb` (number 1 of the bag), expected a text of one line
    a list of ids has one on each line; replace the line break
    "#);
    insta::assert_snapshot!(told("t.jsonl", "[-3]\n"), @"
    t.jsonl:1: found the negative id `-3` (number 1 of the bag), expected a whole number from 0 to 18446744073709551615, or another text
    if it is padding, leave it out with --padding-idx; hashes of 64 bits that were saved as signed numbers become unsigned with `ids.astype(numpy.uint64)`
    ");
}

/// Errors about ids that are no rows say what renumbering would do.
#[test]
fn errors_about_ids_that_are_no_rows_name_the_way_out() {
    let lines: String = (0..200u64)
        .map(|i| format!("{} {}\n", 1_000_000_199 - i, i << 40 | 5))
        .collect();
    let options = ReadOptions::default();
    insta::assert_snapshot!(message("t.bags", lines.as_bytes(), &options), @"
    t.bags:2: found `1099511627781`, which is too large, expected an id from 0 to 4294967294
    ids are rows of a table, counted from 0; 400 distinct ids, highest 218802813927429: `--renumber` gives them the numbers 0 to 399
    ");
    insta::assert_snapshot!(message("t.jsonl", b"[\"a\", \"b\", \"a\"]\n", &options), @"
    t.jsonl:1: found the string id `a` (number 1 of the bag), expected an id from 0 to 4294967294
    ids are rows of a table, counted from 0; 2 distinct ids: `--renumber` gives them the numbers 0 to 1
    ");
    insta::assert_snapshot!(message("t.txt", b"0:5000000000 1:7\n0:5 1:8\n", &options), @"
    t.txt:1: found `0:5000000000`, a large id, expected an id from 0 to 4294967294
    ids are rows of a table, counted from 0; 4 distinct ids in 2 tables, highest 5000000000: `--renumber` numbers those of each table from 0
    ");
    // Where other things are wrong too, the first is told.
    insta::assert_snapshot!(message("t.bags", b"5000000000\n-1\n", &options), @"
    t.bags:1: found `5000000000`, which is too large, expected an id from 0 to 4294967294
    ids are rows of a table, counted from 0; `--renumber` gives larger ids the numbers of rows
    ");
}

#[test]
fn bad_lists_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let told = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let e = Numbering::read(&path).unwrap_err();
        std::fs::remove_file(&path).unwrap();
        let text = format!("{e}\n{}", e.help().unwrap_or(""));
        text.replace(&format!("{}/", folder.path().display()), "")
    };
    let npy = |descr: &str, shape: &[u64], values: &[i64]| {
        let mut bytes = Vec::new();
        crate::formats::npy::write_header(&mut bytes, descr, shape).unwrap();
        bytes.extend(values.iter().flat_map(|v| v.to_le_bytes()));
        bytes
    };
    insta::assert_snapshot!(told("a.npy", &npy("<i8", &[3], &[5, 6, 5])), @"
    a.npy: found id 5 at the positions 0 and 2, expected each id once
    an id has one number: remove the second, and learn again what was learned with the list
    ");
    insta::assert_snapshot!(told("a.npy", &npy("<i8", &[2], &[5, -6])), @"
    a.npy: found the negative id -6 at position 1, expected ids from 0
    an unsigned list is `ids.astype(numpy.uint64)`
    ");
    insta::assert_snapshot!(told("a.npy", &npy("<f8", &[2], &[5, 6])), @"
    a.npy: found float64 of shape (2,), expected a 1-D array of integers: the original ids in the order of their numbers
    `recross trace convert --renumber` writes such a list; texts go to a .txt
    ");
    insta::assert_snapshot!(told("a.npy", &npy("<u8", &[2, 1], &[5, 6])), @"
    a.npy: found uint64 of shape (2, 1), expected a 1-D array of integers: the original ids in the order of their numbers
    `recross trace convert --renumber` writes such a list; texts go to a .txt
    ");
    insta::assert_snapshot!(told("a.txt", b"x\ny\r\nx\n"), @"
    a.txt:3: found the id of line 1 again, expected each id once
    an id has one number: remove the second, and learn again what was learned with the list
    ");
    insta::assert_snapshot!(told("a.txt", b"\xff\n"), @"
    a.txt: found bytes that are no text in UTF-8, expected an id a line
    `recross trace convert --renumber` writes such a list; numbers may be a .npy
    ");
    insta::assert_snapshot!(told("a.ids", b"x\n"), @"
    argument --ids: found `a.ids`, expected a name that ends in .npy, or in .txt
    a .npy holds numbers; a .txt holds an id a line
    ");
    let both = Numbering {
        tables: vec![TableIds::Texts(vec!["7".into(), "x".into()])],
        given: vec![],
    };
    let e = both.write(Path::new("a.npy")).unwrap_err();
    insta::assert_snapshot!(format!("{e}\n{}", e.help().unwrap()), @"
    argument --ids: found `a.npy` for ids that are no numbers, such as `x`, expected a name that ends in .txt
    a .npy holds numbers only
    ");
    std::fs::write(folder.path().join("a.0.txt"), "x").unwrap();
    insta::assert_snapshot!(told("a.txt", b"x\n"), @"
    argument --ids: found both a.txt and a.0.txt, expected a list of one table, or one for each of several
    remove those that do not belong to the trace
    ");
}
