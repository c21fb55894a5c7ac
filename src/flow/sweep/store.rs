//! Finished points, one file each.

use std::path::{Path, PathBuf};

use super::point::Point;
use crate::config::Resolved;
use crate::error::{Error, Result};
use crate::flow::program;
use crate::formats::trace::Bags;
use crate::io::write_bytes;
use crate::technology::Technology;

/// Points that are finished, in a folder.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// The points of `folder`, which is made if it is not there.
    ///
    /// # Errors
    /// [`Error::Io`]
    pub fn open(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        Ok(Store {
            folder: folder.to_path_buf(),
        })
    }

    /// A finished point; one that is damaged is not there.
    pub fn get(&self, key: &str) -> Option<Point> {
        let text = std::fs::read(self.path(key)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Leaves a finished point, whole or not at all.
    ///
    /// # Errors
    /// [`Error::Io`]
    pub fn put(&self, key: &str, point: &Point) -> Result<()> {
        let mut line = json_line(point)?;
        line.push('\n');
        write_bytes(&self.path(key), line.as_bytes())
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(format!("{key}.json"))
    }
}

/// A point as one line, without its end.
///
/// # Errors
/// [`Error::Check`] for what has no JSON, which is a defect of recross.
pub(crate) fn json_line(point: &Point) -> Result<String> {
    serde_json::to_string(point).map_err(no_json)
}

/// What has no JSON, which is a defect of recross.
pub(super) fn no_json(error: serde_json::Error) -> Error {
    Error::Check {
        what: format!("what a sweep keeps could not be written as JSON: {error}"),
        help: "this is a defect of recross; please report it".to_owned(),
    }
}

/// What tells bags from other bags.
pub(super) fn hash_of(bags: &Bags) -> blake3::Hash {
    let mut hash = blake3::Hasher::new();
    hash.update(&bags.embeddings().to_le_bytes());
    hash.update(&(bags.len() as u64).to_le_bytes());
    for chunk in bags.offsets().chunks(1 << 16) {
        let bytes: Vec<u8> = chunk.iter().flat_map(|o| o.to_le_bytes()).collect();
        hash.update(&bytes);
    }
    for chunk in bags.ids().chunks(1 << 16) {
        let bytes: Vec<u8> = chunk.iter().flat_map(|id| id.0.to_le_bytes()).collect();
        hash.update(&bytes);
    }
    for &first in bags.parts() {
        hash.update(&(first as u64).to_le_bytes());
    }
    hash.finalize()
}

/// The name of a point: a hash of all that it depends on.
///
/// # Errors
/// [`Error::Check`] for what has no JSON, which is a defect of recross.
pub(super) fn key(
    resolved: &Resolved,
    technology: &Technology,
    inputs: [blake3::Hash; 2],
) -> Result<String> {
    let mut hash = blake3::Hasher::new();
    let about = serde_json::to_vec(&(&resolved.config, technology)).map_err(no_json)?;
    for part in [program(), about] {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(&part);
    }
    for input in inputs {
        hash.update(input.as_bytes());
    }
    Ok(hash.finalize().to_hex().to_string())
}
