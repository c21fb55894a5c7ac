//! `recross run`

use std::path::PathBuf;

use super::options::{self, FitArgs, TableArgs, TraceArgs};
use super::session::{Done, Session};
use crate::cosim::Preload;
use crate::error::Result;
use crate::flow::{self, RunJob, RunOutcome};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    config: FitArgs,
    #[command(flatten)]
    trace: TraceArgs,
    #[command(flatten)]
    table: TableArgs,
    /// Folder for rtl/, mapping.json, outputs.npy and .npz, report.json and the configuration
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Drive at most this many bags
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// How the memories are filled
    #[arg(long, value_name = "HOW", default_value = "images")]
    preload: Preload,
    /// Overwrite files of DIR/rtl even if they were edited
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: &Args, session: &Session) -> Result<Done> {
    let resolved = args.config.resolve(session)?;
    let job = RunJob {
        tables: args.table.specs(session),
        fit: args.config.fit,
        limit: args.limit,
        preload: args.preload,
        out: Some(args.out.clone()),
        edited: options::edited(args.force),
        cache_dir: session.cache.clone(),
        ..RunJob::new(args.trace.file())
    };
    show(flow::run(&resolved, &job, &session.watch)?, session)
}

/// Shows the report; a mismatch is an error after it.
pub(super) fn show(outcome: RunOutcome, session: &Session) -> Result<Done> {
    session.watch.clear();
    session.output.show(&outcome.report)?;
    outcome.into_result()?;
    Ok(Done::Well)
}
