//! Reads a trace file of any format.

use std::io::{BufRead, BufReader};
use std::path::Path;

use super::builder::TraceBuilder;
use super::lines::Lines;
use super::{Compression, Form, Format, ReadOptions, Trace, jsonl, npz, text};
use crate::error::{At, Error, Result};
use crate::formats::input;

/// Reads a whole trace. The text is streamed; only ids and offsets are kept.
///
/// If there is a memory bound and the trace needs more, a sample is kept ([`Trace::sample`]).
///
/// The bags of a table-batched `.npz` are put in sample-major order (sample `b` of table `t` is bag
/// `b * tables + t`), so that the end of the trace has bags of every table.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read, [`Error::Input`] with the line for invalid contents.
pub fn read(path: &Path, options: &ReadOptions) -> Result<Trace> {
    let mut file = input::open(path)?;
    let format = match options.format {
        Some(format) => format,
        None => Format::of_path(path)?,
    };
    check_head(input::peek(&mut file, path)?, format, path)?;
    if format.form == Form::Npz {
        return npz::read(path, file, options);
    }
    let input: Box<dyn BufRead> = match format.compression {
        Compression::None => Box::new(file),
        Compression::Gzip => Box::new(BufReader::with_capacity(
            1 << 16,
            flate2::bufread::MultiGzDecoder::new(file),
        )),
        Compression::Zstd => {
            let decoder = zstd::Decoder::with_buffer(file).map_err(Error::io("read", path))?;
            Box::new(BufReader::with_capacity(1 << 16, decoder))
        }
    };
    let mut lines = Lines::new(input, path, format.compression);
    let mut builder = TraceBuilder::bounded(path, options.memory);
    match format.form {
        Form::Jsonl => jsonl::read(&mut lines, &mut builder)?,
        // An archive is read above.
        Form::Bags | Form::Npz => text::read(&mut lines, &mut builder)?,
    }
    Ok(builder.finish())
}

/// Checks that the first bytes match the format.
fn check_head(head: &[u8], format: Format, path: &Path) -> Result<()> {
    let (expected, good) = match (format.form, format.compression) {
        (Form::Npz, _) => ("an `.npz` archive", head.starts_with(b"PK")),
        (_, Compression::Gzip) => ("gzip data", head.starts_with(b"\x1f\x8b")),
        (_, Compression::Zstd) => (
            "zstd data",
            // A skippable frame may come first.
            head.starts_with(b"\x28\xb5\x2f\xfd") || head.get(1..4) == Some(b"\x2a\x4d\x18"),
        ),
        (_, Compression::None) => ("text", input::kind(head).is_none()),
    };
    if good {
        return Ok(());
    }
    let found = match input::kind(head) {
        Some(kind) => kind,
        None if head.is_empty() => "an empty file",
        None => "other data",
    };
    Err(Error::input(
        path,
        At::File,
        found,
        format!("{expected} ({format})"),
        "the file's name does not match its content: rename it, or give its format with --format",
    ))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use std::io::Write;

    /// The error of reading a file with this name and these bytes, without the folder.
    fn message(name: &str, bytes: &[u8]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let e = read(&path, &ReadOptions::default()).unwrap_err();
        let text = format!("{e}\n{}", e.help().unwrap_or(""));
        text.replace(&format!("{}/", folder.path().display()), "")
    }

    fn gzip(data: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(data).unwrap();
        out.finish().unwrap()
    }

    #[test]
    fn files_of_several_compressed_members_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let expected = Trace::from_lists(&[(0, vec![1, 2]), (0, vec![3, 4])]).unwrap();
        let join = |f: &dyn Fn(&[u8]) -> Vec<u8>| [f(b"1 2\n3"), f(b" 4")].concat();
        for (name, bytes) in [
            ("a.bags.gz", join(&gzip)),
            ("a.bags.zst", join(&|d| zstd::encode_all(d, 1).unwrap())),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(read(&path, &ReadOptions::default()).unwrap(), expected);
        }
    }

    #[test]
    fn a_given_format_overrides_the_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trace.dat");
        std::fs::write(&path, gzip(b"[5]\n")).unwrap();
        let options = ReadOptions {
            format: Some("jsonl.gz".parse().unwrap()),
            ..ReadOptions::default()
        };
        assert_eq!(
            read(&path, &options).unwrap(),
            Trace::from_lists(&[(0, vec![5])]).unwrap()
        );
    }

    #[test]
    fn missing_files_and_folders_are_refused() {
        let missing = read(Path::new("no/such.bags"), &ReadOptions::default()).unwrap_err();
        insta::assert_snapshot!(format!("{missing}\n{}", missing.help().unwrap()), @"
        cannot read no/such.bags: No such file or directory (os error 2)
        check the path: it does not exist
        ");
        let folder = read(Path::new("src"), &ReadOptions::default()).unwrap_err();
        insta::assert_snapshot!(format!("{folder}\n{}", folder.help().unwrap()), @"
        src: found a folder, expected a file
        name a file inside it
        ");
    }

    #[test]
    fn errors_name_the_kind_of_a_file_of_another_format() {
        insta::assert_snapshot!(message("a.bags", &gzip(b"1 2")), @"
        a.bags: found gzip data, expected text (bags)
        the file's name does not match its content: rename it, or give its format with --format
        ");
        insta::assert_snapshot!(message("a.bags.gz", b"1 2"), @"
        a.bags.gz: found other data, expected gzip data (bags.gz)
        the file's name does not match its content: rename it, or give its format with --format
        ");
        insta::assert_snapshot!(message("a.bags.zst", b""), @"
        a.bags.zst: found an empty file, expected zstd data (bags.zst)
        the file's name does not match its content: rename it, or give its format with --format
        ");
        insta::assert_snapshot!(message("a.bags", b"PK\x03\x04...."), @"
        a.bags: found a zip archive (`.npz`, or a PyTorch checkpoint), expected text (bags)
        the file's name does not match its content: rename it, or give its format with --format
        ");
        insta::assert_snapshot!(message("a.jsonl", b"\x01\x00\x00\x00"), @"
        a.jsonl: found binary data, expected text (jsonl)
        the file's name does not match its content: rename it, or give its format with --format
        ");
        insta::assert_snapshot!(message("a.npz", b"1 2 3"), @"
        a.npz: found other data, expected an `.npz` archive (npz)
        the file's name does not match its content: rename it, or give its format with --format
        ");
        insta::assert_snapshot!(message("a.npz", b"\x93NUMPY\x01\x00"), @"
        a.npz: found an `.npy` array, expected an `.npz` archive (npz)
        the file's name does not match its content: rename it, or give its format with --format
        ");
    }

    #[test]
    fn truncated_and_damaged_files_are_refused() {
        let text: Vec<u8> = (0..5000u32)
            .flat_map(|i| format!("{} {}\n", i * 7919 % 10007, i).into_bytes())
            .collect();
        let gz = gzip(&text);
        insta::assert_snapshot!(message("a.bags.gz", &gz[..gz.len() - 3]), @"
        a.bags.gz:5001: found truncated gzip data, expected a complete gzip file
        the file is damaged or truncated; copy it again (`gzip -t` checks it)
        ");
        let mut bad = gz.clone();
        let n = bad.len();
        bad[n - 7] ^= 0x55;
        insta::assert_snapshot!(message("a.bags.gz", &bad), @"
        a.bags.gz:5001: found damaged gzip data, expected a complete gzip file
        the file is damaged or truncated; copy it again (`gzip -t` checks it)
        ");
        let zst = zstd::encode_all(&text[..], 1).unwrap();
        insta::assert_snapshot!(message("a.bags.zst", &zst[..zst.len() - 3]), @"
        a.bags.zst:1: found truncated zstd data, expected a complete zstd file
        the file is damaged or truncated; copy it again (`zstd -t` checks it)
        ");
        for cut in (2..gz.len()).step_by(997) {
            message("a.bags.gz", &gz[..cut]);
        }
        for cut in (4..zst.len()).step_by(997) {
            message("a.bags.zst", &zst[..cut]);
        }
    }
}
