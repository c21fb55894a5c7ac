//! Compares the RTL's cycles and event counts with the cycle model's; all must be equal.

use super::Outcome;
use super::counters::CounterDifference;
use super::divergence::Divergence;
use super::status;
use super::view::shown;
use crate::config::Resolved;
use crate::error::Result;
use crate::host::Translated;
use crate::progress::Count;
use crate::reference::cycles::{Model, Status, Timing, Watch};
use crate::reference::{Command, Commands};
use serde::Serialize;
use std::fmt;

/// The cycle model's prediction of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prediction {
    /// Cycles, counters and attribution of the run.
    pub timing: Timing,
    /// Cycle of each bag's result, counted from the first offer.
    pub retired_at: Vec<u64>,
    /// The commands that the gather stores send to the banks.
    pub commands: Commands,
    /// The status outputs in the sampled cycles.
    pub(super) status: Vec<(u64, Status)>,
}

/// Keeps the model's commands, and its status in the cycles of samples.
struct Recorder<'r> {
    resolved: &'r Resolved,
    commands: Commands,
    status: Vec<(u64, Status)>,
}

impl Watch for Recorder<'_> {
    fn command(&mut self, _cycle: u64, command: &Command<'_>) {
        self.commands.push(command);
    }

    fn wants_status(&self, cycle: u64) -> bool {
        cycle <= status::LAST_SAMPLE && cycle.is_multiple_of(status::SAMPLE_CYCLES)
    }

    fn status(&mut self, cycle: u64, status: &Status) {
        self.status.push((cycle, shown(status, self.resolved)));
    }
}

impl Prediction {
    /// Runs the model on all bags of `translated`.
    ///
    /// # Errors
    /// As [`Model::run_translated`].
    pub fn new(model: &Model, translated: &Translated) -> Result<Self> {
        Self::counted(model, translated, &Count::default())
    }

    /// As [`Prediction::new`], and counts the bags that retire.
    ///
    /// # Errors
    /// As [`Prediction::new`].
    pub fn counted(model: &Model, translated: &Translated, count: &Count) -> Result<Self> {
        let mut retired_at = vec![0; translated.bags()];
        let mut recorder = Recorder {
            resolved: model.resolved(),
            commands: Commands::default(),
            status: Vec::new(),
        };
        let retired = &mut |bag: u32, cycle| {
            count.one();
            retired_at[bag as usize] = cycle;
        };
        let timing = model.run_watched(translated, retired, &mut recorder)?;
        Ok(Prediction {
            timing,
            commands: recorder.commands,
            status: recorder.status,
            retired_at,
        })
    }
}

/// A bag whose result came in another cycle than predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BagDifference {
    /// The bag, counted from the first one driven.
    pub bag: u64,
    /// Cycle predicted by the model.
    pub model: u64,
    /// Cycle in the RTL.
    pub rtl: u64,
}

/// Largest number of counter differences to list.
const SHOWN: usize = 8;

/// Comparison of the RTL's timing with the cycle model's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TimingVerdict {
    /// Cycles from the first offer to the last result in the RTL.
    pub rtl_cycles: u64,
    /// The same, predicted by the model.
    pub model_cycles: u64,
    /// Number of bags whose result came in another cycle than predicted.
    pub differing_bags: u64,
    /// The first of them.
    pub first_bag: Option<BagDifference>,
    /// Number of counters that the RTL has, all of which were compared.
    pub compared_counters: u64,
    /// Number of counters that differ.
    pub differing_counters: u64,
    /// The first of them, in the order engine, then each lane followed by its banks.
    pub counters: Vec<CounterDifference>,
    /// The first divergence of the status outputs: in a sampled cycle, or, if it was searched for
    /// ([`super::Simulator::explain`]) and is visible, in any cycle.
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
        let model = &predicted.timing.counters;
        let counters = outcome.counters.differences(model, resolved);
        TimingVerdict {
            rtl_cycles: outcome.cycles,
            model_cycles: predicted.timing.cycles,
            differing_bags: u64::from(first_bag.is_some()) + differing.count() as u64,
            first_bag,
            compared_counters: outcome.counters.number(),
            differing_counters: counters.len() as u64,
            counters: counters.into_iter().take(SHOWN).collect(),
            divergence: status::compare(&outcome.samples, &predicted.status),
        }
    }

    /// Whether every cycle and every count is as predicted.
    pub fn is_exact(&self) -> bool {
        self.rtl_cycles == self.model_cycles
            && self.first_bag.is_none()
            && self.differing_counters == 0
            && self.divergence.is_none()
    }
}

/// One line per difference; nothing if there is none.
impl fmt::Display for TimingVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_exact() {
            return Ok(());
        }
        writeln!(
            f,
            "timing differs from the cycle model: found {} cycles, expected {}; {} bags and {} \
             counters differ",
            self.rtl_cycles, self.model_cycles, self.differing_bags, self.differing_counters
        )?;
        if let Some(d) = &self.divergence {
            writeln!(f, "  first divergence: {d}")?;
        }
        if let Some(b) = &self.first_bag {
            writeln!(
                f,
                "  bag {} is the first that differs: found its result in cycle {}, expected {}",
                b.bag, b.rtl, b.model
            )?;
        }
        for c in &self.counters {
            writeln!(f, "  {c}")?;
        }
        Ok(())
    }
}
