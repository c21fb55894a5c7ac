//! What mappings cost on a trace: learned and compared, or read from a file.

use std::path::PathBuf;

use crate::config::Resolved;
use crate::error::Result;
use crate::flow::inputs::{self, TraceFile};
use crate::flow::report::{CandidateReport, Head, LayoutReport, MapReport, ScoreReport, json};
use crate::flow::{Judged, flatten, learn_against, load_tables, rows_needed};
use crate::formats::table::TableSpec;
use crate::io::write_if_changed;
use crate::learn;
use crate::progress::Progress;

/// What a mapping is learned from and judged on.
#[derive(Debug, Clone)]
pub struct MapJob {
    /// The lookups.
    pub trace: TraceFile,
    /// Judge on this trace, and learn from all of the other. `None`: the end of the trace is held
    /// out.
    pub holdout: Option<PathBuf>,
    /// Tables, for their numbers of rows only; none: `embedding.tables`, or what the traces look up.
    pub tables: Vec<TableSpec>,
    /// Whether the mapping is judged beside the naive layout and every other method.
    pub compare: bool,
    /// Folder for `mapping.json` and `report.json`.
    pub out: Option<PathBuf>,
}

impl MapJob {
    /// The end of the trace held out, no other methods, nothing written.
    pub fn new(trace: impl Into<TraceFile>) -> Self {
        MapJob {
            trace: trace.into(),
            holdout: None,
            tables: Vec::new(),
            compare: false,
            out: None,
        }
    }
}

/// A learned mapping and what it costs.
#[derive(Debug, Clone)]
pub struct Mapped {
    /// The content of `report.json`.
    pub report: MapReport,
    /// The mapping, and the methods that it is compared with.
    pub learned: Judged,
}

/// Learns the configuration's mapping and judges it. It is what `recross map` does.
///
/// # Errors
/// As [`read_trace`], [`load_tables`], [`flatten`] and [`learn_against`];
/// [`crate::Error::Io`] for what is written.
pub fn map(resolved: &Resolved, job: &MapJob, progress: &dyn Progress) -> Result<Mapped> {
    let mut resolved = resolved.clone();
    let (trace, other, needed) =
        job.trace
            .read_with(job.holdout.as_deref(), &resolved, progress)?;
    let rows = match job.tables.as_slice() {
        [] => needed,
        specs => load_tables(&mut resolved, specs, Some(&trace), &needed)?.rows,
    };
    let sample = trace.sample().cloned();
    let bags = flatten(trace, &rows, &resolved)?;
    let (history, held_out) = match other {
        Some(other) => (bags, flatten(other, &rows, &resolved)?),
        None => bags.into_holdout(resolved.config.mapping.holdout),
    };
    let judged = (!held_out.is_empty()).then_some(&held_out);
    let learned = learn_against(&resolved, &history, judged, job.compare, progress)?;

    let mapping = &learned.chosen.mapping;
    let files = job
        .out
        .as_ref()
        .map(|out| [out.join("mapping.json"), out.join("report.json")]);
    let names = files.iter().flatten().map(|p| p.display().to_string());
    let report = MapReport {
        head: Head::new("map"),
        trace: job.trace.path.display().to_string(),
        sample,
        holdout: job.holdout.as_ref().map(|p| p.display().to_string()),
        history_bags: history.len() as u64,
        holdout_bags: held_out.len() as u64,
        mapping: LayoutReport::new(mapping, None, &resolved),
        copies_bounded_by_room: learned.chosen.copies.clamped(),
        candidates: learned
            .candidates
            .iter()
            .map(CandidateReport::from)
            .collect(),
        files: names.collect(),
    };
    if let Some([mapping_path, report_path]) = &files {
        mapping.write(mapping_path)?;
        write_if_changed(report_path, (json(&report)? + "\n").as_bytes())?;
    }
    Ok(Mapped { report, learned })
}

/// Judges the mapping of a file on a whole trace. It is what `recross score` does.
///
/// # Errors
/// As [`read_trace`], [`crate::mapping::Mapping::read`] and
/// [`crate::mapping::Mapping::validate`].
pub fn score(
    resolved: &Resolved,
    mapping: &std::path::Path,
    trace: &TraceFile,
    progress: &dyn Progress,
) -> Result<ScoreReport> {
    let path = mapping;
    let mapping = inputs::read_mapping(path, progress)?;
    let file = trace;
    let trace = file.read(resolved, progress)?;
    let sample = trace.sample().cloned();
    let rows = rows_needed(resolved, &[&trace], Some(mapping.embeddings));
    let bags = flatten(trace, &rows, resolved)?;
    mapping.validate(resolved, bags.embeddings(), path)?;
    let score = learn::score(&mapping, &bags, resolved)?;
    Ok(ScoreReport {
        head: Head::new("score"),
        trace: file.path.display().to_string(),
        sample,
        mapping: LayoutReport::new(&mapping, Some(path.display().to_string()), resolved),
        score,
    })
}
