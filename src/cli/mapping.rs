//! `recross mapping export`

use std::path::PathBuf;

use super::report::{Lines, Show, grouped};
use super::session::{Done, Session};
use crate::error::Result;
use crate::flow;
use crate::flow::report::ExportReport;

/// The commands.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Write the place of each id, and the order of all ids, as NumPy arrays
    Export(Export),
}

/// Arguments of `export`.
#[derive(Debug, clap::Args)]
pub(super) struct Export {
    /// mapping.json, of recross or of another program
    #[arg(long, value_name = "FILE")]
    mapping: PathBuf,
    /// Folder for place.npy (id -> group, row, bank, slot) and permutation.npy (new position -> id,
    /// id -> new position)
    #[arg(long, value_name = "DIR")]
    npy: PathBuf,
    /// Overwrite the files if they are there
    #[arg(long)]
    force: bool,
}

impl Show for ExportReport {
    fn text(&self) -> String {
        let mut lines = Lines::default();
        lines.add(
            "mapping",
            format!(
                "{}: {} ids in {} groups of up to {} rows",
                self.mapping,
                grouped(self.embeddings.into()),
                grouped(self.groups),
                self.rows
            ),
        );
        lines.add("files", self.files.join("\n"));
        lines.render()
    }
}

pub(super) fn run(command: &Command, session: &Session) -> Result<Done> {
    let Command::Export(args) = command;
    let report = flow::export_mapping(&args.mapping, (&args.npy, args.force), &session.watch)?;
    session.watch.clear();
    session.output.show(&report)?;
    Ok(Done::Well)
}
