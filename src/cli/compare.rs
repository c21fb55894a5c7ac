//! `recross compare`

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::options::{self, TableArgs, TraceArgs};
use super::output::json;
use super::{Done, Session};
use crate::config::Resolved;
use crate::cost::Technology;
use crate::error::{Error, Result};
use crate::flow::compare::architectures::IdOrder;
use crate::flow::compare::{self, Cut, DEFAULT_BASELINE, Grow, Inputs, Spec, Verify};
use crate::flow::report::{CompareReport, GeometryReport, Head, JudgedReport};
use crate::flow::{self, Split};
use crate::formats::table::TableSet;
use crate::io::write_bytes;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Configuration (TOML): geometry, lanes, banks and technology of every design
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
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
    ids: Ids,
    /// What of the engine follows the number of crossbars
    #[arg(long, value_name = "WHAT", default_value = "crossbars")]
    grow: GrowArg,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Ids {
    /// In a seeded random order, as hashed ids are
    Hashed,
    /// As the trace numbers them
    Given,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum GrowArg {
    /// engine.crossbars_per_bank
    Crossbars,
    /// engine.banks_per_lane
    Banks,
}

pub(super) fn run(args: &Args, session: &Session) -> Result<Done> {
    let limit = options::limit(args.limit)?;
    let mut spec = spec(args)?;
    let mut resolved = options::configuration(&args.config, session)?;
    let technology = Technology::of(&resolved)?;
    let (split, tables) = inputs(args, &spec, &mut resolved, limit, session)?;
    if let Some(out) = &args.out {
        std::fs::create_dir_all(out).map_err(Error::io("create", out))?;
    }
    let inputs = Inputs {
        history: &split.history,
        bags: &split.driven,
        table: &tables.int,
        technology: &technology,
        cache: &session.cache,
    };
    if let Some(path) = &args.gpu_measured {
        spec.gpu = Some(compare::machines::read_gpu(path, &resolved, &inputs)?);
    }
    let blocks = compare::run(&resolved, &spec, &inputs, &session.watch)?;
    let files = args
        .out
        .as_deref()
        .map_or(Vec::new(), |out| FILES.map(|f| out.join(f)).to_vec());
    let report = CompareReport {
        head: Head::new("compare"),
        judged: JudgedReport {
            trace: args.trace.trace.display().to_string(),
            holdout: args.holdout.as_ref().map(|p| p.display().to_string()),
            history_bags: split.history.len() as u64,
            bags: split.driven.len() as u64,
            lookups: split.driven.lookups(),
            held_out: split.held_out,
        },
        tables: tables.reports.clone(),
        geometry: GeometryReport::new(&resolved),
        ids: spec.ids,
        grow: spec.grow,
        baseline: spec.baseline.clone(),
        provenance: CompareReport::provenance_of(&blocks),
        blocks,
        files: files.iter().map(|p| p.display().to_string()).collect(),
    };
    if let Some(out) = &args.out {
        write(&report, out)?;
    }
    session.watch.clear();
    session.output.show(&report)?;
    Ok(Done::Well)
}

const FILES: [&str; 3] = ["compare.md", "compare.csv", "report.json"];

/// The report comes last: a folder with one is complete.
fn write(report: &CompareReport, out: &Path) -> Result<()> {
    let texts = [report.markdown(), report.csv(), json(report)? + "\n"];
    for (name, text) in std::iter::zip(FILES, texts) {
        write_bytes(&out.join(name), text.as_bytes())?;
    }
    Ok(())
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
        ids: match args.ids {
            Ids::Hashed => IdOrder::Hashed,
            Ids::Given => IdOrder::Given,
        },
        grow: match args.grow {
            GrowArg::Crossbars => Grow::CrossbarsPerBank,
            GrowArg::Banks => Grow::BanksPerLane,
        },
        baseline: args.baseline.clone(),
        ablation: args.ablation,
        yosys: args.yosys,
        cpu_seconds: args.cpu_seconds,
        gpu: None,
        verify: args.verify_rtl.map(|bags| Verify { bags, cut }),
    })
}

/// History, judged bags and tables. The engine is sized later, but what no engine has room for is
/// refused before anything of that size is made.
fn inputs(
    args: &Args,
    spec: &Spec,
    resolved: &mut Resolved,
    limit: Option<usize>,
    session: &Session,
) -> Result<(Split, TableSet)> {
    let (trace, other, needed) =
        args.trace
            .read_with(args.holdout.as_deref(), resolved, session)?;
    let embeddings: u64 = needed.iter().map(|&r| u64::from(r)).sum();
    let embeddings = u32::try_from(embeddings).unwrap_or(u32::MAX);
    for &budget in spec.budgets.iter().filter(|b| (0.0..=16.0).contains(*b)) {
        compare::fit_engine(resolved, embeddings, budget, spec.grow)?;
    }
    let specs = args.table.specs(session);
    let tables = flow::load_tables_of_any_size(resolved, &specs, Some(&trace), &needed)?;
    let bags = trace.into_bags(&tables.rows)?;
    let split = match other {
        None => flow::split(&bags, resolved.config.mapping.holdout, limit),
        Some(other) => {
            let driven = other.into_bags(&tables.rows)?;
            Split {
                driven: driven.slice(0..limit.unwrap_or(usize::MAX)),
                history: bags,
                first: 0,
                held_out: true,
            }
        }
    };
    if !split.held_out {
        session.watch.note(
            "note: nothing is held out; designs are judged on the bags that mappings learned from",
        );
    }
    Ok((split, tables))
}
