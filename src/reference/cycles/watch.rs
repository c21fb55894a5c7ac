//! A callback for the events inside a run of the cycle model.

/// The cycles of a command on its way into the dispatcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Its bag.
    pub bag: u64,
    /// First cycle in which it is on offer.
    pub offered: u64,
    /// Cycle in which its bag's header is taken.
    pub opened: u64,
    /// Cycle in which the dispatcher takes it.
    pub taken: u64,
    /// Whether it is the bag's last command in the lane.
    pub last: bool,
}

/// Receives the events of a run. Cycles ascend within a lane, but not across lanes.
pub(crate) trait Watch {
    /// The header of a bag with commands in `lanes` (a mask) is taken.
    fn opened(&mut self, _bag: u64, _lanes: u64, _cycle: u64) {}
    /// The dispatcher takes a command.
    fn taken(&mut self, _lane: u32, _command: Taken) {}
    /// A command, the one that the dispatcher took last, is sent to a bank.
    fn sent(&mut self, _lane: u32, _bank: u32, _bag: u64, _cycle: u64) {}
    /// A bank's result is granted by the merge.
    fn merged(&mut self, _lane: u32, _bank: u32, _bag: u64, _cycle: u64) {}
    /// The lane has added its last result for the bag, which came from this bank.
    fn added(&mut self, _lane: u32, _bank: u32, _bag: u64, _cycle: u64) {}
    /// A bag retires from the window.
    fn retired(&mut self, _bag: u64, _cycle: u64) {}
}

impl Watch for () {}
