//! Collects bags while a file is read.

use std::path::Path;

use super::ids::Ids;
use super::raw_id::{BadId, RawId};
use super::sample::Sampler;
use super::{MAX_ID, ReadOptions, Trace};

/// A [`Trace`] under construction.
pub(super) struct TraceBuilder {
    trace: Trace,
    ids: Ids,
    sampling: Option<Sampling>,
}

/// The state of sampling: counts of the whole trace, and which bags are kept.
struct Sampling {
    sampler: Sampler,
    bags: u64,
    lookups: u64,
    /// Number of rows that the whole trace needs in each table.
    rows: Vec<u32>,
    /// The sum of `rows`, which each bag needs.
    all_rows: u64,
    /// Numbers of the kept bags.
    numbers: Vec<u64>,
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
                parts: Vec::new(),
                sampled: None,
                numbering: None,
            },
            ids: Ids::default(),
            sampling: None,
        }
    }

    /// Leaves padding out, and keeps a sample if the trace needs more memory than it may take.
    pub(super) fn with_options(path: &Path, options: &ReadOptions) -> Self {
        let mut builder = Self::new(path);
        builder.ids = Ids::new(options);
        builder.sampling = options.memory.map(|bound| Sampling {
            sampler: Sampler::new(bound),
            bags: 0,
            lookups: 0,
            rows: vec![1],
            all_rows: 1,
            numbers: Vec::new(),
        });
        builder
    }

    /// Adds a lookup of `table` to the open bag, unless it is padding.
    ///
    /// # Errors
    /// What keeps the id from being a row.
    #[inline]
    pub(super) fn id(&mut self, table: u16, id: RawId<'_>) -> Result<(), BadId> {
        if let Some(row) = self.ids.row(table, id)? {
            self.trace.ids.push(row);
        }
        Ok(())
    }

    /// The ids so far: how many were padding.
    pub(super) fn ids(&mut self) -> &mut Ids {
        &mut self.ids
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

    /// Number of bags so far, including those that were not kept.
    pub(super) fn bags(&self) -> u64 {
        match &self.sampling {
            Some(sampling) => sampling.bags,
            None => self.trace.len() as u64,
        }
    }

    /// Closes the open bag.
    pub(super) fn end_bag(&mut self, table: u16, line: Option<u64>) {
        let Some(sampling) = &mut self.sampling else {
            self.trace.close_bag(table, line);
            return;
        };
        let begun = self.trace.offsets.last().map_or(0, |&o| o as usize);
        let bag = &self.trace.ids[begun..];
        let number = sampling.bags;
        sampling.bags += 1;
        sampling.lookups += bag.len() as u64;
        let table_number = usize::from(table);
        if sampling.rows.len() <= table_number {
            sampling.all_rows += (table_number + 1 - sampling.rows.len()) as u64;
            sampling.rows.resize(table_number + 1, 1);
        }
        let rows = &mut sampling.rows[table_number];
        let before = *rows;
        *rows = bag.iter().fold(before, |most, &id| most.max(id + 1));
        sampling.all_rows += u64::from(*rows - before);
        if !sampling.sampler.keeps(number) {
            self.trace.ids.truncate(begun);
            return;
        }
        sampling.numbers.push(number);
        self.trace.close_bag(table, line);
        while sampling.is_over(&self.trace) && sampling.sampler.tighten() {
            sampling.drop_bags(&mut self.trace);
        }
    }

    pub(super) fn finish(self) -> Trace {
        let mut trace = self.trace;
        trace.numbering = self.ids.finish();
        if let Some(s) = self.sampling
            && !s.sampler.keeps_all()
        {
            return trace.sampled_from(s.sampler, s.bags, s.lookups, s.rows);
        }
        trace
    }
}

impl Sampling {
    fn is_over(&self, trace: &Trace) -> bool {
        let bound = &self.sampler.bound;
        let (bags, lookups) = (trace.len() as u64, trace.lookups());
        // The last bag is kept, whatever its size.
        bags > 1 && bound.needed(self.all_rows, bags, lookups) > bound.bytes
    }

    /// Drops the bags that the sampler no longer keeps.
    fn drop_bags(&mut self, trace: &mut Trace) {
        let mut kept = Trace {
            offsets: vec![0],
            ids: std::mem::take(&mut trace.ids),
            tables: None,
            path: std::mem::take(&mut trace.path),
            lines: Vec::new(),
            parts: Vec::new(),
            sampled: None,
            numbering: None,
        };
        let mut numbers = Vec::with_capacity(self.numbers.len());
        let mut end = 0;
        for (i, &number) in self.numbers.iter().enumerate() {
            if !self.sampler.keeps(number) {
                continue;
            }
            let (from, to) = (trace.offsets[i] as usize, trace.offsets[i + 1] as usize);
            // In place: kept ids only move towards the front.
            kept.ids.copy_within(from..to, end);
            end += to - from;
            numbers.push(number);
            kept.note_bag(trace.table(i), trace.line(i), end as u64);
        }
        kept.ids.truncate(end);
        self.numbers = numbers;
        *trace = kept;
    }
}

impl Trace {
    /// Builds a trace from `(table, ids)` lists; for tests and small inputs. `None` if an id is
    /// above [`MAX_ID`].
    pub fn from_lists(bags: &[(u16, Vec<u32>)]) -> Option<Self> {
        let mut builder = TraceBuilder::new(Path::new("<memory>"));
        for (table, ids) in bags {
            for &id in ids {
                if id > MAX_ID {
                    return None;
                }
                builder.push(id);
            }
            builder.end_bag(*table, None);
        }
        Some(builder.finish())
    }
}
