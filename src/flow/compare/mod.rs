//! Architectures side by side on the same held-out bags: time, energy and area of each.
//!
//! [`run`] goes through the area budgets. For each it sizes one engine for all rows
//! ([`fit_engine`]), lays the groups out ([`Layouts`]), lets the cycle model run the bags
//! ([`measure`]) and prices the events ([`Figures`]). [`machines`] adds CPU and GPU, [`verify`] drives the
//! emitted RTL with a part of the bags. Ratios are against one row that the caller names.

pub mod architectures;
mod engine;
mod figures;
mod layouts;
pub mod machines;
pub mod measure;
pub mod verify;

pub use engine::{Capacity, Grow, fit_engine};
pub use figures::{ByModel, Cost, EnergyFigures, Figures, Ratios};
pub use layouts::{Design, Layouts};
pub use machines::MachineFigures;
pub use verify::{Cut, Verified, Verify};

use std::path::Path;

use serde::Serialize;

use crate::config::Resolved;
use crate::cost::{Technology, count_gates};
use crate::error::{Error, Result};
use crate::flow::compare::architectures::{ABLATION, ARCHITECTURES, Architecture, IdOrder};
use crate::formats::table::IntTable;
use crate::formats::trace::Bags;
use crate::progress::Progress;

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
    /// Folder of learned groups and built models.
    pub cache: &'a Path,
}

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

/// Names that a baseline can have, given what is measured.
pub fn row_names(spec: &Spec) -> Vec<String> {
    let mut names: Vec<String> = ARCHITECTURES.iter().map(|a| a.name.to_owned()).collect();
    names.extend(machines::names(spec.cpu_seconds > 0.0, spec.gpu.as_ref()));
    names
}

/// Compares all architectures at all budgets of `spec`, on the engine of `resolved` resized for each.
///
/// # Errors
/// [`Error::Argument`] for budgets out of range, an unknown baseline, or bags without lookups;
/// [`Error::Check`] if counters contradict the bags; else as [`Layouts::design`],
/// [`crate::cost::baseline::cpu::measure`] and [`verify::check`].
pub fn run(
    resolved: &Resolved,
    spec: &Spec,
    inputs: &Inputs<'_>,
    progress: &dyn Progress,
) -> Result<Vec<Block>> {
    check(spec, inputs)?;
    let mut engines = Vec::new();
    for &budget in &spec.budgets {
        let fitted = fit_engine(resolved, inputs.history.embeddings(), budget, spec.grow)?;
        for a in ARCHITECTURES.iter().chain(&ABLATION) {
            a.configure(&fitted.0, spec.ids)?;
        }
        engines.push(fitted);
    }
    progress.step("CPU and GPU", 0, 1)?;
    let machines = machines::rows(resolved, spec, inputs)?;
    let mut layouts = Layouts::new(inputs.history, inputs.cache);
    let mut blocks = Vec::new();
    for (&budget, (engine, capacity)) in spec.budgets.iter().zip(&engines) {
        let mut bench = Bench {
            engine,
            spec,
            inputs,
            layouts: &mut layouts,
            done: Vec::new(),
            verified: Vec::new(),
        };
        let mut rows = bench.rows(&ARCHITECTURES, progress)?;
        rows.extend(machines.iter().cloned());
        let mut ablation = match spec.ablation {
            true => bench.rows(&ABLATION, progress)?,
            false => Vec::new(),
        };
        let verified = bench.verified;
        against(&spec.baseline, &mut rows, &mut ablation)?;
        blocks.push(Block {
            budget,
            capacity: capacity.clone(),
            rows,
            ablation,
            verified,
        });
    }
    Ok(blocks)
}

/// Fills in the ratios against the row of that name.
fn against(baseline: &str, rows: &mut [Row], ablation: &mut [Row]) -> Result<()> {
    let base = rows
        .iter()
        .find(|r| r.name == baseline)
        .map(|r| r.cost.clone());
    let base = base.ok_or_else(|| unknown_baseline(baseline, rows.iter().map(|r| &*r.name)))?;
    for row in rows.iter_mut().chain(ablation) {
        row.ratios = Ratios::new(&base, &row.cost);
    }
    Ok(())
}

fn unknown_baseline<'n>(found: &str, names: impl Iterator<Item = &'n str>) -> Error {
    Error::argument(
        "--baseline",
        format!("`{found}`"),
        format!("one of {}", names.collect::<Vec<_>>().join(", ")),
        "ratios are against one row of the comparison",
    )
}

fn check(spec: &Spec, inputs: &Inputs<'_>) -> Result<()> {
    let names = row_names(spec);
    if !names.contains(&spec.baseline) {
        return Err(unknown_baseline(
            &spec.baseline,
            names.iter().map(String::as_str),
        ));
    }
    for (i, &budget) in spec.budgets.iter().enumerate() {
        let twice = spec.budgets[..i].contains(&budget);
        if twice || !(0.0..=16.0).contains(&budget) {
            return Err(Error::argument(
                "--budget",
                format!("{budget}{}", if twice { " twice" } else { "" }),
                "different numbers from 0 to 16",
                "0.2 is a fifth more crossbars than the embeddings need",
            ));
        }
    }
    if inputs.bags.lookups() == 0 {
        return Err(Error::argument(
            "--trace",
            "no lookup in the bags that are judged",
            "at least one",
            "judge more bags, or others",
        ));
    }
    Ok(())
}

/// The rows of one budget.
struct Bench<'a, 'i> {
    engine: &'a Resolved,
    spec: &'a Spec,
    inputs: &'a Inputs<'i>,
    layouts: &'a mut Layouts<'i>,
    /// Rows of the comparison and of the ablation may be the same design.
    done: Vec<(Architecture, Row)>,
    verified: Vec<Verified>,
}

impl Bench<'_, '_> {
    fn rows(&mut self, of: &[Architecture], progress: &dyn Progress) -> Result<Vec<Row>> {
        of.iter().map(|a| self.row(a, progress)).collect()
    }

    fn row(&mut self, of: &Architecture, progress: &dyn Progress) -> Result<Row> {
        let known = self.done.iter().find(|(a, _)| a.same_design(of));
        if let Some((_, row)) = known {
            return Ok(Row {
                name: of.name.to_owned(),
                about: of.about.to_owned(),
                ..row.clone()
            });
        }
        let resolved = of.configure(self.engine, self.spec.ids)?;
        let design = self.layouts.design(resolved, of.spare, progress)?;
        progress.step("timing", 0, 1)?;
        let measured = measure::design(&design, self.inputs.bags)?;
        let gates = match self.spec.yosys {
            true => {
                progress.step("counting gates", 0, 1)?;
                count_gates(&design.resolved)?
            }
            false => None,
        };
        let technology = self.inputs.technology;
        let figures = Figures::new(&design, &measured, technology, gates.as_ref());
        if let Some(verify) = &self.spec.verify {
            let laid_out = (&*self.layouts, of.spare);
            let found = verify::check(of.name, &design, laid_out, verify, self.inputs, progress)?;
            self.verified.push(found);
        }
        let row = Row {
            name: of.name.to_owned(),
            about: of.about.to_owned(),
            cost: figures.cost(),
            ratios: Ratios::default(),
            of: Kind::InMemory(Box::new(figures)),
        };
        self.done.push((*of, row.clone()));
        Ok(row)
    }
}
