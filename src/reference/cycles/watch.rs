//! A callback for what happens inside a run of the cycle model.

use crate::reference::Command;

/// What the status ports show in a cycle.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct Status {
    /// By port: bags retired, bags whose ids are all in the lanes, and bags begun.
    pub head: Vec<u64>,
    pub closed: Vec<u64>,
    pub tail: Vec<u64>,
    /// By port: the lanes that its oldest bag waits for, as a mask.
    pub waits: Vec<u64>,
    /// Lanes in which an id finds no place, or no room, as masks.
    pub wait_place: u64,
    pub wait_room: u64,
    /// Lanes whose commands are due while no bank takes one, as a mask.
    pub queue: u64,
    /// By lane: banks with unfinished commands, as a mask.
    pub busy: Vec<u64>,
    /// Whether no bag is in flight.
    pub idle: bool,
}

/// Receives what happens in a run, cycle by cycle.
pub(crate) trait Watch {
    /// A lane sends a command to a bank.
    fn command(&mut self, _cycle: u64, _command: &Command<'_>) {}
    /// Whether [`Watch::status`] is to be called for a cycle.
    fn wants_status(&self, _cycle: u64) -> bool {
        false
    }
    /// A result of a bag is taken by a lane's merge.
    fn merged(&mut self, _lane: u32, _bank: u32, _bag: u32, _cycle: u64) {}
    /// A bag retires from the window of a port.
    fn retired(&mut self, _port: u32, _bag: u32, _cycle: u64) {}
    /// The status ports in a cycle.
    fn status(&mut self, _cycle: u64, _status: &Status) {}
}

impl Watch for () {}
