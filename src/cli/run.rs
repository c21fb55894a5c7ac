//! `recross run`, and what it shares with `cosim`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::options::{self, TableArgs, TraceArgs};
use super::output::json;
use super::{Done, Session};
use crate::config::{Resolved, annotated_template};
use crate::error::{Error, Result};
use crate::flow::report::{
    CheckReport, DesignReport, Head, HostReport, LayoutReport, NaiveReport, Report,
    SimulationReport, TimingReport, TraceReport,
};
use crate::flow::{self, SimulateSpec, Simulated, Split};
use crate::formats::table::{TableSet, write_npy_i64};
use crate::formats::trace::{Bags, Trace};
use crate::io::write_if_changed;
use crate::learn;
use crate::mapping::Mapping;
use crate::mapping::contents::Contents;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Configuration (TOML)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    #[command(flatten)]
    trace: TraceArgs,
    #[command(flatten)]
    table: TableArgs,
    /// Folder for rtl/, mapping.json, outputs.npy, report.json and the configuration
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Drive at most this many bags
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

pub(super) fn run(args: &Args, session: &Session) -> Result<Done> {
    let limit = options::limit(args.limit)?;
    let mut resolved = options::configuration(&args.config, session)?;
    let trace = args.trace.read(&resolved, session)?;
    let needed = flow::rows_needed(&resolved, &[&trace], None);
    let specs = args.table.specs(session);
    let tables = flow::load_tables(&mut resolved, &specs, Some(&trace), &needed)?;
    let file = |name: &str| args.out.join(name);
    start_over(&args.out, &[file("report.json"), file("outputs.npy")])?;

    let mut drive = Drive::learn("run", (&resolved, session), (trace, tables), limit)?;
    let rtl = file("rtl");
    flow::write_package(&resolved, &rtl)?;
    let contents = Contents::new(&drive.mapping, &drive.tables.int, &resolved)?;
    flow::write_images(&contents, &resolved, &rtl.join("images"))?;
    drive.mapping.write(&file("mapping.json"))?;
    write_config(&resolved, &args.out)?;
    let everything = json(&resolved)? + "\n";
    write_if_changed(&file("config.json"), everything.as_bytes())?;

    // What is proven is what lies in the folder.
    drive.spec.build.rtl = Some(rtl);
    let simulated = drive.simulate()?;
    write_npy_i64(
        &file("outputs.npy"),
        drive.bags().len() as u64,
        resolved.config.embedding.dim,
        &simulated.outcome.values,
    )?;
    let names = [
        "rtl/",
        "mapping.json",
        "outputs.npy",
        "report.json",
        "config.toml",
        "config.json",
    ];
    let files = names.map(|n| file(n).display().to_string()).to_vec();
    let report = drive.report(&simulated, files)?;
    // Last: a folder with a report is complete.
    crate::io::write_bytes(&file("report.json"), (json(&report)? + "\n").as_bytes())?;
    session.watch.clear();
    session.output.show(&report)?;
    simulated.verdict.into_result()?;
    Ok(Done::Well)
}

/// Writes the configuration, and the technology file that it names beside it.
fn write_config(resolved: &Resolved, out: &Path) -> Result<()> {
    let mut config = resolved.config.clone();
    if let Some(theirs) = resolved.technology_file() {
        let text = std::fs::read(&theirs).map_err(Error::io("read", &theirs))?;
        config.technology.file = "technology.toml".to_owned();
        write_if_changed(&out.join(&config.technology.file), &text)?;
    }
    let toml = annotated_template(&config)?;
    write_if_changed(&out.join("config.toml"), toml.as_bytes())
}

/// Makes the folder, and takes an earlier run's results away, so that they cannot be taken for this
/// one's if it does not end.
fn start_over(folder: &Path, results: &[PathBuf]) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    for path in results {
        match std::fs::remove_file(path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::io("replace", path)(e));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The steps from inputs to a report, shared by `run` and `cosim`.
pub(super) struct Drive<'a> {
    command: &'static str,
    resolved: &'a Resolved,
    session: &'a Session,
    /// How to build and drive.
    pub spec: SimulateSpec,
    pub tables: TableSet,
    pub mapping: Mapping,
    mapping_path: Option<String>,
    naive: Mapping,
    split: Split,
    trace: TraceReport,
    map_seconds: f64,
}

impl<'a> Drive<'a> {
    /// Learns a mapping from the history part of the trace; the rest is driven.
    pub(super) fn learn(
        command: &'static str,
        (resolved, session): (&'a Resolved, &'a Session),
        (trace, tables): (Trace, TableSet),
        limit: Option<usize>,
    ) -> Result<Self> {
        let start = Instant::now();
        let (path, sample) = (trace.path().to_path_buf(), trace.sample().cloned());
        let bags = flow::flatten(trace, &tables.rows, resolved)?;
        let split = flow::split(&bags, resolved.config.mapping.holdout, limit);
        let watch = &session.watch;
        if !split.held_out {
            watch.note(
                "note: nothing is held out; the mapping is judged on the bags it learned from",
            );
        }
        let (mapping, recalled) =
            flow::learn_or_recall(resolved, &split.history, &session.cache, watch)?;
        if recalled {
            watch.detail("took the mapping that an earlier run learned");
        }
        let naive = flow::naive(resolved, &split.history, watch)?;
        Ok(Drive {
            command,
            resolved,
            session,
            spec: spec(session),
            tables,
            mapping,
            mapping_path: None,
            naive,
            trace: TraceReport::new((&path, sample), &bags, &split, true),
            split,
            map_seconds: start.elapsed().as_secs_f64(),
        })
    }

    /// Takes a mapping from a file; the whole trace is driven.
    pub(super) fn take(
        command: &'static str,
        (resolved, session): (&'a Resolved, &'a Session),
        (trace, tables): (Trace, TableSet),
        (mapping, path): (Mapping, &Path),
        limit: Option<usize>,
    ) -> Result<Self> {
        let (file, sample) = (trace.path().to_path_buf(), trace.sample().cloned());
        let bags = flow::flatten(trace, &tables.rows, resolved)?;
        mapping.validate(resolved, bags.embeddings(), path)?;
        let split = flow::split(&bags, 0.0, limit);
        let naive = flow::naive(resolved, &bags, &session.watch)?;
        Ok(Drive {
            command,
            resolved,
            session,
            spec: spec(session),
            tables,
            mapping,
            mapping_path: Some(path.display().to_string()),
            naive,
            trace: TraceReport::new((&file, sample), &bags, &split, false),
            split,
            map_seconds: 0.0,
        })
    }

    /// The driven bags.
    pub(super) fn bags(&self) -> &Bags {
        &self.split.driven
    }

    pub(super) fn simulate(&self) -> Result<Simulated> {
        let simulated = flow::simulate(
            self.resolved,
            &self.mapping,
            &self.tables.int,
            self.bags(),
            &self.spec,
            &self.session.watch,
        )?;
        if !simulated.build.warnings.is_empty() {
            let text = format!("Verilator's warnings:\n{}", simulated.build.warnings);
            self.session.watch.note(text.trim_end());
        }
        Ok(simulated)
    }

    pub(super) fn report(&self, simulated: &Simulated, files: Vec<String>) -> Result<Report> {
        let (bags, resolved) = (self.bags(), self.resolved);
        let score = learn::score(&self.mapping, bags, resolved)?;
        let naive = learn::score(&self.naive, bags, resolved)?;
        let driven = bags.len() as u64;
        Ok(Report {
            head: Head::new(self.command),
            trace: self.trace.clone(),
            tables: self.tables.reports.clone(),
            design: DesignReport::new(resolved),
            mapping: LayoutReport::new(&self.mapping, self.mapping_path.clone(), resolved),
            naive: NaiveReport::new(&self.naive, naive, &score),
            score,
            simulation: SimulationReport::new(
                &simulated.outcome,
                &simulated.implied,
                driven,
                resolved,
            ),
            timing: TimingReport::new(&simulated.predicted, &simulated.verdict.timing),
            check: CheckReport::new(&simulated.verdict),
            quantisation: self.tables.pooling_error(bags),
            files,
            host: HostReport::new(simulated, self.map_seconds, self.session.watch.seconds()),
        })
    }
}

fn spec(session: &Session) -> SimulateSpec {
    let mut spec = SimulateSpec::default();
    spec.build.cache_dir.clone_from(&session.cache);
    spec
}
