//! The index of a sharded safetensors model (`model.safetensors.index.json`): a map from the names
//! of tensors to files beside it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::{At, Error, Result};

/// Most names that a message lists.
const SHOWN: usize = 20;

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
    let found = match tensor {
        Some(name) => index.weight_map.get_key_value(name),
        None if index.weight_map.len() == 1 => index.weight_map.first_key_value(),
        None => None,
    };
    if let Some((name, file)) = found {
        let folder = path.parent().unwrap_or(Path::new(""));
        return Ok((folder.join(file), Some(name.clone())));
    }
    let mut names: Vec<String> = index.weight_map.into_keys().collect();
    let more = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    if more > 0 {
        names.push(format!("{more} more"));
    }
    let (at, expected) = match tensor {
        Some(name) => (At::Key(name.to_owned()), "a tensor of that name"),
        None => (At::File, "one tensor, or the name of one of them"),
    };
    Err(Error::input(
        path,
        at,
        format!("the tensors {}", names.join(", ")),
        expected,
        "give the tensor's name after the file name: FILE.index.json:TENSOR",
    ))
}
