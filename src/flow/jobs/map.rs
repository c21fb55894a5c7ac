//! What mappings cost on a trace: learned and compared, or read from a file.

use std::path::PathBuf;

use crate::config::Resolved;
use crate::error::Result;
use crate::flow::fit::{self, Data};
use crate::flow::inputs::{self, TraceFile};
use crate::flow::jobs::folder::write_config;
use crate::flow::lists;
use crate::flow::report::{
    AgainstReport, CandidateReport, Head, LayoutReport, MapReport, RenumberedReport, ScoreReport,
    json,
};
use crate::flow::{Judged, flatten, learn_against, load_tables};
use crate::formats::table::TableSpec;
use crate::formats::trace::Trace;
use crate::io::write_if_changed;
use crate::learn;
use crate::mapping::Mapping;
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
    /// Whether the configuration is fitted to traces and tables ([`crate::flow::fit`]).
    pub fit: bool,
    /// Whether the mapping is judged beside the naive layout and every other method.
    pub compare: bool,
    /// Folder for `mapping.json` and `report.json`, for `ids.npy` or `ids.txt` if ids are renumbered,
    /// and for a configuration that was fitted.
    pub out: Option<PathBuf>,
}

impl MapJob {
    /// The end of the trace held out, no other methods, nothing written.
    pub fn new(trace: impl Into<TraceFile>) -> Self {
        MapJob {
            trace: trace.into(),
            holdout: None,
            tables: Vec::new(),
            fit: false,
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
    let (trace, other, _) = job.trace.with_tables(&job.tables).read_with(
        job.holdout.as_deref(),
        &resolved,
        progress,
    )?;
    let traces: Vec<&Trace> = std::iter::once(&trace).chain(&other).collect();
    let data = Data::new(&traces, &job.tables, &[])?;
    let fitted = fit::fit_and_check(&mut resolved, &data, job.fit, progress)?;
    let needed = data.rows(&resolved);
    let rows = match job.tables.as_slice() {
        [] => needed,
        specs => {
            let of_trace = (Some(&trace), needed.as_slice());
            load_tables(&mut resolved, specs, of_trace, &[], progress)?.rows
        }
    };
    let sample = trace.sample().cloned();
    let originals = trace.numbering().cloned();
    let bags = flatten(trace, &rows, &resolved)?;
    let (history, held_out) = match other {
        Some(other) => (bags, flatten(other, &rows, &resolved)?),
        None => bags.into_holdout(resolved.config.mapping.holdout),
    };
    let judged = (!held_out.is_empty()).then_some(&held_out);
    let mut learned = learn_against(&resolved, &history, judged, job.compare, progress)?;
    learned.chosen.mapping.ids = originals.iter().flat_map(|lists| lists.hashes()).collect();

    let mapping = &learned.chosen.mapping;
    let files = job.out.as_ref().map(|out| {
        let config = job.fit.then_some("config.toml");
        let names = ["mapping.json", "report.json"].into_iter().chain(config);
        names.map(|name| out.join(name)).collect::<Vec<_>>()
    });
    let written = match &job.out {
        Some(out) => lists::write(originals.as_deref(), out)?,
        None => Vec::new(),
    };
    let names = files
        .iter()
        .flatten()
        .chain(&written)
        .map(|p| p.display().to_string());
    let report = MapReport {
        head: Head::new("map"),
        fitted,
        trace: job.trace.name(),
        sample,
        renumbered: RenumberedReport::all(&job.trace, originals.as_deref(), &written),
        holdout: job.holdout.as_ref().map(|p| p.display().to_string()),
        history_bags: history.len() as u64,
        holdout_bags: held_out.len() as u64,
        mapping: LayoutReport::new(mapping, None, &resolved)
            .interrupted(learned.chosen.interrupted()),
        copies_bounded_by_room: learned.chosen.copies.clamped(),
        candidates: learned
            .candidates
            .iter()
            .map(CandidateReport::from)
            .collect(),
        files: names.collect(),
    };
    if let Some(out) = &job.out {
        mapping.write(&out.join("mapping.json"))?;
        if job.fit {
            write_config(&resolved, out)?;
        }
        let path = out.join("report.json");
        write_if_changed(&path, (json(&report)? + "\n").as_bytes())?;
    }
    Ok(Mapped { report, learned })
}

/// Mappings and what they are judged on.
#[derive(Debug, Clone)]
pub struct ScoreJob {
    /// A mapping's file.
    pub mapping: PathBuf,
    /// Another one, judged on the same bags.
    pub against: Option<PathBuf>,
    /// The lookups.
    pub trace: TraceFile,
    /// Tables, for their numbers of rows only; none: as many as the mapping has.
    pub tables: Vec<TableSpec>,
    /// Whether the configuration is fitted to trace, tables and mappings ([`crate::flow::fit`]).
    pub fit: bool,
}

/// Judges the mapping of a file on a whole trace. It is what `recross score` does.
///
/// # Errors
/// As [`read_trace`], [`crate::mapping::Mapping::read`] and
/// [`crate::mapping::Mapping::validate`].
pub fn score(resolved: &Resolved, job: &ScoreJob, progress: &dyn Progress) -> Result<ScoreReport> {
    let mut resolved = resolved.clone();
    let files = std::iter::once(&job.mapping).chain(&job.against);
    let mappings = files
        .map(|path| Ok((path, inputs::read_mapping(path, progress)?)))
        .collect::<Result<Vec<_>>>()?;
    let trace = job
        .trace
        .with_tables(&job.tables)
        .read(&resolved, progress)?;
    let sample = trace.sample().cloned();
    for (path, mapping) in &mappings {
        lists::check(mapping, path, &trace)?;
    }
    let given: Vec<&Mapping> = mappings.iter().map(|(_, mapping)| mapping).collect();
    let traces = [&trace];
    let data = Data::new(&traces, &job.tables, &given)?;
    let fitted = fit::fit_and_check(&mut resolved, &data, job.fit, progress)?;
    let rows = data.rows(&resolved);
    let renumbered = RenumberedReport::all(&job.trace, trace.numbering().map(AsRef::as_ref), &[]);
    let bags = flatten(trace, &rows, &resolved)?;
    let mut scores = Vec::new();
    for (path, mapping) in &mappings {
        mapping.validate(&resolved, bags.embeddings(), path)?;
        scores.push(AgainstReport {
            mapping: LayoutReport::new(mapping, Some(path.display().to_string()), &resolved),
            score: learn::score(mapping, &bags, &resolved)?,
        });
    }
    let against = job.against.as_ref().and_then(|_| scores.pop());
    let AgainstReport { mapping, score } = scores.remove(0);
    Ok(ScoreReport {
        head: Head::new("score"),
        fitted,
        trace: job.trace.name(),
        sample,
        renumbered,
        mapping,
        score,
        against,
    })
}
