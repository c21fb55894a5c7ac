//! What a run is asked to do, and what it brings back.

use crate::design::Design;
use crate::stall::Stall;
use crate::{Error, StreamSpec};

/// Items for one input stream.
#[derive(Clone, Debug)]
pub struct InputRequest<'a> {
    /// Name of the stream.
    pub stream: String,
    /// The items, [`StreamSpec::item_words`] words each.
    pub words: &'a [u32],
    /// Back-pressure, if any.
    pub stall: Option<Stall>,
    /// Whether to record the cycle in which each item is accepted.
    pub record: bool,
}

/// What is expected of one output stream.
#[derive(Clone, Debug)]
pub struct OutputRequest {
    /// Name of the stream.
    pub stream: String,
    /// Items to wait for. Further items that arrive before the run ends are collected as well.
    pub expect: u64,
    /// Back-pressure, if any.
    pub stall: Option<Stall>,
}

/// One run: it ends once every input item is accepted and every expected output item has arrived, plus `drain_cycles`.
///
/// Streams that are not named offer nothing and expect nothing; an output stream that is not named is ready in every cycle.
#[derive(Clone, Debug)]
pub struct RunRequest<'a> {
    /// Input items by stream.
    pub inputs: Vec<InputRequest<'a>>,
    /// Expected output by stream.
    pub outputs: Vec<OutputRequest>,
    /// Cycles after which the run is given up as a hang, drain cycles not counted.
    pub max_cycles: u64,
    /// Cycles without any item moving after which the run is given up as a hang; 0 for no such limit.
    pub idle_limit: u64,
    /// Cycles to run after the last item, in which output items are still collected.
    pub drain_cycles: u64,
    /// Cycles between two calls of the progress callback, at least 1.
    pub chunk_cycles: u64,
}

impl Default for RunRequest<'_> {
    fn default() -> Self {
        Self {
            inputs: Vec::new(),
            outputs: Vec::new(),
            max_cycles: u64::MAX,
            idle_limit: 100_000,
            drain_cycles: 0,
            chunk_cycles: 1 << 16,
        }
    }
}

impl<'a> RunRequest<'a> {
    /// A request that drives nothing and expects nothing; given up after 100,000 cycles without an item moving.
    pub fn new() -> Self {
        Self::default()
    }

    /// Offers `words` on the input stream `stream`.
    #[must_use]
    pub fn input(mut self, stream: impl Into<String>, words: &'a [u32]) -> Self {
        self.inputs.push(InputRequest {
            stream: stream.into(),
            words,
            stall: None,
            record: false,
        });
        self
    }

    /// Expects `items` items on the output stream `stream`.
    #[must_use]
    pub fn expect(mut self, stream: impl Into<String>, items: u64) -> Self {
        self.outputs.push(OutputRequest {
            stream: stream.into(),
            expect: items,
            stall: None,
        });
        self
    }

    /// Stalls every stream named so far that is called `stream`.
    #[must_use]
    pub fn stall(mut self, stream: &str, stall: Stall) -> Self {
        self.inputs
            .iter_mut()
            .filter(|s| s.stream == stream)
            .for_each(|s| s.stall = Some(stall));
        self.outputs
            .iter_mut()
            .filter(|s| s.stream == stream)
            .for_each(|s| s.stall = Some(stall));
        self
    }

    /// Records the acceptance cycles of the input stream `stream`, which must have been named before.
    #[must_use]
    pub fn record(mut self, stream: &str) -> Self {
        self.inputs
            .iter_mut()
            .filter(|s| s.stream == stream)
            .for_each(|s| s.record = true);
        self
    }

    /// Sets the limit of cycles.
    #[must_use]
    pub const fn max_cycles(mut self, cycles: u64) -> Self {
        self.max_cycles = cycles;
        self
    }

    /// Sets the limit of cycles without any item moving.
    #[must_use]
    pub const fn idle_limit(mut self, cycles: u64) -> Self {
        self.idle_limit = cycles;
        self
    }

    /// Sets the cycles to run after the last item.
    #[must_use]
    pub const fn drain(mut self, cycles: u64) -> Self {
        self.drain_cycles = cycles;
        self
    }

    /// Per input stream of `design`, the request that names it.
    pub(crate) fn inputs_of(
        &self,
        design: &Design,
    ) -> Result<Vec<Option<&InputRequest<'a>>>, Error> {
        let slots = assign(&design.inputs, &self.inputs, "input", |r| &r.stream)?;
        for (spec, slot) in design.inputs.iter().zip(&slots) {
            let Some(request) = slot else { continue };
            check_stall(&request.stream, request.stall)?;
            let (words, item) = (request.words.len(), spec.item_words());
            if item == 0 && words != 0 || item != 0 && words % item != 0 {
                return Err(Error::Request {
                    message: format!(
                        "input stream `{}` got {words} words, not a multiple of its {item} words an item",
                        spec.name
                    ),
                });
            }
        }
        Ok(slots)
    }

    /// Per output stream of `design`, the request that names it.
    pub(crate) fn outputs_of(&self, design: &Design) -> Result<Vec<Option<&OutputRequest>>, Error> {
        let slots = assign(&design.outputs, &self.outputs, "output", |r| &r.stream)?;
        for (spec, slot) in design.outputs.iter().zip(&slots) {
            let Some(request) = slot else { continue };
            check_stall(&request.stream, request.stall)?;
            if spec.ready.is_none() && request.stall.is_some_and(|s| s.per_1024 != 0) {
                return Err(Error::Request {
                    message: format!(
                        "output stream `{}` has no ready bit and cannot be stalled",
                        spec.name
                    ),
                });
            }
        }
        Ok(slots)
    }
}

fn check_stall(stream: &str, stall: Option<Stall>) -> Result<(), Error> {
    match stall {
        Some(s) if s.per_1024 > Stall::MAX_PER_1024 => Err(Error::Request {
            message: format!(
                "stream `{stream}` is to stall in {} of 1024 cycles and would never move; expected 0 to 1023",
                s.per_1024
            ),
        }),
        _ => Ok(()),
    }
}

fn assign<'r, T>(
    specs: &[StreamSpec],
    requests: &'r [T],
    kind: &str,
    name: impl Fn(&T) -> &String,
) -> Result<Vec<Option<&'r T>>, Error> {
    let mut slots = vec![None; specs.len()];
    for request in requests {
        let wanted = name(request);
        let Some(index) = specs.iter().position(|s| s.name == *wanted) else {
            let known: Vec<_> = specs.iter().map(|s| s.name.as_str()).collect();
            return Err(Error::Request {
                message: format!(
                    "no {kind} stream is called `{wanted}`; the design has: {}",
                    known.join(", ")
                ),
            });
        };
        if slots[index].replace(request).is_some() {
            return Err(Error::Request {
                message: format!("{kind} stream `{wanted}` is named twice"),
            });
        }
    }
    Ok(slots)
}

/// How far a run has come; passed to the progress callback between chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Cycles of this run so far.
    pub cycles: u64,
    /// Input items accepted in this run, over all streams.
    pub accepted: u64,
    /// Input items of this run, over all streams.
    pub to_accept: u64,
    /// Output items that have arrived in this run, over all streams.
    pub arrived: u64,
    /// Output items expected of this run, over all streams.
    pub expected: u64,
}

/// What arrived on one output stream.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct OutputItems {
    /// Name of the stream.
    pub name: String,
    /// Words of one item.
    pub item_words: usize,
    /// The items, one after the other.
    pub words: Vec<u32>,
    /// The cycle in which each item moved, counted from the model's creation.
    pub cycles: Vec<u64>,
}

impl OutputItems {
    /// Items that arrived.
    pub fn len(&self) -> usize {
        self.cycles.len()
    }

    /// Whether nothing arrived.
    pub fn is_empty(&self) -> bool {
        self.cycles.is_empty()
    }

    /// The words of item `index`, if it arrived.
    pub fn item(&self, index: usize) -> Option<&[u32]> {
        let start = index.checked_mul(self.item_words)?;
        (index < self.len())
            .then(|| self.words.get(start..start + self.item_words))
            .flatten()
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Everything was accepted and arrived.
    Complete,
    /// The model executed `$finish`; items may be missing.
    Finish,
}

/// What a run brought back.
#[derive(Clone, Debug)]
pub struct RunOutcome {
    /// How the run ended.
    pub ended: Ended,
    /// Per output stream of the design, in its order, what arrived.
    pub outputs: Vec<OutputItems>,
    /// Per input stream of the design, in its order, the cycle in which each item was accepted, counted from the model's creation; empty
    /// where recording was not asked for.
    pub accepted: Vec<Vec<u64>>,
    /// The model's cycle count when the run began.
    pub start_cycle: u64,
    /// Cycles that the run took, drain cycles included.
    pub cycles: u64,
    /// Wall seconds spent in the simulation loop.
    pub seconds: f64,
}

impl RunOutcome {
    /// What arrived on the output stream called `name`.
    pub fn output(&self, name: &str) -> Option<&OutputItems> {
        self.outputs.iter().find(|o| o.name == name)
    }
}
