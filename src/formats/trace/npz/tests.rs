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
    table-batched offsets have length tables * bags + 1; check `embedding.tables`
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
    each offset is the start of a bag in `indices`
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
    if these are the lengths of the bags, pass their running sum
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
    with include_last_offset the last offset is the end of the last bag
    ");
}

#[test]
fn bad_indices_are_refused() {
    insta::assert_snapshot!(message(&both(&[5, -6], &[0])), @"
    t.npz: key `indices`: found -6 at position 1, expected an id from 0 to 4294967294
    ids are rows of a table, counted from 0; remove padding
    ");
    insta::assert_snapshot!(message(&both(&[1 << 40], &[0])), @"
    t.npz: key `indices`: found 1099511627776 at position 0, expected an id from 0 to 4294967294
    ids are rows of a table, counted from 0; remove padding
    ");
    let huge = npz(&[("indices", list(&[u64::MAX])), ("offsets", list(&[0i64]))]);
    insta::assert_snapshot!(message(&huge), @"
    t.npz: key `indices`: found 9223372036854775807 at position 0, expected an id from 0 to 4294967294
    ids are rows of a table, counted from 0; remove padding
    ");
}

#[test]
fn arrays_of_another_kind_are_refused() {
    let offsets = || ("offsets", list(&[0i64]));
    let with = |indices: Vec<u8>| message(&npz(&[("indices", indices), offsets()]));
    insta::assert_snapshot!(message(&npz(&[("ids", list(&[1i64])), offsets()])), @"
    t.npz: key `indices`: found no such array (the file has ids, offsets), expected an array `indices`
    save it with `numpy.savez(path, indices=..., offsets=...)`
    ");
    insta::assert_snapshot!(message(&npz(&[("indices", list(&[1i64]))])), @"
    t.npz: key `offsets`: found no such array (the file has indices), expected an array `offsets`
    save it with `numpy.savez(path, indices=..., offsets=...)`
    ");
    insta::assert_snapshot!(message(&npz(&[])), @"
    t.npz: key `indices`: found no array, expected an array `indices`
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
    t.npz: key `per_sample_weights`: found weights of lookups, expected `indices` and `offsets` only
    the reduction sums rows without weights; remove the array if it is all ones
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
