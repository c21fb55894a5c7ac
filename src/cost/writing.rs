//! Cost of writing the tables and their copies into the arrays.

use serde::Serialize;

use crate::config::Resolved;
use crate::technology::{Provenance, Technology};

/// Cost of writing all tables once.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Writing {
    /// Cells programmed: those of every row, copies included.
    pub cells: u64,
    /// Energy, pJ.
    pub energy_pj: f64,
    /// Time if all banks write in parallel, each one row at a time, ns; assumes that rows are
    /// spread evenly over banks.
    pub time_ns: f64,
    /// Number of times that the tables can be written before cells wear out; `None` if the
    /// technology file gives no endurance.
    pub rewrites: Option<f64>,
    /// Numbers used that are not published.
    pub provenance: Provenance,
}

impl Writing {
    /// Energy of writing once, divided by the number of lookups until the next time, pJ; `None`
    /// without lookups.
    pub fn per_lookup_pj(&self, lookups: u64) -> Option<f64> {
        (lookups > 0).then(|| self.energy_pj / lookups as f64)
    }
}

/// Cost of writing `rows` vectors, copies included, once; unused cells are not programmed.
pub fn writing(resolved: &Resolved, technology: &Technology, rows: u64) -> Writing {
    let mut used = Provenance::default();
    let array = &technology.array;
    let cells_of_row = u64::from(resolved.config.embedding.dim * resolved.slices);
    let cells = rows * cells_of_row;
    let endurance = used.take(&array.endurance);
    Writing {
        cells,
        energy_pj: cells as f64 * used.take(&array.write),
        time_ns: rows.div_ceil(u64::from(resolved.banks)) as f64 * used.take(&array.write_pulse),
        rewrites: (endurance > 0.0).then_some(endurance),
        provenance: used,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn every_cell_of_every_row_is_written_once() {
        // 16 elements of 8 bits in 2-bit cells: 64 cells per row; 16 banks.
        let resolved = Config::default().resolve("test").unwrap();
        let technology = Technology::built_in().unwrap();
        let w = writing(&resolved, &technology, 100);
        assert_eq!((w.cells, w.energy_pj, w.time_ns), (6400, 51_200.0, 350.0));
        assert_eq!((w.rewrites, w.per_lookup_pj(512)), (None, Some(100.0)));
        assert_eq!(w.per_lookup_pj(0), None);
        let text = "[array]\nendurance = 1e6\n";
        let worn = Technology::from_toml(text, "test").unwrap();
        let w = writing(&resolved, &worn, 100);
        assert_eq!(w.rewrites, Some(1e6));
        assert!(w.provenance.user.contains("array.endurance"));
    }
}
