//! `recross trace stats`, `convert` and `synth`

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::Serialize;

use super::options::ReadArgs;
use super::report::{Lines, Show, grouped};
use super::session::{Done, Session};
use super::{interrupt, options};
use crate::error::{Error, Result};
use crate::flow::report::Head;
use crate::formats::trace::{
    self, BagSizes, Format, Numbering, ReadOptions, Renumber, SynthOptions, Trace, TraceStats,
};
use crate::io;
use crate::progress::counted;

/// The commands.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Describe a trace: ids, bags, percentiles, skew, repeats
    Stats(Stats),
    /// Write a trace in another format
    Convert(Convert),
    /// Make a trace: Zipf popularity and clusters of ids that are looked up together
    Synth(Synth),
}

/// A trace file, read as it is.
#[derive(Debug, clap::Args)]
struct Source {
    /// Trace: .bags, .txt, .jsonl, .csv, .tsv (each also .gz or .zst), .npz or .parquet
    #[arg(value_name = "TRACE")]
    path: PathBuf,
    #[command(flatten)]
    read: ReadArgs,
}

impl Source {
    /// The trace, of so many tables where the arguments do not say; 0: unknown.
    fn read(&self, tables: usize, session: &Session) -> Result<Trace> {
        self.read_as(self.read.options(), tables, session)
    }

    fn read_as(&self, mut options: ReadOptions, tables: usize, session: &Session) -> Result<Trace> {
        if options.tables == 0 {
            options.tables = tables;
        }
        let trace = trace::read_with(&self.path, &options, &session.watch)?;
        session.watch.clear();
        interrupt::check()?;
        Ok(trace)
    }
}

/// Arguments of `stats`.
#[derive(Debug, clap::Args)]
pub(super) struct Stats {
    #[command(flatten)]
    source: Source,
    /// Count the lookups beyond the tables of this configuration (`embedding.tables`)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Another value for a key of the configuration; may be repeated
    #[arg(long, value_name = "KEY=VALUE", requires = "config")]
    set: Vec<String>,
}

/// Arguments of `convert`.
#[derive(Debug, clap::Args)]
pub(super) struct Convert {
    #[command(flatten)]
    source: Source,
    /// The file to write
    #[arg(value_name = "OUT")]
    out: PathBuf,
    /// Format of the file to write, where its name does not say
    #[arg(long, value_name = "FORMAT")]
    to: Option<Format>,
    /// Overwrite OUT if it is there
    #[arg(long)]
    force: bool,
}

/// Arguments of `synth`.
#[derive(Debug, clap::Args)]
pub(super) struct Synth {
    /// The file to write
    #[arg(value_name = "OUT")]
    out: PathBuf,
    /// Format of the file to write, where its name does not say
    #[arg(long, value_name = "FORMAT")]
    to: Option<Format>,
    /// Ids of each table
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    ids: u32,
    /// Bags of all tables
    #[arg(long, value_name = "N", default_value_t = 5_000)]
    bags: u64,
    /// Tables
    #[arg(long, value_name = "N", default_value_t = 1)]
    tables: u16,
    /// Clusters of a table; 0: none
    #[arg(long, value_name = "N", default_value_t = 100)]
    clusters: u32,
    /// Ids of a cluster
    #[arg(long, value_name = "N", default_value_t = 100)]
    cluster_size: u32,
    /// Share of the lookups that comes from the bag's cluster
    #[arg(long, value_name = "X", default_value_t = 0.7)]
    cluster_share: f64,
    /// Zipf exponent over the clusters
    #[arg(long, value_name = "X", default_value_t = 1.05)]
    cluster_zipf: f64,
    /// Zipf exponent over ids
    #[arg(long, value_name = "X", default_value_t = 1.05)]
    id_zipf: f64,
    /// Mean lookups of a bag that is not empty
    #[arg(long, value_name = "X", default_value_t = 40.0)]
    mean_bag: f64,
    /// Distribution of the lookups of a bag
    #[arg(long, value_name = "LAW", default_value = "geometric")]
    sizes: Sizes,
    /// Standard deviation of the logarithm, for `--sizes lognormal`
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    sigma: f64,
    /// Most lookups of a bag
    #[arg(long, value_name = "N", default_value_t = 4096)]
    max_bag: u32,
    /// Share of the bags that are empty
    #[arg(long, value_name = "X", default_value_t = 0.0)]
    empty_share: f64,
    /// Share of the lookups that repeat one of their bag's
    #[arg(long, value_name = "X", default_value_t = 0.0)]
    repeat_share: f64,
    /// Overwrite OUT if it is there
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Sizes {
    Fixed,
    Geometric,
    Lognormal,
}

#[derive(Serialize)]
struct StatsReport {
    #[serde(flatten)]
    head: Head,
    trace: String,
    stats: TraceStats,
}

impl Show for StatsReport {
    fn text(&self) -> String {
        format!("{}\n{}", self.trace, self.stats)
    }
}

#[derive(Serialize)]
struct WrittenReport {
    #[serde(flatten)]
    head: Head,
    file: String,
    tables: u64,
    bags: u64,
    lookups: u64,
    /// How it was made, if it was.
    synth: Option<SynthOptions>,
    /// Files with the original ids, if they were renumbered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ids: Vec<String>,
}

impl Show for WrittenReport {
    fn text(&self) -> String {
        let mut lines = Lines::default();
        lines.add("file", self.file.as_str());
        lines.add("tables", grouped(self.tables));
        lines.add("bags", grouped(self.bags));
        lines.add("lookups", grouped(self.lookups));
        for file in &self.ids {
            lines.add("original ids", file.as_str());
        }
        if let Some(synth) = &self.synth {
            lines.add("seed", synth.seed.to_string());
        }
        lines.render()
    }
}

pub(super) fn run(command: &Command, session: &Session) -> Result<Done> {
    match command {
        Command::Stats(args) => stats(args, session)?,
        Command::Convert(args) => convert(args, session)?,
        Command::Synth(args) => synth(args, session)?,
    }
    Ok(Done::Well)
}

fn stats(args: &Stats, session: &Session) -> Result<()> {
    let rows = match &args.config {
        None => Vec::new(),
        Some(path) => {
            options::configuration(Some(path), &args.set, session)?
                .config
                .embedding
                .tables
        }
    };
    let trace = args.source.read(rows.len(), session)?;
    let rows = (!rows.is_empty()).then_some(rows);
    session.output.show(&StatsReport {
        head: Head::new("trace stats"),
        trace: args.source.path.display().to_string(),
        stats: trace::stats(&trace, rows.as_deref()),
    })
}

fn convert(args: &Convert, session: &Session) -> Result<()> {
    check_name(&args.out, args.to, args.force)?;
    let mut options = args.source.read.options();
    if let Some(Renumber::File(list)) = &options.renumber
        && !Numbering::exists(list)
    {
        options.renumber = Some(Renumber::New);
    }
    let trace = args.source.read_as(options, 0, session)?;
    let lists = match trace.numbering() {
        Some(lists) => write_lists(lists, args)?,
        None => Vec::new(),
    };
    write(&trace, &args.out, args.to, session)?;
    written("trace convert", &args.out, &trace, (None, lists), session)
}

fn synth(args: &Synth, session: &Session) -> Result<()> {
    check_name(&args.out, args.to, args.force)?;
    let options = SynthOptions {
        ids: args.ids,
        bags: args.bags,
        tables: args.tables,
        clusters: args.clusters,
        cluster_size: args.cluster_size,
        cluster_share: args.cluster_share,
        cluster_zipf: args.cluster_zipf,
        id_zipf: args.id_zipf,
        mean_bag: args.mean_bag,
        sizes: match args.sizes {
            Sizes::Fixed => BagSizes::Fixed,
            Sizes::Geometric => BagSizes::Geometric,
            Sizes::Lognormal => BagSizes::Lognormal(args.sigma),
        },
        max_bag: args.max_bag,
        empty_share: args.empty_share,
        repeat_share: args.repeat_share,
        seed: session.seed.unwrap_or(1),
    };
    let trace = trace::synth_reporting(&options, &session.watch)?;
    write(&trace, &args.out, args.to, session)?;
    let made = (Some(options), Vec::new());
    written("trace synth", &args.out, &trace, made, session)
}

/// Writes the lists of original ids: those of `--ids`, continued, else new ones beside the trace.
fn write_lists(lists: &Numbering, args: &Convert) -> Result<Vec<String>> {
    let path = match &args.source.read.ids {
        Some(path) => path.clone(),
        None => {
            let path = beside(&args.out, lists.ending())?;
            for file in lists.files(&path) {
                io::refuse_existing(&file, args.force)?;
            }
            path
        }
    };
    lists.write(&path)?;
    let files = lists.files(&path);
    Ok(files
        .iter()
        .map(|file| file.display().to_string())
        .collect())
}

/// `dense.ids.npy` for `dense.bags.gz`.
fn beside(out: &Path, ending: &str) -> Result<PathBuf> {
    if out.exists() && !out.is_file() {
        return Err(Error::argument(
            "--ids",
            format!("none, with {} as output", out.display()),
            "a name for the list of original ids",
            "give --ids FILE.npy",
        ));
    }
    let mut stem = out.to_path_buf();
    if matches!(
        stem.extension().and_then(|e| e.to_str()),
        Some("gz" | "zst")
    ) {
        stem.set_extension("");
    }
    Ok(stem.with_extension(format!("ids.{ending}")))
}

fn write(trace: &Trace, out: &Path, to: Option<Format>, session: &Session) -> Result<()> {
    let all = ("writing the trace", trace.lookups());
    counted(&session.watch, all, |count| {
        trace::write_counted(trace, out, to, count)
    })??;
    session.watch.clear();
    Ok(())
}

/// A name that says no format, and a file that is there, are refused before any work is done.
fn check_name(out: &Path, to: Option<Format>, force: bool) -> Result<()> {
    match to {
        Some(format) => format.check_written()?,
        None => drop(Format::to_write(out)?),
    }
    io::refuse_existing(out, force)
}

fn written(
    command: &'static str,
    out: &Path,
    trace: &Trace,
    (synth, ids): (Option<SynthOptions>, Vec<String>),
    session: &Session,
) -> Result<()> {
    if io::is_stdout(out) {
        // The trace is all that goes there.
        return Ok(());
    }
    session.output.show(&WrittenReport {
        head: Head::new(command),
        file: out.display().to_string(),
        tables: trace.table_count() as u64,
        bags: trace.len() as u64,
        lookups: trace.lookups(),
        synth,
        ids,
    })
}
