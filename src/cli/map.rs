//! `recross map`

use std::path::PathBuf;

use clap::ValueEnum;

use super::options::{self, TableArgs, TraceArgs};
use super::output::json;
use super::{Done, Session};
use crate::config::{Method, Replication, Resolved};
use crate::error::Result;
use crate::flow;
use crate::flow::report::{CandidateReport, Head, LayoutReport, MapReport};
use crate::io::write_if_changed;

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
    let mut resolved = configuration(args, session)?;
    let (trace, other, needed) =
        args.trace
            .read_with(args.holdout.as_deref(), &resolved, session)?;
    let rows = match args.tables.table.as_slice() {
        [] => needed,
        specs => flow::load_tables(&mut resolved, specs, Some(&trace), &needed)?.rows,
    };
    let sample = trace.sample().cloned();
    let bags = flow::flatten(trace, &rows, &resolved)?;
    let (history, held_out) = match other {
        Some(other) => (bags, flow::flatten(other, &rows, &resolved)?),
        None => bags.into_holdout(resolved.config.mapping.holdout),
    };
    let judged = (!held_out.is_empty()).then_some(&held_out);
    let compare = args.compare == Compare::All;
    let result = flow::learn_against(&resolved, &history, judged, compare, &session.watch)?;

    let path = args.out.join("mapping.json");
    let mapping = &result.chosen.mapping;
    mapping.write(&path)?;
    let report_path = args.out.join("report.json");
    let report = MapReport {
        head: Head::new("map"),
        trace: args.trace.trace.display().to_string(),
        sample,
        holdout: args.holdout.as_ref().map(|p| p.display().to_string()),
        history_bags: history.len() as u64,
        holdout_bags: held_out.len() as u64,
        mapping: LayoutReport::new(mapping, None, &resolved),
        copies_bounded_by_room: result.chosen.copies.clamped(),
        candidates: result
            .candidates
            .iter()
            .map(CandidateReport::from)
            .collect(),
        files: [&path, &report_path]
            .map(|p| p.display().to_string())
            .to_vec(),
    };
    write_if_changed(&report_path, (json(&report)? + "\n").as_bytes())?;
    session.watch.clear();
    session.output.show(&report)?;
    Ok(Done::Well)
}

/// The configuration with the overrides, checked like a file's.
fn configuration(args: &Args, session: &Session) -> Result<Resolved> {
    let resolved = options::configuration(&args.config, session)?;
    resolved.with("with the arguments", |config| {
        let mapping = &mut config.mapping;
        mapping.method = args.method.unwrap_or(mapping.method);
        mapping.replication = args.replication.unwrap_or(mapping.replication);
        mapping.memory_mib = args.memory_mib.unwrap_or(mapping.memory_mib);
        mapping.budget = args.budget.unwrap_or(mapping.budget);
    })
}
