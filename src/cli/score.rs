//! `recross score`

use std::path::PathBuf;

use super::options::{self, TraceArgs};
use super::{Done, Session};
use crate::error::Result;
use crate::flow::report::{Head, LayoutReport, ScoreReport};
use crate::{flow, learn};

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
    let mapping = options::mapping(&args.mapping, session)?;
    let trace = args.trace.read(&resolved, session)?;
    let sample = trace.sample().cloned();
    let rows = flow::rows_needed(&resolved, &[&trace], Some(mapping.embeddings));
    let bags = flow::flatten(trace, &rows, &resolved)?;
    mapping.validate(&resolved, bags.embeddings(), &args.mapping)?;
    let score = learn::score(&mapping, &bags, &resolved)?;
    let path = Some(args.mapping.display().to_string());
    session.output.show(&ScoreReport {
        head: Head::new("score"),
        trace: args.trace.trace.display().to_string(),
        sample,
        mapping: LayoutReport::new(&mapping, path, &resolved),
        score,
    })?;
    Ok(Done::Well)
}
