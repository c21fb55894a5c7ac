//! Writes a trace in any format.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use zip::write::SimpleFileOptions;

use super::{Compression, Form, Format, Trace};
use crate::error::{Error, Result};
use crate::formats::npy::write_header;
use crate::formats::npz::zip_io;
use crate::io::write_atomic;
use crate::progress::Count;

const ZSTD_LEVEL: i32 = 9;

/// Writes `trace` to `path` atomically, by default in the format of the name's ending.
///
/// The same trace gives the same bytes. An `.npz` of several tables is table-batched: it has
/// `tables * bags + 1` offsets in table-major order, which requires the same number of bags for
/// each table.
///
/// # Errors
/// [`Error::Argument`] for an unknown ending, or if the tables have different numbers of bags and the
/// format is `.npz`; [`Error::Io`] if writing fails. No partial file is left.
pub fn write(trace: &Trace, path: &Path, format: Option<Format>) -> Result<()> {
    write_counted(trace, path, format, &Count::default())
}

/// As [`write()`]; each lookup is a unit of `count`.
///
/// # Errors
/// As [`write()`]; [`Error::Io`] also if the work is stopped.
pub fn write_counted(
    trace: &Trace,
    path: &Path,
    format: Option<Format>,
    count: &Count,
) -> Result<()> {
    let format = match format {
        Some(format) => format,
        None => Format::to_write(path)?,
    };
    format.check_written()?;
    if format.form == Form::Npz {
        let order = table_major(trace)?;
        return write_atomic(path, |out| npz(trace, &order, out, count));
    }
    let lines = |out: &mut dyn Write| match format.form {
        Form::Jsonl => jsonl(trace, out, count),
        // The others are written above, or refused.
        _ => bags(trace, out, count),
    };
    write_atomic(path, |out| match format.compression {
        Compression::None => lines(out),
        Compression::Gzip => {
            let encoder = flate2::write::GzEncoder::new(out, flate2::Compression::default());
            let mut buffer = BufWriter::with_capacity(1 << 16, encoder);
            lines(&mut buffer)?;
            buffer.into_inner()?.finish()?;
            Ok(())
        }
        Compression::Zstd => {
            let encoder = zstd::Encoder::new(out, ZSTD_LEVEL)?;
            let mut buffer = BufWriter::with_capacity(1 << 16, encoder);
            lines(&mut buffer)?;
            buffer.into_inner()?.finish()?;
            Ok(())
        }
    })
}

/// Counts a bag's lookups; an error if the work is stopped.
fn counted(ids: &[u32], count: &Count) -> io::Result<()> {
    match count.add(ids.len() as u64) {
        true => Ok(()),
        false => Err(io::Error::other("stopped")),
    }
}

fn bags(trace: &Trace, out: &mut dyn Write, count: &Count) -> io::Result<()> {
    let mut line = Vec::new();
    for (table, ids) in trace.iter() {
        counted(ids, count)?;
        line.clear();
        if trace.table_count() > 1 {
            decimal(&mut line, u32::from(table));
            line.extend(b": ");
        }
        join(&mut line, ids, b' ');
        if line.last() == Some(&b' ') {
            line.pop();
        }
        line.push(b'\n');
        out.write_all(&line)?;
    }
    Ok(())
}

fn jsonl(trace: &Trace, out: &mut dyn Write, count: &Count) -> io::Result<()> {
    let several = trace.table_count() > 1;
    let mut line = Vec::new();
    for (table, ids) in trace.iter() {
        counted(ids, count)?;
        line.clear();
        if several {
            line.extend(b"{\"table\":");
            decimal(&mut line, u32::from(table));
            line.extend(b",\"ids\":");
        }
        line.push(b'[');
        join(&mut line, ids, b',');
        line.extend(if several { &b"]}\n"[..] } else { b"]\n" });
        out.write_all(&line)?;
    }
    Ok(())
}

fn join(line: &mut Vec<u8>, ids: &[u32], between: u8) {
    for (i, &id) in ids.iter().enumerate() {
        if i > 0 {
            line.push(between);
        }
        decimal(line, id);
    }
}

fn decimal(line: &mut Vec<u8>, value: u32) {
    let mut digits = [0u8; 10];
    let mut at = digits.len();
    let mut rest = value;
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    line.extend(&digits[at..]);
}

/// Bag numbers in table-major order.
fn table_major(trace: &Trace) -> Result<Vec<usize>> {
    let tables = trace.table_count();
    let mut of_table = vec![Vec::new(); tables];
    for i in 0..trace.len() {
        of_table[usize::from(trace.table(i))].push(i);
    }
    let first = of_table[0].len();
    match of_table.iter().position(|bags| bags.len() != first) {
        None => Ok(of_table.concat()),
        Some(t) => Err(Error::argument(
            "output",
            format!(
                "{first} bags of table 0 and {} of table {t}",
                of_table[t].len()
            ),
            "the same number of bags for each table, as `.npz` requires",
            "write `.bags` or `.jsonl`, or add the missing empty bags",
        )),
    }
}

fn npz(trace: &Trace, order: &[usize], out: &mut dyn Write, count: &Count) -> io::Result<()> {
    let large = SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .large_file(true);
    let mut zip = zip::ZipWriter::new_stream(out);
    zip.start_file("indices.npy", large).map_err(zip_io)?;
    let mut buffer = BufWriter::with_capacity(1 << 16, &mut zip);
    write_header(&mut buffer, "<i8", &[trace.lookups()])?;
    for &bag in order {
        counted(trace.bag(bag), count)?;
        for &id in trace.bag(bag) {
            buffer.write_all(&i64::from(id).to_le_bytes())?;
        }
    }
    buffer.flush()?;
    drop(buffer);
    zip.start_file("offsets.npy", large).map_err(zip_io)?;
    let mut buffer = BufWriter::with_capacity(1 << 16, &mut zip);
    write_header(&mut buffer, "<i8", &[trace.len() as u64 + 1])?;
    let mut offset = 0u64;
    buffer.write_all(&offset.to_le_bytes())?;
    for &bag in order {
        offset += trace.bag(bag).len() as u64;
        buffer.write_all(&offset.to_le_bytes())?;
    }
    buffer.flush()?;
    drop(buffer);
    zip.finish().map_err(zip_io)?;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::super::{ReadOptions, read};
    use super::*;
    use proptest::prelude::*;

    const NAMES: &[&str] = &[
        "t.bags",
        "t.bags.gz",
        "t.bags.zst",
        "t.jsonl",
        "t.jsonl.gz",
        "t.jsonl.zst",
        "t.npz",
    ];

    #[test]
    fn text_forms_are_as_documented() {
        let folder = tempfile::tempdir().unwrap();
        let text = |name: &str, trace: &Trace| {
            let path = folder.path().join(name);
            write(trace, &path, None).unwrap();
            std::fs::read_to_string(path).unwrap()
        };
        let one = Trace::from_lists(&[(0, vec![0, 10, 4294967294]), (0, vec![])]).unwrap();
        assert_eq!(text("a.bags", &one), "0 10 4294967294\n\n");
        assert_eq!(text("a.jsonl", &one), "[0,10,4294967294]\n[]\n");
        let two = Trace::from_lists(&[(0, vec![7]), (1, vec![]), (1, vec![8, 9])]).unwrap();
        assert_eq!(text("a.bags", &two), "0: 7\n1:\n1: 8 9\n");
        assert_eq!(
            text("a.jsonl", &two),
            "{\"table\":0,\"ids\":[7]}\n{\"table\":1,\"ids\":[]}\n{\"table\":1,\"ids\":[8,9]}\n"
        );
        let e = write(&two, &folder.path().join("a.npz"), None).unwrap_err();
        insta::assert_snapshot!(format!("{e}\n{}", e.help().unwrap()), @"
        argument output: found 1 bags of table 0 and 2 of table 1, expected the same number of bags for each table, as `.npz` requires
        write `.bags` or `.jsonl`, or add the missing empty bags
        ");
        assert!(!folder.path().join("a.npz").exists());
        let e = write(&two, &folder.path().join("a.csv"), None).unwrap_err();
        assert_eq!(e.exit_status(), 2);
    }

    #[test]
    fn archives_are_deterministic_and_another_library_reads_them() {
        let folder = tempfile::tempdir().unwrap();
        let trace = Trace::from_lists(&[(0, vec![3, 4]), (0, vec![5])]).unwrap();
        let paths = ["a.npz", "b.npz"].map(|n| folder.path().join(n));
        for path in &paths {
            write(&trace, path, None).unwrap();
        }
        let bytes = std::fs::read(&paths[0]).unwrap();
        assert_eq!(bytes, std::fs::read(&paths[1]).unwrap());
        let mut archive = zip::ZipArchive::new(io::Cursor::new(bytes)).unwrap();
        for (name, expected) in [("indices.npy", [3i64, 4, 5]), ("offsets.npy", [0, 2, 3])] {
            let array = npyz::NpyFile::new(archive.by_name(name).unwrap()).unwrap();
            assert_eq!(array.into_vec::<i64>().unwrap(), expected);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn what_is_written_reads_back(
            lists in prop::collection::vec(prop::collection::vec(0u32..=super::super::MAX_ID, 0..6), 0..12),
            tables in 1usize..4,
        ) {
            let folder = tempfile::tempdir().unwrap();
            // Whole samples, so that `.npz` can hold them too.
            let whole = lists.len() / tables * tables;
            let bags: Vec<(u16, Vec<u32>)> = lists[..whole]
                .iter().enumerate().map(|(i, ids)| ((i % tables) as u16, ids.clone())).collect();
            let trace = Trace::from_lists(&bags).unwrap();
            for name in NAMES {
                let path = folder.path().join(name);
                write(&trace, &path, None).unwrap();
                let options = ReadOptions { tables, include_last_offset: Some(true), ..ReadOptions::default() };
                let options = options.only_for(Format::of_path(&path).unwrap().form);
                prop_assert_eq!(&read(&path, &options).unwrap(), &trace, "{}", name);
            }
        }
    }
}
