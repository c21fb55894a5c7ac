//! One port: intake, chain, window, adder tree and results (`rtl/recross_port.v`).

use super::attribution::Cause;
use super::beat::{Beat, bits};
use super::pause::{Pauses, Stream};
use crate::config::Resolved;
use crate::hardware::Params;

/// Bags that a port has in flight, and the beats of those in its intake and chain.
#[derive(Debug, Clone)]
pub(super) struct Port {
    ids: Pauses,
    vectors: Pauses,
    /// Beats in intake and chain, by their number modulo the length.
    ring: Vec<Beat>,
    /// Beats that have left each stage: `gone[0]` the stream, `gone[1]` the intake, `gone[h + 2]` hop
    /// `h`. Stage `s` holds beats `gone[s + 1]` to `gone[s]`.
    gone: Vec<u64>,
    /// Beats that a hop holds.
    hop_depth: u64,
    /// By hop: ids of the front beat that its lanes have not taken, as a mask.
    pub left: Vec<u8>,
    /// Whether a beat is on offer to the intake.
    offered: bool,
    /// Whether the bag at the intake has begun.
    open: bool,
    pub head: u64,
    pub closed: u64,
    pub tail: u64,
    window: u64,
    /// By place: lanes that the bag waits for, and lanes whose vector is in its register, as masks.
    pub waits: Vec<u64>,
    pub parts: Vec<u64>,
    /// By place: the bag's number in the trace.
    bags: Vec<u32>,
    levels: u32,
    fan_in: u32,
    lanes: u32,
    /// Occupied stages of the adder tree, as a mask; bit 0 is the first stage.
    tree: u32,
    /// Vectors in the result buffer, and beats left of the first one.
    results: u32,
    beats_left: u32,
    beats: u32,
    /// Bags whose vector has been given.
    given: u64,
    /// The bags in the tree and the result buffer, by their number in the port modulo the length.
    leaving: Vec<u32>,
    pub ids_wait: u64,
    pub results_wait: u64,
    pub retired: u64,
    pub tree_words: u64,
    pub tree_adds: u64,
}

/// What a port does in a cycle, decided from the state at the cycle's start.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Plan {
    /// The place of the bag that retires.
    pub retires: Option<usize>,
    /// The bag whose vector is given to its end.
    pub given: Option<u32>,
    /// A beat leaves the intake.
    enters: bool,
    /// The intake takes the beat on offer.
    takes: bool,
}

/// What happens to a port's beats at the end of a cycle.
#[derive(Debug, Clone, Copy)]
pub(super) enum Event {
    /// A bag's last beat leaves a hop.
    Closed(usize),
    /// A lane sees an id from the next cycle on: the lane, and the id's number in the beat.
    Offered(u8, usize),
}

impl Plan {
    /// Whether ids come in, or a vector is given to its end.
    pub fn moves(&self) -> bool {
        self.takes || self.enters || self.given.is_some()
    }
}

impl Port {
    pub fn new(number: u32, resolved: &Resolved) -> Self {
        let simulation = &resolved.config.simulation;
        let window = resolved.config.frontend.window;
        let levels = Params::new(resolved).levels;
        let hops = resolved.hops as usize;
        Port {
            ids: Pauses::new(simulation, Stream::Ids(number)),
            vectors: Pauses::new(simulation, Stream::Vectors(number)),
            ring: vec![
                Beat::default();
                (2 + resolved.hop_depth as usize * hops).next_power_of_two()
            ],
            gone: vec![0; hops + 2],
            hop_depth: resolved.hop_depth.into(),
            left: vec![0; hops],
            offered: false,
            open: false,
            head: 0,
            closed: 0,
            tail: 0,
            window: u64::from(window),
            waits: vec![0; window as usize],
            parts: vec![0; window as usize],
            bags: vec![0; window as usize],
            levels,
            fan_in: resolved.config.engine.tree_fan_in,
            lanes: resolved.config.engine.lanes,
            tree: 0,
            results: 0,
            beats_left: 0,
            beats: resolved.result_beats,
            given: 0,
            leaving: vec![0; (levels as usize + 3).next_power_of_two()],
            ids_wait: 0,
            results_wait: 0,
            retired: 0,
            tree_words: 0,
            tree_adds: 0,
        }
    }

    /// The front beat of a hop, which must have one.
    #[inline(always)]
    pub fn front(&self, hop: usize) -> &Beat {
        &self.ring[self.gone[hop + 2] as usize & (self.ring.len() - 1)]
    }

    #[inline(always)]
    fn held(&self, stage: usize) -> u64 {
        self.gone[stage] - self.gone[stage + 1]
    }

    #[inline(always)]
    fn place(&self, number: u64) -> usize {
        (number & (self.window - 1)) as usize
    }

    /// The lanes that the oldest bag waits for, as a mask.
    pub fn head_waits(&self) -> u64 {
        self.waits[self.place(self.head)]
    }

    /// Whether nothing is in flight.
    pub fn is_idle(&self) -> bool {
        self.gone[0] == self.gone[1] && self.given == self.tail && !self.open
    }

    /// Decides what happens in this cycle. `more` tells whether beats are left that have not been
    /// offered.
    #[inline(always)]
    pub fn plan(&mut self, more: bool) -> Plan {
        let may_offer = self.ids.next_cycle();
        let may_give = self.vectors.next_cycle();
        let mut plan = Plan::default();
        self.offered |= more && may_offer;
        if self.offered {
            plan.takes = self.held(0) < 2;
            self.ids_wait += u64::from(!plan.takes);
        }
        if self.held(0) > 0 && self.held(1) < self.hop_depth {
            plan.enters = self.open || self.tail - self.head != self.window;
        }
        self.give(may_give, &mut plan);
        plan
    }

    /// Retirement, adder tree and results.
    #[inline(always)]
    fn give(&mut self, may_give: bool, plan: &mut Plan) {
        let top = 1 << (self.levels - 1);
        let buffered = self.results;
        if buffered > 0 {
            if may_give {
                self.beats_left -= 1;
                if self.beats_left == 0 {
                    let at = self.given as usize & (self.leaving.len() - 1);
                    plan.given = Some(self.leaving[at]);
                    self.given += 1;
                    self.results -= 1;
                    self.beats_left = self.beats;
                }
            } else {
                self.results_wait += 1;
            }
        }
        if self.tree & top != 0 && buffered == 2 {
            return;
        }
        let at = self.place(self.head);
        let retires = self.head != self.closed && self.waits[at] == 0;
        if self.tree & top != 0 {
            if self.results == 0 {
                self.beats_left = self.beats;
            }
            self.results += 1;
        }
        self.tree = (self.tree & !top) << 1 | u32::from(retires);
        if retires {
            plan.retires = Some(at);
            let slot = self.head as usize & (self.leaving.len() - 1);
            self.leaving[slot] = self.bags[at];
            self.retired += 1;
            self.count_tree(self.parts[at]);
        }
    }

    /// Counts the vectors and additions of a bag's way through the tree.
    fn count_tree(&mut self, parts: u64) {
        let mut below = parts;
        let mut number = u64::from(parts.count_ones());
        self.tree_words += number;
        let mut width = self.lanes;
        for _ in 0..self.levels {
            width = width.div_ceil(self.fan_in);
            let (each, mut sums) = ((1u64 << self.fan_in) - 1, 0);
            for sum in 0..width {
                let shifted = below.checked_shr(sum * self.fan_in).unwrap_or(0);
                sums |= u64::from(shifted & each != 0) << sum;
            }
            let here = u64::from(sums.count_ones());
            self.tree_words += here;
            self.tree_adds += number - here;
            (below, number) = (sums, here);
        }
    }

    /// What lanes without ids wait for, as far as this port is concerned; `None` if it has given all its
    /// ids.
    pub fn cause(&self, plan: &Plan, more: bool) -> Option<Cause> {
        if !more && self.held(0) == 0 {
            return None;
        }
        if plan.enters || self.held(0) == 0 {
            return Some(Cause::Ids);
        }
        if self.held(1) == self.hop_depth {
            return Some(Cause::Chain);
        }
        Some(match self.results {
            2 => Cause::Results,
            _ => Cause::Window,
        })
    }

    /// Moves beats at the cycle's end. `next` makes the beat that the intake takes.
    #[inline(always)]
    pub fn advance(
        &mut self,
        plan: &Plan,
        next: impl FnOnce() -> Beat,
        mut event: impl FnMut(Event),
    ) {
        let hops = self.left.len();
        let mask = self.ring.len() - 1;
        // Hops whose second beat comes to the front, hops that a beat comes to, and hops where it is then
        // at the front.
        let (mut fresh, mut came, mut empty) = (0u64, 0u64, 0u64);
        let mut next_full = false;
        for hop in (0..hops).rev() {
            let held = self.held(hop + 1);
            let leaves = held > 0 && self.left[hop] == 0 && !next_full;
            next_full = held == self.hop_depth;
            if leaves {
                let last = self.ring[self.gone[hop + 2] as usize & mask].last;
                self.gone[hop + 2] += 1;
                fresh |= u64::from(held >= 2) << hop;
                if last {
                    event(Event::Closed(hop));
                }
                if hop + 1 == hops {
                    self.closed += u64::from(last);
                } else {
                    came |= 2 << hop;
                }
            }
            empty |= u64::from(held == u64::from(leaves)) << hop;
        }
        if plan.enters {
            let at = self.gone[1] as usize & mask;
            self.gone[1] += 1;
            came |= 1;
            if !self.open {
                let place = self.place(self.tail);
                self.bags[place] = self.ring[at].bag;
                self.parts[place] = 0;
                self.tail += 1;
            }
            let place = self.place(self.tail - 1) as u16;
            self.ring[at].place = place;
            self.open = !self.ring[at].last;
        }
        if plan.takes {
            self.offered = false;
            self.ring[self.gone[0] as usize & mask] = next();
            self.gone[0] += 1;
        }
        if plan.retires.is_some() {
            self.head += 1;
        }
        for hop in bits(fresh | (came & empty)) {
            let beat = &self.ring[self.gone[hop + 2] as usize & mask];
            let mut left = 0;
            for k in bits(beat.enabled.into()) {
                if beat.bodies[k].hop as usize == hop {
                    left |= 1 << k;
                    event(Event::Offered(beat.bodies[k].lane, k));
                }
            }
            self.left[hop] = left;
        }
    }

    /// The bag at a place of the window.
    pub fn bag(&self, place: usize) -> u32 {
        self.bags[place]
    }
}
