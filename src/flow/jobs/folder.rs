//! The folder of a run: its files' names, and what is written there before the results.

use std::path::{Path, PathBuf};

use crate::config::{Resolved, annotated_template};
use crate::error::{Error, Result};
use crate::flow::lists;
use crate::flow::report::json;
use crate::formats::trace::Numbering;
use crate::io::write_if_changed;
use crate::mapping::Mapping;

pub(super) const RTL: &str = "rtl";
pub(super) const OUTPUTS: &str = "outputs.npy";
const ARCHIVE: &str = "outputs.npz";
pub(super) const REPORT: &str = "report.json";

/// Makes the folder, and takes an earlier run's results away, so that they cannot be taken for this
/// one's if it does not end.
pub(super) fn start_over(out: &Path) -> Result<()> {
    std::fs::create_dir_all(out).map_err(Error::io("create", out))?;
    for path in [REPORT, OUTPUTS, ARCHIVE].map(|name| out.join(name)) {
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::io("replace", &path)(e));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Writes what is known before the RTL is driven; returns the names of all files that will be in the
/// folder, but for its package.
pub(super) fn write_design(
    resolved: &Resolved,
    mapping: &Mapping,
    lists: Option<&Numbering>,
    out: &Path,
) -> Result<Vec<PathBuf>> {
    mapping.write(&out.join("mapping.json"))?;
    write_config(resolved, out)?;
    let everything = json(resolved)? + "\n";
    write_if_changed(&out.join("config.json"), everything.as_bytes())?;
    let names = [
        "mapping.json",
        OUTPUTS,
        ARCHIVE,
        REPORT,
        "config.toml",
        "config.json",
    ];
    let mut files: Vec<PathBuf> = names.iter().map(|name| out.join(name)).collect();
    files.extend(lists::write(lists, out)?);
    Ok(files)
}

/// Writes the configuration, and the technology file that it names beside it.
pub(super) fn write_config(resolved: &Resolved, out: &Path) -> Result<()> {
    let mut config = resolved.config.clone();
    if let Some(theirs) = resolved.technology_file() {
        let text = std::fs::read(&theirs).map_err(Error::io("read", &theirs))?;
        config.technology.file = "technology.toml".to_owned();
        write_if_changed(&out.join(&config.technology.file), &text)?;
    }
    let toml = annotated_template(&config)?;
    write_if_changed(&out.join("config.toml"), toml.as_bytes())
}
