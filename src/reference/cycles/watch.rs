//! Events inside a run of the cycle model.

/// Sees what happens inside; cycles come in order within a lane, not between lanes.
pub(crate) trait Watch {
    /// The header of a bag with a part in `lanes` is taken.
    fn opened(&mut self, _bag: u64, _lanes: u64, _cycle: u64) {}
    /// A command is sent to a bank.
    fn sent(&mut self, _lane: u32, _bank: u32, _bag: u64, _cycle: u64) {}
    /// A bank's result is granted by the merge.
    fn merged(&mut self, _lane: u32, _bank: u32, _bag: u64, _cycle: u64) {}
    /// With that result, the lane has added all that it does for the bag.
    fn added(&mut self, _lane: u32, _bank: u32, _bag: u64, _cycle: u64) {}
    /// A bag leaves the window.
    fn left(&mut self, _bag: u64, _cycle: u64) {}
}

impl Watch for () {}
