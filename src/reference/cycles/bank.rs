//! One bank: queue, preparation, sensing, conversion and its result, as times of commands.
//!
//! A command `k` of a bank, sent in cycle `p`, goes through these cycles (each follows from
//! `rtl/recross_bank.v`; a register written in a cycle is seen in the next):
//!
//! - pop, from queue to preparation: `max(p + 1, take of the last activation of k-1)`
//! - take, from preparation to sensing: `max(pop + 1, done of k-1)`; the later activations of a
//!   command follow without a gap
//! - first sample: `take + wordlines + first phase`, but not before the conversion stage is free, in
//!   the cycle in which k-1 fires
//! - done, the last sample: all phases later
//! - fire, from conversion to the result register: `max(done + 1, grant of k-1)`
//! - the merge sees the result from `fire + 1` on, and grants it when its turn comes.
//!
//! Only the grant comes from outside. So each command is worked out when it is sent, or when the
//! grant comes that it depends on, and nothing has to be done in between.

use super::wheel::{NEVER, Wheel};
use crate::hardware::Sensing;

/// A command between its sending and its grant.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Entry {
    /// First cycle in which the queue can give it; once it is popped, the cycle of that.
    pub time: u64,
    /// Place of its bag in the window.
    pub place: u16,
    /// Rows of its mask.
    pub rows: u16,
}

/// Times of one bank. Commands are counted from 0; `sent`, `popped`, `scheduled` and `granted` are the
/// numbers of the first command that was not yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Bank {
    sent: u64,
    popped: u64,
    /// Its `done` is known.
    scheduled: u64,
    granted: u64,
    /// From when on preparation can take another command; [`NEVER`] while that is not known.
    prep_free: u64,
    /// Pop of the command that was popped last.
    pop: u64,
    /// Take of command `scheduled`, if `taken`.
    take: u64,
    taken: bool,
    /// Last sample of the command before `scheduled`.
    pub done: u64,
    /// Of the last command whose fire is known.
    fire: u64,
    /// Cycles in which a due sample waited for the result before it to be merged.
    pub merge_stall: u64,
    /// Cycles between sendings and takings in which sensing was idle (attribution).
    pub fill: u64,
    /// The bank's idle cycles are accounted for up to here.
    pub covered: u64,
}

/// What a bank needs to know to go on.
pub(super) struct Context<'a> {
    pub work: &'a [Sensing],
    pub wheel: &'a mut Wheel,
    pub bank: u32,
    pub now: u64,
}

impl Bank {
    /// Commands that were sent and not yet merged: what the dispatcher calls the bank's load.
    #[inline(always)]
    pub fn load(&self) -> u64 {
        self.sent - self.granted
    }

    /// The first cycle from `now` on in which the queue of `depth` takes a command, [`NEVER`] as long as
    /// that depends on a grant to come.
    #[inline(always)]
    pub fn room(&self, ring: &[Entry], depth: u64, now: u64) -> u64 {
        // As many commands as the queue holds are granted at least: the place is long free.
        if self.load() < depth {
            return now;
        }
        let first = self.sent - depth;
        if first >= self.popped {
            return NEVER;
        }
        // The place that it left is free in the cycle after.
        now.max(ring[first as usize & (ring.len() - 1)].time + 1)
    }

    /// A command is sent now.
    #[inline(always)]
    pub fn send(&mut self, ring: &mut [Entry], place: u16, rows: u16, x: &mut Context<'_>) {
        let at = self.sent as usize & (ring.len() - 1);
        ring[at] = Entry {
            time: x.now + 1,
            place,
            rows,
        };
        self.sent += 1;
        self.advance(ring, x);
    }

    /// The merge takes the result now. Tells the place of its bag and whether the next result is
    /// visible at once.
    #[inline(always)]
    pub fn grant(&mut self, ring: &mut [Entry], x: &mut Context<'_>) -> (u16, bool) {
        let place = ring[self.granted as usize & (ring.len() - 1)].place;
        self.granted += 1;
        let mut again = false;
        if self.scheduled > self.granted {
            self.fire = x.now.max(self.done + 1);
            again = self.fire == x.now;
            if !again {
                x.wheel.set(x.bank, self.fire + 1, x.now);
            }
        }
        self.advance(ring, x);
        (place, again)
    }

    /// Works out all that is known by now.
    #[inline(always)]
    fn advance(&mut self, ring: &mut [Entry], x: &mut Context<'_>) {
        let mask = ring.len() - 1;
        loop {
            if self.popped < self.sent && self.prep_free != NEVER {
                let entry = &mut ring[self.popped as usize & mask];
                entry.time = entry.time.max(self.prep_free);
                self.pop = entry.time;
                self.prep_free = NEVER;
                self.popped += 1;
            }
            if self.scheduled == self.popped {
                return;
            }
            let rows = ring[self.scheduled as usize & mask].rows;
            let work = &x.work[rows as usize];
            if !self.taken {
                self.take = self.done.max(self.pop + 1);
                self.taken = true;
                // Never later than the take, but for a command that is the first after an idle time.
                self.fill += self.take.saturating_sub(self.done.max(self.covered));
                if work.single {
                    self.prep_free = self.take;
                    continue;
                }
            }
            // The fire of the command before depends on the grant of the one before that.
            if self.granted + 1 < self.scheduled {
                return;
            }
            let stall = self.fire.saturating_sub(self.take + work.first_sample);
            self.merge_stall += stall;
            self.done = self.take + work.cycles + stall;
            if !work.single {
                self.prep_free = self.done - work.last;
            }
            self.scheduled += 1;
            self.taken = false;
            if self.granted + 1 == self.scheduled {
                self.fire = self.done + 1;
                x.wheel.set(x.bank, self.fire + 1, x.now);
            }
        }
    }
}
