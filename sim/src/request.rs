//! What a run is asked to do.

use crate::design::{Design, StreamSpec};
use crate::error::Error;
use crate::stall::Stall;

/// One run: it ends once every input item is accepted and every expected output item has arrived, plus the drain cycles.
///
/// An input stream without items offers nothing; an output stream without an expectation is ready in every cycle, and what it gives is
/// collected. Names are checked against the design when the request is run or written as a stimulus file; the order of the calls does not
/// matter.
#[derive(Clone, Debug)]
pub struct RunRequest<'a> {
    inputs: Vec<(String, &'a [u32])>,
    outputs: Vec<(String, u64)>,
    stalls: Vec<(String, Stall)>,
    recorded: Vec<String>,
    limits: Limits,
}

/// The numbers of a request that belong to no stream, all in cycles.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) max: u64,
    pub(crate) idle: u64,
    pub(crate) drain: u64,
    pub(crate) chunk: u64,
    pub(crate) sample: (u64, u64),
}

impl Default for RunRequest<'_> {
    fn default() -> Self {
        Self {
            inputs: Vec::new(),
            outputs: Vec::new(),
            stalls: Vec::new(),
            recorded: Vec::new(),
            limits: Limits {
                max: u64::MAX,
                idle: 100_000,
                drain: 0,
                chunk: 1 << 16,
                sample: (0, 0),
            },
        }
    }
}

impl<'a> RunRequest<'a> {
    /// A request that drives nothing and expects nothing; given up after 100,000 cycles without an item moving.
    pub fn new() -> Self {
        Self::default()
    }

    /// Offers `words` on the input stream `stream`: items of [`StreamSpec::item_words`] words each. A stream can be named once.
    #[must_use]
    pub fn input(mut self, stream: impl Into<String>, words: &'a [u32]) -> Self {
        self.inputs.push((stream.into(), words));
        self
    }

    /// Waits for `items` items on the output stream `stream`. Further items that arrive before the run ends are collected as well. A stream
    /// can be named once. A number that can never arrive, such as `u64::MAX`, lets the run go on until a limit or `$finish`.
    #[must_use]
    pub fn expect(mut self, stream: impl Into<String>, items: u64) -> Self {
        self.outputs.push((stream.into(), items));
        self
    }

    /// Stalls the input or output stream `stream`. A later call for the same stream replaces an earlier one.
    #[must_use]
    pub fn stall(mut self, stream: impl Into<String>, stall: Stall) -> Self {
        self.stalls.push((stream.into(), stall));
        self
    }

    /// Records the cycles in which the items of the input stream `stream` are accepted.
    #[must_use]
    pub fn record(mut self, stream: impl Into<String>) -> Self {
        self.recorded.push(stream.into());
        self
    }

    /// Gives the run up as a hang after `cycles` cycles, drain cycles not counted. The default is `u64::MAX`.
    #[must_use]
    pub const fn max_cycles(mut self, cycles: u64) -> Self {
        self.limits.max = cycles;
        self
    }

    /// Gives the run up as a hang after `cycles` cycles without any item moving; 0 for no such limit. The default is 100,000.
    #[must_use]
    pub const fn idle_limit(mut self, cycles: u64) -> Self {
        self.limits.idle = cycles;
        self
    }

    /// Goes on for `cycles` cycles after the last item, in which output items are still collected. The default is 0.
    #[must_use]
    pub const fn drain(mut self, cycles: u64) -> Self {
        self.limits.drain = cycles;
        self
    }

    /// Calls the progress callback every `cycles` cycles (0 is taken as 1). The default is 65,536.
    #[must_use]
    pub const fn chunk(mut self, cycles: u64) -> Self {
        self.limits.chunk = if cycles == 0 { 1 } else { cycles };
        self
    }

    /// Calls the callback after each of the first `times` stretches of `cycles` cycles (0 is taken as 1), before it is called every
    /// [`RunRequest::chunk`] cycles.
    #[must_use]
    pub const fn sample(mut self, cycles: u64, times: u64) -> Self {
        self.limits.sample = (if cycles == 0 { 1 } else { cycles }, times);
        self
    }

    pub(crate) const fn limits(&self) -> Limits {
        self.limits
    }

    /// What is asked of every stream of `design`, in its order.
    pub(crate) fn resolve(&self, design: &Design) -> Result<Plan<'a>, Error> {
        let mut plan = Plan {
            inputs: vec![InputPlan::default(); design.inputs.len()],
            outputs: vec![OutputPlan::default(); design.outputs.len()],
        };
        let words = assign(&design.inputs, &self.inputs, "input")?;
        for ((spec, slot), words) in design.inputs.iter().zip(&mut plan.inputs).zip(words) {
            slot.words = words.unwrap_or_default();
            slot.items = items(spec, slot.words)?;
        }
        let expected = assign(&design.outputs, &self.outputs, "output")?;
        for (slot, expect) in plan.outputs.iter_mut().zip(expected) {
            slot.expect = expect.unwrap_or_default();
        }
        for (stream, stall) in &self.stalls {
            check_stall(stream, *stall)?;
            if let Some(index) = design.input(stream) {
                plan.inputs[index].stall = *stall;
            } else if let Some(index) = design.output(stream) {
                if design.outputs[index].ready.is_none() && stall.per_1024 != 0 {
                    return refuse(format!(
                        "output stream `{stream}` has no ready bit and cannot be stalled"
                    ));
                }
                plan.outputs[index].stall = *stall;
            } else {
                return Err(unknown(
                    "",
                    stream,
                    design.inputs.iter().chain(&design.outputs),
                ));
            }
        }
        for stream in &self.recorded {
            match design.input(stream) {
                Some(index) => plan.inputs[index].record = true,
                None => return Err(unknown("input ", stream, &design.inputs)),
            }
        }
        Ok(plan)
    }
}

/// A request, stream by stream.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) inputs: Vec<InputPlan<'a>>,
    pub(crate) outputs: Vec<OutputPlan>,
}

impl Plan<'_> {
    /// Input items of all streams. They are in memory, so their number fits.
    pub(crate) fn to_accept(&self) -> u64 {
        self.inputs.iter().map(|i| i.items).sum()
    }

    /// Expected items of all streams, at most `u64::MAX`: no run lasts long enough for that many.
    pub(crate) fn expected(&self) -> u64 {
        self.outputs
            .iter()
            .fold(0, |sum, o| sum.saturating_add(o.expect))
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct InputPlan<'a> {
    pub(crate) words: &'a [u32],
    pub(crate) items: u64,
    pub(crate) stall: Stall,
    pub(crate) record: bool,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct OutputPlan {
    pub(crate) expect: u64,
    pub(crate) stall: Stall,
}

fn refuse<T>(message: String) -> Result<T, Error> {
    Err(Error::Request { message })
}

/// The items that `words` are.
fn items(spec: &StreamSpec, words: &[u32]) -> Result<u64, Error> {
    let (words, item) = (words.len(), spec.item_words());
    match words.checked_rem(item) {
        Some(0) => Ok((words / item) as u64),
        None if words == 0 => Ok(0),
        _ => refuse(format!(
            "input stream `{}` got {words} words, not a multiple of its {item} words per item",
            spec.name
        )),
    }
}

fn check_stall(stream: &str, stall: Stall) -> Result<(), Error> {
    if stall.per_1024 > Stall::MAX_PER_1024 {
        return refuse(format!(
            "stream `{stream}` is to stall in {} of 1024 cycles and would never move; expected 0 to {}",
            stall.per_1024,
            Stall::MAX_PER_1024
        ));
    }
    Ok(())
}

fn unknown<'s>(kind: &str, name: &str, streams: impl IntoIterator<Item = &'s StreamSpec>) -> Error {
    let known: Vec<_> = streams.into_iter().map(|s| s.name.as_str()).collect();
    Error::Request {
        message: format!(
            "no {kind}stream is called `{name}`; the design has: {}",
            known.join(", ")
        ),
    }
}

/// Per stream of `specs`, what the request that names it says.
fn assign<T: Copy>(
    specs: &[StreamSpec],
    requests: &[(String, T)],
    kind: &str,
) -> Result<Vec<Option<T>>, Error> {
    let mut slots = vec![None; specs.len()];
    for (wanted, value) in requests {
        let Some(index) = specs.iter().position(|s| s.name == *wanted) else {
            return Err(unknown(&format!("{kind} "), wanted, specs));
        };
        if slots[index].replace(*value).is_some() {
            return refuse(format!("{kind} stream `{wanted}` is named twice"));
        }
    }
    Ok(slots)
}
