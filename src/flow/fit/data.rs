//! What a configuration has to have room for.

use crate::config::Resolved;
use crate::error::Result;
use crate::formats::table::{self, TableHead, TableShape, TableSpec};
use crate::formats::trace::Trace;
use crate::mapping::Mapping;

/// Traces, tables and mappings that a configuration has to fit. Of tables, only the heads of their
/// files are read.
#[derive(Debug)]
pub struct Data<'a> {
    pub(super) traces: &'a [&'a Trace],
    pub(super) tables: &'a [TableSpec],
    pub(super) mappings: &'a [&'a Mapping],
    /// For each of `tables` its size, if it is a file.
    pub(super) heads: Vec<Option<TableHead>>,
    /// Rows of each table that the traces look up.
    looked_up: Vec<u32>,
}

impl<'a> Data<'a> {
    /// Reads the heads of the tables' files. Without tables, there is one for each of the traces'.
    ///
    /// # Errors
    /// As [`table::listed_head`] and [`Trace::check_originals`].
    pub fn new(
        traces: &'a [&'a Trace],
        tables: &'a [TableSpec],
        mappings: &'a [&'a Mapping],
    ) -> Result<Self> {
        let lists = traces.last().and_then(|trace| trace.numbering());
        let mut heads = Vec::with_capacity(tables.len());
        for (t, spec) in tables.iter().enumerate() {
            if let (Some(_), Some(head)) = (lists, table::head(spec)?) {
                // These errors name a bag.
                let checks = traces
                    .iter()
                    .map(|trace| trace.check_originals(t, head.rows));
                checks.collect::<Result<()>>()?;
            }
            heads.push(table::listed_head(spec, t, lists.map(AsRef::as_ref))?);
        }
        Ok(Data {
            traces,
            tables,
            mappings,
            heads,
            looked_up: Trace::rows_of_all(traces),
        })
    }

    /// Whether one random table stands for all.
    pub(super) fn all_random(&self) -> bool {
        matches!(self.heads.as_slice(), [] | [None])
    }

    /// The shape that tables must have.
    pub(super) fn shape<'s>(&'s self, resolved: &'s Resolved) -> TableShape<'s> {
        let embedding = &resolved.config.embedding;
        TableShape {
            dim: embedding.dim,
            dims: &embedding.dims,
            value_bits: embedding.value_bits,
            rows: &embedding.tables,
            needed: &self.looked_up,
        }
    }

    /// Rows of each table as they are: those of the files, else those that are configured, else
    /// those that traces and mappings need.
    pub fn rows(&self, resolved: &Resolved) -> Vec<u32> {
        let configured = &resolved.config.embedding.tables;
        let needed = self.needed();
        let count = match (configured.len(), self.all_random()) {
            (0, true) => needed.len(),
            (0, false) => self.heads.len(),
            (configured, _) => configured,
        };
        let of = |t: usize| {
            let needed = configured.get(t).or_else(|| needed.get(t));
            let file = self.heads.get(t).copied().flatten().map(|head| head.rows);
            file.or(needed.copied()).unwrap_or(1)
        };
        (0..count).map(of).collect()
    }

    /// Rows of each table that hold everything: those of the files, else what is configured, and
    /// more if traces or mappings need more.
    pub(super) fn rows_for_all(&self, resolved: &Resolved) -> Vec<u32> {
        let configured = &resolved.config.embedding.tables;
        let needed = self.needed();
        let count = match self.all_random() {
            true => needed.len().max(configured.len()),
            false => self.heads.len(),
        };
        let of = |t: usize| {
            let file = self.heads.get(t).copied().flatten().map(|head| head.rows);
            let at = |rows: &[u32]| rows.get(t).copied().unwrap_or(1);
            file.unwrap_or(at(configured).max(at(&needed)))
        };
        (0..count).map(of).collect()
    }

    /// What traces need, and mappings where there is one table.
    fn needed(&self) -> Vec<u32> {
        let mut rows = self.looked_up.clone();
        if let [only] = rows.as_mut_slice() {
            let mapped = self.mappings.iter().map(|m| m.embeddings).max();
            *only = mapped.unwrap_or(0).max(*only);
        }
        rows
    }

    /// Lookups of the largest bag, and its file; without a bag, that is the first.
    pub(super) fn largest_bag(&self) -> (u32, String) {
        let mut largest = (0, self.traces.first().map(|trace| trace.path()));
        for trace in self.traces {
            for (bag, (_, ids)) in trace.iter().enumerate() {
                if ids.len() > largest.0 {
                    largest = (ids.len(), Some(trace.path_of(bag)));
                }
            }
        }
        let file = largest.1.map(|path| path.display().to_string());
        let lookups = u32::try_from(largest.0).unwrap_or(u32::MAX);
        (lookups, file.unwrap_or_default())
    }

    /// Lookups of all bags.
    pub fn lookups(&self) -> u64 {
        self.traces.iter().map(|trace| trace.lookups()).sum()
    }

    /// `the highest id is 4000000000, in bag 0 of a.bags:1`, where no table's file says more and ids
    /// are rows; or that a mapping has more embeddings.
    pub(super) fn highest_id(&self) -> Option<String> {
        let renumbered = self.traces.iter().any(|trace| trace.numbering().is_some());
        if renumbered || self.heads.iter().any(Option::is_some) {
            return None;
        }
        let looked_up = self.looked_up.iter().copied().max().unwrap_or(0);
        let mapped = self.mappings.iter().map(|m| m.embeddings).max();
        if let Some(mapped) = mapped.filter(|&mapped| mapped > looked_up) {
            return Some(format!("the mapping has {mapped} embeddings"));
        }
        let bags = self.traces.iter().flat_map(|trace| {
            let most = trace.iter().map(|(_, ids)| ids.iter().max());
            most.enumerate()
                .filter_map(move |(bag, most)| Some((*most?, bag, trace)))
        });
        let (id, bag, trace) = bags.max_by_key(|&(id, bag, _)| (id, std::cmp::Reverse(bag)))?;
        let line = trace.line(bag).map(|line| format!(":{line}"));
        Some(format!(
            "the highest id is {id}, in bag {bag} of {}{}",
            trace.path_of(bag).display(),
            line.unwrap_or_default()
        ))
    }

    /// The names of all files of the traces, or their number if they are many.
    pub(super) fn names(&self) -> String {
        let files = self.traces.iter().flat_map(|trace| trace.paths());
        let names: Vec<String> = files.map(|path| path.display().to_string()).collect();
        match names.len() {
            0..4 => names.join(" and "),
            many => format!("the {many} traces"),
        }
    }
}
