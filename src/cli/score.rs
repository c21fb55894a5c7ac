//! `recross score`

use std::path::PathBuf;

use super::options::{self, TraceArgs};
use super::session::{Done, Session};
use crate::error::Result;
use crate::flow;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Configuration (TOML)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// mapping.json, of recross or of another program
    #[arg(long, value_name = "FILE")]
    mapping: PathBuf,
    #[command(flatten)]
    trace: TraceArgs,
}

pub(super) fn run(args: &Args, session: &Session) -> Result<Done> {
    let resolved = options::configuration(&args.config, session)?;
    let trace = args.trace.file();
    let report = flow::score(&resolved, &args.mapping, &trace, &session.watch)?;
    session.watch.clear();
    session.output.show(&report)?;
    Ok(Done::Well)
}
