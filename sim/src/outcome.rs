//! What a run reports while it lasts, and what it returns.

/// How far a run has got, as passed to the progress callback.
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
    /// Output items expected of this run, over all streams; at most `u64::MAX`.
    pub expected: u64,
}

/// The items that arrived on one output stream.
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
            .then(|| self.words.get(start..start.checked_add(self.item_words)?))
            .flatten()
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All input items were accepted, and all expected output items arrived.
    Complete,
    /// The model executed `$finish`; items may be missing.
    Finish,
}

/// The result of a run.
#[derive(Clone, Debug)]
pub struct RunOutcome {
    /// How the run ended.
    pub ended: Ended,
    /// The items that arrived, for each output stream of the design in its order.
    pub outputs: Vec<OutputItems>,
    /// For each input stream of the design in its order, the cycle in which each item was accepted, counted from the model's creation; empty if
    /// the request does not record the stream.
    pub accepted: Vec<Vec<u64>>,
    /// The model's cycle count when the run began.
    pub start_cycle: u64,
    /// Cycles that the run took, drain cycles included.
    pub cycles: u64,
    /// Wall seconds spent in the simulation loop.
    pub seconds: f64,
}

impl RunOutcome {
    /// The items that arrived on the output stream called `name`.
    pub fn output(&self, name: &str) -> Option<&OutputItems> {
        self.outputs.iter().find(|o| o.name == name)
    }
}
