//! One lane: dispatcher, banks, merge and bag accumulators, from event to event.

use super::Watch;
use super::attribution::{Log, Parts, Passage};
use super::bank::{Bank, Context, Entry};
use super::pause::{Pauses, Stream};
use super::wheel::{NEVER, Wheel};
use super::window::Place;
use super::work::WorkTable;
use crate::config::{Dispatch, Resolved};
use crate::hardware::Sensing;
use crate::hardware::{BankCounters, LaneCounters};
use crate::mapping::LaneLayout;
use std::collections::VecDeque;

/// The banks of each group's replicas, in the order of the replica table.
#[derive(Debug, Clone)]
pub(super) struct Table {
    offsets: Vec<u32>,
    banks: Vec<u8>,
}

impl Table {
    pub fn new(layout: &LaneLayout) -> Self {
        let mut table = Table {
            offsets: vec![0],
            banks: Vec::new(),
        };
        for group in 0..layout.groups().len() as u32 {
            let banks = layout.replicas(group).iter().map(|r| r.bank as u8);
            table.banks.extend(banks);
            table.offsets.push(table.banks.len() as u32);
        }
        table
    }

    #[inline(always)]
    fn replicas(&self, group: u32) -> &[u8] {
        let at = group as usize;
        &self.banks[self.offsets[at] as usize..self.offsets[at + 1] as usize]
    }
}

/// A command of an open bag, as far as time depends on it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Command {
    pub group: u32,
    pub place: u16,
    pub rows: u16,
    pub last: bool,
}

/// A bag's progress in this lane.
#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    /// Commands sent and not yet merged.
    pending: u32,
    /// Whether the last command was sent.
    last: bool,
    /// Whether a result was merged: later ones are added to it.
    started: bool,
    /// From when on the lane tells that the bag is done here; 0: it is not.
    done: u64,
}

/// A lane's state.
#[derive(Debug, Clone)]
pub(super) struct Lane<'a> {
    number: u32,
    table: &'a Table,
    work: &'a WorkTable,
    depth: u64,
    ring: usize,
    banks: Vec<Bank>,
    entries: Vec<Entry>,
    wheel: Wheel,
    /// Commands of open bags that the dispatcher has not looked at.
    queue: VecDeque<Command>,
    pauses: Pauses,
    /// First cycle in which the next command can be on offer.
    next_offer: u64,
    holds: bool,
    held: Command,
    passage: Passage,
    /// When the held command is next tried.
    try_at: u64,
    /// Banks whose next grant may let a blocked command go.
    blocked_on: u64,
    /// Replica whose turn it is, by group; empty where the least occupied bank is taken.
    turns: Vec<u32>,
    /// Next cycle with something to do.
    clock: u64,
    /// Banks whose result the merge sees.
    visible: u64,
    /// Where the merge's search starts.
    from: u64,
    /// Banks with exactly one unfinished command.
    alone: u64,
    progress: Vec<Progress>,
    counters: LaneCounters,
    /// Commands by bank and number of rows.
    done_rows: Vec<u64>,
    log: Log,
}

/// What a lane did in a run.
#[derive(Debug, Clone)]
pub(super) struct Finished {
    pub counters: LaneCounters,
    pub banks: Vec<BankCounters>,
    pub parts: Parts,
    pub bank_parts: Vec<Parts>,
}

impl<'a> Lane<'a> {
    pub fn new(number: u32, resolved: &Resolved, table: &'a Table, work: &'a WorkTable) -> Self {
        let engine = &resolved.config.engine;
        let banks = engine.banks_per_lane as usize;
        // Commands in the queue, and one each in preparation, sensing, conversion and result.
        let ring = (engine.queue_depth as usize + 4).next_power_of_two();
        let groups = table.offsets.len() - 1;
        let turns = match engine.dispatch {
            Dispatch::LeastOccupied => 0,
            Dispatch::RoundRobin => groups,
        };
        Lane {
            number,
            table,
            work,
            depth: u64::from(engine.queue_depth),
            ring,
            banks: vec![Bank::default(); banks],
            entries: vec![Entry::default(); banks * ring],
            wheel: Wheel::new(2 * work.longest),
            queue: VecDeque::new(),
            pauses: Pauses::new(&resolved.config.simulation, Stream::Commands(number)),
            next_offer: 0,
            holds: false,
            held: Command::default(),
            passage: Passage::default(),
            try_at: NEVER,
            blocked_on: 0,
            turns: vec![0; turns],
            clock: NEVER,
            visible: 0,
            from: !0,
            alone: 0,
            progress: vec![Progress::default(); engine.window as usize],
            counters: LaneCounters::default(),
            done_rows: vec![0; banks * work.sensing.len()],
            log: Log::new(banks),
        }
    }

    /// Commands of a bag that is opened; call [`Self::fed`] behind the last.
    #[inline(always)]
    pub fn feed(&mut self, command: Command) {
        self.queue.push_back(command);
    }

    /// Looks at the commands that were fed.
    pub fn fed(&mut self, places: &[Place]) {
        if !self.holds {
            self.hold_next(places);
            self.clock = self.clock.min(self.try_at);
        }
    }

    /// Goes on until the bag at `place` is done, and until all commands that were fed are sent: later
    /// ones cannot change what happens until then. `None` if the bag never gets done.
    #[inline(always)]
    pub fn run_until_done(
        &mut self,
        place: usize,
        places: &[Place],
        watch: &mut impl Watch,
    ) -> Option<u64> {
        while self.holds || self.progress[place].done == 0 {
            if self.clock == NEVER {
                return None;
            }
            self.cycle(places, watch);
        }
        Some(std::mem::take(&mut self.progress[place].done))
    }

    /// One cycle in which something happens. Each step sees the registers as they were before it: the
    /// dispatcher comes before the merge because a grant counts from the next cycle on.
    #[inline(always)]
    fn cycle(&mut self, places: &[Place], watch: &mut impl Watch) {
        let now = self.clock;
        let arrived = self.wheel.take(now);
        self.visible |= arrived;
        let mut emptied = arrived & self.alone;
        while emptied != 0 {
            let bank = emptied.trailing_zeros();
            emptied &= emptied - 1;
            self.log.emptied(bank, self.banks[bank as usize].done, now);
        }
        if self.try_at == now {
            self.dispatch(now, places, watch);
        }
        if self.visible != 0 {
            self.merge(now, places, watch);
        }
        self.clock = if self.visible != 0 || self.try_at == now + 1 {
            now + 1
        } else {
            self.try_at.min(self.wheel.next_after(now))
        };
    }

    /// Takes the next command into the dispatcher as soon as it is offered, its bag is open, and the
    /// command before is sent, which it is by now.
    #[inline(always)]
    fn hold_next(&mut self, places: &[Place]) {
        let Some(command) = self.queue.pop_front() else {
            self.try_at = NEVER;
            self.holds = false;
            return;
        };
        let opened = places[command.place as usize].opened;
        let offered = self.pauses.next_move(self.next_offer);
        let admitted = offered.max(opened + 1);
        self.counters.wait_window += admitted - offered;
        // The look-up register is free in the cycle in which the command before is sent.
        let taken = admitted.max(self.passage.sent);
        self.next_offer = taken + 1;
        self.passage.offered = offered;
        self.passage.taken = taken;
        self.held = command;
        self.holds = true;
        self.try_at = taken + 1;
    }

    /// The bank that the held command would go to now.
    #[inline(always)]
    fn choose(&self) -> usize {
        let replicas = self.table.replicas(self.held.group);
        if !self.turns.is_empty() {
            return replicas[self.turns[self.held.group as usize] as usize] as usize;
        }
        let mut best = replicas[0] as usize;
        if replicas.len() > 1 {
            let mut least = self.banks[best].load();
            for &bank in &replicas[1..] {
                let load = self.banks[bank as usize].load();
                if load < least {
                    least = load;
                    best = bank as usize;
                }
            }
        }
        best
    }

    #[inline(always)]
    fn dispatch(&mut self, now: u64, places: &[Place], watch: &mut impl Watch) {
        let bank = self.choose();
        let ring = bank * self.ring..(bank + 1) * self.ring;
        let room = self.banks[bank].room(&self.entries[ring.clone()], self.depth, now);
        if room > now {
            self.try_at = room;
            self.blocked_on = self.candidates(room);
            return;
        }
        self.blocked_on = 0;
        let Command {
            group,
            place,
            rows,
            last,
        } = self.held;
        self.counters.commands += 1;
        self.counters.wait_queue += now - (self.passage.taken + 1);
        self.counters.starved += self.passage.offered.saturating_sub(self.log.next());
        self.passage.sent = now;
        let was_idle = self
            .log
            .sent(bank as u32, self.passage, &places[place as usize]);
        if let Some(turn) = self.turns.get_mut(group as usize) {
            *turn = match *turn + 1 {
                wraps if wraps as usize >= self.table.replicas(group).len() => 0,
                next => next,
            };
        }
        let progress = &mut self.progress[place as usize];
        progress.pending += 1;
        progress.last |= last;
        self.done_rows[bank * self.work.sensing.len() + rows as usize] += 1;
        let b = &mut self.banks[bank];
        if was_idle {
            b.covered = now;
        }
        let mut context = Context {
            work: &self.work.sensing,
            wheel: &mut self.wheel,
            bank: bank as u32,
            now,
        };
        b.send(&mut self.entries[ring], place, rows, &mut context);
        let bit = 1 << bank;
        if b.load() == 1 {
            self.alone |= bit;
        } else {
            self.alone &= !bit;
        }
        watch.sent(self.number, bank as u32, places[place as usize].bag, now);
        self.hold_next(places);
    }

    /// Banks whose grants change what a blocked command can do; there is room from `room` on.
    fn candidates(&self, room: u64) -> u64 {
        let replicas = self.table.replicas(self.held.group);
        if room != NEVER && (replicas.len() == 1 || !self.turns.is_empty()) {
            return 0;
        }
        replicas.iter().fold(0, |mask, &bank| mask | 1 << bank)
    }

    #[inline(always)]
    fn merge(&mut self, now: u64, places: &[Place], watch: &mut impl Watch) {
        let behind = self.visible & self.from;
        let bank = match behind {
            0 => self.visible,
            some => some,
        }
        .trailing_zeros();
        let bit = 1u64 << bank;
        self.visible &= !bit;
        self.counters.merge_conflicts += u64::from(self.visible != 0);
        self.from = !(bit | (bit - 1));
        let at = bank as usize;
        let ring = at * self.ring..(at + 1) * self.ring;
        let mut context = Context {
            work: &self.work.sensing,
            wheel: &mut self.wheel,
            bank,
            now,
        };
        let b = &mut self.banks[at];
        let (place, again) = b.grant(&mut self.entries[ring], &mut context);
        let alone = b.load() == 1;
        let done = b.done;
        if alone {
            self.alone |= bit;
        } else {
            self.alone &= !bit;
        }
        if again {
            self.visible |= bit;
            if alone {
                self.log.emptied(bank, done, now + 1);
            }
        }
        if self.blocked_on & bit != 0 {
            self.try_at = self.try_at.min(now + 1);
        }
        let bag = places[place as usize].bag;
        watch.merged(self.number, bank, bag, now);
        // The sum is added one cycle after the grant and told done another one later.
        let progress = &mut self.progress[place as usize];
        progress.pending -= 1;
        self.counters.adds += u64::from(progress.started);
        progress.started = true;
        if progress.last && progress.pending == 0 {
            progress.last = false;
            progress.started = false;
            progress.done = now + 2;
            watch.added(self.number, bank, bag, now + 1);
        }
    }

    /// What the lane did in a run of `cycles` cycles.
    pub fn finish(mut self, cycles: u64) -> Finished {
        self.counters.starved += cycles.saturating_sub(self.log.next());
        let stride = self.work.sensing.len();
        let banks: Vec<BankCounters> = self
            .banks
            .iter()
            .zip(self.done_rows.chunks(stride))
            .map(|(bank, rows)| {
                let mut counters = self.work.counters(rows);
                counters.merge_stall = bank.merge_stall;
                counters.busy += bank.merge_stall;
                counters
            })
            .collect();
        let worked = |b: usize| {
            let counters: &BankCounters = &banks[b];
            (counters.busy, counters.merge_stall, self.banks[b].fill)
        };
        let (parts, bank_parts) = self.log.finish(cycles, self.counters.commands, worked);
        Finished {
            counters: self.counters,
            banks,
            parts,
            bank_parts,
        }
    }
}

// The table of work is read for each command: keep an entry within half a cache line.
const _: () = assert!(size_of::<Sensing>() <= 32);
