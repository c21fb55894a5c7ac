//! `recross gen`

use std::path::PathBuf;

use super::options::{self, ConfigArgs, TableArgs};
use super::report::{Lines, Show, grouped};
use super::session::{Done, Session};
use crate::error::Result;
use crate::flow;
use crate::flow::report::GenReport;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigArgs,
    /// Folder for the package
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Also write memory images of this mapping.json to DIR/images
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    #[command(flatten)]
    table: TableArgs,
    /// Overwrite files of the package even if they were edited
    #[arg(long)]
    force: bool,
}

impl Show for GenReport {
    fn text(&self) -> String {
        let mut lines = Lines::default();
        lines.add("design", self.design.line());
        lines.add(
            "package",
            format!(
                "{}: {} files, top module {}, file list {}",
                self.folder, self.package_files, self.top, self.file_list
            ),
        );
        if let Some(mapping) = &self.mapping {
            lines.add("mapping", mapping.line());
            lines.add(
                "images",
                format!(
                    "{}/images: {} files",
                    self.folder,
                    grouped(self.image_files)
                ),
            );
        }
        lines.render()
    }
}

pub(super) fn run(args: &Args, session: &Session) -> Result<Done> {
    if args.mapping.is_none() && !args.table.table.is_empty() {
        return Err(crate::Error::argument(
            "--table",
            "a table without a mapping",
            "--mapping too",
            "memory images hold the vectors where a mapping puts them",
        ));
    }
    let resolved = args.config.resolve(session)?;
    let specs = args.table.specs(session);
    let contents = args.mapping.as_deref().map(|path| (path, specs.as_slice()));
    let edited = options::edited(args.force);
    let report = flow::generate(&resolved, contents, (&args.out, edited), &session.watch)?;
    session.watch.clear();
    session.output.show(&report)?;
    Ok(Done::Well)
}
