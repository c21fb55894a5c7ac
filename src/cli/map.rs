//! `recross map`

use std::path::PathBuf;

use clap::ValueEnum;

use super::options::{FitArgs, TableArgs, TraceArgs};
use super::session::{Done, Session};
use crate::config::{Method, Replication, Resolved};
use crate::error::Result;
use crate::flow::{self, MapJob};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    config: FitArgs,
    #[command(flatten)]
    trace: TraceArgs,
    /// Folder for mapping.json and report.json
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Judge on this trace, and learn from all of the other; else the end of the trace is held out
    #[arg(long, value_name = "FILE")]
    holdout: Option<PathBuf>,
    /// Tables, for their numbers of rows only; else `embedding.tables`, or what the traces look up
    #[command(flatten)]
    tables: TableArgs,
    /// Grouping method; overrides the configuration
    #[arg(long, value_name = "METHOD")]
    method: Option<Method>,
    /// Copies of hot groups; overrides the configuration
    #[arg(long, value_name = "KIND")]
    replication: Option<Replication>,
    /// Extra crossbars for copies, as a fraction of the groups; overrides the configuration
    #[arg(long, value_name = "FRACTION", allow_negative_numbers = true)]
    budget: Option<f64>,
    /// MiB of memory for the trace and for learning; a trace that takes more is sampled; overrides
    /// the configuration
    #[arg(long, value_name = "MIB")]
    memory_mib: Option<u32>,
    /// Compare with all other methods, or only show this mapping's cost
    #[arg(long, value_name = "WITH", default_value = "all", default_missing_value = "all", num_args = 0..=1)]
    compare: Compare,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Compare {
    /// Every method, and the naive layout.
    All,
    /// This mapping alone.
    None,
}

pub(super) fn run(args: &Args, session: &Session) -> Result<Done> {
    let resolved = configuration(args, session)?;
    let job = MapJob {
        trace: args.trace.file(),
        holdout: args.holdout.clone(),
        tables: args.tables.table.clone(),
        fit: args.config.fit,
        compare: args.compare == Compare::All,
        out: Some(args.out.clone()),
    };
    let mapped = flow::map(&resolved, &job, &session.watch)?;
    session.watch.clear();
    session.output.show(&mapped.report)?;
    Ok(Done::Well)
}

/// The configuration with the overrides, checked like a file's.
fn configuration(args: &Args, session: &Session) -> Result<Resolved> {
    let resolved = args.config.resolve(session)?;
    resolved.with("with the arguments", |config| {
        let mapping = &mut config.mapping;
        mapping.method = args.method.unwrap_or(mapping.method);
        mapping.replication = args.replication.unwrap_or(mapping.replication);
        mapping.memory_mib = args.memory_mib.unwrap_or(mapping.memory_mib);
        mapping.budget = args.budget.unwrap_or(mapping.budget);
    })
}
