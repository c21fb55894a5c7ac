//! Lines of a text file, one at a time.

use std::io::{self, BufRead, Read};
use std::path::Path;

use super::Compression;
use crate::error::{At, Error, Result};
use crate::formats::input;

/// Longest line that is read, in bytes: several times the largest bag that a configuration allows.
pub(super) const MAX_LINE: usize = 64 << 20;

/// Reads lines with their numbers.
pub(super) struct Lines<'a> {
    input: Box<dyn BufRead>,
    path: &'a Path,
    compression: Compression,
    line: Vec<u8>,
    number: u64,
}

impl<'a> Lines<'a> {
    pub(super) fn new(input: Box<dyn BufRead>, path: &'a Path, compression: Compression) -> Self {
        Lines {
            input,
            path,
            compression,
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
            .map_err(|e| self.read_error(e))?;
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
        let start = match self.number {
            1 if self.line.starts_with(b"\xef\xbb\xbf") => 3,
            _ => 0,
        };
        Ok(Some((&self.line[start..], place)))
    }

    fn read_error(&self, e: io::Error) -> Error {
        let name = match self.compression {
            Compression::None => return Error::io("read", self.path)(e),
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
        };
        match input::damage(&e, &format!("{name} data")) {
            None => Error::io("read", self.path)(e),
            Some(what) => Error::input(
                self.path,
                At::Line(self.number),
                what,
                format!("a complete {name} file"),
                format!("the file is damaged or truncated; copy it again (`{name} -t` checks it)"),
            ),
        }
    }
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
}
