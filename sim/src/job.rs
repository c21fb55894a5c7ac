//! The buffers of one run, and the structures that the shim works on.

use std::ptr;

use crate::design::Design;
use crate::error::Error;
use crate::hang::StreamState;
use crate::outcome::{Ended, OutputItems, Progress, RunOutcome};
use crate::raw::{RawIn, RawOut, RawRun};
use crate::request::RunRequest;

/// Output items that a buffer has room for at least, beyond what has arrived.
const SPARE_ITEMS: usize = 1024;
/// Stands for the cycle of a last handshake that has not happened.
const NEVER: u64 = u64::MAX;

pub(crate) struct Job<'a> {
    pub(crate) run: RawRun,
    inputs: Vec<RawIn>,
    outputs: Vec<RawOut>,
    /// The request's items, which `inputs` point into.
    _words: std::marker::PhantomData<&'a [u32]>,
    accepted: Vec<Vec<u64>>,
    items: Vec<OutputItems>,
    to_accept: u64,
    expected: u64,
    start_cycle: u64,
}

impl<'a> Job<'a> {
    pub(crate) fn new(
        design: &Design,
        request: &RunRequest<'a>,
        start_cycle: u64,
    ) -> Result<Self, Error> {
        let plan = request.resolve(design)?;
        let limits = request.limits();
        let (to_accept, expected) = (plan.to_accept(), plan.expected());
        let mut job = Self {
            run: RawRun {
                input: ptr::null_mut(),
                output: ptr::null_mut(),
                n_in: design.inputs.len() as u64,
                n_out: design.outputs.len() as u64,
                budget: 0,
                idle_limit: limits.idle,
                idle: 0,
                // If this saturates, the run cannot complete anyway: no run lasts so many cycles.
                remaining: to_accept.saturating_add(expected),
                drain: limits.drain,
                cycles: 0,
            },
            inputs: Vec::new(),
            outputs: Vec::new(),
            _words: std::marker::PhantomData,
            accepted: Vec::new(),
            items: Vec::new(),
            to_accept,
            expected,
            start_cycle,
        };
        for input in plan.inputs {
            // The items are in memory, so their number fits.
            let stamps = if input.record {
                input.items as usize
            } else {
                0
            };
            job.accepted.push(vec![0; stamps]);
            job.inputs.push(RawIn {
                words: input.words.as_ptr(),
                stamps: ptr::null_mut(),
                items: input.items,
                done: 0,
                last: NEVER,
                rng: input.stall.pattern().state(),
                per_1024: input.stall.per_1024,
                offering: 0,
                valid: 0,
                ready: 0,
            });
        }
        for (spec, output) in design.outputs.iter().zip(plan.outputs) {
            job.items.push(OutputItems {
                name: spec.name.clone(),
                item_words: spec.item_words(),
                words: Vec::new(),
                cycles: Vec::new(),
            });
            job.outputs.push(RawOut {
                words: ptr::null_mut(),
                stamps: ptr::null_mut(),
                capacity: 0,
                expect: output.expect,
                done: 0,
                last: NEVER,
                rng: output.stall.pattern().state(),
                per_1024: output.stall.per_1024,
                valid: 0,
                ready: 0,
                unused: 0,
            });
        }
        Ok(job)
    }

    /// Makes room for output and sets every pointer. Each buffer has the length that goes with it, and stays where it is until the next call.
    pub(crate) fn prepare(&mut self) {
        for (raw, stamps) in self.inputs.iter_mut().zip(&mut self.accepted) {
            raw.stamps = if stamps.is_empty() {
                ptr::null_mut()
            } else {
                stamps.as_mut_ptr()
            };
        }
        for (raw, items) in self.outputs.iter_mut().zip(&mut self.items) {
            if raw.done < raw.capacity {
                continue;
            }
            let done = items.cycles.len();
            let missing = usize::try_from(raw.expect)
                .unwrap_or(usize::MAX)
                .saturating_sub(done);
            // Room grows with what has arrived, not with what is expected: a hung design must not cost memory.
            let room = done + missing.min(done.max(1 << 16)) + SPARE_ITEMS;
            items.words.resize(room * items.item_words, 0);
            items.cycles.resize(room, 0);
            raw.capacity = room as u64;
            raw.words = items.words.as_mut_ptr();
            raw.stamps = items.cycles.as_mut_ptr();
        }
        self.run.input = self.inputs.as_mut_ptr();
        self.run.output = self.outputs.as_mut_ptr();
    }

    /// Shortens the buffers to the items that have arrived.
    fn collect(&mut self) {
        for (raw, items) in self.outputs.iter().zip(&mut self.items) {
            let done = usize::try_from(raw.done).unwrap_or(usize::MAX);
            items.words.truncate(done.saturating_mul(items.item_words));
            items.cycles.truncate(done);
        }
    }

    pub(crate) fn progress(&self) -> Progress {
        Progress {
            cycles: self.run.cycles,
            accepted: self.inputs.iter().map(|i| i.done).sum(),
            to_accept: self.to_accept,
            arrived: self.outputs.iter().map(|o| o.done).sum(),
            expected: self.expected,
        }
    }

    /// Every stream's state: inputs, then outputs.
    pub(crate) fn states(&self, design: &Design) -> (Vec<StreamState>, Vec<StreamState>) {
        let state = |name: &String, done, left, valid: u32, ready: u32, last: u64| StreamState {
            name: name.clone(),
            done,
            left,
            valid: valid != 0,
            ready: ready != 0,
            last_handshake: (last != NEVER).then_some(last),
        };
        let inputs = design.inputs.iter().zip(&self.inputs);
        let outputs = design.outputs.iter().zip(&self.outputs);
        (
            inputs
                .map(|(s, i)| state(&s.name, i.done, i.items - i.done, i.valid, i.ready, i.last))
                .collect(),
            outputs
                .map(|(s, o)| {
                    state(
                        &s.name,
                        o.done,
                        o.expect.saturating_sub(o.done),
                        o.valid,
                        o.ready,
                        o.last,
                    )
                })
                .collect(),
        )
    }

    pub(crate) fn finish(mut self, ended: Ended, seconds: f64) -> RunOutcome {
        self.collect();
        for (raw, stamps) in self.inputs.iter().zip(&mut self.accepted) {
            stamps.truncate(usize::try_from(raw.done).unwrap_or(usize::MAX));
        }
        RunOutcome {
            ended,
            outputs: self.items,
            accepted: self.accepted,
            start_cycle: self.start_cycle,
            cycles: self.run.cycles,
            seconds,
        }
    }
}
