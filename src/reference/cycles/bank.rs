//! One bank (queue, preparation, sensing, conversion, result), modelled by the cycles of its
//! commands.
//!
//! Command `k` of a bank, sent in cycle `p`, passes these events. Each formula follows from
//! `rtl/recross_bank.v`; a register written in one cycle is read in the next:
//!
//! - pop, from the queue to preparation: `max(p + 1, take of the last activation of k-1)`
//! - take, from preparation to sensing: `max(pop + 1, done of k-1)`; the later activations of a
//!   command follow without a gap
//! - first start of a conversion: `max(take + wordline cycles + 1, fire of k-1)`: none starts while
//!   the conversion stage holds a result
//! - done, the end of the last conversion: the first start, plus the phases, minus 1
//! - fire, from conversion to the result register: `max(done + 1, grant of k-1, plus 1)`: the result
//!   register is seen to be free a cycle after the grant
//! - the merge sees the result from `fire + 1` on and grants it by round-robin priority.
//!
//! Only the grant depends on anything outside the bank. So the cycles of a command are computed
//! when it is sent, or when the grant that it depends on is known; no other cycle needs to be
//! simulated.

use super::wheel::{NEVER, Wheel};
use crate::hardware::Sensing;

/// A command between its sending and its grant.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Entry {
    /// First cycle in which the queue can deliver it; once it is popped, the cycle of the pop.
    pub time: u64,
    /// Place of its bag in the window.
    pub place: u16,
    /// Rows of its mask.
    pub rows: u16,
}

/// State of one bank. `sent`, `popped`, `scheduled` and `granted` count the commands that have
/// passed that event, which is also the number, from 0, of the first command that has not.
#[derive(Debug, Clone, Default)]
pub(super) struct Bank {
    sent: u64,
    popped: u64,
    /// Commands whose `done` is known.
    scheduled: u64,
    granted: u64,
    /// First cycle in which preparation can take another command; [`NEVER`] while unknown.
    prep_free: u64,
    /// Pop cycle of the command that was popped last.
    pop: u64,
    /// Take cycle of command `scheduled`, valid if `take_known`.
    take: u64,
    take_known: bool,
    /// Cycle in which the last conversion of command `scheduled - 1` ends.
    pub done: u64,
    /// Fire cycle of the last command for which it is known.
    fire: u64,
    /// Cycles in which a conversion was due and waited until an earlier result was merged.
    pub merge_stall: u64,
    /// Cycles between the sending and the take of commands in which sensing was idle.
    pub fill_cycles: u64,
    /// Cycle up to which the bank's idle cycles have been attributed.
    pub accounted_until: u64,
}

/// Inputs of a bank's update in one cycle.
pub(super) struct BankContext<'a> {
    /// By number of rows of a command.
    pub work: &'a [Sensing],
    pub wheel: &'a mut Wheel,
    /// The bank inside its lane.
    pub bank: u32,
    /// The current cycle.
    pub now: u64,
}

impl Bank {
    /// Commands sent and not yet merged.
    #[inline(always)]
    pub fn load(&self) -> u64 {
        self.sent - self.granted
    }

    /// First cycle from `now` on in which the queue of `depth` commands has room; [`NEVER`] while
    /// that depends on a later grant.
    #[inline(always)]
    pub fn room(&self, ring: &[Entry], depth: u64, now: u64) -> u64 {
        // Fewer than `depth` commands are unfinished, so the queue cannot be full.
        if self.load() < depth {
            return now;
        }
        let first = self.sent - depth;
        if first >= self.popped {
            return NEVER;
        }
        // The queue entry of a popped command is free one cycle later.
        now.max(ring[first as usize & (ring.len() - 1)].time + 1)
    }

    /// Records that a command of `rows` rows is sent to the bank now.
    #[inline(always)]
    pub fn send(
        &mut self,
        ring: &mut [Entry],
        place: u16,
        rows: u16,
        context: &mut BankContext<'_>,
    ) {
        let at = self.sent as usize & (ring.len() - 1);
        ring[at] = Entry {
            time: context.now + 1,
            place,
            rows,
        };
        self.sent += 1;
        self.advance(ring, context);
    }

    /// Records that the merge takes the bank's result now. Returns the place of its bag.
    #[inline(always)]
    pub fn grant(&mut self, ring: &mut [Entry], context: &mut BankContext<'_>) -> u16 {
        let place = ring[self.granted as usize & (ring.len() - 1)].place;
        self.granted += 1;
        if self.scheduled > self.granted {
            self.fire = (context.now + 1).max(self.done + 1);
            context.wheel.set(context.bank, self.fire + 1, context.now);
        }
        self.advance(ring, context);
        place
    }

    /// Computes every event of the bank that the known grants determine.
    #[inline(always)]
    fn advance(&mut self, ring: &mut [Entry], context: &mut BankContext<'_>) {
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
            let work = &context.work[rows as usize];
            if !self.take_known {
                self.take = self.done.max(self.pop + 1);
                self.take_known = true;
                // Sensing was idle since the last conversion, or since the sending if the bank was
                // idle.
                self.fill_cycles += self
                    .take
                    .saturating_sub(self.done.max(self.accounted_until));
                if work.single {
                    self.prep_free = self.take;
                    continue;
                }
            }
            // The fire of command `scheduled - 1` depends on the grant of `scheduled - 2`.
            if self.granted + 1 < self.scheduled {
                return;
            }
            let stall = self.fire.saturating_sub(self.take + work.first_start);
            self.merge_stall += stall;
            self.done = self.take + work.cycles + stall;
            if !work.single {
                self.prep_free = self.done - work.last;
            }
            self.scheduled += 1;
            self.take_known = false;
            if self.granted + 1 == self.scheduled {
                self.fire = self.done + 1;
                context.wheel.set(context.bank, self.fire + 1, context.now);
            }
        }
    }
}
