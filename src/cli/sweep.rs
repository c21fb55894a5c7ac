//! `recross sweep`

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::options::{self, TraceArgs};
use super::output::json;
use super::{Done, Session, interrupt};
use crate::error::{Error, Result};
use crate::flow::compare::Grow;
use crate::flow::report::{Head, SweepHost, SweepReport};
use crate::flow::sweep::{Grid, Inputs, Plan, Resize, Store};
use crate::io::write_bytes;
use crate::progress::Progress;

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
    #[arg(long, value_name = "WHAT", default_missing_value = "crossbars", num_args = 0..=1)]
    fit: Option<Fit>,
    /// Folder for points.csv, points.jsonl, report.json, and points/ with what is finished so far
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Fit {
    /// By engine.crossbars_per_bank
    Crossbars,
    /// By engine.banks_per_lane
    Banks,
}

/// Asks whether to go on, from any thread.
struct Stop;

impl Progress for Stop {
    fn step(&self, _what: &'static str, _done: u64, _total: u64) -> Result<()> {
        interrupt::check()
    }
}

pub(super) fn run(args: &Args, session: &Session) -> Result<Done> {
    let limit = options::limit(args.limit)?;
    let base = options::configuration(&args.config, session)?;
    let mut grid = Grid::default();
    if let Some(path) = &args.grid {
        grid.add_file(path, &base.config)?;
    }
    for text in &args.set {
        grid.add_argument(text, &base.config)?;
    }
    grid.points()?;
    let (trace, other, rows) = args
        .trace
        .read_with(args.holdout.as_deref(), &base, session)?;
    let bags = trace.into_bags(&rows)?;
    let holdout = other.map(|t| t.into_bags(&rows)).transpose()?;
    let resize = match args.fit {
        None => Resize::No,
        Some(Fit::Crossbars) => Resize::Fit(Grow::CrossbarsPerBank),
        Some(Fit::Banks) => Resize::Fit(Grow::BanksPerLane),
    };
    let inputs = Inputs {
        bags: &bags,
        holdout: holdout.as_ref(),
        limit,
        cache: &session.cache,
    };
    let plan = Plan::new(&base, &grid, resize, &inputs)?;
    let report = work(args, &grid, &plan, session)?;
    session.watch.clear();
    session.output.show(&report)?;
    Ok(Done::Well)
}

fn work(args: &Args, grid: &Grid, plan: &Plan, session: &Session) -> Result<SweepReport> {
    let file = |name: &str| args.out.join(name);
    let store = Store::open(&file("points"))?;
    let total = plan.len() as u64;
    let mut done = 0;
    let worked = plan.run(&store, &Stop, &mut |now| {
        done = now;
        session.watch.detail(&format!("{now} of {total} points"));
        session.watch.step("sweeping", now, total)
    });
    if let Err(Error::Interrupted) = worked {
        session.watch.clear();
        let text = format!("{done} of {total} points are finished; the same command goes on there");
        session.watch.note(&text);
    }
    let (points, reused) = worked?;
    let (history_bags, bags, lookups) = plan.bags().unwrap_or_default();
    let names = ["points.csv", "points.jsonl", "report.json"];
    let report = SweepReport {
        head: Head::new("sweep"),
        trace: args.trace.trace.display().to_string(),
        holdout: args.holdout.as_ref().map(|p| p.display().to_string()),
        history_bags,
        bags,
        lookups,
        axes: grid.axes.clone(),
        points: total,
        front: SweepReport::front_of(&points),
        files: names.map(|n| file(n).display().to_string()).to_vec(),
        host: SweepHost {
            reused: reused as u64,
        },
    };
    let lines = points.iter().map(crate::flow::sweep::json_line);
    let lines = lines.collect::<Result<Vec<String>>>()?.join("\n") + "\n";
    write(&file(names[0]), &SweepReport::csv(&points))?;
    write(&file(names[1]), &lines)?;
    write(&file(names[2]), &(json(&report)? + "\n"))?;
    Ok(report)
}

fn write(path: &Path, text: &str) -> Result<()> {
    write_bytes(path, text.as_bytes())
}
