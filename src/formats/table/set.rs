//! Integer tables and their reports.

use serde::Serialize;

use super::floats::KeptFloats;
use super::int_table::IntTable;
use super::quantise::QuantReport;

/// The required shape of tables.
#[derive(Debug, Clone, Copy)]
pub struct TableShape<'a> {
    /// Elements of a vector (`embedding.dim`); narrower tables are padded with zeros.
    pub dim: u32,
    /// Elements per row of each table (`embedding.dims`). Empty: files may have up to `dim`, random
    /// tables have `dim`.
    pub dims: &'a [u32],
    /// Bits of an element (`embedding.value_bits`).
    pub value_bits: u32,
    /// Number of rows of each table (`embedding.tables`); empty: as many as the file has.
    pub rows: &'a [u32],
    /// Smallest number of rows of each table for the trace
    /// ([`crate::formats::trace::Trace::inferred_rows`]).
    pub needed: &'a [u32],
}

/// One table of a [`TableSet`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TableReport {
    /// The source, as the user wrote it.
    pub source: String,
    /// Number of rows.
    pub rows: u32,
    /// Elements per row, without the padding.
    pub dim: u32,
    /// The quantisation; `None` for a table of integers.
    pub quantised: Option<QuantReport>,
}

/// All tables, ready for the hardware, and the reports of their quantisation.
#[derive(Debug, Clone)]
pub struct TableSet {
    /// The stacked integers.
    pub int: IntTable,
    /// Rows of each table, for [`crate::formats::trace::Trace::flatten`].
    pub rows: Vec<u32>,
    /// One report per table.
    pub reports: Vec<TableReport>,
    /// Values before quantisation, if the caller asked to keep some and any table holds floats.
    pub(super) floats: Option<KeptFloats>,
}

impl TableSet {
    /// The scale of each table: `value = scale * integer`. `None` for tables of integers.
    pub fn scales(&self) -> Vec<Option<f64>> {
        let scale = |r: &TableReport| r.quantised.as_ref().map(|q| q.scale);
        self.reports.iter().map(scale).collect()
    }
}
