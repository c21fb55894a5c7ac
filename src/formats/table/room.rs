//! Room for tables, or an error.

use crate::error::{Error, Result};

/// Allocates room for `size` elements; returns an error instead of aborting.
pub(super) fn reserve<T>(size: usize) -> Result<Vec<T>> {
    let mut data = Vec::new();
    reserve_in(&mut data, size)?;
    Ok(data)
}

/// Makes room for `size` elements in all; returns an error instead of aborting.
pub(super) fn reserve_in<T>(data: &mut Vec<T>, size: usize) -> Result<()> {
    data.try_reserve_exact(size.saturating_sub(data.len()))
        .map_err(|_| {
            Error::argument(
                "--table",
                format!("{size} elements"),
                "a table that fits in memory",
                "use a smaller table",
            )
        })
}
