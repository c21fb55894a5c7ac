//! One call from a configuration to the files of its hardware.

use std::path::Path;

use crate::config::Resolved;
use crate::error::{At, Error, Result};
use crate::flow::fit::{self, Data, Scope};
use crate::flow::report::{DesignReport, GenReport, Head, LayoutReport};
use crate::flow::{inputs, load_tables, rows_needed, write_images, write_package};
use crate::formats::table::TableSpec;
use crate::mapping::Mapping;
use crate::mapping::contents::Contents;
use crate::progress::Progress;
use crate::rtl::{self, Edited};

/// Refuses files of tables for renumbered ids: only a trace says which row an id has.
fn refuse_renumbered(mapping: &Mapping, path: &Path, specs: &[TableSpec]) -> Result<()> {
    let random = specs.iter().all(|s| matches!(s, TableSpec::Random(_)));
    if mapping.ids.is_empty() || random {
        return Ok(());
    }
    Err(Error::input(
        path,
        At::Key("ids".to_owned()),
        "a mapping of renumbered ids",
        "one of ids that are rows of the tables",
        "`recross run --renumber --ids LIST --mapping FILE --out DIR` writes the images, as it knows \
         the row of each id",
    ))
}

/// Writes the RTL package of a configuration into `out`, and, with a mapping's file and tables, the
/// memory images into `out/images`. It is what `recross gen` does. Bad inputs are found before
/// anything is written; `edited` is for files of a package in `out` that were edited.
///
/// # Errors
/// As [`write_package`], [`crate::mapping::Mapping::read`], [`load_tables`] and
/// [`crate::mapping::Mapping::validate`]; [`crate::Error::Io`] naming the file.
pub fn generate(
    resolved: &Resolved,
    contents: Option<(&Path, &[TableSpec])>,
    (out, edited): (&Path, Edited),
    progress: &dyn Progress,
) -> Result<GenReport> {
    let mut resolved = resolved.clone();
    let inputs = match contents {
        None => None,
        Some((path, specs)) => {
            let mapping = inputs::read_mapping(path, progress)?;
            refuse_renumbered(&mapping, path, specs)?;
            let needed = rows_needed(&resolved, &[], Some(mapping.embeddings));
            let mappings = [&mapping];
            let scope = Scope {
                engine: true,
                fit: false,
            };
            fit::check(&resolved, &Data::new(&[], specs, &mappings)?, scope)?;
            let tables = load_tables(&mut resolved, specs, (None, &needed), &[], progress)?;
            mapping.validate(&resolved, tables.int.embeddings(), path)?;
            Some((mapping, tables, path.display().to_string()))
        }
    };
    let mut files = write_package(&resolved, out, edited)?;
    let package_files = files.len() as u64;
    let mut layout = None;
    if let Some((mapping, tables, path)) = inputs {
        let contents = Contents::new(&mapping, &tables.int, &resolved)?;
        files.extend(write_images(
            &contents,
            &resolved,
            &out.join("images"),
            progress,
        )?);
        layout = Some(LayoutReport::new(&mapping, Some(path), &resolved));
    }
    Ok(GenReport {
        head: Head::new("gen"),
        design: DesignReport::new(&resolved),
        mapping: layout,
        folder: out.display().to_string(),
        top: rtl::top(&resolved.config.rtl.prefix),
        file_list: rtl::file_list(&resolved.config.rtl.prefix),
        package_files,
        image_files: files.len() as u64 - package_files,
        files: files.iter().map(|f| f.display().to_string()).collect(),
    })
}
