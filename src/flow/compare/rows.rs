//! What a comparison found, row by row.

use serde::Serialize;

use super::{Capacity, Cost, Figures, MachineFigures, Ratios, Verified};

/// One row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// What it is.
    pub about: String,
    /// What ratios are made of.
    pub cost: Cost,
    /// How many times better than the baseline.
    pub ratios: Ratios,
    /// Where the cost comes from.
    #[serde(flatten)]
    pub of: Kind,
}

/// What a row is of.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    /// A design of ours.
    InMemory(Box<Figures>),
    /// A CPU or GPU.
    Machine(Box<MachineFigures>),
}

impl Row {
    /// The figures of a design; `None` for a CPU or GPU.
    pub fn figures(&self) -> Option<&Figures> {
        match &self.of {
            Kind::InMemory(f) => Some(f),
            Kind::Machine(_) => None,
        }
    }

    /// The figures of a CPU or GPU; `None` for a design.
    pub fn machine(&self) -> Option<&MachineFigures> {
        match &self.of {
            Kind::InMemory(_) => None,
            Kind::Machine(m) => Some(m),
        }
    }
}

/// All rows at one budget.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Block {
    /// Extra crossbars as a fraction of the groups.
    pub budget: f64,
    /// The engine of all its in-memory rows.
    pub capacity: Capacity,
    /// The architectures, then CPU and GPU.
    pub rows: Vec<Row>,
    /// The steps from `nmars_like_fixed` to `optimized`, if asked for.
    pub ablation: Vec<Row>,
    /// What co-simulation found, if asked for.
    pub verified: Vec<Verified>,
}
