//! What hardware needs, as files.

use std::path::{Path, PathBuf};

use crate::config::Resolved;
use crate::error::{Error, Result};
use crate::io::write_if_changed;
use crate::mapping::contents::{Contents, array_image};
use crate::progress::{Progress, counted};
use crate::rtl::{Edited, MANIFEST, Package};
use rayon::prelude::*;

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

/// Writes the memory images of a mapping and its tables into `folder` (`lane<l>_bank<b>.hex`); returns the files. A file that has the same bytes already is left alone.
///
/// # Errors
/// [`Error::Io`] naming the file; what `progress` returns.
pub fn write_images(
    contents: &Contents<'_>,
    resolved: &Resolved,
    folder: &Path,
    progress: &dyn Progress,
) -> Result<Vec<PathBuf>> {
    let banks = resolved.config.engine.banks_per_lane;
    let lanes = 0..resolved.config.engine.lanes;
    let images: Vec<(u32, u32)> = lanes
        .flat_map(|lane| (0..banks).map(move |bank| (lane, bank)))
        .collect();
    let write = |(lane, bank)| -> Result<PathBuf> {
        let path = folder.join(array_image(lane, bank));
        let mut bytes = Vec::new();
        let filled = contents.write_array_image(lane, bank, &mut bytes);
        filled.map_err(Error::io("write", &path))?;
        write_if_changed(&path, &bytes)?;
        Ok(path)
    };
    let total = images.len() as u64;
    counted(progress, ("writing images", total), |count| {
        images
            .into_par_iter()
            .map(|image| match count.one() {
                true => write(image),
                false => Err(Error::Interrupted),
            })
            .collect()
    })?
}
