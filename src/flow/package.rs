//! What hardware needs, as files.

use std::io;
use std::path::{Path, PathBuf};

use super::inputs;
use super::report::{DesignReport, GenReport, Head, LayoutReport};
use crate::config::Resolved;
use crate::error::{Error, Result};
use crate::formats::table::TableSpec;
use crate::io::write_if_changed;
use crate::mapping::contents::Contents;
use crate::progress::Progress;
use crate::rtl::Package;

/// Writes the RTL package of a configuration into `out`, and, with a mapping's file and tables, the
/// memory images into `out/images`. It is what `recross gen` does. Bad inputs are found before
/// anything is written.
///
/// # Errors
/// As [`crate::mapping::Mapping::read`], [`super::load_tables`] and
/// [`crate::mapping::Mapping::validate`]; [`Error::Io`] naming the file.
pub fn generate(
    resolved: &Resolved,
    contents: Option<(&Path, &[TableSpec])>,
    out: &Path,
    progress: &dyn Progress,
) -> Result<GenReport> {
    let mut resolved = resolved.clone();
    let inputs = match contents {
        None => None,
        Some((path, specs)) => {
            let mapping = inputs::read_mapping(path, progress)?;
            let needed = super::rows_needed(&resolved, &[], Some(mapping.embeddings));
            let tables = super::load_tables(&mut resolved, specs, None, &needed)?;
            mapping.validate(&resolved, tables.int.embeddings(), path)?;
            Some((mapping, tables, path.display().to_string()))
        }
    };
    let mut files = write_package(&resolved, out)?;
    let package_files = files.len() as u64;
    let mut layout = None;
    if let Some((mapping, tables, path)) = inputs {
        let contents = Contents::new(&mapping, &tables.int, &resolved)?;
        files.extend(write_images(&contents, &resolved, &out.join("images"))?);
        layout = Some(LayoutReport::new(&mapping, Some(path), &resolved));
    }
    Ok(GenReport {
        head: Head::new("gen"),
        design: DesignReport::new(&resolved),
        mapping: layout,
        folder: out.display().to_string(),
        package_files,
        image_files: files.len() as u64 - package_files,
        files: files.iter().map(|f| f.display().to_string()).collect(),
    })
}

/// Writes the RTL package of a configuration into `folder`; returns its files.
///
/// # Errors
/// [`Error::Io`] naming the file.
pub fn write_package(resolved: &Resolved, folder: &Path) -> Result<Vec<PathBuf>> {
    let package = Package::emit(resolved)?;
    package.write(folder)?;
    Ok(package.files().map(|(name, _)| folder.join(name)).collect())
}

/// Writes the memory images of a mapping and its tables into `folder` (`bank<bank>.hex`,
/// `lane<lane>_table.hex`); returns the files. A file that has the same bytes already is left alone.
///
/// # Errors
/// [`Error::Io`] naming the file.
pub fn write_images(
    contents: &Contents<'_>,
    resolved: &Resolved,
    folder: &Path,
) -> Result<Vec<PathBuf>> {
    let banks = resolved.config.engine.banks_per_lane;
    let mut files = Vec::new();
    let mut write = |name: String, fill: &dyn Fn(&mut Vec<u8>) -> io::Result<()>| -> Result<()> {
        let path = folder.join(name);
        let mut bytes = Vec::new();
        fill(&mut bytes).map_err(Error::io("write", &path))?;
        write_if_changed(&path, &bytes)?;
        files.push(path);
        Ok(())
    };
    for lane in 0..resolved.config.engine.lanes {
        write(format!("lane{lane}_table.hex"), &|out| {
            contents.write_table_image(lane, out)
        })?;
        for bank in 0..banks {
            write(format!("bank{}.hex", lane * banks + bank), &|out| {
                contents.write_array_image(lane, bank, out)
            })?;
        }
    }
    Ok(files)
}
