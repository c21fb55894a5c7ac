//! The index of a sharded safetensors model (`model.safetensors.index.json`): a map from the names
//! of tensors to files beside it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::choose::choose;
use crate::error::{At, Error, Result};

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, PathBuf>,
}

/// The file of a tensor and the tensor's name. For an index, that is the file that it names for the
/// tensor, by default its only one; for any other path, what was given.
pub(super) fn lead(path: &Path, tensor: Option<&str>) -> Result<(PathBuf, Option<String>)> {
    let is_index = path
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    if !is_index {
        return Ok((path.to_path_buf(), tensor.map(str::to_owned)));
    }
    let text = std::fs::read(path).map_err(Error::io("read", path))?;
    let index: Index = serde_json::from_slice(&text).map_err(|e| {
        Error::input(
            path,
            At::Line(e.line() as u64),
            e.to_string(),
            "the index of a sharded model: an object with `weight_map`",
            "name the `.index.json` that lies beside the .safetensors files, or one of those",
        )
    })?;
    let shown = |name: &str, _: &PathBuf| name.to_owned();
    let (name, file) = choose(path, tensor, &index.weight_map, (shown, "FILE.index.json"))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    Ok((folder.join(file), Some(name.to_owned())))
}
