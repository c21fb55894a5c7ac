//! Arguments that several commands share, and how they become inputs.

use std::path::{Path, PathBuf};

use super::session::Session;
use crate::config::{Config, PRESETS, Resolved, Settings};
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

/// A configuration.
#[derive(Debug, clap::Args)]
pub(super) struct ConfigArgs {
    /// Configuration (TOML)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Another value for a key of the configuration (`adc.switch=graded`); may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl ConfigArgs {
    /// The configuration of the file, with the values of `--set`, and with the seed of `--seed`.
    pub(super) fn resolve(&self, session: &Session) -> Result<Resolved> {
        configuration(Some(&self.config), &self.set, session)
    }
}

/// A configuration that may be fitted to the data.
#[derive(Debug, clap::Args)]
pub(super) struct FitArgs {
    /// Configuration (TOML); with --fit it may be left out
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Another value for a key of the configuration (`adc.switch=graded`); may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Fit the configuration to trace and tables (tables, dimensions, largest bag, crossbars), and say
    /// what changed
    #[arg(long)]
    pub fit: bool,
}

impl FitArgs {
    /// The configuration of the file, or the one that `recross init` prints, with the values of
    /// `--set`, and with the seed of `--seed`. It is not fitted yet.
    pub(super) fn resolve(&self, session: &Session) -> Result<Resolved> {
        match &self.config {
            Some(path) => configuration(Some(path), &self.set, session),
            None if self.fit => configuration(None, &self.set, session),
            None => Err(Error::argument(
                "--config",
                "no configuration",
                "a file",
                "`recross init --for TRACE` writes one that fits the trace; or use `--fit`",
            )),
        }
    }
}

/// Reads a configuration, else takes the first preset, and checks the technology file that it names. Values of `--set` replace the
/// file's, and `--seed` replaces its seeds.
pub(super) fn configuration(
    path: Option<&Path>,
    set: &[String],
    session: &Session,
) -> Result<Resolved> {
    let settings = Settings::parse(set)?;
    let mut resolved = match path {
        Some(path) => Config::load_with(path, &settings)?,
        None => PRESETS[0].config().resolve_with(&settings, "with --set")?,
    };
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
