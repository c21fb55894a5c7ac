//! `recross sweep`

use std::path::PathBuf;

use super::options::{self, TraceArgs};
use super::session::{Done, Session};
use crate::error::Result;
use crate::flow::compare::Grow;
use crate::flow::sweep::{Grid, Resize};
use crate::flow::{self, SweepJob};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Configuration (TOML) that every point starts from
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    #[command(flatten)]
    trace: TraceArgs,
    /// Judge on this trace, and learn from all of the other; else the end of the trace is held out
    #[arg(long, value_name = "FILE")]
    holdout: Option<PathBuf>,
    /// Judge at most this many bags
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Grid (TOML): keys of a configuration, each with a list of values
    #[arg(long, value_name = "FILE")]
    grid: Option<PathBuf>,
    /// One more key of the grid and its values (`adc.switch=dynamic,graded`); may be repeated
    #[arg(long, value_name = "KEY=VALUES")]
    set: Vec<String>,
    /// Size each point's engine for its embeddings and copies
    #[arg(long, value_name = "WHAT", default_missing_value = "crossbars_per_bank", num_args = 0..=1)]
    fit: Option<Grow>,
    /// Folder for points.csv, points.jsonl, report.json, grid.json, and points/ with what is finished
    /// so far
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Use DIR even if another grid was swept there
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: &Args, session: &Session) -> Result<Done> {
    let base = options::configuration(Some(&args.config), &[], session)?;
    let mut grid = Grid::default();
    if let Some(path) = &args.grid {
        grid.add_file(path, &base.config)?;
    }
    for text in &args.set {
        grid.add_argument(text, &base.config)?;
    }
    let job = SweepJob {
        trace: args.trace.file(),
        holdout: args.holdout.clone(),
        limit: args.limit,
        grid,
        resize: args.fit.map_or(Resize::No, Resize::Fit),
        cache_dir: session.cache.clone(),
        out: args.out.clone(),
        force: args.force,
    };
    let report = flow::sweep(&base, &job, &session.watch)?;
    session.watch.clear();
    session.output.show(&report)?;
    Ok(Done::Well)
}
