//! File formats of traces and their names.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use crate::error::{At, Error, Result};
use crate::formats::input;

/// The form of the decompressed data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One bag per line, ids separated by blanks; `#` starts a comment; an empty line is an empty
    /// bag. A first token `T:` gives the table.
    Bags,
    /// One JSON value per line: `[1,2]` or `{"table":0,"ids":[1,2]}`.
    Jsonl,
    /// A row per line, columns separated by commas; each chosen column is a table.
    Csv,
    /// The same with tabs.
    Tsv,
    /// NumPy archive with `indices` and `offsets` or `lengths`.
    Npz,
    /// Apache Parquet; each chosen column is a table.
    Parquet,
}

/// Compression of a text form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// No compression.
    None,
    /// gzip, any number of members.
    Gzip,
    /// Zstandard, any number of frames.
    Zstd,
}

/// A trace file's format: form and compression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// The form.
    pub form: Form,
    /// The compression; always [`Compression::None`] for `.npz` and `.parquet`, which are compressed
    /// inside.
    pub compression: Compression,
}

const KNOWN: &str =
    ".bags, .txt, .jsonl, .csv, .tsv (each also with .gz or .zst), .npz or .parquet";
/// The formats that [`super::write`] writes.
const WRITTEN: &str = ".bags, .txt, .jsonl (each also with .gz or .zst), or .npz";

impl Format {
    /// The format that a file's name ends in.
    ///
    /// # Errors
    /// [`Error::Input`] for an unknown ending.
    pub fn of_path(path: &Path) -> Result<Self> {
        let name = path.file_name().map(|n| n.to_string_lossy().to_lowercase());
        let name = name.unwrap_or_default();
        Self::of_name(&name).ok_or_else(|| {
            let ending = match ending_of(&name) {
                "" => "a name without an ending".to_owned(),
                ending => format!("the ending .{ending}"),
            };
            Error::input(
                path,
                At::File,
                ending,
                KNOWN,
                match ending_of(&name) {
                    "pt" | "pth" | "bin" | "ckpt" | "pkl" | "pickle" => {
                        "`python3 examples/export_from_pytorch.py convert FILE OUT.npz` converts what \
                         PyTorch saved"
                    }
                    _ => "rename the file, or give its format with --format",
                },
            )
        })
    }

    /// The format that a file to write is named after.
    ///
    /// # Errors
    /// [`Error::Argument`] for an unknown ending.
    pub fn to_write(path: &Path) -> Result<Self> {
        match Self::of_path(path) {
            Ok(format) if format.is_written() => Ok(format),
            _ => Err(Error::argument(
                "OUT",
                format!("`{}`", path.display()),
                format!("a name that ends in {WRITTEN}"),
                "rename it, or name its format with --to",
            )),
        }
    }

    /// Refuses a format that is only read.
    ///
    /// # Errors
    /// [`Error::Argument`] for such a format.
    pub fn check_written(self) -> Result<()> {
        match self.is_written() {
            true => Ok(()),
            false => Err(Error::argument(
                "--to",
                format!("`{self}`"),
                WRITTEN,
                "recross reads this format, but does not write it",
            )),
        }
    }

    fn is_written(self) -> bool {
        matches!(self.form, Form::Bags | Form::Jsonl | Form::Npz)
    }

    /// A form without compression.
    pub(super) fn plain(form: Form) -> Self {
        Format {
            form,
            compression: Compression::None,
        }
    }

    /// The format of a pipe: its name's, if that has an ending; else what the first bytes look like.
    pub(super) fn of_pipe(path: &Path, head: &[u8]) -> Result<Self> {
        let by_name = Self::of_path(path);
        let text = input::kind(head).is_none();
        let form = match head.iter().find(|byte| !byte.is_ascii_whitespace()) {
            _ if head.starts_with(b"PK") => Form::Npz,
            _ if head.starts_with(b"PAR1") => Form::Parquet,
            Some(b'[' | b'{') if text => Form::Jsonl,
            _ if text => Form::Bags,
            _ => return by_name,
        };
        by_name.or(Ok(Self::plain(form)))
    }

    fn of_name(name: &str) -> Option<Self> {
        let (rest, compression) = match name.rsplit_once('.') {
            Some((rest, "gz")) => (rest, Compression::Gzip),
            Some((rest, "zst")) => (rest, Compression::Zstd),
            _ => (name, Compression::None),
        };
        let form = match rest.rsplit_once('.').map(|(_, ending)| ending)? {
            "bags" | "txt" => Form::Bags,
            "jsonl" => Form::Jsonl,
            "csv" => Form::Csv,
            "tsv" => Form::Tsv,
            "npz" if compression == Compression::None => Form::Npz,
            "parquet" | "pq" if compression == Compression::None => Form::Parquet,
            _ => return None,
        };
        Some(Format { form, compression })
    }
}

fn ending_of(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, ending)| ending)
}

impl FromStr for Format {
    type Err = Error;

    /// Parses `bags`, `jsonl.gz`, `npz`, ...
    fn from_str(text: &str) -> Result<Self> {
        let name = text.trim_start_matches('.');
        Self::of_name(&format!(".{name}"))
            .ok_or_else(|| Error::argument("FORMAT", format!("`{text}`"), KNOWN, ""))
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.form {
            Form::Bags => "bags",
            Form::Jsonl => "jsonl",
            Form::Csv => "csv",
            Form::Tsv => "tsv",
            Form::Npz => "npz",
            Form::Parquet => "parquet",
        })?;
        f.write_str(match self.compression {
            Compression::None => "",
            Compression::Gzip => ".gz",
            Compression::Zstd => ".zst",
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn the_format_follows_from_the_name() {
        for (name, text) in [
            ("a/b.bags", "bags"),
            ("b.TXT", "bags"),
            ("b.x.bags.gz", "bags.gz"),
            ("b.jsonl.zst", "jsonl.zst"),
            ("b.npz", "npz"),
            ("b.csv.gz", "csv.gz"),
            ("b.tsv", "tsv"),
            ("b.pq", "parquet"),
        ] {
            let format = Format::of_path(Path::new(name)).unwrap();
            assert_eq!(format.to_string(), text);
            assert_eq!(text.parse::<Format>().unwrap(), format);
        }
    }

    #[test]
    fn other_names_are_refused() {
        let message = |name: &str| Format::of_path(Path::new(name)).unwrap_err().to_string();
        insta::assert_snapshot!(message("trace.xls"), @"trace.xls: found the ending .xls, expected .bags, .txt, .jsonl, .csv, .tsv (each also with .gz or .zst), .npz or .parquet");
        insta::assert_snapshot!(message("trace"), @"trace: found a name without an ending, expected .bags, .txt, .jsonl, .csv, .tsv (each also with .gz or .zst), .npz or .parquet");
        insta::assert_snapshot!(message("trace.npz.gz"), @"trace.npz.gz: found the ending .gz, expected .bags, .txt, .jsonl, .csv, .tsv (each also with .gz or .zst), .npz or .parquet");
        insta::assert_snapshot!("feather".parse::<Format>().unwrap_err(), @"argument FORMAT: found `feather`, expected .bags, .txt, .jsonl, .csv, .tsv (each also with .gz or .zst), .npz or .parquet");
    }
}
