//! The sizes of tables, from the heads of their files.

use super::{TableSpec, npy_table, safetensors_table};
use crate::error::Result;

/// The size of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableHead {
    /// Number of rows.
    pub rows: u32,
    /// Elements of a row.
    pub dim: u32,
}

/// The size of a table in a file, from the file's head alone; `None` for a random table.
///
/// # Errors
/// [`Error::Io`] or [`Error::Input`] for a file without a 2-D table.
pub fn head(spec: &TableSpec) -> Result<Option<TableHead>> {
    let (rows, dim) = match spec {
        TableSpec::Random(_) => return Ok(None),
        TableSpec::Npy(path) => npy_table::size(path)?,
        TableSpec::Safetensors { path, tensor } => {
            safetensors_table::size(path, tensor.as_deref())?
        }
    };
    Ok(Some(TableHead { rows, dim }))
}
