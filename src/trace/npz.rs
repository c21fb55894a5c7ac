//! The `.npz` form: `indices` and `offsets` as `torch.nn.EmbeddingBag` and FBGEMM's table-batched
//! embeddings take them.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use zip::ZipArchive;
use zip::result::ZipError;

use super::{MAX_ID, ReadOptions, Trace, TraceBuilder};
use crate::error::{At, Error, Result};
use crate::npy::{self, Kind, Place};

type Archive = ZipArchive<BufReader<File>>;

/// Deflate cannot shrink more than this; a larger claim about an array's size is not believed.
const MAX_DEFLATE_RATIO: u64 = 1032;

/// Reads both arrays and cuts the indices into bags.
pub(super) fn read(path: &Path, file: BufReader<File>, options: &ReadOptions) -> Result<Trace> {
    let size = file.get_ref().metadata().map_or(0, |m| m.len());
    let mut archive = ZipArchive::new(file).map_err(|e| zip_error(path, e))?;
    let names = array_names(&archive);
    for weights in ["per_sample_weights", "weights"] {
        if names.iter().any(|n| n == weights) {
            return Err(Error::input(
                path,
                At::Key(weights.to_owned()),
                "weights of lookups",
                "`indices` and `offsets` only",
                "the reduction sums rows without weights; leave the array out if it is all ones",
            ));
        }
    }
    let mut indices: Vec<u32> = Vec::new();
    array(
        &mut archive,
        path,
        size,
        "indices",
        &names,
        |place, at, value| {
            match u32::try_from(value) {
                Ok(id) if id <= MAX_ID => indices.push(id),
                _ => {
                    return Err(place.error(
                        format!("{value} at position {at}"),
                        format!("an id from 0 to {MAX_ID}"),
                        "ids are rows of a table, counted from 0; leave padding out",
                    ));
                }
            }
            Ok(())
        },
    )?;
    let count = indices.len() as u64;
    let mut offsets: Vec<u64> = Vec::new();
    array(
        &mut archive,
        path,
        size,
        "offsets",
        &names,
        |place, at, value| {
            let last = offsets.last().copied();
            match u64::try_from(value) {
                Ok(offset) if offset <= count && last.is_none_or(|l| l <= offset) => {
                    offsets.push(offset);
                    Ok(())
                }
                Ok(offset) if offset <= count => Err(place.error(
                    format!("{value} after {} at position {at}", last.unwrap_or(0)),
                    "offsets that never decrease",
                    "each offset is the start of a bag in `indices`",
                )),
                _ => Err(place.error(
                    format!("{value} at position {at}"),
                    format!("an offset from 0 to {count}, the number of indices"),
                    "check that `indices` and `offsets` belong together",
                )),
            }
        },
    )?;
    let place = Place {
        path,
        array: Some("offsets"),
    };
    match offsets.first() {
        None => {
            return Err(place.error(
                "no offset",
                "at least one",
                "a trace without bags has the one offset 0",
            ));
        }
        Some(&first) if first != 0 => {
            return Err(place.error(
                format!("{first} at position 0"),
                "0, the start of the first bag",
                "if these are the lengths of the bags, pass their running sum",
            ));
        }
        Some(_) => {}
    }
    if options.tables > 1 {
        return table_batched(place, &indices, &offsets, options.tables);
    }
    let ends_with_last = offsets.last() == Some(&count);
    match options.include_last_offset {
        Some(true) if !ends_with_last => {
            return Err(place.error(
                format!("{} as the last offset", offsets[offsets.len() - 1]),
                format!("{count}, the number of indices"),
                "with include_last_offset the last offset is the end of the last bag",
            ));
        }
        Some(true) => {}
        None if ends_with_last => {}
        Some(false) | None => offsets.push(count),
    }
    let mut builder = TraceBuilder::new(path);
    for bag in offsets.windows(2) {
        builder.extend(&indices[bag[0] as usize..bag[1] as usize]);
        builder.end_bag(0, None);
    }
    Ok(builder.finish())
}

/// Table-major offsets of `tables * bags + 1`, turned into sample-major bags.
fn table_batched(
    place: Place<'_>,
    indices: &[u32],
    offsets: &[u64],
    tables: usize,
) -> Result<Trace> {
    if tables > usize::from(u16::MAX) {
        return Err(Error::argument(
            "tables",
            tables.to_string(),
            format!("at most {}", u16::MAX),
            "",
        ));
    }
    if !(offsets.len() - 1).is_multiple_of(tables) {
        return Err(place.error(
            format!("{} offsets", offsets.len()),
            format!("a multiple of {tables} (tables) and one"),
            "table-batched offsets have length tables * bags + 1; check `embedding.tables`",
        ));
    }
    if offsets.last() != Some(&(indices.len() as u64)) {
        return Err(place.error(
            format!("{} as the last offset", offsets[offsets.len() - 1]),
            format!("{}, the number of indices", indices.len()),
            "table-batched offsets end with the end of the last bag",
        ));
    }
    let samples = (offsets.len() - 1) / tables;
    let mut builder = TraceBuilder::new(place.path);
    for sample in 0..samples {
        for table in 0..tables {
            let bag = table * samples + sample;
            builder.extend(&indices[offsets[bag] as usize..offsets[bag + 1] as usize]);
            builder.end_bag(table as u16, None);
        }
    }
    Ok(builder.finish())
}

fn array_names(archive: &Archive) -> Vec<String> {
    let mut names: Vec<String> = archive
        .file_names()
        .filter_map(|name| Some(name.ok()?.strip_suffix(".npy")?.to_owned()))
        .collect();
    names.sort();
    names
}

fn zip_error(path: &Path, e: ZipError) -> Error {
    let found = match e {
        ZipError::Io(e) if e.raw_os_error().is_some() => return Error::io("read", path)(e),
        ZipError::UnsupportedArchive(what) => format!("an unsupported zip archive ({what})"),
        ZipError::InvalidPassword => "an encrypted zip archive".to_owned(),
        ZipError::CompressionMethodNotSupported(n) => format!("zip compression method {n}"),
        _ => "a zip archive that is damaged or cut off".to_owned(),
    };
    Error::input(
        path,
        At::File,
        found,
        "a complete `.npz` archive",
        "write it with `numpy.savez` or `numpy.savez_compressed`, or copy it again",
    )
}

/// Feeds each element of a 1-D integer array, with its position, to `each`.
fn array(
    archive: &mut Archive,
    path: &Path,
    file_size: u64,
    name: &str,
    names: &[String],
    mut each: impl FnMut(Place<'_>, u64, i64) -> Result<()>,
) -> Result<()> {
    let place = Place {
        path,
        array: Some(name),
    };
    if !names.iter().any(|n| n == name) {
        let there = match names {
            [] => "no array at all".to_owned(),
            names => format!("only {}", names.join(", ")),
        };
        return Err(place.error(
            there,
            format!("an array `{name}`"),
            "save it with `numpy.savez(path, indices=..., offsets=...)`",
        ));
    }
    let mut entry = archive
        .by_name(&format!("{name}.npy"))
        .map_err(|e| zip_error(path, e))?;
    let header = npy::read_header(&mut entry, place)?;
    let &[count] = header.shape.as_slice() else {
        return Err(place.error(
            format!("an array of shape {}", header.shape_text()),
            "a 1-D array",
            "pass ids of all bags one after another, with offsets; a 2-D input of fixed bags \
             is `indices.reshape(-1)` with offsets `arange(0, B * L + 1, L)`",
        ));
    };
    let dtype = match header.dtype {
        Some(d) if d.kind != Kind::Float => d,
        _ => {
            return Err(place.error(
                format!("{} elements", header.type_name()),
                "an integer array",
                "convert it with `.astype(numpy.int64)`",
            ));
        }
    };
    let most = file_size.saturating_mul(MAX_DEFLATE_RATIO);
    if count.saturating_mul(dtype.size as u64) > most {
        return Err(place.error(
            format!("{count} elements in a file of {file_size} bytes"),
            "as many as the file can hold",
            "the file is damaged; write it again",
        ));
    }
    let mut at = 0u64;
    npy::for_each_element(&mut entry, place, dtype, count, |word| {
        let value = npy::integer(word, dtype).unwrap_or(i64::MAX);
        each(place, at, value)?;
        at += 1;
        Ok(())
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use npyz::WriterBuilder;
    use std::io::{Cursor, Write};
    use zip::write::SimpleFileOptions;

    /// An array written by another library.
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
        super::super::read(&path, options)
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
        t.npz: key `offsets`: found 4 offsets, expected a multiple of 2 (tables) and one
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
        a trace without bags has the one offset 0
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
        ids are rows of a table, counted from 0; leave padding out
        ");
        insta::assert_snapshot!(message(&both(&[1 << 40], &[0])), @"
        t.npz: key `indices`: found 1099511627776 at position 0, expected an id from 0 to 4294967294
        ids are rows of a table, counted from 0; leave padding out
        ");
        let huge = npz(&[("indices", list(&[u64::MAX])), ("offsets", list(&[0i64]))]);
        insta::assert_snapshot!(message(&huge), @"
        t.npz: key `indices`: found 9223372036854775807 at position 0, expected an id from 0 to 4294967294
        ids are rows of a table, counted from 0; leave padding out
        ");
    }

    #[test]
    fn arrays_of_another_kind_are_refused() {
        let offsets = || ("offsets", list(&[0i64]));
        let with = |indices: Vec<u8>| message(&npz(&[("indices", indices), offsets()]));
        insta::assert_snapshot!(message(&npz(&[("ids", list(&[1i64])), offsets()])), @"
        t.npz: key `indices`: found only ids, offsets, expected an array `indices`
        save it with `numpy.savez(path, indices=..., offsets=...)`
        ");
        insta::assert_snapshot!(message(&npz(&[("indices", list(&[1i64]))])), @"
        t.npz: key `offsets`: found only indices, expected an array `offsets`
        save it with `numpy.savez(path, indices=..., offsets=...)`
        ");
        insta::assert_snapshot!(message(&npz(&[])), @"
        t.npz: key `indices`: found no array at all, expected an array `indices`
        save it with `numpy.savez(path, indices=..., offsets=...)`
        ");
        insta::assert_snapshot!(with(npy(&[2, 1], &[1i64, 2])), @"
        t.npz: key `indices`: found an array of shape (2, 1), expected a 1-D array
        pass ids of all bags one after another, with offsets; a 2-D input of fixed bags is `indices.reshape(-1)` with offsets `arange(0, B * L + 1, L)`
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
        t.npz: key `indices`: found 1 elements, expected 2, as the header says
        the file was cut off; write or copy it again
        ");
        insta::assert_snapshot!(with([&whole[..], b"xxxxxxxx"].concat()), @"
        t.npz: key `indices`: found more than 2 elements, expected 2, as the header says
        write it again with `numpy.save`
        ");
        let mut claim = Vec::new();
        npy::write_header(&mut claim, "<i8", &[1 << 60]).unwrap();
        insta::assert_snapshot!(with(claim), @"
        t.npz: key `indices`: found 1152921504606846976 elements in a file of 381 bytes, expected as many as the file can hold
        the file is damaged; write it again
        ");
        let weighted = npz(&[
            ("indices", list(&[1i64])),
            offsets(),
            ("per_sample_weights", list(&[1.0f32])),
        ]);
        insta::assert_snapshot!(message(&weighted), @"
        t.npz: key `per_sample_weights`: found weights of lookups, expected `indices` and `offsets` only
        the reduction sums rows without weights; leave the array out if it is all ones
        ");
    }

    #[test]
    fn archives_that_were_cut_off_or_damaged_are_refused() {
        let whole = both(&[5, 6, 7], &[0, 2]);
        insta::assert_snapshot!(message(&whole[..whole.len() / 2]), @"
        t.npz: found a zip archive that is damaged or cut off, expected a complete `.npz` archive
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
}
