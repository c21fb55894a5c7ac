//! Reads a trace file of any format.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;

use super::builder::TraceBuilder;
use super::lines::{Lines, without_mark};
use super::meter::Meter;
use super::numbering::way_out;
#[cfg(feature = "parquet")]
use super::parquet::read as read_parquet;
use super::{
    Compression, Form, Format, Numbering, ReadOptions, Renumber, Trace, csv, jsonl, npz, text,
};
use crate::error::{At, Error, Result, WayOut};
use crate::formats::input;
use crate::progress::Progress;

/// Reads a whole trace. The text is streamed; only ids and offsets are kept.
///
/// If there is a memory bound and the trace needs more, a sample is kept ([`Trace::sample`]).
///
/// The bags of a table-batched `.npz` are put in sample-major order (sample `b` of table `t` is bag
/// `b * tables + t`), so that the end of the trace has bags of every table.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read, [`Error::Input`] with the line for invalid contents,
/// [`Error::Argument`] for an option that means nothing for the file's form.
pub fn read(path: &Path, options: &ReadOptions) -> Result<Trace> {
    read_with(path, options, &())
}

/// Does what [`read`] does, and reports progress and what of the file's meaning had to be guessed.
///
/// # Errors
/// As [`read`] and [`Numbering::read`], and those of `progress`.
pub fn read_with(path: &Path, options: &ReadOptions, progress: &dyn Progress) -> Result<Trace> {
    let mut options = options.clone();
    let list = match &options.renumber {
        Some(Renumber::File(list)) => Some(list.clone()),
        _ => None,
    };
    if let Some(list) = &list {
        options.renumber = Some(Renumber::After(Arc::new(Numbering::read(list)?)));
    }
    let trace = match read_as_said(path, &options, progress) {
        Err(e) if options.renumber.is_none() && e.way_out() == WayOut::Renumber => {
            return Err(with_facts(e, path, options, progress)?);
        }
        read => read?,
    };
    if let Some(numbering) = trace.numbering() {
        let tables = numbering.tables.len();
        if let Some(list) = list.as_ref().filter(|list| tables > 1 && list.exists()) {
            return Err(Error::argument(
                "--ids",
                format!(
                    "{}, the list of one table, for {tables} tables",
                    list.display()
                ),
                "a list for each table",
                format!("rename it to {}", numbering.files(list)[0].display()),
            ));
        }
        let (before, name) = match (&options.renumber, &list) {
            (Some(Renumber::After(before)), Some(list)) => {
                (before.len(), list.display().to_string())
            }
            (Some(Renumber::After(before)), None) => (before.len(), "the trace before".to_owned()),
            _ => (0, String::new()),
        };
        let what = match (before, numbering.len() - before) {
            (0, _) => format!(
                "{}, numbered in the order of their first appearance",
                numbering.facts()
            ),
            (_, 0) => format!("all ids have the numbers of {name}"),
            (_, 1) => format!("1 id is not in {name} and follows its {before}"),
            (_, new) => format!("{new} ids are not in {name} and follow its {before}"),
        };
        progress.note(&format!("note: {}: {what}", path.display()));
    }
    Ok(trace)
}

/// An error about an id that only has a row if ids are renumbered, with what that would do.
fn with_facts(
    error: Error,
    path: &Path,
    mut options: ReadOptions,
    progress: &dyn Progress,
) -> Result<Error> {
    /// Passes on that the user wants to stop.
    struct Silent<'a>(&'a dyn Progress);
    impl Progress for Silent<'_> {
        fn step(&self, what: &'static str, done: u64, total: u64) -> Result<()> {
            self.0.step(what, done, total)
        }
        fn check(&self) -> Result<()> {
            self.0.check()
        }
    }
    // A pipe can be read only once.
    if !path.is_file() {
        return Ok(error);
    }
    options.renumber = Some(Renumber::New);
    let numbering = match read_as_said(path, &options, &Silent(progress)) {
        Ok(trace) => trace.numbering().cloned().unwrap_or_default(),
        Err(Error::Interrupted) => return Err(Error::Interrupted),
        // The first error is told first.
        Err(_) => return Ok(error),
    };
    Ok(match error {
        Error::Input {
            path,
            at,
            found,
            expected,
            ..
        } => {
            let what = way_out(&numbering.facts(), numbering.tables.len(), numbering.len());
            let help = format!("ids are rows of a table, counted from 0; {what}");
            Error::input(&path, at, found, expected, help)
        }
        other => other,
    })
}

fn read_as_said(path: &Path, options: &ReadOptions, progress: &dyn Progress) -> Result<Trace> {
    let mut file = input::open(path)?;
    let metadata = file.get_ref().metadata().map_err(Error::io("read", path))?;
    let format = match options.format {
        Some(format) => format,
        None if metadata.is_file() => Format::of_path(path)?,
        None => Format::of_pipe(path, input::peek(&mut file, path)?)?,
    };
    options.check(format.form)?;
    if matches!(format.form, Form::Npz | Form::Parquet) {
        input::needs_a_file(&file, path, "the list of what it holds stands at its end")?;
    }
    check_head(input::peek(&mut file, path)?, format, path)?;
    if format.form == Form::Npz {
        return npz::read(path, file, options, progress);
    }
    if format.form == Form::Parquet {
        return read_parquet(path, file, options, progress);
    }
    let meter = Meter::new(progress, path, metadata.len());
    let file = meter.count(file);
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
    let input = without_mark(input, path, format.compression)?;
    let mut lines = Lines::new(input, path, format.compression, meter);
    let mut builder = TraceBuilder::with_options(path, options);
    let separator = |usual| options.separator.unwrap_or(usual);
    match format.form {
        Form::Jsonl => jsonl::read(&mut lines, &mut builder)?,
        Form::Csv => csv::read(&mut lines, &mut builder, separator(b','), options)?,
        Form::Tsv => csv::read(&mut lines, &mut builder, separator(b'\t'), options)?,
        // Archives are read above.
        Form::Bags | Form::Npz | Form::Parquet => text::read(&mut lines, &mut builder, options)?,
    }
    let left_out = builder.ids().left_out();
    lines.meter().note_padding(options.padding_idx, left_out);
    Ok(builder.finish())
}

#[cfg(not(feature = "parquet"))]
fn read_parquet(
    path: &Path,
    _: BufReader<std::fs::File>,
    _: &ReadOptions,
    _: &dyn Progress,
) -> Result<Trace> {
    Err(Error::input(
        path,
        At::File,
        "a Parquet file",
        "a program that was built with the feature `parquet`",
        "build recross with `--features parquet`, or convert the file to .npz or .csv",
    ))
}

/// Checks that the first bytes match the format.
fn check_head(head: &[u8], format: Format, path: &Path) -> Result<()> {
    let (expected, good) = match (format.form, format.compression) {
        (Form::Npz, _) => ("an `.npz` archive", head.starts_with(b"PK")),
        (Form::Parquet, _) => ("a Parquet file", head.starts_with(b"PAR1")),
        (_, Compression::Gzip) => ("gzip data", head.starts_with(b"\x1f\x8b")),
        (_, Compression::Zstd) => (
            "zstd data",
            // A skippable frame may come first.
            head.starts_with(b"\x28\xb5\x2f\xfd") || head.get(1..4) == Some(b"\x2a\x4d\x18"),
        ),
        // UTF-16 is refused with its line.
        (_, Compression::None) => ("text", input::kind(head).is_none() || input::is_utf16(head)),
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
    use super::super::Layout;
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

    #[test]
    fn marks_and_line_endings_of_other_systems_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let expected = Trace::from_lists(&[(0, vec![1, 2]), (0, vec![3])]).unwrap();
        for (name, text) in [
            ("a.bags", "\u{feff}1 2\r\n3\r\n"),
            ("a.jsonl", "\u{feff}[1,2]\r\n[3]\r\n"),
            ("a.csv", "\u{feff}ids\r\n1 2\r\n3\r\n"),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            let trace = read(&path, &ReadOptions::default()).unwrap();
            assert_eq!(
                (&trace, trace.line(1)),
                (&expected, Some(2 + u64::from(name == "a.csv")))
            );
            let path = path.with_extension("bags.gz");
            std::fs::write(&path, gzip("\u{feff}1 2\r\n3".as_bytes())).unwrap();
            assert_eq!(read(&path, &ReadOptions::default()).unwrap(), expected);
        }
    }

    #[test]
    fn utf_16_and_zero_bytes_are_refused_with_their_line() {
        let utf16 = |mark: &[u8], text: &str| {
            let words = text.encode_utf16().flat_map(u16::to_le_bytes);
            mark.iter().copied().chain(words).collect::<Vec<u8>>()
        };
        insta::assert_snapshot!(message("a.bags", &utf16(b"\xff\xfe", "1 2\r\n3\r\n")), @"
        a.bags:1: found text in UTF-16, expected text in UTF-8
        convert it with `iconv -f UTF-16 -t UTF-8`; Windows PowerShell writes UTF-16 with `>`, and UTF-8 with `Out-File -Encoding utf8`
        ");
        insta::assert_snapshot!(message("a.jsonl.gz", &gzip(&utf16(b"\xff\xfe", "[1]\n"))), @"
        a.jsonl.gz:1: found text in UTF-16, expected text in UTF-8
        convert it with `iconv -f UTF-16 -t UTF-8`; Windows PowerShell writes UTF-16 with `>`, and UTF-8 with `Out-File -Encoding utf8`
        ");
        insta::assert_snapshot!(message("a.csv", &utf16(b"", "1,2\n")), @"
        a.csv:1: found a zero byte, as text in UTF-16 has (column 2), expected text in UTF-8
        convert it with `iconv -f UTF-16 -t UTF-8`; Windows PowerShell writes UTF-16 with `>`, and UTF-8 with `Out-File -Encoding utf8`
        ");
        insta::assert_snapshot!(message("a.bags", b"1 2\n3 \0 4\n"), @"
        a.bags:2: found a zero byte (column 3), expected text in UTF-8
        the file is damaged, or no text; write or copy it again
        ");
        insta::assert_snapshot!(message("a.jsonl", b"[1]\n\n[2,\0]\n"), @"
        a.jsonl:3: found a zero byte (column 4), expected text in UTF-8
        the file is damaged, or no text; write or copy it again
        ");
    }

    #[test]
    fn options_that_mean_nothing_for_a_form_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.bags");
        std::fs::write(&path, "1\n").unwrap();
        let refused = |options: ReadOptions| read(&path, &options).unwrap_err().to_string();
        insta::assert_snapshot!(refused(ReadOptions { include_last_offset: Some(false), ..ReadOptions::default() }), @"argument --include-last-offset: found a trace in the form bags, expected an .npz");
        insta::assert_snapshot!(refused(ReadOptions { columns: vec!["a".to_owned()], ..ReadOptions::default() }), @"argument --column: found a trace in the form bags, expected a .csv, .tsv or .parquet");
        insta::assert_snapshot!(refused(ReadOptions { separator: Some(b';'), ..ReadOptions::default() }), @"argument --separator: found a trace in the form bags, expected a .csv or .tsv");
        let options = ReadOptions {
            layout: Some(Layout::TableId),
            format: Some("csv".parse().unwrap()),
            ..ReadOptions::default()
        };
        insta::assert_snapshot!(refused(options), @"argument --layout: found a trace in the form csv, expected a .bags or .txt; `bag` also a .csv or .tsv");
        insta::assert_snapshot!(message("model.pt", b"PK\x03\x04"), @"
        model.pt: found the ending .pt, expected .bags, .txt, .jsonl, .csv, .tsv (each also with .gz or .zst), .npz or .parquet
        `python3 examples/export_from_pytorch.py convert FILE OUT.npz` converts what PyTorch saved
        ");
    }

    #[test]
    #[cfg(unix)]
    fn a_pipe_is_read_as_what_its_first_bytes_look_like() {
        use std::os::fd::AsRawFd;
        // What `<(...)` of a shell names.
        let through_pipe = |bytes: &[u8]| {
            let (from, mut to) = std::io::pipe().unwrap();
            to.write_all(bytes).unwrap();
            drop(to);
            let path = format!("/dev/fd/{}", from.as_raw_fd());
            read(Path::new(&path), &ReadOptions::default()).map_err(|e| {
                let text = e.to_string().replace(&path, "PIPE");
                format!("{text}\n{}", e.help().unwrap_or(""))
            })
        };
        let expected = Trace::from_lists(&[(0, vec![1, 2])]).unwrap();
        assert_eq!(through_pipe(b"1 2\n").unwrap(), expected);
        assert_eq!(through_pipe(b"[1, 2]\n").unwrap(), expected);
        insta::assert_snapshot!(through_pipe(b"PK\x03\x04....").unwrap_err(), @"
        PIPE: found a pipe, expected a file, because the list of what it holds stands at its end
        write the data to a file first, and name that
        ");
        insta::assert_snapshot!(through_pipe(b"PAR1....").unwrap_err(), @"
        PIPE: found a pipe, expected a file, because the list of what it holds stands at its end
        write the data to a file first, and name that
        ");
        insta::assert_snapshot!(through_pipe(&gzip(b"1 2\n")).unwrap_err(), @"
        PIPE: found a name without an ending, expected .bags, .txt, .jsonl, .csv, .tsv (each also with .gz or .zst), .npz or .parquet
        rename the file, or give its format with --format
        ");
    }
}
