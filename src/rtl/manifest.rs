//! A package in a folder: which of its files were edited since, and how new ones take their place.

use super::package::Package;
use super::record::MANIFEST;
use crate::error::{At, Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Component, Path};

const FORMAT: u32 = 1;

/// What becomes of files that were edited since they were generated, and of files of the same names
/// that were not generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Edited {
    /// Nothing is written.
    #[default]
    Refuse,
    /// They are overwritten.
    Overwrite,
}

/// Checksums (BLAKE3, hexadecimal) of a package's files, by name.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Manifest {
    format: u32,
    files: BTreeMap<String, String>,
    /// Those of the package that is being overwritten, while it is: files of either are unedited.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    before: BTreeMap<String, String>,
}

impl Manifest {
    /// Of the package in a folder; empty if there is none that can be read.
    fn read(folder: &Path) -> Self {
        let read = std::fs::read(folder.join(MANIFEST)).ok();
        let manifest: Option<Manifest> = read.and_then(|text| serde_json::from_slice(&text).ok());
        let plain = |name: &String| {
            let mut parts = Path::new(name).components();
            matches!(parts.next(), Some(Component::Normal(_))) && parts.next().is_none()
        };
        manifest
            .filter(|m| m.format == FORMAT && m.files.keys().chain(m.before.keys()).all(plain))
            .unwrap_or_default()
    }

    fn knows(&self, name: &str, bytes: &[u8]) -> bool {
        let sum = checksum(bytes);
        [&self.files, &self.before]
            .into_iter()
            .any(|sums| sums.get(name) == Some(&sum))
    }

    fn text(&self) -> Result<String> {
        let text = serde_json::to_string_pretty(self).map_err(super::package::defect)?;
        Ok(text + "\n")
    }
}

fn checksum(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// What a file's place holds; `None`: nothing.
fn bytes_of(path: &Path) -> Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::io("read", path)(e)),
    }
}

/// What writing a package into a folder will do.
struct Plan<'a> {
    /// New or changed files.
    write: Vec<(&'a str, &'a str)>,
    /// Unedited files of the package that lies there, which the new one does not have.
    remove: Vec<String>,
    /// Checksums of the unedited files that will be overwritten or removed.
    before: BTreeMap<String, String>,
}

impl<'a> Plan<'a> {
    fn new(package: &'a Package, folder: &Path, edited: Edited) -> Result<Self> {
        let old = Manifest::read(folder);
        let mut before = BTreeMap::new();
        let (mut write, mut refused) = (Vec::new(), Vec::new());
        for (name, text) in package.files() {
            match bytes_of(&folder.join(name))? {
                Some(bytes) if bytes == text.as_bytes() => continue,
                Some(bytes) if old.knows(name, &bytes) => {
                    before.insert(name.to_owned(), checksum(&bytes));
                }
                Some(_) => refused.push(name),
                None => {}
            }
            write.push((name, text));
        }
        if !refused.is_empty() && edited == Edited::Refuse {
            return Err(Error::input(
                folder,
                At::File,
                format!(
                    "files that were edited since recross wrote them, or that it did not write: {}",
                    refused.join(", ")
                ),
                "no such files, or those of an unedited package",
                "name another folder, or overwrite them with --force",
            ));
        }
        let mut remove = Vec::new();
        for name in old.files.keys().chain(old.before.keys()) {
            let stays = package.files().any(|(file, _)| file == name) || remove.contains(name);
            let bytes = match stays {
                true => None,
                false => bytes_of(&folder.join(name))?,
            };
            if let Some(bytes) = bytes.filter(|bytes| old.knows(name, bytes)) {
                remove.push(name.clone());
                before.insert(name.clone(), checksum(&bytes));
            }
        }
        Ok(Plan {
            write,
            remove,
            before,
        })
    }
}

impl Package {
    /// Refuses a folder in which [`Package::write_with`] would refuse to write; writes nothing.
    ///
    /// # Errors
    /// [`Error::Input`] naming the files that were edited; [`Error::Io`].
    pub fn check_folder(&self, folder: &Path, edited: Edited) -> Result<()> {
        Plan::new(self, folder, edited).map(|_| ())
    }

    /// Writes the package into a folder in which no file of it was edited.
    ///
    /// # Errors
    /// As [`Package::write_with`].
    pub fn write(&self, folder: &Path) -> Result<()> {
        self.write_with(folder, Edited::Refuse)
    }

    /// Writes every file and the manifest into `folder`; one that already has the same bytes is left
    /// alone. Files of a package that lies there are overwritten, and removed if this one does not
    /// have them. If any that would be overwritten was edited, nothing is written, unless `edited`
    /// says so; one that would be removed stays.
    ///
    /// All texts are on disk before the first file is replaced. A run that breaks off in between
    /// leaves whole files, and a manifest that knows the old and the new ones.
    ///
    /// # Errors
    /// [`Error::Input`] naming the files that were edited; [`Error::Io`] naming the file.
    pub fn write_with(&self, folder: &Path, edited: Edited) -> Result<()> {
        let plan = Plan::new(self, folder, edited)?;
        let path = folder.join(MANIFEST);
        let sum = |(name, text): (&str, &str)| (name.to_owned(), checksum(text.as_bytes()));
        let mut manifest = Manifest {
            format: FORMAT,
            files: self.files().map(sum).collect(),
            before: plan.before,
        };
        std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        if !plan.write.is_empty() || !plan.remove.is_empty() {
            let staged = tempfile::Builder::new()
                .prefix(".recross-")
                .tempdir_in(folder)
                .map_err(Error::io("write", folder))?;
            for (name, text) in &plan.write {
                std::fs::write(staged.path().join(name), text)
                    .map_err(Error::io("write", &folder.join(name)))?;
            }
            crate::io::write_bytes(&path, manifest.text()?.as_bytes())?;
            for (name, _) in &plan.write {
                let path = folder.join(name);
                std::fs::rename(staged.path().join(name), &path)
                    .map_err(Error::io("write", &path))?;
            }
            for name in &plan.remove {
                let path = folder.join(name);
                std::fs::remove_file(&path).map_err(Error::io("remove", &path))?;
            }
        }
        manifest.before.clear();
        crate::io::write_if_changed(&path, manifest.text()?.as_bytes())
    }
}
