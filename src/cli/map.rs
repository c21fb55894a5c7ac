//! `recross map`

use std::path::PathBuf;

use clap::ValueEnum;

use super::options::{self, TableArgs, TraceArgs};
use super::{Done, Session};
use crate::config::{Method, Replication, Resolved};
use crate::error::{Error, Result};
use crate::flow::{self, MapJob};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Configuration (TOML)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
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
    method: Option<String>,
    /// Copies of hot groups; overrides the configuration
    #[arg(long, value_name = "KIND")]
    replication: Option<String>,
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
    let resolved = options::configuration(&args.config, session)?;
    let method = (args.method.as_ref())
        .map(|name| named::<Method>("--method", name))
        .transpose()?;
    let replication = (args.replication.as_ref())
        .map(|name| named::<Replication>("--replication", name))
        .transpose()?;
    resolved.with("with the arguments", |config| {
        let mapping = &mut config.mapping;
        mapping.method = method.unwrap_or(mapping.method);
        mapping.replication = replication.unwrap_or(mapping.replication);
        mapping.memory_mib = args.memory_mib.unwrap_or(mapping.memory_mib);
        mapping.budget = args.budget.unwrap_or(mapping.budget);
    })
}

/// A value by the name that it has in a configuration.
fn named<T: serde::de::DeserializeOwned>(argument: &str, name: &str) -> Result<T> {
    let value = serde_json::Value::String(name.to_owned());
    serde_json::from_value(value).map_err(|e| {
        let text = e.to_string();
        let expected = text.split("expected ").nth(1).unwrap_or("a known name");
        Error::argument(argument, format!("`{name}`"), expected, "")
    })
}
