//! A part of the bags through the emitted RTL: are the model's cycles and events those of the hardware?

use serde::Serialize;

use super::{Cut, Design, Inputs, Layouts, Verify};
use crate::config::Resolved;
use crate::error::{Error, Result};
use crate::flow::compare::architectures::Spare;
use crate::flow::{SimulateSpec, simulate};
use crate::progress::Progress;

/// A design whose RTL did what the golden models and the cycle model say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verified {
    /// The row.
    pub name: String,
    /// Whether the engine was a smaller one.
    pub cut: bool,
    /// Lanes of the engine.
    pub lanes: u32,
    /// Banks of the engine.
    pub banks: u32,
    /// Bags.
    pub bags: u64,
    /// Elements that were compared.
    pub values: u64,
    /// Cycles, the same in RTL and model.
    pub cycles: u64,
    /// Activations, the same in RTL and model.
    pub activations: u64,
}

/// Co-simulates a design, cut down if asked for, and holds values against the golden models, and
/// cycles, retirement of every bag and every counter against the cycle model.
///
/// # Errors
/// [`Error::Check`] for any difference, with the first of them; [`Error::Config`] if the cut is out
/// of range; else as [`simulate`].
pub fn check(
    name: &str,
    design: &Design,
    (layouts, spare): (&Layouts<'_>, Spare),
    verify: &Verify,
    inputs: &Inputs<'_>,
    progress: &dyn Progress,
) -> Result<Verified> {
    let smaller;
    let design = match verify.cut {
        None => design,
        Some(cut) => {
            let resolved = cut_down(&design.resolved, cut)?;
            smaller = layouts.lay_out(resolved, spare, progress)?;
            &smaller
        }
    };
    let (resolved, mapping) = (&design.resolved, &design.mapping);
    let bags = inputs.bags.slice(0..verify.bags);
    let mut spec = SimulateSpec::default();
    spec.build.cache = inputs.cache.clone();
    let simulated = simulate(resolved, mapping, inputs.table, &bags, &spec, progress)?;
    let verdict = simulated.verdict.into_result();
    let verdict = verdict.map_err(|e| named(name, e))?;
    let outcome = simulated.outcome;
    Ok(Verified {
        name: name.to_owned(),
        cut: verify.cut.is_some(),
        lanes: resolved.config.engine.lanes,
        banks: resolved.banks,
        bags: bags.len() as u64,
        values: outcome.values.len() as u64,
        cycles: outcome.cycles,
        activations: verdict.counts.bank_total.activations,
    })
}

/// The engine with other lanes and banks, and no fewer crossbars.
fn cut_down(resolved: &Resolved, cut: Cut) -> Result<Resolved> {
    let mut config = resolved.config.clone();
    let engine = &mut config.engine;
    engine.lanes = cut.lanes;
    engine.banks_per_lane = cut.banks_per_lane;
    let banks = cut.lanes.saturating_mul(cut.banks_per_lane).max(1);
    engine.crossbars_per_bank = resolved.slots.div_ceil(banks);
    resolved.with("cut for co-simulation", |c| *c = config)
}

fn named(name: &str, error: Error) -> Error {
    match error {
        Error::Check { what, help } => Error::Check {
            what: format!("{name}: {what}"),
            help,
        },
        other => other,
    }
}
