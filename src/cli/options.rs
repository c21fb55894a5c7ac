//! Arguments that several commands share, and how they become inputs.

use std::path::{Path, PathBuf};

use super::session::Session;
use crate::config::{Config, Resolved};
use crate::cost::Technology;
use crate::error::{Error, Result};
use crate::flow::TraceFile;
use crate::formats::table::TableSpec;
use crate::formats::trace::Format;
use crate::rtl::Edited;

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
    /// The file that they name.
    pub(super) fn file(&self) -> TraceFile {
        TraceFile {
            path: self.trace.clone(),
            format: self.format,
        }
    }
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

/// What `--force` says.
pub(super) fn edited(force: bool) -> Edited {
    match force {
        true => Edited::Overwrite,
        false => Edited::Refuse,
    }
}
