//! One call from a trace to a verdict: learn, emit, build, drive, check, report.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use crate::config::Resolved;
use crate::cosim::{self, BuildSpec, Cache, Preload, RowPlace, RunSpec, Waves};
use crate::error::{Error, Result};
use crate::flow::ahead::{Wait, while_building};
use crate::flow::fit::{self, Chosen, Data};
use crate::flow::inputs::{self, TraceFile};
use crate::flow::jobs::folder::{OUTPUTS, REPORT, RTL, start_over, write_design};
use crate::flow::lists;
use crate::flow::outputs::{self, Labels, Outputs};
use crate::flow::report::{
    CheckReport, DesignReport, Head, HostReport, LayoutReport, NaiveReport, RenumberedReport,
    Report, SimulationReport, TimingReport, TraceReport, json,
};
use crate::flow::simulate::simulate_with;
use crate::flow::{
    Recalled, SimulateSpec, Simulated, Split, flatten, learn_or_recall, load_tables, naive,
    rows_needed, split, write_package,
};
use crate::formats::table::{TableSet, TableSpec};
use crate::formats::trace::{Bags, Numbering, Trace};
use crate::io::{refuse_existing, write_bytes};
use crate::learn;
use crate::mapping::Mapping;
use crate::progress::Progress;
use crate::rtl::{Edited, Package, Record};

/// All that a run needs but its configuration.
#[derive(Debug, Clone)]
pub struct RunJob {
    /// The lookups.
    pub trace: TraceFile,
    /// One for each table; a random table has the rows that the trace needs.
    pub tables: Vec<TableSpec>,
    /// A mapping.json, with which the whole trace is driven. `None`: a mapping is learned from the
    /// history part of the trace, and the held-out part is driven.
    pub mapping: Option<PathBuf>,
    /// Whether the configuration is fitted to trace and tables ([`crate::flow::fit`]).
    pub fit: bool,
    /// Most bags to drive.
    pub limit: Option<usize>,
    /// How the memories are filled.
    pub preload: Preload,
    /// A row whose write the model of the analog macro lets fail, with [`Preload::Port`].
    pub fail_write: Option<RowPlace>,
    /// A wave file.
    pub waves: Option<Waves>,
    /// A file for the results: `.npy`, int64, bags x dim, with an `.npz` beside it that also has
    /// the bag, table and scale of each row; or `.npz`, that archive alone.
    pub outputs: Option<PathBuf>,
    /// An RTL package to build. `None`: the configuration's own is emitted.
    pub rtl: Option<PathBuf>,
    /// A folder for what the run makes: `rtl/` (unless a package is given) with memory images of
    /// the arrays that the driven bags touch, `mapping.json`, `outputs.npy`, `outputs.npz`, `ids.npy`
    /// or `ids.txt` if ids are renumbered, the configuration, and last `report.json`.
    pub out: Option<PathBuf>,
    /// Whether [`RunJob::outputs`] and the wave file are overwritten if they are there.
    pub overwrite: bool,
    /// What becomes of files in `rtl/` that were edited since an earlier run wrote them.
    pub edited: Edited,
    /// Folder of finished models and learned mappings.
    pub cache_dir: PathBuf,
    /// The C++ compiler's optimisation; a model of few cycles pays off sooner with less.
    pub optimisation: cosim::Optimisation,
}

impl RunJob {
    /// A trace with one random table (seed 1) and the user's cache folder; nothing is left behind
    /// but what is cached.
    pub fn new(trace: impl Into<TraceFile>) -> Self {
        RunJob {
            trace: trace.into(),
            tables: vec![TableSpec::Random(1)],
            mapping: None,
            fit: false,
            limit: None,
            preload: Preload::default(),
            fail_write: None,
            waves: None,
            outputs: None,
            rtl: None,
            out: None,
            overwrite: false,
            edited: Edited::default(),
            cache_dir: cosim::default_cache_dir(),
            optimisation: cosim::Optimisation::default(),
        }
    }
}

/// What a run found.
#[derive(Debug, Clone)]
pub struct RunOutcome {
    /// Every number, and whether everything matched: the content of `report.json`.
    pub report: Report,
    /// The mapping that was driven.
    pub mapping: Mapping,
    /// The configuration, with the tables' widths where those are narrower than `embedding.dim`.
    pub resolved: Resolved,
    /// Results, cycles, counters and the verdict.
    pub simulated: Simulated,
}

impl RunOutcome {
    /// The outcome, if everything matched.
    ///
    /// # Errors
    /// [`Error::Check`] with the first differences.
    pub fn into_result(self) -> Result<Self> {
        self.simulated.verdict.clone().into_result()?;
        Ok(self)
    }
}

/// Learns a mapping (or takes the given one), emits the RTL package (or takes the given one), builds
/// it, drives the bags, and checks every result, cycle and event counter. It is what `recross run`
/// and `recross cosim` do.
///
/// A mismatch is no error here; [`RunOutcome::into_result`] makes it one.
///
/// ```
/// use recross::config::Config;
/// use recross::flow::{self, RunJob};
///
/// # fn main() -> recross::Result<()> {
/// # let folder = tempfile::tempdir().map_err(recross::Error::io("create", "".as_ref()))?;
/// # let trace = folder.path().join("lookups.bags");
/// // Each line is a bag: the ids of the embeddings to add up.
/// std::fs::write(&trace, "0 1 2\n0 1\n5 6 7\n5 6\n2 0\n7 5 5\n")
///     .map_err(recross::Error::io("write", &trace))?;
///
/// // Two banks of 8 x 16 crossbars; the last third of the trace is held out and driven.
/// let config = r#"
///     [embedding]
///     dim = 2
///     [crossbar]
///     rows = 8
///     cols = 16
///     [engine]
///     lanes = 1
///     banks_per_lane = 2
///     crossbars_per_bank = 2
///     [mapping]
///     holdout = 0.34
/// "#;
/// let resolved = Config::from_toml(config, "example")?.resolve("example")?;
///
/// let outcome = match flow::run(&resolved, &RunJob::new(&trace), &()) {
///     // Without Verilator there is nothing to drive.
///     Err(recross::Error::ToolMissing { .. }) => return Ok(()),
///     outcome => outcome?.into_result()?,
/// };
/// let report = &outcome.report;
/// assert_eq!(report.trace.driven_bags, 2);
/// assert_eq!(report.check.mismatched_bags, 0);
/// // The cycle model said so.
/// assert_eq!(report.simulation.cycles, report.timing.cycles);
/// // Two bags of two elements each.
/// assert_eq!(outcome.simulated.outcome.values.len(), 4);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Error::Exists`] for a file of results or waves that is there; [`Error::Argument`] for a
/// limit of 0 or embeddings that do not fit the engine; else as
/// [`read_trace`], [`load_tables`], [`Mapping::read`], [`learn::learn`] and
/// [`crate::flow::simulate()`]; [`Error::Input`] for a package of other hardware, or edited files where one
/// is to be written; [`Error::Io`] for what is written; what `progress` returns.
pub fn run(resolved: &Resolved, job: &RunJob, progress: &dyn Progress) -> Result<RunOutcome> {
    let start = Instant::now();
    inputs::check_limit(job.limit)?;
    if let (Some(place), Preload::Images) = (job.fail_write, job.preload) {
        return Err(Error::argument(
            "--fail-write",
            format!("{place} with memories filled from images"),
            "rows written through the control slave, since images write nothing",
            "add `--preload port`",
        ));
    }
    if !job.fit {
        check_package(resolved, job)?;
    }
    let results = job.outputs.iter().flat_map(|path| outputs::files(path));
    for path in results.chain(job.waves.iter().map(|w| w.path.clone())) {
        refuse_existing(&path, job.overwrite)?;
    }
    let mut spec = SimulateSpec {
        build: BuildSpec {
            cache: Cache::new(&job.cache_dir),
            rtl: job.rtl.clone(),
            optimisation: job.optimisation,
            ..BuildSpec::default()
        },
        run: RunSpec {
            preload: job.preload,
            fail_write: job.fail_write,
            waves: job.waves.clone(),
            ..RunSpec::default()
        },
        ..SimulateSpec::default()
    };
    if let Some(waves) = &job.waves {
        spec.build.waves = waves.format()?;
    }
    let mut resolved = resolved.clone();
    let inputs = read(&mut resolved, job, progress)?;
    if let Some(place) = job.fail_write {
        place.check(&resolved)?;
    }
    // Tables may still change the configuration, but seldom what the model is built from.
    let (of_now, build) = (resolved.clone(), spec.build.clone());
    while_building(&of_now, &build, progress, |wait| {
        let tables = read_tables(&mut resolved, &inputs, job, progress)?;
        if let Some(out) = &job.out
            && job.rtl.is_none()
        {
            let rtl = out.join(RTL);
            write_package(&resolved, &rtl, job.edited)?;
            // What is checked is what lies in the folder.
            spec.images = Some(rtl.join("images"));
            spec.build.rtl = Some(rtl);
        }
        let inputs = (inputs, tables);
        let prepared = prepare(inputs, &resolved, (job, &spec.build.cache), progress)?;
        drive(resolved, prepared, (job, &spec, wait), start, progress)
    })
}

/// Drives what was prepared, and writes and reports what came out.
fn drive(
    resolved: Resolved,
    prepared: Prepared,
    (job, spec, wait): (&RunJob, &SimulateSpec, Wait<'_>),
    start: Instant,
    progress: &dyn Progress,
) -> Result<RunOutcome> {
    let mut files = Vec::new();
    if let Some(out) = &job.out {
        let lists = prepared.lists.as_deref();
        files = write_design(&resolved, &prepared.mapping, lists, out)?;
        if job.rtl.is_none() {
            files.insert(0, out.join("rtl/"));
        }
    }

    let (mapping, tables) = (&prepared.mapping, &prepared.tables);
    let bags = &prepared.split.driven;
    let table = &tables.int;
    let simulated = simulate_with(&resolved, mapping, table, bags, (spec, wait), progress)?;
    if !simulated.build.warnings.is_empty() {
        let text = format!("Verilator's warnings:\n{}", simulated.build.warnings);
        progress.note(text.trim_end());
    }

    let outputs = Outputs {
        values: &simulated.outcome.values,
        dim: resolved.config.embedding.dim,
        split: &prepared.split,
        labels: &prepared.labels,
        scales: tables.scales(),
    };
    let in_folder = job.out.iter().map(|out| out.join(OUTPUTS));
    for path in in_folder.chain(job.outputs.clone()) {
        outputs.write(&path)?;
    }
    files.extend(job.outputs.iter().flat_map(|path| outputs::files(path)));
    files.extend(job.waves.iter().map(|w| w.path.clone()));
    let report = prepared.report(&simulated, &files, start, &resolved)?;
    if let Some(out) = &job.out {
        // Last: a folder with a report is complete.
        write_bytes(&out.join(REPORT), (json(&report)? + "\n").as_bytes())?;
    }
    Ok(RunOutcome {
        report,
        mapping: prepared.mapping,
        resolved,
        simulated,
    })
}

/// Refuses a given package that is not the configuration's, and a folder whose package may not be
/// overwritten, before anything is learned or written.
fn check_package(resolved: &Resolved, job: &RunJob) -> Result<()> {
    match (&job.rtl, &job.out) {
        (Some(rtl), _) => Record::read(rtl)?.check(resolved, rtl),
        (None, Some(out)) => Package::emit(resolved)?.check_folder(&out.join(RTL), job.edited),
        (None, None) => Ok(()),
    }
}

/// What is driven, with what.
struct Prepared {
    tables: TableSet,
    mapping: Mapping,
    /// Whether the user ended the search for it early.
    interrupted: bool,
    /// The file that the mapping was read from.
    mapping_path: Option<String>,
    naive: Mapping,
    fitted: Vec<Chosen>,
    split: Split,
    labels: Labels,
    /// The original ids, if they were renumbered.
    lists: Option<Arc<Numbering>>,
    trace: TraceReport,
    map_seconds: f64,
}

/// What the files have, but for the tables.
struct Inputs<'j> {
    given: Option<(Mapping, &'j PathBuf)>,
    trace: Trace,
    fitted: Vec<Chosen>,
    /// Rows of each table that the trace and the mapping need.
    needed: Vec<u32>,
    /// Share of the bags that the mapping is not learned from.
    holdout: f64,
}

/// Reads mapping and trace, and sizes the engine.
fn read<'j>(
    resolved: &mut Resolved,
    job: &'j RunJob,
    progress: &dyn Progress,
) -> Result<Inputs<'j>> {
    let given = job
        .mapping
        .as_ref()
        .map(|path| Ok((inputs::read_mapping(path, progress)?, path)))
        .transpose()?;
    let trace = job
        .trace
        .with_tables(&job.tables)
        .read(resolved, progress)?;
    if let Some((mapping, path)) = &given {
        lists::check(mapping, path, &trace)?;
    }
    let mapped = given.as_ref().map(|(mapping, _)| mapping.embeddings);
    let (traces, mappings) = ([&trace], given.as_ref().map(|(mapping, _)| mapping));
    let data = Data::new(&traces, &job.tables, mappings.as_slice())?;
    let fitted = fit::fit_and_check(resolved, &data, job.fit, progress)?;
    if job.fit {
        check_package(resolved, job)?;
    }
    let needed = rows_needed(resolved, &[&trace], mapped);
    let holdout = match given {
        Some(_) => 0.0,
        None => resolved.config.mapping.holdout,
    };
    Ok(Inputs {
        given,
        trace,
        fitted,
        needed,
        holdout,
    })
}

/// Reads the tables, and makes the folders of what is written.
fn read_tables(
    resolved: &mut Resolved,
    inputs: &Inputs<'_>,
    job: &RunJob,
    progress: &dyn Progress,
) -> Result<TableSet> {
    let trace = &inputs.trace;
    let driven = trace.rows_in(inputs::driven(trace.len(), inputs.holdout, job.limit));
    let of_trace = (Some(trace), inputs.needed.as_slice());
    let tables = load_tables(resolved, &job.tables, of_trace, &driven, progress)?;
    if let Some(out) = &job.out {
        start_over(out)?;
    }
    let waves = job.waves.iter().map(|w| &w.path);
    for path in job.outputs.iter().chain(waves) {
        inputs::make_folder_of(path)?;
    }
    Ok(tables)
}

/// Learns the mapping, or takes the given one.
fn prepare(
    (inputs, tables): (Inputs<'_>, TableSet),
    resolved: &Resolved,
    (job, cache): (&RunJob, &Cache),
    progress: &dyn Progress,
) -> Result<Prepared> {
    let Inputs {
        given,
        trace,
        fitted,
        holdout,
        ..
    } = inputs;
    let begin = Instant::now();
    let (file, sample) = (PathBuf::from(job.trace.name()), trace.sample().cloned());
    let labels = Labels::new(&trace);
    let lists = trace.numbering().cloned();
    let written = job
        .out
        .as_ref()
        .map(|out| lists::files(lists.as_deref(), out));
    let renumbered =
        RenumberedReport::all(&job.trace, lists.as_deref(), &written.unwrap_or_default());
    let bags = flatten(trace, &tables.rows, resolved)?;
    let learned = given.is_none();
    let mut interrupted = false;
    let (mapping, naive, split, map_seconds) = match &given {
        Some((mapping, path)) => {
            mapping.validate(resolved, bags.embeddings(), path)?;
            let naive = naive(resolved, &bags, progress)?;
            let split = split(&bags, holdout, job.limit);
            (mapping.clone(), naive, split, 0.0)
        }
        None => {
            let split = split(&bags, holdout, job.limit);
            let found = learn(resolved, &split, cache, progress)?;
            let mut mapping = found.mapping;
            mapping.ids = lists.iter().flat_map(|lists| lists.hashes()).collect();
            interrupted = found.interrupted;
            let naive = naive(resolved, &split.history, progress)?;
            (mapping, naive, split, begin.elapsed().as_secs_f64())
        }
    };
    Ok(Prepared {
        tables,
        mapping,
        interrupted,
        mapping_path: given.map(|(_, path)| path.display().to_string()),
        naive,
        fitted,
        trace: TraceReport::new((&file, sample, renumbered), &bags, &split, learned),
        split,
        labels,
        lists,
        map_seconds,
    })
}

fn learn(
    resolved: &Resolved,
    split: &Split,
    cache: &Cache,
    progress: &dyn Progress,
) -> Result<Recalled> {
    if !split.held_out {
        progress
            .note("note: nothing is held out; the mapping is judged on the bags it learned from");
    }
    let found = learn_or_recall(resolved, &split.history, cache, progress)?;
    if found.from_cache {
        progress.detail("took the mapping that an earlier run learned");
    }
    Ok(found)
}

impl Prepared {
    fn report(
        &self,
        simulated: &Simulated,
        files: &[PathBuf],
        start: Instant,
        resolved: &Resolved,
    ) -> Result<Report> {
        let bags: &Bags = &self.split.driven;
        let score = learn::score(&self.mapping, bags, resolved)?;
        let naive = learn::score(&self.naive, bags, resolved)?;
        let driven = bags.len() as u64;
        Ok(Report {
            head: Head::new("run"),
            fitted: self.fitted.clone(),
            trace: self.trace.clone(),
            tables: self.tables.reports.clone(),
            design: DesignReport::new(resolved),
            mapping: LayoutReport::new(&self.mapping, self.mapping_path.clone(), resolved)
                .interrupted(self.interrupted),
            naive: NaiveReport::new(&self.naive, naive, &score),
            score,
            simulation: SimulationReport::new(simulated, driven, resolved),
            timing: TimingReport::new(&simulated.predicted, &simulated.verdict.timing),
            check: CheckReport::new(&simulated.verdict),
            quantisation: self
                .tables
                .pooling_error(bags, &|bag| self.labels.table(self.split.first + bag)),
            files: files.iter().map(|f| f.display().to_string()).collect(),
            host: HostReport::new(simulated, self.map_seconds, start.elapsed().as_secs_f64()),
        })
    }
}
