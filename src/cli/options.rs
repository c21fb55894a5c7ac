//! Arguments that several commands share, and how they become inputs.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::session::Session;
use crate::config::{Config, PRESETS, Resolved, Settings};
use crate::error::{Error, Result};
use crate::flow::TraceFile;
use crate::formats::table::TableSpec;
use crate::formats::trace::{Format, Layout, ReadOptions, Renumber};
use crate::rtl::Edited;
use crate::technology::Technology;

/// A trace and how it is read.
#[derive(Debug, clap::Args)]
pub(super) struct TraceArgs {
    /// Trace: .bags, .txt, .jsonl, .csv, .tsv (each also .gz or .zst), .npz or .parquet;
    /// several are taken in order, and no batch crosses them
    #[arg(long, value_name = "FILE", required = true)]
    pub trace: Vec<PathBuf>,
    #[command(flatten)]
    pub read: ReadArgs,
}

/// What a trace's file alone does not say.
#[derive(Debug, clap::Args)]
pub(super) struct ReadArgs {
    /// Format of the trace, where its name does not say (`bags`, `jsonl.gz`, `csv`, `npz`...)
    #[arg(long, value_name = "FORMAT", help_heading = HEADING)]
    pub format: Option<Format>,
    /// Tables of the trace, for an .npz that holds one table's bags after the other's
    /// [default: as many as `embedding.tables` or several --table say, else 1]
    #[arg(long, value_name = "N", help_heading = HEADING)]
    pub tables: Option<NonZeroUsize>,
    /// Whether the last offset of an .npz is the end of the last bag; auto: if it equals the number
    /// of indices
    #[arg(long, value_name = "WHEN", default_value = "auto", help_heading = HEADING)]
    pub include_last_offset: LastOffset,
    /// Leave out the lookups with this id, which is padding
    #[arg(long, value_name = "ID", allow_negative_numbers = true, help_heading = HEADING)]
    pub padding_idx: Option<i64>,
    /// What a line of text or of .csv stands for [default: a sample if the first line names the
    /// tables 0 to T-1 once each, else a bag; a row of .csv: a sample]
    #[arg(long, value_name = "LAYOUT", help_heading = HEADING)]
    pub layout: Option<LineLayout>,
    /// Columns of ids of a .csv, .tsv or .parquet, each a table: names, or numbers from 1 (`15-40`)
    /// [default: the only one]
    #[arg(long, value_name = "COLUMN", value_delimiter = ',', help_heading = HEADING)]
    pub column: Vec<String>,
    /// Give ids numbers from 0, in the order of their first appearance in each table: for ids that are
    /// sparse, of 64 bits, or texts
    #[arg(long, help_heading = HEADING)]
    pub renumber: bool,
    /// List of the original ids of an earlier --renumber, which keep their numbers: .npy, or .txt with
    /// an id a line
    #[arg(long, value_name = "FILE", requires = "renumber", help_heading = HEADING)]
    pub ids: Option<PathBuf>,
    /// What separates the columns of a .csv or .tsv: a character, or `tab` [default: a comma, or a
    /// tab in a .tsv]
    #[arg(long, value_name = "CHAR", value_parser = separator, help_heading = HEADING)]
    pub separator: Option<u8>,
}

const HEADING: &str = "Reading the trace";

/// Whether the last offset is the end of the last bag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LastOffset {
    True,
    False,
    Auto,
}

/// What a line stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LineLayout {
    /// A bag: its ids
    Bag,
    /// A sample: each id with its table before it, as in `0:5 1:7`
    #[value(name = "table:id")]
    TableId,
}

fn separator(text: &str) -> std::result::Result<u8, String> {
    match (text, text.as_bytes()) {
        ("tab" | "\\t", _) => Ok(b'\t'),
        (_, &[byte]) if byte.is_ascii() && !byte.is_ascii_alphanumeric() && byte != b'"' => {
            Ok(byte)
        }
        _ => Err("expected one character such as `;`, or `tab`".to_owned()),
    }
}

impl ReadArgs {
    /// The options of the library.
    pub(super) fn options(&self) -> ReadOptions {
        ReadOptions {
            format: self.format,
            tables: self.tables.map_or(0, NonZeroUsize::get),
            include_last_offset: match self.include_last_offset {
                LastOffset::True => Some(true),
                LastOffset::False => Some(false),
                LastOffset::Auto => None,
            },
            padding_idx: self.padding_idx,
            layout: self.layout.map(|layout| match layout {
                LineLayout::Bag => Layout::Bag,
                LineLayout::TableId => Layout::TableId,
            }),
            columns: self.column.clone(),
            separator: self.separator,
            renumber: match &self.ids {
                _ if !self.renumber => None,
                Some(list) => Some(Renumber::File(list.clone())),
                None => Some(Renumber::New),
            },
            memory: None,
        }
    }
}

impl TraceArgs {
    /// The file that they name.
    pub(super) fn file(&self) -> TraceFile {
        let mut files = self.trace.iter().cloned();
        TraceFile {
            // One at least is required.
            path: files.next().unwrap_or_default(),
            further: files.collect(),
            options: self.read.options(),
        }
    }
}

/// Tables.
#[derive(Debug, clap::Args)]
pub(super) struct TableArgs {
    /// Table: FILE.npy, FILE.safetensors[:TENSOR], FILE.index.json[:TENSOR] or random:SEED; once for
    /// each table
    /// [default: random:1]
    #[arg(long, value_name = "TABLE", value_parser = table_spec)]
    pub table: Vec<TableSpec>,
}

/// A table's source. The parser of arguments shows the text of an error only, so that holds the
/// advice too.
pub(super) fn table_spec(text: &str) -> std::result::Result<TableSpec, String> {
    text.parse().map_err(|e: Error| match e.help() {
        Some(help) => format!("{e}\nhelp: {help}"),
        None => e.to_string(),
    })
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
