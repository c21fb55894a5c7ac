//! `recross compare`

use std::path::PathBuf;

use super::options::{FitArgs, TableArgs, TraceArgs};
use super::session::{Done, Session};
use crate::error::{Error, Result};
use crate::flow::compare::architectures::IdOrder;
use crate::flow::compare::{Cut, DEFAULT_BASELINE, Grow, Spec, Verify};
use crate::flow::{self, CompareJob};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    config: FitArgs,
    #[command(flatten)]
    trace: TraceArgs,
    /// Judge on this trace, and learn from all of the other; else the end of the trace is held out
    #[arg(long, value_name = "FILE")]
    holdout: Option<PathBuf>,
    #[command(flatten)]
    table: TableArgs,
    /// Judge at most this many bags
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Extra crossbars as fractions of those that the embeddings need
    #[arg(
        long,
        value_name = "FRACTIONS",
        value_delimiter = ',',
        default_value = "0,0.05,0.1,0.2,1",
        allow_negative_numbers = true
    )]
    budget: Vec<f64>,
    /// The row that ratios are against
    #[arg(long, value_name = "ROW", default_value = DEFAULT_BASELINE)]
    baseline: String,
    /// Show each step from nmars_like_fixed to optimized too
    #[arg(long)]
    ablation: bool,
    /// Ids where a layout goes by their order
    #[arg(long, value_name = "ORDER", default_value = "hashed")]
    id_order: IdOrder,
    /// What of the engine follows the number of crossbars
    #[arg(long, value_name = "WHAT", default_value = "crossbars_per_bank")]
    grow: Grow,
    /// Let Yosys count the gates of each design, where it is installed; else they are estimated
    #[arg(long)]
    yosys: bool,
    /// Seconds for each measurement of this host's CPU; 0: it is modelled only
    #[arg(
        long,
        value_name = "S",
        default_value_t = 1.0,
        allow_negative_numbers = true
    )]
    cpu_seconds: f64,
    /// A GPU's measurement of the same bags, as examples/gpu/measure.sh prints it
    #[arg(long, value_name = "FILE")]
    gpu_measured: Option<PathBuf>,
    /// Co-simulate the first N bags of each design: values, events and cycles must agree
    #[arg(long, value_name = "N")]
    verify_rtl: Option<usize>,
    /// Co-simulate on an engine cut to so many lanes and banks a lane
    #[arg(
        long,
        value_name = "LANES,BANKS",
        requires = "verify_rtl",
        value_delimiter = ','
    )]
    verify_cut: Vec<u32>,
    /// Folder for report.json, compare.md and compare.csv
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &Args, session: &Session) -> Result<Done> {
    let spec = spec(args)?;
    let resolved = args.config.resolve(session)?;
    let job = CompareJob {
        trace: args.trace.file(),
        holdout: args.holdout.clone(),
        tables: args.table.specs(session),
        fit: args.config.fit,
        limit: args.limit,
        spec,
        gpu_measured: args.gpu_measured.clone(),
        cache_dir: session.cache.clone(),
        out: args.out.clone(),
    };
    let report = flow::compare(&resolved, &job, &session.watch)?;
    session.watch.clear();
    session.output.show(&report)?;
    Ok(Done::Well)
}

fn spec(args: &Args) -> Result<Spec> {
    if !(0.0..=3600.0).contains(&args.cpu_seconds) {
        let found = args.cpu_seconds.to_string();
        return Err(Error::argument(
            "--cpu-seconds",
            found,
            "a number from 0 to 3600",
            "",
        ));
    }
    let cut = match args.verify_cut.as_slice() {
        [] => None,
        &[lanes, banks_per_lane] => Some(Cut {
            lanes,
            banks_per_lane,
        }),
        other => {
            return Err(Error::argument(
                "--verify-cut",
                format!("{other:?}"),
                "two numbers: lanes, and banks of a lane",
                "`--verify-cut 2,4` is 8 banks",
            ));
        }
    };
    if args.verify_rtl == Some(0) {
        let help = "leave it out to co-simulate nothing";
        return Err(Error::argument("--verify-rtl", "0", "at least 1 bag", help));
    }
    Ok(Spec {
        budgets: args.budget.clone(),
        ids: args.id_order,
        grow: args.grow,
        baseline: args.baseline.clone(),
        ablation: args.ablation,
        yosys: args.yosys,
        cpu_seconds: args.cpu_seconds,
        gpu: None,
        verify: args.verify_rtl.map(|bags| Verify { bags, cut }),
    })
}
