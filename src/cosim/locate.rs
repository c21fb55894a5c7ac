//! Finds where the RTL and the cycle model diverge: it repeats the run and compares their visible
//! state in every cycle.

use super::divergence::Divergence;
use super::view::{Ports, Recorder, View};
use super::{RunSpec, Simulator, Stimulus, Verdict, failure};
use crate::error::Result;
use crate::host::Lowered;
use crate::mapping::contents::Contents;
use crate::reference::cycles::Model;
use std::ops::ControlFlow;

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
        lowered: &Lowered,
        spec: &RunSpec,
        model: &Model,
    ) -> Result<()> {
        if !verdict.timing.is_exact() {
            let first = verdict.timing.first_bag.map(|b| b.model.min(b.rtl));
            let until = first.unwrap_or(verdict.timing.rtl_cycles);
            let located = self.locate(contents, lowered, spec, model, until)?;
            if located.is_some() {
                verdict.timing.divergence = located;
            }
        }
        Ok(())
    }

    /// Drives the bags again and finds the first cycle up to `until` in which the RTL differs from
    /// the model in one of its status outputs: the banks at work, the oldest bag, the lanes that it
    /// waits for, the next bags to open, the lanes that wait, and whether it is idle. Returns `None` if there is none: then only counters, or the cycles of results after
    /// retirement, differ.
    ///
    /// # Errors
    /// As [`Simulator::run`].
    pub fn locate(
        &self,
        contents: &Contents<'_>,
        lowered: &Lowered,
        spec: &RunSpec,
        model: &Model,
        until: u64,
    ) -> Result<Option<Divergence>> {
        let mut recorder = Recorder::new(until);
        let mut results = Vec::with_capacity(lowered.headers.len());
        model.run_watched(lowered, &mut |_, cycle| results.push(cycle), &mut recorder)?;
        let events = recorder.into_events(&results);
        let mut view = View::new(&self.resolved);
        let context = failure::ErrorContext::default();
        let spec = RunSpec {
            waves: None,
            ..spec.clone()
        };
        let no_progress = &mut |_| ControlFlow::Continue(());
        let (mut loaded, _images) = self.loaded(contents, &spec, no_progress)?;
        let stimulus = Stimulus::new(lowered, &self.resolved);
        let request = self.request(&stimulus).chunk(1);
        let mut rest = events.as_slice();
        let mut found = Ok(None);
        let ran = loaded.model.run_watched(&request, &mut |model, progress| {
            // After a cycle has run, the registers hold their values of the next one.
            let now = progress.cycles;
            rest = view.advance(rest, now);
            let ports = Ports::read(model, &self.resolved);
            found = ports.map(|ports| view.compare(now, &ports));
            match found {
                Ok(None) if now <= until => ControlFlow::Continue(()),
                _ => ControlFlow::Break(()),
            }
        });
        match ran {
            Ok(_) | Err(verilated::Error::Interrupted { .. }) => {}
            Err(e) => return Err(context.error(e)),
        }
        found.map_err(|e| context.error(e))
    }
}
