//! Attribution of a run's cycles: each cycle of each lane and bank is assigned to exactly one
//! cause.
//!
//! A lane's cycles are divided at the sending of each command. Between two sendings lie, in this
//! order: cycles without a command or header, cycles with a full window, cycles in which the oldest
//! bag retires, the look-up, and the wait for a full queue. An idle bank's cycles get the cause
//! that its lane has in the same cycles: what kept the lane from sending kept the bank idle.

use super::window::Place;
use serde::Serialize;
use std::ops::{AddAssign, Sub};

/// Cycles by cause; their sum is the run's cycles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Parts {
    /// The bank senses and converts; the lane looks up or sends a command.
    pub busy: u64,
    /// There was no command: it or its header was not yet offered, it was still in the pipeline, or
    /// (for a bank) it went to another bank.
    pub commands: u64,
    /// The lane's command waited for a bank whose queue was full.
    pub conflicts: u64,
    /// Waits for the lane's merge to take a result: the bank's sensing was stalled, or the bank had
    /// no other command.
    pub merge: u64,
    /// The window was full, and its oldest bag unfinished.
    pub window: u64,
    /// The window was full, and its oldest bag finished but not yet retired.
    pub retirement: u64,
    /// All commands had been sent, and the last bags were being finished.
    pub drain: u64,
}

impl Parts {
    /// The sum of all parts.
    pub fn total(&self) -> u64 {
        self.named().iter().map(|(_, cycles)| cycles).sum()
    }

    /// The parts with their names.
    pub fn named(&self) -> [(&'static str, u64); 7] {
        [
            ("busy", self.busy),
            ("waiting for commands", self.commands),
            ("bank conflicts", self.conflicts),
            ("merge", self.merge),
            ("window full", self.window),
            ("retirement", self.retirement),
            ("drain", self.drain),
        ]
    }

    /// The largest part other than `busy`; of equal ones, the first in [`Parts::named`].
    pub fn largest_wait(&self) -> (&'static str, u64) {
        let mut best = ("waiting for commands", 0);
        for part in &self.named()[1..] {
            if part.1 > best.1 {
                best = *part;
            }
        }
        best
    }
}

impl AddAssign for Parts {
    fn add_assign(&mut self, other: Parts) {
        self.busy += other.busy;
        self.commands += other.commands;
        self.conflicts += other.conflicts;
        self.merge += other.merge;
        self.window += other.window;
        self.retirement += other.retirement;
        self.drain += other.drain;
    }
}

impl Sub for Parts {
    type Output = Parts;

    fn sub(self, other: Parts) -> Parts {
        Parts {
            busy: self.busy - other.busy,
            commands: self.commands - other.commands,
            conflicts: self.conflicts - other.conflicts,
            merge: self.merge - other.merge,
            window: self.window - other.window,
            retirement: self.retirement - other.retirement,
            drain: self.drain - other.drain,
        }
    }
}

/// The cycles of a run by lane, bank and cause.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Attribution {
    /// Cycles of each lane.
    pub lanes: Vec<Parts>,
    /// Cycles of each bank, lane by lane.
    pub banks: Vec<Parts>,
}

impl Attribution {
    /// The sum over all lanes.
    pub fn all_lanes(&self) -> Parts {
        sum(&self.lanes)
    }

    /// The sum over all banks.
    pub fn all_banks(&self) -> Parts {
        sum(&self.banks)
    }
}

fn sum(all: &[Parts]) -> Parts {
    let mut total = Parts::default();
    all.iter().for_each(|parts| total += *parts);
    total
}

/// What limited a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Limit {
    /// The largest bound of the throughput contract if the run is within 10 % of it; else the
    /// largest wait of the busiest bank.
    pub by: &'static str,
    /// (cycles - pipeline fill) / largest bound.
    pub ratio: f64,
    /// Lane of the busiest bank; of equally busy ones, the first.
    pub lane: u32,
    /// That bank, inside the lane.
    pub bank: u32,
    /// Cycles of that bank.
    pub busiest: Parts,
}

/// Cycles of a command's steps through its lane.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Passage {
    /// First cycle in which it is offered.
    pub offered: u64,
    /// Cycle in which the dispatcher took it.
    pub taken: u64,
    /// Cycle in which it was sent to its bank.
    pub sent: u64,
}

/// Attributes the cycles of one lane and its banks.
#[derive(Debug, Clone)]
pub(super) struct Log {
    /// The lane's parts up to and including its last sending.
    lane: Parts,
    /// First cycle that is not yet in `lane`.
    next: u64,
    /// Banks without unsensed commands whose last result is visible to the merge, as a mask.
    idle: u64,
    /// Banks that became idle since the last sending, each with the last cycle already attributed.
    newly_idle: Vec<(u32, u64)>,
    /// For each idle bank, the value of `lane` when it became idle.
    since: Vec<Parts>,
    banks: Vec<Parts>,
}

impl Log {
    pub fn new(banks: usize) -> Self {
        Log {
            lane: Parts::default(),
            next: 0,
            idle: !0 >> (64 - banks),
            newly_idle: Vec::with_capacity(banks),
            since: vec![Parts::default(); banks],
            banks: vec![Parts::default(); banks],
        }
    }

    /// The cycle after the last sending.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Records that the result of the bank's only command becomes visible in `cycle`, after sensing
    /// ended in `done`.
    pub fn bank_emptied(&mut self, bank: u32, done: u64, cycle: u64) {
        self.banks[bank as usize].merge += cycle - done;
        self.idle |= 1 << bank;
        self.newly_idle.push((bank, cycle));
    }

    /// Records that the lane sent a command of the bag at `place` to `bank`. Returns whether the
    /// bank was idle.
    #[inline]
    pub fn command_sent(&mut self, bank: u32, passage: Passage, place: &Place) -> bool {
        if passage.taken < self.next && self.newly_idle.is_empty() {
            // Taken before the last sending: since then it can only have waited for its bank's
            // queue.
            self.lane.conflicts += passage.sent - self.next;
            self.lane.busy += 1;
        } else {
            self.account(passage, place);
        }
        self.next = passage.sent + 1;
        let was_idle = self.idle >> bank & 1 == 1;
        if was_idle {
            self.idle &= !(1 << bank);
            self.charge_idle(bank);
        }
        was_idle
    }

    fn account(&mut self, passage: Passage, place: &Place) {
        let next = self.next;
        let parts_until = |end: u64| divide(next, end, passage, place);
        for (bank, cycle) in self.newly_idle.drain(..) {
            let mut until = self.lane;
            until += parts_until(cycle + 1);
            self.since[bank as usize] = until;
        }
        self.lane += parts_until(passage.sent + 1);
    }

    /// Adds the lane's parts since the bank became idle to the bank's parts.
    fn charge_idle(&mut self, bank: u32) {
        let mut waited = self.lane - self.since[bank as usize];
        // The lane was busy for other banks.
        waited.commands += std::mem::take(&mut waited.busy);
        self.banks[bank as usize] += waited;
    }

    /// The parts of the lane and of its banks in a run of `cycles` cycles. `bank_cycles` returns a
    /// bank's busy cycles, those of them stalled by the merge, and its fill cycles
    /// ([`super::bank::Bank::fill_cycles`]).
    pub fn finish(
        mut self,
        cycles: u64,
        commands: u64,
        bank_cycles: impl Fn(usize) -> (u64, u64, u64),
    ) -> (Parts, Vec<Parts>) {
        let tail = |end: u64| match commands {
            0 => Parts {
                commands: end,
                ..Parts::default()
            },
            _ => Parts {
                drain: end,
                ..Parts::default()
            },
        };
        let next = self.next;
        for (bank, cycle) in std::mem::take(&mut self.newly_idle) {
            let mut until = self.lane;
            until += tail(cycle + 1 - next);
            self.since[bank as usize] = until;
        }
        self.lane += tail(cycles.saturating_sub(next));
        for bank in 0..self.banks.len() as u32 {
            if self.idle >> bank & 1 == 1 {
                self.charge_idle(bank);
            }
            let (busy, stalled, fill) = bank_cycles(bank as usize);
            let parts = &mut self.banks[bank as usize];
            parts.busy = busy - stalled;
            parts.merge += stalled;
            parts.commands += fill;
        }
        (self.lane, self.banks)
    }
}

/// Divides the lane's cycles from `start`, the cycle after a sending, to `end` (exclusive). `end`
/// must not be later than the cycle after the next sending.
fn divide(start: u64, end: u64, passage: Passage, place: &Place) -> Parts {
    let mut parts = Parts::default();
    let mut at = start;
    let mut until = |cut: u64| {
        let cut = cut.min(end).max(at);
        let cycles = cut - at;
        at = cut;
        cycles
    };
    parts.commands += until(passage.offered.max(place.offered));
    parts.window += until(place.blocker_done.min(place.opened));
    parts.retirement += until(place.opened);
    parts.commands += until(place.opened + 1);
    parts.busy += until(passage.taken + 1);
    parts.conflicts += until(passage.sent);
    parts.busy += until(passage.sent + 1);
    parts
}
