//! Arguments that several commands share, and how they become inputs.

use std::path::{Path, PathBuf};

use super::Session;
use crate::config::{Config, Resolved};
use crate::cost::Technology;
use crate::error::{Error, Result};
use crate::flow;
use crate::formats::table::TableSpec;
use crate::formats::trace::{Format, Trace};
use crate::mapping::Mapping;

/// A trace and its format.
#[derive(Debug, clap::Args)]
pub(super) struct TraceArgs {
    /// Trace: .bags, .jsonl (each also .gz or .zst) or .npz
    #[arg(long, value_name = "FILE")]
    pub trace: PathBuf,
    /// Format of the trace, where its name does not say (`bags`, `jsonl.gz`, `npz`...)
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,
}

impl TraceArgs {
    /// Reads it.
    pub(super) fn read(&self, resolved: &Resolved, session: &Session) -> Result<Trace> {
        read_trace(&self.trace, self.format, resolved, session)
    }

    /// Reads it and the trace to judge on, if that is another; also tells the rows that each table
    /// needs for both.
    pub(super) fn read_with(
        &self,
        holdout: Option<&Path>,
        resolved: &Resolved,
        session: &Session,
    ) -> Result<(Trace, Option<Trace>, Vec<u32>)> {
        let trace = self.read(resolved, session)?;
        let other = holdout
            .map(|path| read_trace(path, None, resolved, session))
            .transpose()?;
        let traces: Vec<_> = std::iter::once(&trace).chain(&other).collect();
        let rows = flow::rows_needed(resolved, &traces, None);
        Ok((trace, other, rows))
    }
}

fn read_trace(
    path: &Path,
    format: Option<Format>,
    resolved: &Resolved,
    session: &Session,
) -> Result<Trace> {
    let trace = flow::read_trace(path, format, resolved)?;
    let read = format!("read {} bags from {}", trace.len(), path.display());
    match trace.sample() {
        Some(sample) => session.watch.note(&format!(
            "note: {read}, a sample of {} with seed {}, as mapping.memory_mib takes no more",
            sample.of_bags, sample.seed
        )),
        None => session.watch.detail(&read),
    }
    super::interrupt::check()?;
    Ok(trace)
}

/// Tables.
#[derive(Debug, clap::Args)]
pub(super) struct TableArgs {
    /// Table: FILE.npy, FILE.safetensors[:TENSOR] or random:SEED; once for each table
    /// [default: random:1]
    #[arg(long, value_name = "TABLE")]
    pub table: Vec<TableSpec>,
}

impl TableArgs {
    /// The tables asked for, else a random one.
    pub(super) fn specs(&self, session: &Session) -> Vec<TableSpec> {
        match self.table.as_slice() {
            [] => vec![TableSpec::Random(session.seed.unwrap_or(1))],
            some => some.to_vec(),
        }
    }
}

/// Reads a configuration and checks the technology file that it names; `--seed` replaces its seeds.
pub(super) fn configuration(path: &Path, session: &Session) -> Result<Resolved> {
    let mut resolved = Config::load(path)?;
    Technology::of(&resolved)?;
    if let Some(seed) = session.seed {
        if seed > i64::MAX as u64 {
            return Err(Error::argument(
                "--seed",
                seed.to_string(),
                format!("at most {}, the largest number of TOML", i64::MAX),
                "",
            ));
        }
        resolved.config.mapping.seed = seed;
        resolved.config.simulation.seed = seed;
    }
    Ok(resolved)
}

/// Reads a mapping's file; [`Mapping::validate`] follows once the number of embeddings is known.
pub(super) fn mapping(path: &Path, session: &Session) -> Result<Mapping> {
    let mapping = Mapping::read(path)?;
    session.watch.detail(&format!(
        "read {} groups from {}",
        mapping.groups.len(),
        path.display()
    ));
    Ok(mapping)
}

/// `--limit`, at least 1.
pub(super) fn limit(limit: Option<usize>) -> Result<Option<usize>> {
    match limit {
        Some(0) => Err(Error::argument(
            "--limit",
            "0",
            "at least 1 bag",
            "leave it out to drive all bags",
        )),
        other => Ok(other),
    }
}

/// Makes the folder of a file that is written at the end, so that a wrong name is found before the
/// work.
pub(super) fn make_folder_of(path: &Path) -> Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => {
            std::fs::create_dir_all(folder).map_err(Error::io("create", folder))
        }
        _ => Ok(()),
    }
}
