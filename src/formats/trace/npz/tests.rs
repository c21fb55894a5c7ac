//! Reading archives that other libraries wrote, and damaged archives.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::super::{ReadOptions, Trace};
use crate::error::Result;
use npyz::WriterBuilder;
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;

/// An `.npy` array, written by another library.
fn npy<T: npyz::Serialize + npyz::AutoSerialize + Copy>(shape: &[u64], data: &[T]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = npyz::WriteOptions::new()
        .default_dtype()
        .shape(shape)
        .writer(&mut bytes)
        .begin_nd()
        .unwrap();
    writer.extend(data.iter().copied()).unwrap();
    writer.finish().unwrap();
    bytes
}

fn list<T: npyz::Serialize + npyz::AutoSerialize + Copy>(data: &[T]) -> Vec<u8> {
    npy(&[data.len() as u64], data)
}

fn npz(arrays: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in arrays {
        let options = SimpleFileOptions::default();
        zip.start_file(format!("{name}.npy"), options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn parse(bytes: &[u8], options: &ReadOptions) -> Result<Trace> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.npz");
    std::fs::write(&path, bytes).unwrap();
    crate::formats::trace::read(&path, options)
}

fn message(bytes: &[u8]) -> String {
    message_with(bytes, &ReadOptions::default())
}

fn message_with(bytes: &[u8], options: &ReadOptions) -> String {
    let e = parse(bytes, options).unwrap_err();
    let place = e.to_string();
    let (_, rest) = place.split_once("t.npz").unwrap();
    format!("t.npz{rest}\n{}", e.help().unwrap_or(""))
}

fn both(indices: &[i64], offsets: &[i64]) -> Vec<u8> {
    npz(&[("indices", list(indices)), ("offsets", list(offsets))])
}

#[test]
fn embedding_bag_offsets_with_and_without_the_last() {
    let lists = |l: &[&[u32]]| {
        let bags: Vec<(u16, Vec<u32>)> = l.iter().map(|ids| (0, ids.to_vec())).collect();
        Trace::from_lists(&bags).unwrap()
    };
    let auto = ReadOptions::default();
    let with = |last| ReadOptions {
        include_last_offset: Some(last),
        ..ReadOptions::default()
    };
    let expected = lists(&[&[5, 6], &[], &[7]]);
    let file = both(&[5, 6, 7], &[0, 2, 2]);
    assert_eq!(parse(&file, &auto).unwrap(), expected);
    assert_eq!(parse(&file, &with(false)).unwrap(), expected);
    let file = both(&[5, 6, 7], &[0, 2, 2, 3]);
    assert_eq!(parse(&file, &auto).unwrap(), expected);
    assert_eq!(parse(&file, &with(true)).unwrap(), expected);
    let open = lists(&[&[5, 6], &[], &[7], &[]]);
    assert_eq!(parse(&file, &with(false)).unwrap(), open);
    let types = npz(&[
        ("offsets", list(&[0i32, 2, 2])),
        ("indices", list(&[5u8, 6, 7])),
        ("other", list(&[1.5f32])),
    ]);
    assert_eq!(parse(&types, &auto).unwrap(), expected);
}

#[test]
fn table_batched_bags_come_out_sample_by_sample() {
    // Table 0: [1,2] and []; table 1: [3] and [4,5,6]. Table-major.
    let file = both(&[1, 2, 3, 4, 5, 6], &[0, 2, 2, 3, 6]);
    let options = ReadOptions {
        tables: 2,
        ..ReadOptions::default()
    };
    let expected = [
        (0, vec![1, 2]),
        (1, vec![3]),
        (0, vec![]),
        (1, vec![4, 5, 6]),
    ];
    assert_eq!(
        parse(&file, &options).unwrap(),
        Trace::from_lists(&expected).unwrap()
    );
    insta::assert_snapshot!(message_with(&both(&[1, 2], &[0, 1, 1, 2]), &options), @"
    t.npz: key `offsets`: found 4 offsets, expected a multiple of 2 (tables) plus one
    table-batched offsets have length tables * bags + 1; check --tables, --table and `embedding.tables`
    ");
    insta::assert_snapshot!(message_with(&both(&[1, 2], &[0, 1, 1]), &options), @"
    t.npz: key `offsets`: found 1 as the last offset, expected 2, the number of indices
    table-batched offsets end with the end of the last bag
    ");
}

#[test]
fn bad_offsets_are_refused() {
    insta::assert_snapshot!(message(&both(&[5, 6], &[0, 2, 1])), @"
    t.npz: key `offsets`: found 1 after 2 at position 2, expected offsets that never decrease
    each offset is the start of a bag in `indices`; name lengths `lengths`
    ");
    insta::assert_snapshot!(message(&both(&[5, 6], &[0, 3])), @"
    t.npz: key `offsets`: found 3 at position 1, expected an offset from 0 to 2, the number of indices
    check that `indices` and `offsets` belong together
    ");
    insta::assert_snapshot!(message(&both(&[5, 6], &[0, -1])), @"
    t.npz: key `offsets`: found -1 at position 1, expected an offset from 0 to 2, the number of indices
    check that `indices` and `offsets` belong together
    ");
    insta::assert_snapshot!(message(&both(&[5, 6], &[1, 2])), @"
    t.npz: key `offsets`: found 1 at position 0, expected 0, the start of the first bag
    if these are the lengths of the bags, name the array `lengths`
    ");
    insta::assert_snapshot!(message(&both(&[5, 6], &[])), @"
    t.npz: key `offsets`: found no offset, expected at least one
    a trace without bags has one offset, 0
    ");
    let options = ReadOptions {
        include_last_offset: Some(true),
        ..ReadOptions::default()
    };
    insta::assert_snapshot!(message_with(&both(&[5, 6], &[0, 1]), &options), @"
    t.npz: key `offsets`: found 1 as the last offset, expected 2, the number of indices
    with --include-last-offset true the last offset is the end of the last bag
    ");
}

#[test]
fn bad_indices_are_refused() {
    insta::assert_snapshot!(message(&both(&[5, -6], &[0])), @"
    t.npz: key `indices`: found -6 at position 1, expected an id from 0 to 4294967294
    ids are rows of a table, counted from 0; if it is padding, leave it out with --padding-idx
    ");
    insta::assert_snapshot!(message(&both(&[1 << 40], &[0])), @"
    t.npz: key `indices`: found 1099511627776 at position 0, expected an id from 0 to 4294967294
    ids are rows of a table, counted from 0; 1 distinct id, highest 1099511627776: `--renumber` gives it the number 0
    ");
    let huge = npz(&[("indices", list(&[u64::MAX])), ("offsets", list(&[0i64]))]);
    insta::assert_snapshot!(message(&huge), @"
    t.npz: key `indices`: found 18446744073709551615 at position 0, expected an id from 0 to 4294967294
    ids are rows of a table, counted from 0; 1 distinct id, highest 18446744073709551615: `--renumber` gives it the number 0
    ");
}

#[test]
fn arrays_of_another_kind_are_refused() {
    let offsets = || ("offsets", list(&[0i64]));
    let with = |indices: Vec<u8>| message(&npz(&[("indices", indices), offsets()]));
    insta::assert_snapshot!(message(&npz(&[("ids", list(&[1i64])), offsets()])), @"
    t.npz: key `indices`: found no such array (the file has ids, offsets), expected an array `indices` (or `values`)
    save it with `numpy.savez(path, indices=..., offsets=...)`
    ");
    insta::assert_snapshot!(message(&npz(&[("indices", list(&[1i64]))])), @"
    t.npz: key `offsets`: found no such array (the file has indices), expected an array `offsets` or `lengths`
    save it with `numpy.savez(path, indices=..., offsets=...)`
    ");
    insta::assert_snapshot!(message(&npz(&[])), @"
    t.npz: key `indices`: found no array, expected an array `indices` (or `values`)
    save it with `numpy.savez(path, indices=..., offsets=...)`
    ");
    insta::assert_snapshot!(with(npy(&[2, 1], &[1i64, 2])), @"
    t.npz: key `indices`: found an array of shape (2, 1), expected a 1-D array
    pass the ids of all bags in one array, with offsets; for 2-D indices (bags of equal size) use `indices.reshape(-1)` with offsets `arange(0, B * L + 1, L)`
    ");
    insta::assert_snapshot!(with(list(&[1.0f32])), @"
    t.npz: key `indices`: found float32 elements, expected an integer array
    convert it with `.astype(numpy.int64)`
    ");
    insta::assert_snapshot!(with(list(&[true])), @"
    t.npz: key `indices`: found type |b1 elements, expected an integer array
    convert it with `.astype(numpy.int64)`
    ");
    insta::assert_snapshot!(with(b"no array".to_vec()), @"
    t.npz: key `indices`: found other data, expected an `.npy` array
    write it with `numpy.save`
    ");
    let whole = list(&[1i64, 2]);
    insta::assert_snapshot!(with(whole[..whole.len() - 3].to_vec()), @"
    t.npz: key `indices`: found 1 elements, expected 2, the number in the header
    the file is truncated; write or copy it again
    ");
    insta::assert_snapshot!(with([&whole[..], b"xxxxxxxx"].concat()), @"
    t.npz: key `indices`: found more than 2 elements, expected 2, the number in the header
    write it again with `numpy.save`
    ");
    let mut claim = Vec::new();
    crate::formats::npy::write_header(&mut claim, "<i8", &[1 << 60]).unwrap();
    insta::assert_snapshot!(with(claim), @"
    t.npz: key `indices`: found 1152921504606846976 elements in a file of 381 bytes, expected no more than the file can hold
    the file is damaged; write it again
    ");
    let weighted = npz(&[
        ("indices", list(&[1i64])),
        offsets(),
        ("per_sample_weights", list(&[1.0f32])),
    ]);
    insta::assert_snapshot!(message(&weighted), @"
    t.npz: key `per_sample_weights`: found weights of lookups, expected ids with `offsets` or `lengths` only
    the reduction sums rows as they are, and weights would need a multiplication for each lookup; remove the array if it is all ones
    ");
}

#[test]
fn archives_that_were_cut_off_or_damaged_are_refused() {
    let whole = both(&[5, 6, 7], &[0, 2]);
    insta::assert_snapshot!(message(&whole[..whole.len() / 2]), @"
    t.npz: found a damaged or truncated zip archive, expected a complete `.npz` archive
    write it with `numpy.savez` or `numpy.savez_compressed`, or copy it again
    ");
    for cut in 0..whole.len() {
        assert!(
            parse(&whole[..cut], &ReadOptions::default()).is_err(),
            "{cut}"
        );
    }
    let mut refused = 0;
    for at in 0..whole.len() {
        let mut bad = whole.clone();
        bad[at] ^= 0x10;
        refused += u32::from(parse(&bad, &ReadOptions::default()).is_err());
    }
    assert!(refused > 100, "{refused}");
}

/// Keeps the notes of a job.
#[derive(Default)]
struct Notes(std::sync::Mutex<Vec<String>>);

impl crate::progress::Progress for Notes {
    fn step(&self, _: &'static str, _: u64, _: u64) -> Result<()> {
        Ok(())
    }

    fn note(&self, text: &str) {
        let text = text.split_once("t.npz: ").unwrap().1;
        self.0.lock().unwrap().push(text.to_owned());
    }
}

/// The bags of an archive, and the notes of reading it.
fn noted(bytes: &[u8], options: &ReadOptions) -> (Vec<(u16, Vec<u32>)>, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.npz");
    std::fs::write(&path, bytes).unwrap();
    let notes = Notes::default();
    let trace = crate::formats::trace::read_with(&path, options, &notes).unwrap();
    let bags = trace.iter().map(|(t, ids)| (t, ids.to_vec())).collect();
    (bags, notes.0.into_inner().unwrap().join("\n"))
}

fn tables(tables: usize) -> ReadOptions {
    ReadOptions {
        tables,
        ..ReadOptions::default()
    }
}

#[test]
fn what_was_guessed_is_said() {
    let closed = both(&[5, 6, 7], &[0, 2, 3]);
    let open = both(&[5, 6, 7], &[0, 2, 2]);
    insta::assert_snapshot!(noted(&closed, &tables(0)).1, @"
    the last of 3 offsets equals the number of indices and was taken for the end of the last bag (2 bags); --include-last-offset false takes it for the start of one more, empty bag
    read as 2 bags of one table; if they are of T tables, one table after the other, give --tables T
    ");
    insta::assert_snapshot!(noted(&open, &tables(0)).1, @"read as 3 bags of one table; if they are of T tables, one table after the other, give --tables T");
    assert_eq!(noted(&open, &tables(1)).1, "");
    // What is said is not guessed.
    for last in [true, false] {
        let options = ReadOptions {
            include_last_offset: Some(last),
            ..tables(1)
        };
        assert_eq!(noted(&closed, &options).1, "", "{last}");
    }
    let batched = both(&[5, 6, 7], &[0, 1, 3]);
    assert_eq!(
        noted(&batched, &tables(2)),
        (vec![(0, vec![5]), (1, vec![6, 7])], String::new())
    );
}

#[test]
fn lengths_stand_beside_offsets_or_alone() {
    let lengths = |l: &[i64]| ("lengths", list(l));
    let offsets = |o: &[i64]| ("offsets", list(o));
    let ids = |name| (name, list(&[5i64, 6, 7]));
    let expected = vec![(0, vec![5, 6]), (0, vec![]), (0, vec![7])];
    for arrays in [
        vec![ids("indices"), lengths(&[2, 0, 1])],
        vec![ids("values"), lengths(&[2, 0, 1])],
        vec![ids("indices"), lengths(&[2, 0, 1]), offsets(&[0, 2, 2])],
        vec![ids("values"), lengths(&[2, 0, 1]), offsets(&[0, 2, 2, 3])],
    ] {
        assert_eq!(
            noted(&npz(&arrays), &tables(1)),
            (expected.clone(), String::new())
        );
    }
    // Offsets alone would be two bags here.
    let three = npz(&[ids("indices"), lengths(&[2, 1, 0]), offsets(&[0, 2, 3])]);
    assert_eq!(noted(&three, &tables(1)).0.len(), 3);

    let bad = |arrays: &[(&str, Vec<u8>)]| message(&npz(arrays));
    insta::assert_snapshot!(bad(&[ids("indices"), lengths(&[2, 1]), offsets(&[0, 1])]), @"
    t.npz: key `lengths`: found 2 at position 0, expected 1, as `offsets` has it
    `lengths` and `offsets` describe the same bags; remove the one that is wrong
    ");
    insta::assert_snapshot!(bad(&[ids("indices"), lengths(&[2, 1]), offsets(&[0, 2, 2, 3])]), @"
    t.npz: key `lengths`: found 2 lengths beside 4 offsets, expected 2 or 3 offsets
    `lengths` and `offsets` describe the same bags; remove the one that is wrong
    ");
    insta::assert_snapshot!(bad(&[ids("indices"), lengths(&[2, 2])]), @"
    t.npz: key `lengths`: found 2 at position 1, which makes 4 lookups so far, expected lengths that add up to 3, the number of indices
    check that `indices` and `lengths` belong together
    ");
    insta::assert_snapshot!(bad(&[ids("values"), lengths(&[2])]), @"
    t.npz: key `lengths`: found lengths that add up to 2, expected 3, the number of values
    check that `values` and `lengths` belong together
    ");
    insta::assert_snapshot!(bad(&[ids("indices"), lengths(&[4, -1])]), @"
    t.npz: key `lengths`: found 4 at position 0, which makes 4 lookups so far, expected lengths that add up to 3, the number of indices
    check that `indices` and `lengths` belong together
    ");
    insta::assert_snapshot!(bad(&[ids("indices"), lengths(&[2, -1])]), @"
    t.npz: key `lengths`: found -1 at position 1, expected the number of lookups of a bag
    check that `indices` and `lengths` belong together
    ");
    insta::assert_snapshot!(bad(&[ids("indices"), ids("values"), lengths(&[3])]), @"
    t.npz: key `values`: found both `indices` and `values`, expected one array of ids
    remove one of them; recross reads no other meaning into `values`
    ");
}

#[test]
fn a_keyed_jagged_tensor_has_a_table_for_each_key() {
    // Keys a and b of two samples: a: [1,2] and [], b: [3] and [4].
    let names = [*b"a\0\0\0", *b"b\0\0\0"].concat();
    let mut keys = Vec::new();
    crate::formats::npy::write_header(&mut keys, "<U1", &[2]).unwrap();
    keys.extend(names);
    let file = npz(&[
        ("keys", keys),
        ("values", list(&[1i64, 2, 3, 4])),
        ("lengths", list(&[2i32, 0, 1, 1])),
    ]);
    let expected = [(0, vec![1, 2]), (1, vec![3]), (0, vec![]), (1, vec![4])];
    for options in [tables(0), tables(2)] {
        assert_eq!(noted(&file, &options), (expected.to_vec(), String::new()));
    }
    insta::assert_snapshot!(message_with(&file, &tables(4)), @"
    t.npz: key `keys`: found 2 keys, expected 4, the number of tables
    a key is a table; check --tables, --table and `embedding.tables`
    ");
    let odd = npz(&[("values", list(&[1i64])), ("lengths", list(&[1i64]))]);
    insta::assert_snapshot!(message_with(&odd, &tables(2)), @"
    t.npz: key `lengths`: found 1 lengths, expected a multiple of 2 (tables)
    table-batched lengths are tables * bags; check --tables, --table and `embedding.tables`
    ");
}

#[test]
fn two_axes_have_a_help_of_their_own() {
    let ids = || ("indices", list(&[1i64, 2]));
    let two = |name: &'static str| npz(&[ids(), (name, npy(&[2, 1], &[0i64, 1]))]);
    insta::assert_snapshot!(message(&two("offsets")), @"
    t.npz: key `offsets`: found an array of shape (2, 1), expected a 1-D array
    give one list of starts for all bags; where each row is a table (DLRM's `lS_o`), save the number of lookups of each bag as `lengths`, one table after the other, with the indices in the same order, and give --tables
    ");
    insta::assert_snapshot!(message(&two("lengths")), @"
    t.npz: key `lengths`: found an array of shape (2, 1), expected a 1-D array
    where each row is a table, save `lengths.reshape(-1)`, and give --tables (their number)
    ");
}

#[test]
fn padding_is_left_out_and_its_bags_stay() {
    let file = both(&[0, 5, 0, 0, -1, 7], &[0, 2, 4]);
    let options = |id| ReadOptions {
        padding_idx: Some(id),
        include_last_offset: Some(false),
        ..tables(1)
    };
    let fives = both(&[0, 5, 0, 0, 7], &[0, 2, 4]);
    assert_eq!(
        noted(&fives, &options(0)),
        (
            vec![(0, vec![5]), (0, vec![]), (0, vec![7])],
            "left out 3 lookups of the padding id 0".to_owned()
        )
    );
    assert_eq!(noted(&file, &options(-1)).0[2], (0, vec![7]));
    insta::assert_snapshot!(message_with(&file, &options(0)), @"
    t.npz: key `indices`: found -1 at position 4, expected an id from 0 to 4294967294
    ids are rows of a table, counted from 0; if it is padding, leave it out with --padding-idx
    ");
    assert_eq!(
        noted(&fives, &options(9)).1,
        "no lookup has the id 9 of --padding-idx"
    );
    // A sample knows the whole trace without its padding.
    let bounded = ReadOptions {
        memory: Some(crate::formats::trace::MemoryBound {
            bytes: 1,
            per_lookup: 1,
            per_bag: 1,
            per_row: 1,
            per_row_by_rule: 1,
            seed: 1,
        }),
        ..options(0)
    };
    let part = parse(&fives, &bounded).unwrap();
    assert_eq!(part.sample().unwrap().of_lookups, 2);
}

#[test]
fn unknown_compression_methods_are_named() {
    let whole = both(&[5, 6, 7], &[0, 2]);
    for (method, name) in [(12u16, "12 (bzip2)"), (93, "93 (Zstandard)"), (4, "4")] {
        let mut bytes = whole.clone();
        // The method stands in each local header and in the list at the end.
        for (magic, at) in [(b"PK\x03\x04", 8), (b"PK\x01\x02", 10)] {
            for start in 0..bytes.len() - 4 {
                if &bytes[start..start + 4] == magic {
                    bytes[start + at..start + at + 2].copy_from_slice(&method.to_le_bytes());
                }
            }
        }
        assert_eq!(
            message(&bytes),
            format!(
                "t.npz: found zip compression method {name}, expected stored or deflated arrays\n\
                 write it with `numpy.savez` or `numpy.savez_compressed`"
            )
        );
    }
}
