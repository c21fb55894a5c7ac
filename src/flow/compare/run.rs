//! All architectures at all budgets.

use super::architectures::{ABLATION, ARCHITECTURES, Architecture};
use super::{
    Block, Figures, Inputs, Kind, Layouts, Ratios, Row, Spec, Verified, fit_engine, machines,
    measure, verify,
};
use crate::config::Resolved;
use crate::cost::count_gates;
use crate::error::{Error, Result};
use crate::progress::{Progress, counted};

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
    let ablation_rows = match spec.ablation {
        true => ABLATION.len(),
        false => 0,
    };
    let each = (ARCHITECTURES.len() + ablation_rows) as u64;
    for (&budget, (engine, capacity)) in spec.budgets.iter().zip(&engines) {
        let mut bench = Bench {
            engine,
            spec,
            inputs,
            layouts: &mut layouts,
            done: Vec::new(),
            verified: Vec::new(),
            begun: blocks.len() as u64 * each,
            total: spec.budgets.len() as u64 * each,
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
    /// Rows that are done, of all budgets, and how many there will be.
    begun: u64,
    total: u64,
}

impl Bench<'_, '_> {
    fn rows(&mut self, of: &[Architecture], progress: &dyn Progress) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        for architecture in of {
            progress.part("row", self.begun, self.total);
            rows.push(self.row(architecture, progress)?);
            self.begun += 1;
        }
        Ok(rows)
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
        let bags = self.inputs.bags;
        let twice = ("timing", 2 * bags.len() as u64);
        let measured = counted(progress, twice, |count| {
            measure::counted_design(&design, bags, count)
        })??;
        let gates = match self.spec.yosys {
            true => count_gates(&design.resolved, progress)?,
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
