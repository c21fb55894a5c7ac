//! Progress of loading tables.

use std::cell::Cell;

use crate::error::Result;
use crate::progress::Progress;

/// Reports how many elements of all files have been read, and how many have become the integers of
/// the set.
pub(super) struct Meter<'a> {
    progress: &'a dyn Progress,
    done: Cell<u64>,
    total: u64,
}

impl<'a> Meter<'a> {
    /// A meter for files of `elements` elements in all, and for those of them that are `kept`.
    pub(super) fn new(progress: &'a dyn Progress, elements: u64, kept: u64) -> Self {
        Meter {
            progress,
            done: Cell::new(0),
            total: elements.saturating_add(kept),
        }
    }

    /// Called after some elements were read, or made integers; 0 says that loading begins.
    pub(super) fn add(&self, elements: u64) -> Result<()> {
        self.done.set(self.done.get() + elements);
        self.progress
            .step("loading tables", self.done.get(), self.total)
    }
}
