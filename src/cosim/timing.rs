//! The RTL's time and events against the cycle model's: every cycle and every count must agree.

use super::Outcome;
use super::divergence::Divergence;
use crate::config::Resolved;
use crate::error::Result;
use crate::host::Lowered;
use crate::reference::cycles::{Model, Timing};
use serde::Serialize;
use std::fmt;

/// What the cycle model says of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prediction {
    /// Cycles, counters and where the cycles went.
    pub timing: Timing,
    /// Cycle of each bag's result.
    pub retired_at: Vec<u64>,
}

impl Prediction {
    /// Runs the model on all of `lowered`'s bags.
    ///
    /// # Errors
    /// As [`Model::run_lowered`].
    pub fn new(model: &Model, lowered: &Lowered) -> Result<Self> {
        let mut retired_at = Vec::with_capacity(lowered.headers.len());
        let timing = model.run_lowered(lowered, &mut |_, cycle| retired_at.push(cycle))?;
        Ok(Prediction { timing, retired_at })
    }
}

/// A bag whose result came in another cycle than the model says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BagDifference {
    /// The bag, counted from the first driven.
    pub bag: u64,
    /// The model's cycle.
    pub model: u64,
    /// The RTL's.
    pub rtl: u64,
}

/// A counter whose count is not the model's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CounterDifference {
    /// Name of the counter.
    pub name: &'static str,
    /// The lane, for a lane's or bank's counter.
    pub lane: Option<u32>,
    /// The bank inside the lane, for a bank's counter.
    pub bank: Option<u32>,
    /// The model's count.
    pub model: u64,
    /// The RTL's.
    pub rtl: u64,
}

/// Differences listed at most, of each kind.
const SHOWN: usize = 8;

/// RTL against cycle model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TimingVerdict {
    /// The RTL's cycles from the first offer to the last result.
    pub rtl_cycles: u64,
    /// The model's.
    pub model_cycles: u64,
    /// Bags whose results came in another cycle.
    pub differing_bags: u64,
    /// The first of them.
    pub first_bag: Option<BagDifference>,
    /// Counters with another count.
    pub differing_counters: u64,
    /// The first of them: the engine's, then lane by lane, each with its banks.
    pub counters: Vec<CounterDifference>,
    /// Where the run first went apart, if that was looked for and is visible.
    pub divergence: Option<Divergence>,
}

impl TimingVerdict {
    /// Compares a run with its prediction.
    pub(super) fn new(outcome: &Outcome, predicted: &Prediction, resolved: &Resolved) -> Self {
        let mut differing = std::iter::zip(&outcome.retired_at, &predicted.retired_at)
            .zip(0..)
            .filter(|((rtl, model), _)| rtl != model)
            .map(|((&rtl, &model), bag)| BagDifference { bag, model, rtl });
        let first_bag = differing.next();
        let counters = counters(outcome, predicted, resolved);
        TimingVerdict {
            rtl_cycles: outcome.cycles,
            model_cycles: predicted.timing.cycles,
            differing_bags: u64::from(first_bag.is_some()) + differing.count() as u64,
            first_bag,
            differing_counters: counters.len() as u64,
            counters: counters.into_iter().take(SHOWN).collect(),
            divergence: None,
        }
    }

    /// Whether every cycle and every count agrees.
    pub fn is_exact(&self) -> bool {
        self.rtl_cycles == self.model_cycles
            && self.first_bag.is_none()
            && self.differing_counters == 0
    }
}

fn counters(
    outcome: &Outcome,
    predicted: &Prediction,
    resolved: &Resolved,
) -> Vec<CounterDifference> {
    let (rtl, model) = (&outcome.counters, &predicted.timing.counters);
    let mut out = Vec::new();
    let mut compare = |place: (Option<u32>, Option<u32>), model, rtl| {
        let ((name, model), (_, rtl)): ((&'static str, u64), (_, u64)) = (model, rtl);
        if model != rtl {
            out.push(CounterDifference {
                name,
                lane: place.0,
                bank: place.1,
                model,
                rtl,
            });
        }
    };
    for (m, r) in model.engine.named().zip(rtl.engine.named()) {
        compare((None, None), m, r);
    }
    let per_lane = resolved.config.engine.banks_per_lane;
    for lane in 0..resolved.config.engine.lanes {
        let l = lane as usize;
        for (m, r) in model.lanes[l].named().zip(rtl.lanes[l].named()) {
            compare((Some(lane), None), m, r);
        }
        for bank in 0..per_lane {
            let b = resolved.bank(lane, bank).index();
            for (m, r) in model.banks[b].named().zip(rtl.banks[b].named()) {
                compare((Some(lane), Some(bank)), m, r);
            }
        }
    }
    out
}

impl fmt::Display for CounterDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.lane, self.bank) {
            (Some(lane), Some(bank)) => write!(f, "lane {lane} bank {bank}")?,
            (Some(lane), None) => write!(f, "lane {lane}")?,
            _ => write!(f, "engine")?,
        }
        let CounterDifference {
            name, model, rtl, ..
        } = self;
        write!(f, " {name}: the cycle model says {model}, the RTL {rtl}")
    }
}

/// The differences, a line each; nothing if there is none.
impl fmt::Display for TimingVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_exact() {
            return Ok(());
        }
        writeln!(
            f,
            "timing differs from the cycle model: {} cycles, the RTL {}; {} bags and {} counters \
             differ",
            self.model_cycles, self.rtl_cycles, self.differing_bags, self.differing_counters
        )?;
        if let Some(d) = &self.divergence {
            writeln!(f, "  first divergence: {d}")?;
        }
        if let Some(b) = &self.first_bag {
            writeln!(
                f,
                "  bag {} is the first that retires at another time: cycle {} by the model, {} in \
                 the RTL",
                b.bag, b.model, b.rtl
            )?;
        }
        for c in &self.counters {
            writeln!(f, "  {c}")?;
        }
        Ok(())
    }
}
