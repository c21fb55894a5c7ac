//! What hardware needs, as files.

use std::io;
use std::path::{Path, PathBuf};

use crate::config::Resolved;
use crate::error::{Error, Result};
use crate::io::write_if_changed;
use crate::mapping::contents::{Contents, array_image, table_image};
use crate::rtl::{Edited, MANIFEST, Package};

/// Writes the RTL package of a configuration into `folder`; returns its files.
///
/// # Errors
/// As [`Package::emit`] and [`Package::write_with`].
pub fn write_package(resolved: &Resolved, folder: &Path, edited: Edited) -> Result<Vec<PathBuf>> {
    let package = Package::emit(resolved)?;
    package.write_with(folder, edited)?;
    let names = package.files().map(|(name, _)| name);
    Ok(names
        .chain([MANIFEST])
        .map(|name| folder.join(name))
        .collect())
}

/// Writes the memory images of a mapping and its tables into `folder` (`lane<l>_bank<b>.hex`,
/// `lane<l>_table.hex`); returns the files. A file that has the same bytes already is left alone.
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
        write(table_image(lane), &|out| {
            contents.write_table_image(lane, out)
        })?;
        for bank in 0..banks {
            write(array_image(lane, bank), &|out| {
                contents.write_array_image(lane, bank, out)
            })?;
        }
    }
    Ok(files)
}
