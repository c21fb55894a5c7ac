//! Progress of reading a file, and notes about how it was read.

use std::cell::Cell;
use std::io::{self, BufRead, Read};
use std::path::Path;
use std::rc::Rc;

use crate::error::Result;
use crate::progress::Progress;

/// Steps between two reports.
const EVERY: u64 = 1 << 14;

/// Reports how far reading has come.
pub(super) struct Meter<'a> {
    progress: &'a dyn Progress,
    path: &'a Path,
    /// Bytes, or other units of work, done so far.
    done: Rc<Cell<u64>>,
    /// Units in all; 0 where that is unknown.
    total: u64,
    steps: u64,
}

impl<'a> Meter<'a> {
    /// A meter of `total` units.
    pub(super) fn new(progress: &'a dyn Progress, path: &'a Path, total: u64) -> Self {
        Meter {
            progress,
            path,
            done: Rc::default(),
            total,
            steps: 0,
        }
    }

    /// Makes the bytes that are read through `input` the units of work.
    pub(super) fn count<R>(&self, input: R) -> Counted<R> {
        Counted {
            input,
            done: self.done.clone(),
        }
    }

    /// Called after each step, such as a line; reports now and then.
    #[inline]
    pub(super) fn tick(&mut self) -> Result<()> {
        self.steps += 1;
        match self.steps.is_multiple_of(EVERY) {
            true => self.report(),
            false => Ok(()),
        }
    }

    /// Called after `units` of work.
    pub(super) fn add(&mut self, units: u64) -> Result<()> {
        self.done.set(self.done.get() + units);
        self.report()
    }

    fn report(&self) -> Result<()> {
        self.progress
            .step("reading the trace", self.done.get(), self.total)
    }

    /// Tells the user something about the file.
    pub(super) fn note(&self, text: &str) {
        self.progress
            .note(&format!("note: {}: {text}", self.path.display()));
    }

    /// Tells how many lookups were left out as padding, if any might have been.
    pub(super) fn note_padding(&self, padding: Option<i64>, left_out: u64) {
        match (padding, left_out) {
            (None, _) => {}
            (Some(id), 0) => self.note(&format!("no lookup has the id {id} of --padding-idx")),
            (Some(id), 1) => self.note(&format!("left out 1 lookup of the padding id {id}")),
            (Some(id), n) => self.note(&format!("left out {n} lookups of the padding id {id}")),
        }
    }
}

/// A reader whose bytes are counted.
pub(super) struct Counted<R> {
    input: R,
    done: Rc<Cell<u64>>,
}

impl<R> Counted<R> {
    fn note(&self, bytes: usize) {
        self.done.set(self.done.get() + bytes as u64);
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.input.read(buffer)?;
        self.note(got);
        Ok(got)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.input.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.note(amount);
        self.input.consume(amount);
    }
}
