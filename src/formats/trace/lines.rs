//! Lines of a text file, one at a time.

use std::io::{self, BufRead, Read};
use std::path::Path;

use super::Compression;
use super::meter::Meter;
use crate::error::{At, Error, Result};
use crate::formats::input;

/// Longest line that is read, in bytes: several times the largest bag that a configuration allows.
pub(super) const MAX_LINE: usize = 64 << 20;

/// Reads lines with their numbers.
pub(super) struct Lines<'a> {
    input: Box<dyn BufRead>,
    path: &'a Path,
    compression: Compression,
    meter: Meter<'a>,
    line: Vec<u8>,
    number: u64,
}

impl<'a> Lines<'a> {
    pub(super) fn new(
        input: Box<dyn BufRead>,
        path: &'a Path,
        compression: Compression,
        meter: Meter<'a>,
    ) -> Self {
        Lines {
            input,
            path,
            compression,
            meter,
            line: Vec::new(),
            number: 0,
        }
    }

    /// The next line without its line ending, and its place; `None` at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<(&[u8], Place<'a>)>> {
        self.line.clear();
        self.number += 1;
        let place = Place {
            path: self.path,
            line: self.number,
        };
        let got = (&mut self.input)
            .take(MAX_LINE as u64 + 1)
            .read_until(b'\n', &mut self.line)
            .map_err(|e| read_error(e, self.path, self.compression, self.number))?;
        self.meter.tick()?;
        if got == 0 {
            return Ok(None);
        }
        if got > MAX_LINE {
            return Err(place.error(
                format!("a line of more than {MAX_LINE} bytes"),
                "one bag per line",
                "check that this is a trace",
            ));
        }
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
        }
        if self.line.last() == Some(&b'\r') {
            self.line.pop();
        }
        if let Some(at) = self.line.iter().position(|&byte| byte == 0) {
            return Err(place.nul_byte(at));
        }
        Ok(Some((&self.line, place)))
    }

    /// Where the reader may leave notes.
    pub(super) fn meter(&self) -> &Meter<'a> {
        &self.meter
    }
}

/// An error of reading text at a line.
pub(super) fn read_error(e: io::Error, path: &Path, compression: Compression, line: u64) -> Error {
    let name = match compression {
        Compression::None => return Error::io("read", path)(e),
        Compression::Gzip => "gzip",
        Compression::Zstd => "zstd",
    };
    match input::damage(&e, &format!("{name} data")) {
        None => Error::io("read", path)(e),
        Some(what) => Error::input(
            path,
            At::Line(line),
            what,
            format!("a complete {name} file"),
            format!("the file is damaged or truncated; copy it again (`{name} -t` checks it)"),
        ),
    }
}

/// Takes the mark that says UTF-8 off a text; refuses UTF-16.
pub(super) fn without_mark(
    mut input: Box<dyn BufRead>,
    path: &Path,
    compression: Compression,
) -> Result<Box<dyn BufRead>> {
    let mut head = [0u8; 3];
    let got =
        input::read_full(&mut input, &mut head).map_err(|e| read_error(e, path, compression, 1))?;
    let place = Place { path, line: 1 };
    match &head[..got] {
        b"\xef\xbb\xbf" => Ok(input),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
            Err(place.error("text in UTF-16", "text in UTF-8", TO_UTF8))
        }
        start => Ok(Box::new(io::Cursor::new(start.to_vec()).chain(input))),
    }
}

const TO_UTF8: &str = "convert it with `iconv -f UTF-16 -t UTF-8`; Windows PowerShell writes UTF-16 \
    with `>`, and UTF-8 with `Out-File -Encoding utf8`";

/// Whether a byte separates words.
pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}

/// A line of a file, for messages.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) path: &'a Path,
    pub(super) line: u64,
}

impl Place<'_> {
    pub(super) fn error(
        &self,
        found: impl Into<String>,
        expected: impl Into<String>,
        help: &str,
    ) -> Error {
        Error::input(self.path, At::Line(self.line), found, expected, help)
    }

    /// An error for the byte 0 at an index of the line.
    pub(super) fn nul_byte(&self, at: usize) -> Error {
        // Latin letters in UTF-16 have a zero in every second byte.
        let (found, help) = match self.line == 1 && at < 2 {
            true => ("a zero byte, as text in UTF-16 has", TO_UTF8),
            false => (
                "a zero byte",
                "the file is damaged, or no text; write or copy it again",
            ),
        };
        self.error(
            format!("{found} (column {})", at + 1),
            "text in UTF-8",
            help,
        )
    }
}
