//! Finds where the RTL and the cycle model diverge: it repeats the run and compares their visible
//! state in every cycle.

use super::divergence::Divergence;
use super::view::{Ports, shown};
use super::{RunSpec, Simulator, Stimulus, Verdict, failure};
use crate::config::Resolved;
use crate::error::Result;
use crate::host::Translated;
use crate::mapping::contents::Contents;
use crate::reference::cycles::{Model, Status, Watch};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::ControlFlow;

/// Hashes of the model's status in each cycle from 0 on.
struct Hashes<'r> {
    resolved: &'r Resolved,
    until: u64,
    of: Vec<u64>,
}

fn hash(status: &Status) -> u64 {
    let mut hasher = DefaultHasher::new();
    status.hash(&mut hasher);
    hasher.finish()
}

impl Watch for Hashes<'_> {
    fn wants_status(&self, cycle: u64) -> bool {
        cycle <= self.until
    }

    fn status(&mut self, _cycle: u64, status: &Status) {
        self.of.push(hash(&shown(status, self.resolved)));
    }
}

/// The model's status in one cycle.
struct One {
    cycle: u64,
    status: Option<Status>,
}

impl Watch for One {
    fn wants_status(&self, cycle: u64) -> bool {
        cycle == self.cycle
    }

    fn status(&mut self, _cycle: u64, status: &Status) {
        self.status = Some(status.clone());
    }
}

impl Simulator {
    /// If the run's timing differs from the prediction, adds the first divergence to the verdict;
    /// see [`Simulator::locate`].
    ///
    /// # Errors
    /// As [`Simulator::locate`].
    pub fn explain(
        &self,
        verdict: &mut Verdict,
        contents: &Contents<'_>,
        translated: &Translated,
        spec: &RunSpec,
        model: &Model,
    ) -> Result<()> {
        if !verdict.timing.is_exact() {
            let first = verdict.timing.first_bag.map(|b| b.model.min(b.rtl));
            let until = first.unwrap_or(verdict.timing.rtl_cycles);
            let located = self.locate(contents, translated, spec, model, until)?;
            if located.is_some() {
                verdict.timing.divergence = located;
            }
        }
        Ok(())
    }

    /// Drives the bags again and finds the first cycle up to `until` in which the RTL differs from
    /// the model in one of its status outputs: the banks at work, the oldest bag of each port, the lanes
    /// that it waits for, the lanes where something waits, and whether the engine is idle. Returns `None` if there is none: then only counters, or the cycles of results after
    /// retirement, differ.
    ///
    /// # Errors
    /// As [`Simulator::run`].
    pub fn locate(
        &self,
        contents: &Contents<'_>,
        translated: &Translated,
        spec: &RunSpec,
        model: &Model,
        until: u64,
    ) -> Result<Option<Divergence>> {
        let mut hashes = Hashes {
            resolved: &self.resolved,
            until,
            of: Vec::new(),
        };
        model.run_watched(translated, &mut |_, _| {}, &mut hashes)?;
        let context = failure::ErrorContext::default();
        let spec = RunSpec {
            waves: None,
            ..spec.clone()
        };
        let no_progress = &mut |_| ControlFlow::Continue(());
        let (mut loaded, _images) = self.loaded(contents, &spec, no_progress)?;
        let stimulus = Stimulus::new(translated, &self.resolved);
        let request = self.request(&stimulus).chunk(1);
        let mut found = Ok(None);
        let ran = loaded.model.run_watched(&request, &mut |model, progress| {
            // After a cycle has run, the registers hold their values of the next one.
            let now = progress.cycles;
            let Some(&expected) = hashes.of.get(now as usize) else {
                return ControlFlow::Break(());
            };
            match Ports::read(model, &self.resolved) {
                Ok(ports) if ports.status().map(hash) == Some(expected) => {
                    return ControlFlow::Continue(());
                }
                other => found = other.map(|ports| Some((now, ports))),
            }
            ControlFlow::Break(())
        });
        match ran {
            Ok(_) | Err(verilated::Error::Interrupted { .. }) => {}
            Err(e) => return Err(context.error(e)),
        }
        let Some((cycle, ports)) = found.map_err(|e| context.error(e))? else {
            return Ok(None);
        };
        let mut one = One {
            cycle,
            status: None,
        };
        model.run_watched(translated, &mut |_, _| {}, &mut one)?;
        let status = one.status.map(|status| shown(&status, &self.resolved));
        Ok(status.and_then(|status| ports.compare(cycle, &status)))
    }
}
