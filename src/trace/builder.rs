//! Collects bags while a file is read.

use std::path::Path;

use super::Trace;

/// A [`Trace`] under construction.
pub(super) struct TraceBuilder {
    trace: Trace,
}

impl TraceBuilder {
    pub(super) fn new(path: &Path) -> Self {
        TraceBuilder {
            trace: Trace {
                offsets: vec![0],
                ids: Vec::new(),
                tables: None,
                path: path.to_path_buf(),
                lines: Vec::new(),
            },
        }
    }

    /// Adds a lookup to the open bag; the id is at most [`super::MAX_ID`].
    #[inline]
    pub(super) fn push(&mut self, id: u32) {
        self.trace.ids.push(id);
    }

    /// Adds lookups to the open bag.
    pub(super) fn extend(&mut self, ids: &[u32]) {
        self.trace.ids.extend_from_slice(ids);
    }

    /// Bags so far.
    pub(super) fn bags(&self) -> u64 {
        self.trace.len() as u64
    }

    /// Closes the open bag.
    pub(super) fn end_bag(&mut self, table: u16, line: Option<u64>) {
        let trace = &mut self.trace;
        let bag = trace.len() as u64;
        if let Some(line) = line
            && trace
                .lines
                .last()
                .is_none_or(|&(b, l)| l + (bag - b) != line)
        {
            trace.lines.push((bag, line));
        }
        if table != 0 && trace.tables.is_none() {
            // All bags until now belong to table 0.
            trace.tables = Some(vec![0; bag as usize]);
        }
        if let Some(tables) = &mut trace.tables {
            tables.push(table);
        }
        trace.offsets.push(trace.ids.len() as u64);
    }

    pub(super) fn finish(self) -> Trace {
        self.trace
    }
}
