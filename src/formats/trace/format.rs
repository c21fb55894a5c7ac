//! File formats of traces and their names.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use crate::error::{At, Error, Result};

/// The form of the decompressed data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One bag per line, ids separated by blanks; `#` starts a comment; an empty line is an empty
    /// bag. A first token `T:` gives the table.
    Bags,
    /// One JSON value per line: `[1,2]` or `{"table":0,"ids":[1,2]}`.
    Jsonl,
    /// NumPy archive with `indices` and `offsets`.
    Npz,
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
    /// The compression; always [`Compression::None`] for `.npz`, which is compressed inside.
    pub compression: Compression,
}

const KNOWN: &str = ".bags, .txt, .jsonl (each also with .gz or .zst), or .npz";

impl Format {
    /// The format that a file's name ends in.
    ///
    /// # Errors
    /// [`Error::Input`] for an unknown ending.
    pub fn of_path(path: &Path) -> Result<Self> {
        let name = path.file_name().map(|n| n.to_string_lossy().to_lowercase());
        let name = name.unwrap_or_default();
        Self::of_name(&name).ok_or_else(|| {
            let ending = match name.rsplit_once('.') {
                Some((_, ending)) => format!("the ending .{ending}"),
                None => "a name without an ending".to_owned(),
            };
            Error::input(
                path,
                At::File,
                ending,
                KNOWN,
                "rename the file, or give its format with --format",
            )
        })
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
            "npz" if compression == Compression::None => Form::Npz,
            _ => return None,
        };
        Some(Format { form, compression })
    }
}

impl FromStr for Format {
    type Err = Error;

    /// Parses `bags`, `jsonl.gz`, `npz`, ...
    fn from_str(text: &str) -> Result<Self> {
        let name = text.trim_start_matches('.');
        Self::of_name(&format!(".{name}"))
            .ok_or_else(|| Error::argument("--format", format!("`{text}`"), KNOWN, ""))
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.form {
            Form::Bags => "bags",
            Form::Jsonl => "jsonl",
            Form::Npz => "npz",
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
        ] {
            let format = Format::of_path(Path::new(name)).unwrap();
            assert_eq!(format.to_string(), text);
            assert_eq!(text.parse::<Format>().unwrap(), format);
        }
    }

    #[test]
    fn other_names_are_refused() {
        let message = |name: &str| Format::of_path(Path::new(name)).unwrap_err().to_string();
        insta::assert_snapshot!(message("trace.csv"), @"trace.csv: found the ending .csv, expected .bags, .txt, .jsonl (each also with .gz or .zst), or .npz");
        insta::assert_snapshot!(message("trace"), @"trace: found a name without an ending, expected .bags, .txt, .jsonl (each also with .gz or .zst), or .npz");
        insta::assert_snapshot!(message("trace.npz.gz"), @"trace.npz.gz: found the ending .gz, expected .bags, .txt, .jsonl (each also with .gz or .zst), or .npz");
        insta::assert_snapshot!("parquet".parse::<Format>().unwrap_err(), @"argument --format: found `parquet`, expected .bags, .txt, .jsonl (each also with .gz or .zst), or .npz");
    }
}
