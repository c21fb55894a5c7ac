//! Which lists gave ids their numbers.

use std::path::PathBuf;

use serde::Serialize;

use crate::flow::inputs::TraceFile;
use crate::formats::trace::{ListHash, Numbering, Renumber};

/// The list of a table's original ids, with `--renumber`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RenumberedReport {
    /// The list of all ids of the table in the order of their numbers; `mapping.json` has the same.
    #[serde(flatten)]
    pub list: ListHash,
    /// The file to which that list was written, if it was.
    pub written: Option<String>,
    /// The list of `--ids` that it begins with; left out without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given: Option<GivenList>,
}

/// A list of original ids in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GivenList {
    /// The file.
    pub path: String,
    /// What it holds.
    #[serde(flatten)]
    pub list: ListHash,
}

impl RenumberedReport {
    /// One for each table of a trace that was read from `file`; none if ids are rows. `written` are
    /// the files that its lists go to.
    pub(crate) fn all(
        file: &TraceFile,
        lists: Option<&Numbering>,
        written: &[PathBuf],
    ) -> Vec<Self> {
        let Some(lists) = lists else {
            return Vec::new();
        };
        let given = match &file.options.renumber {
            Some(Renumber::File(path)) => lists.files(path),
            _ => Vec::new(),
        };
        let shown = |path: &PathBuf| path.display().to_string();
        let tables = std::iter::zip(&lists.tables, lists.hashes()).enumerate();
        tables
            .map(|(t, (ids, list))| RenumberedReport {
                list,
                written: written.get(t).map(shown),
                given: given
                    .get(t)
                    .zip(ids.hash(lists.given(t)))
                    .map(|(path, list)| GivenList {
                        path: shown(path),
                        list,
                    }),
            })
            .collect()
    }
}
