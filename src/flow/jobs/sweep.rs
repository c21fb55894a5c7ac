//! One call from files to the sweep's report.

use std::path::PathBuf;

use crate::config::Resolved;
use crate::cosim::Cache;
use crate::error::{Error, Result};
use crate::flow::fit::{self, Data, Scope};
use crate::flow::inputs::{self, TraceFile};
use crate::flow::report::{Head, RenumberedReport, SweepHost, SweepReport, json};
use crate::flow::sweep::{self, Grid, Inputs, Plan, Resize, Store, json_line};
use crate::formats::trace::Trace;
use crate::io::write_bytes;
use crate::progress::Progress;

/// All that a sweep needs but the configuration that its points start from.
#[derive(Debug, Clone)]
pub struct SweepJob {
    /// The lookups.
    pub trace: TraceFile,
    /// Judge on this trace, and learn from all of the other. `None`: the end of the trace is held
    /// out.
    pub holdout: Option<PathBuf>,
    /// Most bags to judge.
    pub limit: Option<usize>,
    /// Keys and their values.
    pub grid: Grid,
    /// Whether engines are resized for their points.
    pub resize: Resize,
    /// Folder of learned groups.
    pub cache_dir: PathBuf,
    /// Folder for `points.csv`, `points.jsonl`, `report.json`, `grid.json`, and `points/` with what
    /// is finished so far.
    pub out: PathBuf,
    /// Whether a folder in which another grid was swept may be used.
    pub force: bool,
}

/// Asks whether to go on, and keeps quiet: many points are in work at once.
struct Quiet<'a>(&'a (dyn Progress + Sync));

impl Progress for Quiet<'_> {
    fn step(&self, _what: &'static str, _done: u64, _total: u64) -> Result<()> {
        self.0.check()
    }

    fn note(&self, text: &str) {
        self.0.note(text);
    }
}

/// Works off all points, those left out that an earlier call finished. It is what `recross sweep`
/// does.
///
/// # Errors
/// As [`sweep::check`], [`crate::flow::read_trace`], [`Plan::new`] and [`Plan::run`]; [`Error::Io`] for what is
/// written; what `progress` returns, after a note of how many points are finished.
pub fn sweep(
    base: &Resolved,
    job: &SweepJob,
    progress: &(dyn Progress + Sync),
) -> Result<SweepReport> {
    inputs::check_limit(job.limit)?;
    // Before any file is read.
    job.grid.points()?;
    sweep::check(&job.out, &job.grid, job.force)?;
    let (trace, other, rows) = job
        .trace
        .read_with(job.holdout.as_deref(), base, progress)?;
    let traces: Vec<&Trace> = std::iter::once(&trace).chain(&other).collect();
    let scope = Scope {
        engine: false,
        fit: false,
    };
    fit::check(base, &Data::new(&traces, &[], &[])?, scope)?;
    let renumbered = RenumberedReport::all(&job.trace, trace.numbering().map(AsRef::as_ref), &[]);
    let bags = trace.into_bags(&rows)?;
    let holdout = other.map(|t| t.into_bags(&rows)).transpose()?;
    let inputs = Inputs {
        bags: &bags,
        holdout: holdout.as_ref(),
        limit: job.limit,
        cache: &Cache::new(&job.cache_dir),
    };
    let plan = Plan::new(base, &job.grid, job.resize, &inputs)?;
    work(job, &plan, renumbered, progress)
}

fn work(
    job: &SweepJob,
    plan: &Plan,
    renumbered: Vec<RenumberedReport>,
    progress: &(dyn Progress + Sync),
) -> Result<SweepReport> {
    let file = |name: &str| job.out.join(name);
    sweep::claim(&job.out, &job.grid, job.force)?;
    let store = Store::open(&file("points"))?;
    let total = plan.len() as u64;
    let mut done = 0;
    let worked = plan.run(&store, &Quiet(progress), &mut |now| {
        done = now;
        progress.detail(&format!("{now} of {total} points"));
        progress.step("sweeping", now, total)
    });
    if let Err(Error::Interrupted) = worked {
        progress.note(&format!(
            "{done} of {total} points are finished; the same command goes on there"
        ));
    }
    let (points, reused) = worked?;
    let (history_bags, bags, lookups) = plan.bags().unwrap_or_default();
    let files = ["points.csv", "points.jsonl", "report.json"].map(file);
    let report = SweepReport {
        head: Head::new("sweep"),
        trace: job.trace.name(),
        holdout: job.holdout.as_ref().map(|p| p.display().to_string()),
        renumbered,
        history_bags,
        bags,
        lookups,
        axes: job.grid.axes.clone(),
        points: total,
        front: SweepReport::front_of(&points),
        files: files.iter().map(|p| p.display().to_string()).collect(),
        host: SweepHost {
            reused: reused as u64,
        },
    };
    let lines = points.iter().map(json_line);
    let lines = lines.collect::<Result<Vec<String>>>()?.join("\n") + "\n";
    let texts = [SweepReport::csv(&points), lines, json(&report)? + "\n"];
    for (path, text) in std::iter::zip(&files, texts) {
        write_bytes(path, text.as_bytes())?;
    }
    Ok(report)
}
