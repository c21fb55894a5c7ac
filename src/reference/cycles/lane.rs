//! One lane: ids to commands to sums to vectors (`rtl/recross_lane.v`).

use super::attribution::{Cause, Log, Parts, Tally};
use super::bank::{Bank, BankContext, Entry};
use super::beat::{above, bits, turn};
use super::gather::{Gather, Step};
use super::places::Places;
use super::port::Port;
use super::watch::Watch;
use super::wheel::Wheel;
use super::work::WorkTable;
use crate::config::{MAX_IDS_PER_BEAT, Resolved};
use crate::hardware::{BankCounters, LaneCounters, RowMask};
use crate::reference::Command;

/// What the status ports show of a lane in the cycle that was stepped last.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LaneStatus {
    pub wait_place: bool,
    pub wait_room: bool,
    pub queue: bool,
}

/// State of a lane. Ports are bits of masks.
#[derive(Debug, Clone)]
pub(super) struct Lane<'a> {
    number: u32,
    hop: usize,
    slot_bits: u32,
    work: &'a WorkTable,
    /// By port: ids of the front beat that this lane may take, as a mask.
    offers: [u8; 8],
    /// Ports with an offer.
    offering: u8,
    /// Ports from which the search for an id starts, and that for a vector.
    pick_from: u64,
    fetch_from: u64,
    /// What was picked in the cycle before.
    steps: [Step; 2],
    picked: usize,
    /// Ports whose bag left the hop in the cycle before.
    closing: u8,
    gather: Gather,
    places: Places,
    depth: u64,
    ring: usize,
    banks: Vec<Bank>,
    entries: Vec<Entry>,
    wheel: Wheel,
    /// Banks whose result is visible to the merge, as a mask.
    visible: u64,
    /// Banks that the merge considers first.
    merge_from: u64,
    /// Banks with exactly one unfinished command, as a mask.
    one_command: u64,
    /// The place whose result was granted in the cycle before.
    merged: Option<u8>,
    /// Ports whose output register has a vector, or gets one.
    full: u8,
    /// The port and place in the window whose vector was read in the cycle before.
    loading: Option<(u32, u16)>,
    /// Whether the lane has something to do in the next cycle; if not, `wake` is the next cycle.
    active: bool,
    wake: u64,
    counters: LaneCounters,
    /// Number of commands by bank and number of rows.
    commands_by_rows: Vec<u64>,
    pub status: LaneStatus,
    log: Log,
}

/// The places that ports may take in a cycle.
struct Openings {
    /// Ports that have a place for their bag, or may take one, as a mask.
    ports: u8,
    /// Ports that have no place at all.
    first: u8,
    /// Whether two ports that have places may take another one each.
    two_spare: bool,
    free: [u8; 2],
}

/// Counters and cycles of a lane and its banks in a run.
#[derive(Debug, Clone)]
pub(super) struct Finished {
    pub counters: LaneCounters,
    pub banks: Vec<BankCounters>,
    pub parts: Parts,
    pub bank_parts: Vec<Parts>,
}

/// What the lanes see of the rest of the engine in a cycle.
pub(super) struct Surroundings<'a> {
    pub now: u64,
    pub ports: &'a mut [Port],
    /// What the ports waited for up to this cycle, without it and with it, and in this cycle.
    pub before: &'a Tally,
    pub after: &'a Tally,
    pub cause: Cause,
}

impl<'a> Lane<'a> {
    pub fn new(number: u32, resolved: &Resolved, work: &'a WorkTable) -> Self {
        let engine = &resolved.config.engine;
        let banks = engine.banks_per_lane as usize;
        // The queue's commands, and one each in preparation, sensing, conversion and the result
        // register.
        let ring = (engine.queue_depth as usize + 4).next_power_of_two();
        Lane {
            number,
            hop: (number / resolved.hop_lanes) as usize,
            slot_bits: resolved.slot_bits,
            work,
            offers: [0; 8],
            offering: 0,
            pick_from: !0,
            fetch_from: !0,
            steps: [Step::default(); 2],
            picked: 0,
            closing: 0,
            gather: Gather::new(resolved.gather, resolved.config.crossbar.rows),
            places: Places::new(resolved.places, resolved.config.frontend.ports),
            depth: u64::from(engine.queue_depth),
            ring,
            banks: vec![Bank::default(); banks],
            entries: vec![Entry::default(); banks * ring],
            wheel: Wheel::new(2 * work.longest),
            visible: 0,
            merge_from: !0,
            one_command: 0,
            merged: None,
            full: 0,
            loading: None,
            active: false,
            wake: u64::MAX,
            counters: LaneCounters::default(),
            commands_by_rows: vec![0; banks * work.sensing.len()],
            status: LaneStatus::default(),
            log: Log::new(banks),
        }
    }

    /// Whether something happens in the lane in cycle `now`.
    #[inline(always)]
    pub fn has_work(&self, now: u64) -> bool {
        self.active || self.wake <= now
    }

    /// Offers id `k` of the front beat of a port.
    #[inline(always)]
    pub fn offer(&mut self, port: u32, k: usize) {
        self.offers[port as usize] |= 1 << k;
        self.offering |= 1 << port;
        self.active = true;
    }

    /// The last beat of a port's bag leaves the hop in this cycle.
    #[inline(always)]
    pub fn close(&mut self, port: u32) {
        if self.places.current >> port & 1 == 1 {
            self.places.current &= !(1 << port);
            self.closing |= 1 << port;
            self.active = true;
        }
    }

    /// The vector of a port's oldest bag leaves its register in this cycle.
    #[inline(always)]
    pub fn retire(&mut self, port: u32) {
        self.full &= !(1 << port);
        self.active = true;
    }

    /// Banks with unfinished commands, as a mask.
    pub fn busy(&self) -> u64 {
        let busy = self.banks.iter().zip(0..);
        busy.fold(0, |mask, (bank, at)| {
            mask | u64::from(bank.load() > 0) << at
        })
    }

    /// Runs one cycle.
    #[inline(always)]
    pub fn cycle(&mut self, around: &mut Surroundings<'_>, watch: &mut impl Watch) {
        let now = around.now;
        let gathering = !self.gather.is_empty();
        self.log.catch_up(now, gathering, around.before);
        let arrived = self.wheel.take(now);
        self.visible |= arrived;
        let emptied = arrived & self.one_command;
        for bank in bits(emptied) {
            self.log.bank_waited(bank, now - self.banks[bank].done);
        }
        self.status = LaneStatus::default();

        // What leaves, and what is granted and fetched, follows from the state at the cycle's start.
        self.gather.begin();
        let free = self.gather.free() - self.picked;
        let sent = self.send(now, emptied, watch);
        let added = self.merged.take();
        let reads = self.visible != 0 && self.grant(now, added, watch);
        let fetched = match reads {
            true => None,
            false => self.fetch(),
        };
        let openings = (self.offering != 0).then(|| Openings {
            ports: self.places.eligible(),
            first: !self.places.any,
            two_spare: self.places.two_spare(),
            free: self.places.lowest_free(),
        });

        if let Some(pool) = added {
            let place = &mut self.places.pool[pool as usize];
            place.pending -= 1;
            place.started = true;
        }
        // What was picked in the cycle before, then the ports whose bags ended with them.
        let places = self.gather.fresh();
        for (i, at) in (0..self.picked).zip(places) {
            let step = self.steps[i];
            let made = self.gather.put(step, at, self.slot_bits);
            self.places.pool[step.pool as usize].pending += u16::from(made);
        }
        let worked = self.picked > 0;
        if self.closing != 0 {
            self.gather.close(self.closing);
            self.closing = 0;
        }
        self.load(fetched, around.ports);
        self.picked = 0;
        if let Some(openings) = openings {
            self.pick(free, &openings, around.ports);
        }

        let cause = if sent.is_some() {
            Cause::Busy
        } else if self.status.queue {
            Cause::Conflicts
        } else if self.status.wait_place {
            Cause::Places
        } else if gathering || worked || self.picked > 0 || self.status.wait_room {
            Cause::Gather
        } else {
            around.cause
        };
        self.log.cycle(cause);
        bits(emptied).for_each(|bank| self.log.bank_emptied(bank));
        if let Some(bank) = sent {
            self.log.bank_sent(bank as usize);
        }
        self.sleep(now, around.after);
    }

    /// Finds out whether there is something to do in the next cycle.
    #[inline(always)]
    fn sleep(&mut self, now: u64, ports: &Tally) {
        self.active = self.offering != 0
            || self.picked != 0
            || self.visible != 0
            || self.merged.is_some()
            || self.loading.is_some()
            || self.gather.due()
            || self.places.finals(!self.full, 0) != 0;
        if !self.active {
            self.wake = self.wheel.next_after(now);
            self.log.rest(ports);
        }
    }

    /// Sends a command to its bank. Returns the bank.
    #[inline(always)]
    fn send(&mut self, now: u64, emptied: u64, watch: &mut impl Watch) -> Option<u32> {
        if !self.gather.due() {
            return None;
        }
        let (banks, entries, ring, depth) = (&self.banks, &self.entries, self.ring, self.depth);
        let ready = |bank: u8| {
            let of = bank as usize * ring..(bank as usize + 1) * ring;
            banks[bank as usize].room(&entries[of], depth, now) <= now
        };
        let Some(at) = self.gather.leaving(ready) else {
            self.status.queue = true;
            self.counters.wait_queue += 1;
            return None;
        };
        let command = self.gather.remove(at);
        let bank = command.bank as usize;
        let sent = Command {
            bag: self.places.pool[command.pool as usize].bag.into(),
            lane: self.number,
            bank: command.bank.into(),
            slot: command.slot,
            mask: RowMask(self.gather.mask(at)),
        };
        watch.command(now, &sent);
        self.counters.commands += 1;
        self.commands_by_rows[bank * self.work.sensing.len() + command.rows as usize] += 1;
        let b = &mut self.banks[bank];
        if self.log.is_idle(bank) || emptied >> bank & 1 == 1 {
            b.accounted_until = now;
        }
        let mut context = BankContext {
            work: &self.work.sensing,
            wheel: &mut self.wheel,
            bank: bank as u32,
            now,
        };
        let of = bank * ring..(bank + 1) * ring;
        b.send(
            &mut self.entries[of],
            command.pool.into(),
            command.rows,
            &mut context,
        );
        self.one_command &= !(1 << bank);
        self.one_command |= u64::from(b.load() == 1) << bank;
        Some(bank as u32)
    }

    /// Grants a result to the merge; `added` is the place of the one before. Returns whether the memory
    /// is read for it.
    #[inline(always)]
    fn grant(&mut self, now: u64, added: Option<u8>, watch: &mut impl Watch) -> bool {
        let bank = turn(self.visible, self.merge_from);
        let bit = 1u64 << bank;
        self.visible &= !bit;
        self.counters.merge_conflicts += u64::from(self.visible != 0);
        self.merge_from = above(bank);
        let at = bank as usize;
        let ring = at * self.ring..(at + 1) * self.ring;
        let mut context = BankContext {
            work: &self.work.sensing,
            wheel: &mut self.wheel,
            bank,
            now,
        };
        let b = &mut self.banks[at];
        let pool = b.grant(&mut self.entries[ring], &mut context) as u8;
        self.one_command &= !bit;
        self.one_command |= u64::from(b.load() == 1) << bank;
        let place = &self.places.pool[pool as usize];
        watch.merged(self.number, bank, place.bag, now);
        self.merged = Some(pool);
        // A sum that is written in this cycle is forwarded.
        let forwarded = added == Some(pool);
        self.counters.adds += u64::from(place.started || forwarded);
        place.started && !forwarded
    }

    /// The port whose oldest vector is read into its register.
    #[inline(always)]
    fn fetch(&mut self) -> Option<u32> {
        let asking = self.places.any & !self.full;
        if asking == 0 {
            return None;
        }
        let steps = self.steps[..self.picked].iter();
        let picked = steps.fold(0, |mask, step| mask | 1 << step.port);
        let finals = u64::from(self.places.finals(asking, picked));
        if finals == 0 {
            return None;
        }
        let port = turn(finals, self.fetch_from);
        self.fetch_from = above(port);
        Some(port)
    }

    /// Completes the reading of the cycle before, and starts another one.
    #[inline(always)]
    fn load(&mut self, fetched: Option<u32>, ports: &mut [Port]) {
        if let Some((port, window)) = self.loading.take() {
            let port = &mut ports[port as usize];
            port.waits[window as usize] &= !(1 << self.number);
            port.parts[window as usize] |= 1 << self.number;
        }
        if let Some(port) = fetched {
            self.full |= 1 << port;
            self.loading = Some((port, self.places.release(port)));
        }
    }

    /// Picks the ids of two crossbars at most, if the store has `free` entries.
    #[inline(always)]
    fn pick(&mut self, free: usize, openings: &Openings, ports: &mut [Port]) {
        let counts = u64::from(self.offering & openings.ports);
        self.status.wait_place = self.offering & !openings.ports != 0;
        self.counters.wait_place += u64::from(self.status.wait_place);
        if counts == 0 {
            return;
        }
        if free == 0 {
            self.status.wait_room = true;
            self.counters.wait_room += 1;
            return;
        }
        let current = self.places.current;
        let first = turn(counts, self.pick_from);
        self.pick_from = above(first);
        self.take(first, openings.free[0], ports);
        if free == 1 {
            return;
        }
        if self.offers[first as usize] != 0 {
            self.take(first, openings.free[0], ports);
            return;
        }
        let waiting = counts & !(1 << first);
        let mut others = waiting;
        let mut at = openings.free[0];
        if current >> first & 1 == 0 {
            at = openings.free[1];
            if openings.first >> first & 1 == 0 && !openings.two_spare {
                // The only spare place is taken.
                others &= u64::from(current | openings.first);
            }
        }
        if others != 0 {
            let second = turn(others, above(first));
            if others == waiting {
                self.pick_from = above(second);
            }
            self.take(second, at, ports);
        }
    }

    /// Takes the first id on offer from a port, and those joined to it.
    #[inline(always)]
    fn take(&mut self, port: u32, fresh: u8, ports: &mut [Port]) {
        let at = port as usize;
        let from = &mut ports[at];
        let beat = from.front(self.hop);
        let first = self.offers[at].trailing_zeros();
        let ids = 1 + (beat.joined >> (first + 1)).trailing_ones();
        let taken = ((1 << ids) - 1) << first;
        let of_unit = &beat.bodies[first as usize..(first + ids) as usize];
        let body = of_unit[0];
        let mut rows = [0; MAX_IDS_PER_BEAT];
        rows.iter_mut()
            .zip(of_unit)
            .for_each(|(row, body)| *row = body.row);
        let last = beat.last_of_crossbar & taken != 0;
        let (window, bag) = (beat.place, beat.bag);
        from.left[self.hop] &= !taken;
        self.offers[at] &= !taken;
        if self.offers[at] == 0 {
            self.offering &= !(1 << port);
        }
        if self.places.current >> port & 1 == 0 {
            self.places.take(fresh, port, window, bag);
            from.waits[window as usize] |= 1 << self.number;
        }
        self.steps[self.picked] = Step {
            slot: body.slot,
            rows,
            ids: ids as u8,
            last,
            port: port as u8,
            pool: self.places.youngest(port),
            bank: body.bank,
        };
        self.picked += 1;
    }

    /// Counters and cycles of the lane after a run of `cycles` cycles.
    pub fn finish(self, cycles: u64, ports: &Tally) -> Finished {
        let stride = self.work.sensing.len();
        let by_bank = self.banks.iter().zip(self.commands_by_rows.chunks(stride));
        let banks: Vec<BankCounters> = by_bank
            .map(|(bank, rows)| {
                let mut counters = self.work.counters(rows);
                counters.merge_stall = bank.merge_stall;
                counters.busy += bank.merge_stall;
                counters
            })
            .collect();
        let bank_cycles = |b: usize| {
            let counters: &BankCounters = &banks[b];
            let fill = self.banks[b].fill_cycles;
            (counters.busy, counters.merge_stall, fill)
        };
        let (parts, bank_parts) = self.log.finish(cycles, ports, bank_cycles);
        Finished {
            counters: self.counters,
            banks,
            parts,
            bank_parts,
        }
    }
}
