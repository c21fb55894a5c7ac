//! What `recross compare` says.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Head, RenumberedReport};
use crate::config::Resolved;
use crate::flow::compare::architectures::IdOrder;
use crate::flow::compare::{Block, Grow};
use crate::flow::fit::Chosen;
use crate::formats::table::TableReport;
use crate::technology::Provenance;

/// Which bags were learned from and judged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JudgedReport {
    /// The trace.
    pub trace: String,
    /// The trace that is judged, if it is another.
    pub holdout: Option<String>,
    /// Which lists gave ids their numbers, with `--renumber`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub renumbered: Vec<RenumberedReport>,
    /// Bags that mappings learned from.
    pub history_bags: u64,
    /// Bags that are timed and priced.
    pub bags: u64,
    /// Their lookups.
    pub lookups: u64,
    /// Whether the judged bags are apart from the history.
    pub held_out: bool,
}

/// Geometry that all designs share.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GeometryReport {
    /// Wordlines of a crossbar.
    pub rows: u32,
    /// Bitlines of a crossbar.
    pub cols: u32,
    /// Bits of a cell.
    pub cell_bits: u32,
    /// Crossbars side by side that hold a vector.
    pub column_blocks: u32,
    /// Converters of a crossbar.
    pub adcs: u32,
    /// Full resolution, bits.
    pub adc_bits: u32,
    /// Elements of a vector.
    pub dim: u32,
    /// Bits of an element.
    pub value_bits: u32,
    /// Clock, MHz.
    pub clock_mhz: f64,
    /// Bags of a batch.
    pub batch: u32,
}

impl GeometryReport {
    /// Of a configuration.
    pub fn new(r: &Resolved) -> Self {
        let (x, e) = (&r.config.crossbar, &r.config.embedding);
        GeometryReport {
            rows: x.rows,
            cols: x.cols,
            cell_bits: x.cell_bits,
            column_blocks: r.column_blocks,
            adcs: x.adcs,
            adc_bits: r.adc_bits,
            dim: e.dim,
            value_bits: e.value_bits,
            clock_mhz: r.config.technology.clock_mhz,
            batch: r.config.mapping.batch,
        }
    }
}

/// What `recross compare` says. The rows of measured CPUs and GPUs are not the same every time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CompareReport {
    /// Version and command.
    #[serde(flatten)]
    pub head: Head,
    /// What `--fit` changed of the configuration; the engine is sized for each budget anyway.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fitted: Vec<Chosen>,
    /// The bags.
    pub judged: JudgedReport,
    /// The tables.
    pub tables: Vec<TableReport>,
    /// What all designs share.
    pub geometry: GeometryReport,
    /// Order of ids of layouts without grouping.
    pub ids: IdOrder,
    /// What of the engine follows the budget.
    pub grow: Grow,
    /// The row that ratios are against.
    pub baseline: String,
    /// One for each budget.
    pub blocks: Vec<Block>,
    /// Technology numbers used that are not published, and what has to be said.
    pub provenance: Provenance,
    /// Files written.
    pub files: Vec<String>,
}

impl CompareReport {
    /// All that the rows' figures depend on and that is not published.
    pub fn provenance_of(blocks: &[Block]) -> Provenance {
        let mut all = Provenance::default();
        let mut add = |p: &Provenance| {
            let join = |a: &mut BTreeSet<String>, b: &BTreeSet<String>| a.extend(b.iter().cloned());
            join(&mut all.inferred, &p.inferred);
            join(&mut all.user, &p.user);
            join(&mut all.notes, &p.notes);
        };
        for row in blocks.iter().flat_map(|b| b.rows.iter().chain(&b.ablation)) {
            if let Some(f) = row.figures() {
                f.energy.iter().for_each(|e| add(&e.provenance));
                add(&f.area.provenance);
            }
            if let Some(m) = row.machine() {
                add(&m.provenance);
            }
        }
        all
    }
}
