//! Attribution of a run's cycles: each cycle of each lane and bank is assigned to exactly one cause.
//!
//! A lane's cycle has the first cause that holds: a command leaves; commands are due, and no bank takes
//! one; an id finds no place; the lane has ids whose commands are not due; or else what the ports wait
//! for. An idle bank's cycles get the cause that its lane has in the same cycles.

use serde::Serialize;
use std::ops::AddAssign;

/// Why a lane or bank did what it did in a cycle: an index of [`Tally`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    Busy,
    Ids,
    Chain,
    Gather,
    Places,
    Conflicts,
    Merge,
    Window,
    Results,
    Drain,
}

const CAUSES: usize = 10;

/// Cycles by cause.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally([u64; CAUSES]);

impl Tally {
    #[inline(always)]
    pub fn add(&mut self, cause: Cause, cycles: u64) {
        self.0[cause as usize] += cycles;
    }

    /// Adds the cycles from `before` to `after`.
    pub fn add_between(&mut self, before: &Tally, after: &Tally) {
        for (sum, (before, after)) in self.0.iter_mut().zip(before.0.iter().zip(&after.0)) {
            *sum += after - before;
        }
    }

    fn parts(&self) -> Parts {
        let of = |cause: Cause| self.0[cause as usize];
        Parts {
            busy: of(Cause::Busy),
            ids: of(Cause::Ids),
            chain: of(Cause::Chain),
            gather: of(Cause::Gather),
            places: of(Cause::Places),
            conflicts: of(Cause::Conflicts),
            merge: of(Cause::Merge),
            window: of(Cause::Window),
            results: of(Cause::Results),
            drain: of(Cause::Drain),
        }
    }
}

/// Cycles by cause; their sum is the run's cycles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Parts {
    /// The bank senses and converts; the lane sends a command.
    pub busy: u64,
    /// No id came for the lane: the ports take what they are given.
    pub ids: u64,
    /// No id came for the lane: ids wait in the chain for other lanes.
    pub chain: u64,
    /// The lane had ids, and none of their commands was due. For a bank also: its lane served other
    /// banks, or its command was on its way.
    pub gather: u64,
    /// An id found no place for its bag's sum.
    pub places: u64,
    /// Commands were due, and the queues of their banks were full.
    pub conflicts: u64,
    /// Waits for the lane's merge to take a result: the bank's sensing was stalled, or the bank had no
    /// other command.
    pub merge: u64,
    /// The windows of the ports were full.
    pub window: u64,
    /// The windows of the ports were full, because results were not taken.
    pub results: u64,
    /// All ids had come in, and the last bags were being finished.
    pub drain: u64,
}

impl Parts {
    /// The sum of all parts.
    pub fn total(&self) -> u64 {
        self.named().iter().map(|(_, cycles)| cycles).sum()
    }

    /// The parts with their names.
    pub fn named(&self) -> [(&'static str, u64); CAUSES] {
        [
            ("busy", self.busy),
            ("waiting for ids", self.ids),
            ("ids held up by other lanes", self.chain),
            ("gathering", self.gather),
            ("waiting for places", self.places),
            ("bank conflicts", self.conflicts),
            ("merge", self.merge),
            ("window full", self.window),
            ("results not taken", self.results),
            ("drain", self.drain),
        ]
    }

    /// The largest part other than `busy`; of equal ones, the first in [`Parts::named`].
    pub fn largest_wait(&self) -> (&'static str, u64) {
        let mut best = ("waiting for ids", 0);
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
        self.ids += other.ids;
        self.chain += other.chain;
        self.gather += other.gather;
        self.places += other.places;
        self.conflicts += other.conflicts;
        self.merge += other.merge;
        self.window += other.window;
        self.results += other.results;
        self.drain += other.drain;
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

/// Attributes the cycles of one lane and its banks.
#[derive(Debug, Clone)]
pub(super) struct Log {
    lane: Tally,
    /// First cycle that is not in `lane`.
    next: u64,
    /// What the ports waited for, up to `next`.
    ports: Tally,
    /// Banks without a command whose result is not yet offered to the merge, as a mask.
    idle: u64,
    /// For each idle bank, the value of `lane` when it became idle.
    since: Vec<Tally>,
    banks: Vec<Tally>,
}

impl Log {
    pub fn new(banks: usize) -> Self {
        Log {
            lane: Tally::default(),
            next: 0,
            ports: Tally::default(),
            idle: !0 >> (64 - banks),
            since: vec![Tally::default(); banks],
            banks: vec![Tally::default(); banks],
        }
    }

    /// Accounts for the cycles in which the lane was not stepped, up to `now` (exclusive). `gathering`
    /// tells whether it had ids then; if not, it waited for what the ports waited for, which is
    /// `ports` in all.
    #[inline(always)]
    pub fn catch_up(&mut self, now: u64, gathering: bool, ports: &Tally) {
        if now > self.next {
            match gathering {
                true => self.lane.add(Cause::Gather, now - self.next),
                false => self.lane.add_between(&self.ports, ports),
            }
            self.next = now;
        }
    }

    /// Accounts for the next cycle.
    #[inline(always)]
    pub fn cycle(&mut self, cause: Cause) {
        self.lane.add(cause, 1);
        self.next += 1;
    }

    /// The lane is not stepped in the next cycle. `ports` is what the ports waited for up to it.
    pub fn rest(&mut self, ports: &Tally) {
        self.ports = *ports;
    }

    /// Whether a bank is idle.
    pub fn is_idle(&self, bank: usize) -> bool {
        self.idle >> bank & 1 == 1
    }

    /// The bank has no command but one whose result took so many cycles to the merge.
    pub fn bank_waited(&mut self, bank: usize, cycles: u64) {
        self.banks[bank].add(Cause::Merge, cycles);
    }

    /// The result of the bank's only command is visible to the merge in the cycle that was accounted
    /// for last.
    pub fn bank_emptied(&mut self, bank: usize) {
        self.idle |= 1 << bank;
        self.since[bank] = self.lane;
    }

    /// A command was sent to the bank in the cycle that was accounted for last.
    pub fn bank_sent(&mut self, bank: usize) {
        if self.is_idle(bank) {
            self.idle &= !(1 << bank);
            self.charge(bank);
        }
    }

    fn charge(&mut self, bank: usize) {
        let tally = &mut self.banks[bank];
        let before = tally.0[Cause::Busy as usize];
        tally.add_between(&self.since[bank], &self.lane);
        // The lane was busy for other banks.
        let other = tally.0[Cause::Busy as usize] - before;
        tally.0[Cause::Busy as usize] = before;
        tally.add(Cause::Gather, other);
    }

    /// The parts of the lane and of its banks in a run of `cycles` cycles. `bank_cycles` returns a
    /// bank's busy cycles, those of them stalled by the merge, and those between the sending and the
    /// sensing of commands.
    pub fn finish(
        mut self,
        cycles: u64,
        ports: &Tally,
        bank_cycles: impl Fn(usize) -> (u64, u64, u64),
    ) -> (Parts, Vec<Parts>) {
        self.catch_up(cycles, false, ports);
        let banks = (0..self.banks.len()).map(|bank| {
            if self.is_idle(bank) {
                self.charge(bank);
            }
            let (busy, stalled, fill) = bank_cycles(bank);
            let tally = &mut self.banks[bank];
            tally.add(Cause::Busy, busy - stalled);
            tally.add(Cause::Merge, stalled);
            tally.add(Cause::Gather, fill);
            tally.parts()
        });
        let banks = banks.collect();
        (self.lane.parts(), banks)
    }
}
