//! What is compared, and with what.

use serde::Serialize;

use super::architectures::IdOrder;
use super::{Grow, MachineFigures};
use crate::cosim::Cache;
use crate::formats::table::IntTable;
use crate::formats::trace::Bags;
use crate::technology::Technology;

/// The row that ratios are against if nobody says otherwise.
pub const DEFAULT_BASELINE: &str = "nmars_like_fixed";

/// What is compared.
#[derive(Debug, Clone)]
pub struct Spec {
    /// Extra crossbars as fractions of the groups; one block of rows each.
    pub budgets: Vec<f64>,
    /// Order of ids of layouts without grouping.
    pub ids: IdOrder,
    /// What of the engine grows with the budget.
    pub grow: Grow,
    /// The row that ratios are against.
    pub baseline: String,
    /// Whether the steps from the baseline to `optimized` get rows too.
    pub ablation: bool,
    /// Whether Yosys counts gates, where it is there.
    pub yosys: bool,
    /// Seconds for each CPU measurement; 0: the CPU is modelled only.
    pub cpu_seconds: f64,
    /// A GPU's measurement, made elsewhere.
    pub gpu: Option<MachineFigures>,
    /// Co-simulation of a part of the bags.
    pub verify: Option<Verify>,
}

/// What the comparison works with.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// What mappings learn from.
    pub history: &'a Bags,
    /// What is timed and priced.
    pub bags: &'a Bags,
    /// The embeddings, for CPU and co-simulation.
    pub table: &'a IntTable,
    /// Energy and area numbers.
    pub technology: &'a Technology,
    /// Where learned groups and built models are kept.
    pub cache: &'a Cache,
}

/// A smaller engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Cut {
    /// Lanes.
    pub lanes: u32,
    /// Banks of a lane.
    pub banks_per_lane: u32,
}

/// What is co-simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verify {
    /// Bags, from the first that is judged on.
    pub bags: usize,
    /// A smaller engine with as many crossbars; `None`: full size.
    pub cut: Option<Cut>,
}
