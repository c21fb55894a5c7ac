//! One call from files to the comparison's report.

use std::path::{Path, PathBuf};

use crate::config::Resolved;
use crate::cosim::Cache;
use crate::error::{Error, Result};
use crate::flow::compare::{Inputs, Spec, fit_engine, machines, run};
use crate::flow::fit::{self, Chosen, Data, Scope};
use crate::flow::inputs::{self, TraceFile};
use crate::flow::report::{
    CompareReport, GeometryReport, Head, JudgedReport, RenumberedReport, json,
};
use crate::flow::{Split, load_tables_of_any_size, memory, split};
use crate::formats::table::{TableSet, TableSpec};
use crate::formats::trace::{self, Trace};
use crate::io::write_bytes;
use crate::progress::Progress;
use crate::technology::Technology;

/// All that a comparison needs but its configuration.
#[derive(Debug, Clone)]
pub struct CompareJob {
    /// The lookups.
    pub trace: TraceFile,
    /// Judge on this trace, and learn from all of the other. `None`: the end of the trace is held
    /// out.
    pub holdout: Option<PathBuf>,
    /// One for each table; a random table has the rows that the traces need.
    pub tables: Vec<TableSpec>,
    /// Whether the configuration is fitted to traces and tables ([`crate::flow::fit`]); the engine is
    /// sized for each budget anyway.
    pub fit: bool,
    /// Most bags to judge.
    pub limit: Option<usize>,
    /// What is compared.
    pub spec: Spec,
    /// A GPU's measurement of the same bags, as `examples/gpu/measure.sh` prints it; becomes
    /// [`Spec::gpu`].
    pub gpu_measured: Option<PathBuf>,
    /// Folder of learned groups and built models.
    pub cache_dir: PathBuf,
    /// Folder for `compare.md`, `compare.csv` and last `report.json`.
    pub out: Option<PathBuf>,
}

const FILES: [&str; 3] = ["compare.md", "compare.csv", "report.json"];

/// Compares all architectures. It is what `recross compare` does.
///
/// # Errors
/// As [`read_trace`], [`load_tables_of_any_size`], [`fit_engine`],
/// [`machines::read_gpu`] and [`run`]; [`Error::Io`] for what is written.
pub fn compare(
    resolved: &Resolved,
    job: &CompareJob,
    progress: &dyn Progress,
) -> Result<CompareReport> {
    inputs::check_limit(job.limit)?;
    let mut resolved = resolved.clone();
    let technology = Technology::of(&resolved)?;
    let Read {
        split,
        tables,
        fitted,
        renumbered,
    } = bags_and_tables(&mut resolved, job, progress)?;
    if let Some(out) = &job.out {
        std::fs::create_dir_all(out).map_err(Error::io("create", out))?;
    }
    let inputs = Inputs {
        history: &split.history,
        bags: &split.driven,
        table: &tables.int,
        technology: &technology,
        cache: &Cache::new(&job.cache_dir),
    };
    let mut spec = job.spec.clone();
    if let Some(path) = &job.gpu_measured {
        spec.gpu = Some(machines::read_gpu(path, &resolved, &inputs)?);
    }
    let blocks = run(&resolved, &spec, &inputs, progress)?;
    let files = job
        .out
        .iter()
        .flat_map(|out| FILES.map(|name| out.join(name).display().to_string()));
    let report = CompareReport {
        head: Head::new("compare"),
        fitted,
        judged: JudgedReport {
            trace: job.trace.name(),
            holdout: job.holdout.as_ref().map(|p| p.display().to_string()),
            renumbered,
            history_bags: split.history.len() as u64,
            bags: split.driven.len() as u64,
            lookups: split.driven.lookups(),
            held_out: split.held_out,
        },
        files: files.collect(),
        tables: tables.reports,
        geometry: GeometryReport::new(&resolved),
        ids: spec.ids,
        grow: spec.grow,
        baseline: spec.baseline,
        provenance: CompareReport::provenance_of(&blocks),
        blocks,
    };
    if let Some(out) = &job.out {
        write(&report, out)?;
    }
    Ok(report)
}

/// The report comes last: a folder with one is complete.
fn write(report: &CompareReport, out: &Path) -> Result<()> {
    let texts = [report.markdown(), report.csv(), json(report)? + "\n"];
    for (name, text) in std::iter::zip(FILES, texts) {
        write_bytes(&out.join(name), text.as_bytes())?;
    }
    Ok(())
}

/// What the files have.
struct Read {
    /// History and judged bags.
    split: Split,
    tables: TableSet,
    fitted: Vec<Chosen>,
    renumbered: Vec<RenumberedReport>,
}

/// Reads history, judged bags and tables. The engine is sized later, but what no engine has room for is
/// refused before anything of that size is made.
fn bags_and_tables(
    resolved: &mut Resolved,
    job: &CompareJob,
    progress: &dyn Progress,
) -> Result<Read> {
    let (trace, other, _) =
        job.trace
            .with_tables(&job.tables)
            .read_with(job.holdout.as_deref(), resolved, progress)?;
    let traces: Vec<&Trace> = std::iter::once(&trace).chain(&other).collect();
    let data = Data::new(&traces, &job.tables, &[])?;
    let mut fitted = Vec::new();
    if job.fit {
        let (changed, choices) = fit::fit(resolved, &data)?;
        let engine = resolved.config.engine.clone();
        *resolved = changed.with("with the engine as it was", |c| c.engine = engine)?;
        let embedding = choices
            .into_iter()
            .filter(|c| c.key.starts_with("embedding."));
        fitted = Chosen::tell(embedding.collect(), progress);
    }
    let scope = Scope {
        engine: false,
        fit: !job.fit,
    };
    fit::check(resolved, &data, scope)?;
    let needed = data.rows(resolved);
    let embeddings: u64 = needed.iter().map(|&r| u64::from(r)).sum();
    let embeddings = u32::try_from(embeddings).unwrap_or(u32::MAX);
    let budgets = job.spec.budgets.iter();
    for &budget in budgets.filter(|b| (0.0..=16.0).contains(*b)) {
        fit_engine(resolved, embeddings, budget, job.spec.grow)
            .map_err(|e| trace::with_advice(e, &traces))?;
    }
    let of_trace = (Some(&trace), needed.as_slice());
    let tables = load_tables_of_any_size(resolved, &job.tables, of_trace, &[], progress)?;
    // The measured CPU row takes the whole table, and a copy of its own kind.
    let whole = tables.int.bytes_to_keep(tables.int.embeddings().into());
    memory::require("--table", 2 * whole, "use a smaller table, or free memory")?;
    let renumbered = RenumberedReport::all(&job.trace, trace.numbering().map(AsRef::as_ref), &[]);
    let bags = trace.into_bags(&tables.rows)?;
    let split = match other {
        None => split(&bags, resolved.config.mapping.holdout, job.limit),
        Some(other) => {
            let driven = other.into_bags(&tables.rows)?;
            Split {
                driven: driven.slice(0..job.limit.unwrap_or(usize::MAX)),
                history: bags,
                first: 0,
                held_out: true,
            }
        }
    };
    if !split.held_out {
        progress.note(
            "note: nothing is held out; designs are judged on the bags that mappings learned from",
        );
    }
    Ok(Read {
        split,
        tables,
        fitted,
        renumbered,
    })
}
