//! A folder belongs to one grid: another sweep's tables would replace the first one's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::grid::Grid;
use super::store::no_json;
use crate::error::{At, Error, Result};
use crate::io::write_bytes;

#[derive(Deserialize)]
struct Record {
    axes: Vec<Axis>,
}

#[derive(Deserialize)]
struct Axis {
    key: String,
    values: Vec<serde_json::Value>,
}

fn record(out: &Path) -> PathBuf {
    out.join("grid.json")
}

/// Refuses a folder in which another grid was swept; `force` allows it.
///
/// # Errors
/// [`Error::Input`] naming the keys that differ, or for a damaged record; [`Error::Io`].
pub fn check(out: &Path, grid: &Grid, force: bool) -> Result<()> {
    let path = record(out);
    let text = match std::fs::read(&path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        // What is wrong with the folder itself is said where it is made.
        Err(e) if e.kind() == std::io::ErrorKind::NotADirectory => return Ok(()),
        other => other.map_err(Error::io("read", &path))?,
    };
    if force {
        return Ok(());
    }
    let refused = |key: &str, found: String, expected: String| {
        let help = "name another folder with --out; --force sweeps this grid here, and replaces \
                    points.csv, points.jsonl and report.json";
        Error::input(&path, At::Key(key.to_owned()), found, expected, help)
    };
    let there: Record = serde_json::from_slice(&text)
        .map_err(|e| refused("axes", e.to_string(), "the axes of a grid".to_owned()))?;
    let here = serde_json::to_value(grid)
        .and_then(serde_json::from_value::<Record>)
        .map_err(no_json)?;
    let (there, here) = (by_key(there), by_key(here));
    let shown = |values: Option<&String>| match values {
        Some(values) => format!("values {values}"),
        None => "no values".to_owned(),
    };
    for key in there.keys().chain(here.keys()) {
        let (old, new) = (there.get(key), here.get(key));
        if old != new {
            let found = format!("{} of the sweep in this folder", shown(old));
            return Err(refused(key, found, format!("{} as asked for", shown(new))));
        }
    }
    Ok(())
}

fn by_key(record: Record) -> BTreeMap<String, String> {
    let values = |axis: &Axis| serde_json::Value::from(axis.values.clone()).to_string();
    let axes = record.axes.into_iter();
    axes.map(|axis| (axis.key.clone(), values(&axis))).collect()
}

/// As [`check`], and leaves a record of the grid for later sweeps.
///
/// # Errors
/// As [`check`].
pub fn claim(out: &Path, grid: &Grid, force: bool) -> Result<()> {
    check(out, grid, force)?;
    let text = serde_json::to_string_pretty(grid).map_err(no_json)?;
    write_bytes(&record(out), (text + "\n").as_bytes())
}
