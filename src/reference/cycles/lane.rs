//! One lane: dispatcher, banks, merge and bag accumulators, stepped from event to event.

use super::attribution::{Log, Parts, Passage};
use super::bank::{Bank, BankContext, Entry};
use super::pause::{Pauses, Stream};
use super::wheel::{NEVER, Wheel};
use super::window::Place;
use super::work::WorkTable;
use super::{Taken, Watch};
use crate::config::Resolved;
use crate::hardware::Sensing;
use crate::hardware::{BankCounters, LaneCounters};
use crate::mapping::LaneLayout;
use std::collections::VecDeque;

/// The banks of each group's replicas, in the order of the replica table.
#[derive(Debug, Clone)]
pub(super) struct ReplicaTable {
    offsets: Vec<u32>,
    banks: Vec<u8>,
}

impl ReplicaTable {
    pub fn new(layout: &LaneLayout) -> Self {
        let mut table = ReplicaTable {
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

/// The fields of an open bag's command that determine its timing.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Command {
    /// Group inside the lane.
    pub group: u32,
    /// Place of the bag in the window.
    pub place: u16,
    /// Rows of the mask.
    pub rows: u16,
    /// Whether it is the bag's last command in this lane.
    pub last: bool,
}

/// What this lane has done for a bag.
#[derive(Debug, Clone, Copy, Default)]
struct BagState {
    /// Commands sent and not yet merged.
    pending: u32,
    /// Whether the last command was sent.
    last: bool,
    /// Whether a result was merged; later results are added to it.
    started: bool,
    /// First cycle in which the lane reports the bag as done; 0 while it is not done.
    done: u64,
}

/// State of a lane.
#[derive(Debug, Clone)]
pub(super) struct Lane<'a> {
    number: u32,
    table: &'a ReplicaTable,
    work: &'a WorkTable,
    depth: u64,
    ring: usize,
    banks: Vec<Bank>,
    entries: Vec<Entry>,
    wheel: Wheel,
    /// Commands of open bags that the dispatcher has not taken.
    queue: VecDeque<Command>,
    pauses: Pauses,
    /// First cycle in which the next command can be on offer.
    next_offer: u64,
    /// Whether the dispatcher holding a command; `held` and `passage` describe it.
    holding: bool,
    held: Command,
    passage: Passage,
    /// Next cycle in which the dispatcher tries to send the held command.
    try_at: u64,
    /// Banks whose next grant may make room for the held command, as a mask.
    blocked_on: u64,
    /// Index of each group's next replica, for round-robin dispatch; empty for `least_occupied`.
    next_replica: Vec<u32>,
    /// Next cycle with an event.
    clock: u64,
    /// Banks whose result is visible to the merge, as a mask.
    visible: u64,
    /// Banks that the merge considers first (round-robin priority), as a mask.
    search_from: u64,
    /// Banks with exactly one unfinished command, as a mask.
    one_command: u64,
    /// By place in the window.
    bag_states: Vec<BagState>,
    counters: LaneCounters,
    /// Number of commands by bank and number of rows.
    commands_by_rows: Vec<u64>,
    log: Log,
}

/// Counters and cycles of a lane and its banks in a run.
#[derive(Debug, Clone)]
pub(super) struct Finished {
    pub counters: LaneCounters,
    pub banks: Vec<BankCounters>,
    pub parts: Parts,
    pub bank_parts: Vec<Parts>,
}

impl<'a> Lane<'a> {
    pub fn new(
        number: u32,
        resolved: &Resolved,
        table: &'a ReplicaTable,
        work: &'a WorkTable,
    ) -> Self {
        let engine = &resolved.config.engine;
        let banks = engine.banks_per_lane as usize;
        // The queue's commands, and one each in preparation, sensing, conversion and the result
        // register.
        let ring = (engine.queue_depth as usize + 4).next_power_of_two();
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
            holding: false,
            held: Command::default(),
            passage: Passage::default(),
            try_at: NEVER,
            blocked_on: 0,
            next_replica: Vec::new(),
            clock: NEVER,
            visible: 0,
            search_from: !0,
            one_command: 0,
            bag_states: vec![BagState::default(); resolved.window_of_all() as usize],
            counters: LaneCounters::default(),
            commands_by_rows: vec![0; banks * work.sensing.len()],
            log: Log::new(banks),
        }
    }

    /// Adds a command of an open bag; call [`Self::commands_added`] after the bag's last one.
    #[inline(always)]
    pub fn add_command(&mut self, command: Command) {
        self.queue.push_back(command);
    }

    /// Lets the dispatcher take one of the added commands if it holding none.
    pub fn commands_added(&mut self, places: &[Place], watch: &mut impl Watch) {
        if !self.holding {
            self.hold_next(places, watch);
            self.clock = self.clock.min(self.try_at);
        }
    }

    /// Runs until the bag at `place` is done and all added commands are sent. Commands added later
    /// cannot change anything before that. Returns the bag's `done` cycle, or `None` if no event is
    /// left and the bag is not done.
    #[inline(always)]
    pub fn run_until_done(
        &mut self,
        place: usize,
        places: &[Place],
        watch: &mut impl Watch,
    ) -> Option<u64> {
        while self.holding || self.bag_states[place].done == 0 {
            if self.clock == NEVER {
                return None;
            }
            self.cycle(places, watch);
        }
        Some(std::mem::take(&mut self.bag_states[place].done))
    }

    /// Runs one cycle that has an event. Registers change at the end of the cycle: the dispatcher
    /// runs before the merge because a grant takes effect in the next cycle.
    #[inline(always)]
    fn cycle(&mut self, places: &[Place], watch: &mut impl Watch) {
        let now = self.clock;
        let arrived = self.wheel.take(now);
        self.visible |= arrived;
        let mut emptied = arrived & self.one_command;
        while emptied != 0 {
            let bank = emptied.trailing_zeros();
            emptied &= emptied - 1;
            self.log
                .bank_emptied(bank, self.banks[bank as usize].done, now);
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

    /// Moves the next command into the dispatcher in the first cycle in which it is offered, its
    /// bag is open, and the command before it has been sent (which is true when this is called).
    #[inline(always)]
    fn hold_next(&mut self, places: &[Place], watch: &mut impl Watch) {
        let Some(command) = self.queue.pop_front() else {
            self.try_at = NEVER;
            self.holding = false;
            return;
        };
        let Place { bag, opened, .. } = places[command.place as usize];
        let offered = self.pauses.next_move(self.next_offer);
        let admitted = offered.max(opened + 1);
        self.counters.wait_place += admitted - offered;
        // The look-up register becomes free in the cycle in which the command before is sent.
        let taken = admitted.max(self.passage.sent);
        self.next_offer = taken + 1;
        let last = command.last;
        let passage = Taken {
            bag,
            offered,
            opened,
            taken,
            last,
        };
        watch.taken(self.number, passage);
        self.passage.offered = offered;
        self.passage.taken = taken;
        self.held = command;
        self.holding = true;
        self.try_at = taken + 1;
    }

    /// The bank that the dispatcher would send the held command to now.
    #[inline(always)]
    fn choose(&self) -> usize {
        let replicas = self.table.replicas(self.held.group);
        if !self.next_replica.is_empty() {
            return replicas[self.next_replica[self.held.group as usize] as usize] as usize;
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
        self.counters.wait_room += self.passage.offered.saturating_sub(self.log.next());
        self.passage.sent = now;
        let was_idle = self
            .log
            .command_sent(bank as u32, self.passage, &places[place as usize]);
        if let Some(turn) = self.next_replica.get_mut(group as usize) {
            *turn = match *turn + 1 {
                wraps if wraps as usize >= self.table.replicas(group).len() => 0,
                next => next,
            };
        }
        let state = &mut self.bag_states[place as usize];
        state.pending += 1;
        state.last |= last;
        self.commands_by_rows[bank * self.work.sensing.len() + rows as usize] += 1;
        let b = &mut self.banks[bank];
        if was_idle {
            b.accounted_until = now;
        }
        let mut context = BankContext {
            work: &self.work.sensing,
            wheel: &mut self.wheel,
            bank: bank as u32,
            now,
        };
        b.send(&mut self.entries[ring], place, rows, &mut context);
        let bit = 1 << bank;
        if b.load() == 1 {
            self.one_command |= bit;
        } else {
            self.one_command &= !bit;
        }
        watch.sent(self.number, bank as u32, places[place as usize].bag, now);
        self.hold_next(places, watch);
    }

    /// Banks whose grants can let the blocked command be sent earlier than in cycle `room`, or to
    /// another bank, as a mask.
    fn candidates(&self, room: u64) -> u64 {
        let replicas = self.table.replicas(self.held.group);
        if room != NEVER && (replicas.len() == 1 || !self.next_replica.is_empty()) {
            return 0;
        }
        replicas.iter().fold(0, |mask, &bank| mask | 1 << bank)
    }

    #[inline(always)]
    fn merge(&mut self, now: u64, places: &[Place], watch: &mut impl Watch) {
        let behind = self.visible & self.search_from;
        let bank = match behind {
            0 => self.visible,
            some => some,
        }
        .trailing_zeros();
        let bit = 1u64 << bank;
        self.visible &= !bit;
        self.counters.merge_conflicts += u64::from(self.visible != 0);
        self.search_from = !(bit | (bit - 1));
        let at = bank as usize;
        let ring = at * self.ring..(at + 1) * self.ring;
        let mut context = BankContext {
            work: &self.work.sensing,
            wheel: &mut self.wheel,
            bank,
            now,
        };
        let b = &mut self.banks[at];
        let place = b.grant(&mut self.entries[ring], &mut context);
        if b.load() == 1 {
            self.one_command |= bit;
        } else {
            self.one_command &= !bit;
        }
        if self.blocked_on & bit != 0 {
            self.try_at = self.try_at.min(now + 1);
        }
        let bag = places[place as usize].bag;
        watch.merged(self.number, bank, bag, now);
        // The result is added one cycle after the grant; the bag is reported as done one cycle
        // later.
        let state = &mut self.bag_states[place as usize];
        state.pending -= 1;
        self.counters.adds += u64::from(state.started);
        state.started = true;
        if state.last && state.pending == 0 {
            state.last = false;
            state.started = false;
            state.done = now + 2;
            watch.added(self.number, bank, bag, now + 1);
        }
    }

    /// Counters and cycles of the lane after a run of `cycles` cycles.
    pub fn finish(mut self, cycles: u64) -> Finished {
        self.counters.wait_room += cycles.saturating_sub(self.log.next());
        let stride = self.work.sensing.len();
        let banks: Vec<BankCounters> = self
            .banks
            .iter()
            .zip(self.commands_by_rows.chunks(stride))
            .map(|(bank, rows)| {
                let mut counters = self.work.counters(rows);
                counters.merge_stall = bank.merge_stall;
                counters.busy += bank.merge_stall;
                counters
            })
            .collect();
        let bank_cycles = |b: usize| {
            let counters: &BankCounters = &banks[b];
            (
                counters.busy,
                counters.merge_stall,
                self.banks[b].fill_cycles,
            )
        };
        let (parts, bank_parts) = self.log.finish(cycles, self.counters.commands, bank_cycles);
        Finished {
            counters: self.counters,
            banks,
            parts,
            bank_parts,
        }
    }
}

// The work table is read for each command: an entry must fit in half a cache line.
const _: () = assert!(size_of::<Sensing>() <= 32);
