//! `recross gen`

use std::path::PathBuf;

use serde::Serialize;

use super::options::{self, TableArgs};
use super::report::{Lines, Show, grouped};
use super::{Done, Session};
use crate::error::Result;
use crate::flow;
use crate::flow::report::{DesignReport, Head, LayoutReport};
use crate::mapping::contents::Contents;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Configuration (TOML)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Folder for the package
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Also write memory images of this mapping.json to DIR/images
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    #[command(flatten)]
    table: TableArgs,
}

#[derive(Serialize)]
struct GenReport {
    #[serde(flatten)]
    head: Head,
    design: DesignReport,
    mapping: Option<LayoutReport>,
    folder: String,
    package_files: u64,
    image_files: u64,
    files: Vec<String>,
}

impl Show for GenReport {
    fn text(&self) -> String {
        let d = &self.design;
        let mut lines = Lines::default();
        lines.add(
            "design",
            format!(
                "{} lanes, {} banks; crossbars of {} x {} cells with {} bit, {} side by side; {} converters of {} bit",
                d.lanes, d.banks, d.rows, d.cols, d.cell_bits, d.column_blocks, d.adcs, d.adc_bits
            ),
        );
        lines.add(
            "package",
            format!(
                "{}: {} files, top module recross_top, file list recross.f",
                self.folder, self.package_files
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
    let mut resolved = options::configuration(&args.config, session)?;
    // Bad inputs are found before anything is written.
    let inputs = match &args.mapping {
        None => None,
        Some(path) => {
            let mapping = options::mapping(path, session)?;
            let needed = flow::rows_needed(&resolved, &[], Some(mapping.embeddings));
            let specs = args.table.specs(session);
            let tables = flow::load_tables(&mut resolved, &specs, None, &needed)?;
            mapping.validate(&resolved, tables.int.embeddings(), path)?;
            Some((mapping, tables, path))
        }
    };
    let mut files = flow::write_package(&resolved, &args.out)?;
    let package_files = files.len() as u64;
    let mut layout = None;
    if let Some((mapping, tables, path)) = &inputs {
        let contents = Contents::new(mapping, &tables.int, &resolved)?;
        let folder = args.out.join("images");
        files.extend(flow::write_images(&contents, &resolved, &folder)?);
        let path = Some(path.display().to_string());
        layout = Some(LayoutReport::new(mapping, path, &resolved));
    }
    session.output.show(&GenReport {
        head: Head::new("gen"),
        design: DesignReport::new(&resolved),
        mapping: layout,
        folder: args.out.display().to_string(),
        package_files,
        image_files: files.len() as u64 - package_files,
        files: files.iter().map(|f| f.display().to_string()).collect(),
    })?;
    Ok(Done::Well)
}
