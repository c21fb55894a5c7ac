//! Where the cycles of a run went: each lane's and each bank's cycles, every one of them counted once.
//!
//! A lane's cycles are cut at its commands: between one sending and the next lie, in this order, cycles
//! without a command or header, with a full window, with the oldest bag retiring, the look-up, and the
//! wait for a full queue. A bank's idle cycles are those of its lane in the same cycles: what kept the
//! lane from sending kept the bank from getting something to do.

use super::window::Place;
use serde::Serialize;
use std::ops::{AddAssign, Sub};

/// Cycles by what they were spent on; they add up to the run's cycles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Parts {
    /// A bank senses and converts; a lane looks up or sends a command.
    pub busy: u64,
    /// No command was there: not offered yet, its header neither, on its way through the pipeline, or
    /// (for a bank) meant for other banks.
    pub commands: u64,
    /// The lane's command waited for a bank whose queue was full.
    pub conflicts: u64,
    /// A bank's sensing waited, or an emptied bank's last result was on its way, until the lane's
    /// merge took the result.
    pub merge: u64,
    /// The window was full, and its oldest bag unfinished.
    pub window: u64,
    /// The window was full, and its oldest bag finished but not yet retired.
    pub retirement: u64,
    /// Nothing was left to send: the last bags were finished.
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

    /// The largest part that is not `busy`; earlier ones first among equals.
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

/// Where the cycles of a run went.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Attribution {
    /// Each lane's cycles.
    pub lanes: Vec<Parts>,
    /// Each bank's cycles, lane by lane.
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

/// What set a run's total.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Limit {
    /// The largest bound of the throughput contract if the run came within a tenth of it; else what
    /// kept the busiest bank waiting longest.
    pub by: &'static str,
    /// The run's cycles over the largest bound, the pipeline's fill taken off.
    pub ratio: f64,
    /// Lane of the busiest bank, the first among equals.
    pub lane: u32,
    /// That bank, inside the lane.
    pub bank: u32,
    /// Its cycles.
    pub busiest: Parts,
}

/// A command's way through its lane.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Passage {
    /// First cycle on offer.
    pub offered: u64,
    /// Cycle in which the dispatcher took it.
    pub taken: u64,
    /// Cycle in which it was sent to its bank.
    pub sent: u64,
}

/// Keeps the books of one lane.
#[derive(Debug, Clone)]
pub(super) struct Log {
    /// The lane's parts up to its last sending.
    lane: Parts,
    /// First cycle that is not in `lane`.
    next: u64,
    /// Banks without any work, their results visible.
    idle: u64,
    /// Banks that became idle since the last sending, with their last accounted cycle.
    emptied: Vec<(u32, u64)>,
    /// `lane` when each idle bank became idle.
    since: Vec<Parts>,
    banks: Vec<Parts>,
}

impl Log {
    pub fn new(banks: usize) -> Self {
        Log {
            lane: Parts::default(),
            next: 0,
            idle: !0 >> (64 - banks),
            emptied: Vec::with_capacity(banks),
            since: vec![Parts::default(); banks],
            banks: vec![Parts::default(); banks],
        }
    }

    /// First cycle after the last sending.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// The result of the bank's only command becomes visible in `cycle`; sensing ended in `done`.
    pub fn emptied(&mut self, bank: u32, done: u64, cycle: u64) {
        self.banks[bank as usize].merge += cycle - done;
        self.idle |= 1 << bank;
        self.emptied.push((bank, cycle));
    }

    /// The lane sent a command of the bag at `place` to `bank`. Whether the bank was idle until then.
    #[inline]
    pub fn sent(&mut self, bank: u32, passage: Passage, place: &Place) -> bool {
        if passage.taken < self.next && self.emptied.is_empty() {
            // Taken before: since the last sending it can only have waited for its bank.
            self.lane.conflicts += passage.sent - self.next;
            self.lane.busy += 1;
        } else {
            self.account(passage, place);
        }
        self.next = passage.sent + 1;
        let was_idle = self.idle >> bank & 1 == 1;
        if was_idle {
            self.idle &= !(1 << bank);
            self.settle(bank);
        }
        was_idle
    }

    fn account(&mut self, passage: Passage, place: &Place) {
        let next = self.next;
        let till = |end: u64| between(next, end, passage, place);
        for (bank, cycle) in self.emptied.drain(..) {
            let mut until = self.lane;
            until += till(cycle + 1);
            self.since[bank as usize] = until;
        }
        self.lane += till(passage.sent + 1);
    }

    /// Gives an idle bank its lane's parts since it became idle.
    fn settle(&mut self, bank: u32) {
        let mut waited = self.lane - self.since[bank as usize];
        // What the lane did, it did for other banks.
        waited.commands += std::mem::take(&mut waited.busy);
        self.banks[bank as usize] += waited;
    }

    /// The parts of the lane and its banks in a run of `cycles` cycles; `worked` tells each bank's
    /// busy cycles, those of them stalled by the merge, and its cycles of filling.
    pub fn finish(
        mut self,
        cycles: u64,
        commands: u64,
        worked: impl Fn(usize) -> (u64, u64, u64),
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
        for (bank, cycle) in std::mem::take(&mut self.emptied) {
            let mut until = self.lane;
            until += tail(cycle + 1 - next);
            self.since[bank as usize] = until;
        }
        self.lane += tail(cycles.saturating_sub(next));
        for bank in 0..self.banks.len() as u32 {
            if self.idle >> bank & 1 == 1 {
                self.settle(bank);
            }
            let (busy, stalled, fill) = worked(bank as usize);
            let parts = &mut self.banks[bank as usize];
            parts.busy = busy - stalled;
            parts.merge += stalled;
            parts.commands += fill;
        }
        (self.lane, self.banks)
    }
}

/// The lane's parts from `start`, the cycle after a sending, to `end` (exclusive), which is not after
/// the next sending.
fn between(start: u64, end: u64, passage: Passage, place: &Place) -> Parts {
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
