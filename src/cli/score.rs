//! `recross score`

use std::path::PathBuf;

use super::options::{FitArgs, TableArgs, TraceArgs};
use super::session::{Done, Session};
use crate::error::Result;
use crate::flow::{self, ScoreJob};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    config: FitArgs,
    /// mapping.json, of recross or of another program
    #[arg(long, value_name = "FILE")]
    mapping: PathBuf,
    /// Another mapping.json, judged on the same bags
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    #[command(flatten)]
    trace: TraceArgs,
    /// Tables, for their numbers of rows only; else `embedding.tables`, or what mapping and trace need
    #[command(flatten)]
    tables: TableArgs,
}

pub(super) fn run(args: &Args, session: &Session) -> Result<Done> {
    let resolved = args.config.resolve(session)?;
    let job = ScoreJob {
        mapping: args.mapping.clone(),
        against: args.against.clone(),
        trace: args.trace.file(),
        tables: args.tables.table.clone(),
        fit: args.config.fit,
    };
    let report = flow::score(&resolved, &job, &session.watch)?;
    session.watch.clear();
    session.output.show(&report)?;
    Ok(Done::Well)
}
