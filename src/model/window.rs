//! The window of bags in flight: headers in, retirement in order, the adder tree, results out.

use super::pause::Pauses;
use crate::config::Resolved;
use crate::counters::EngineCounters;
use crate::rtl::Params;

/// A bag in the window, or the last one that was at its place.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    /// Its number, from 0.
    pub bag: u64,
    /// Lanes with a part in it.
    pub lanes: u64,
    /// First cycle in which its header was on offer.
    pub offered: u64,
    /// Cycle in which its header was taken.
    pub opened: u64,
    /// From when on the bag whose place it took was ready to retire.
    pub blocker_done: u64,
    /// From when on this bag was the oldest and finished, once it has retired.
    ready: u64,
    /// From when on there is room for the next bag at this place.
    free: u64,
}

/// Every 2^s-th bit, for stage s of the adder tree.
const VECTORS: [u64; 7] = [
    u64::MAX,
    0x5555_5555_5555_5555,
    0x1111_1111_1111_1111,
    0x0101_0101_0101_0101,
    0x0001_0001_0001_0001,
    0x0000_0001_0000_0001,
    1,
];

/// `recross_retire`, and the two streams at its ends.
#[derive(Debug, Clone)]
pub(super) struct Window {
    pub places: Vec<Place>,
    headers: Pauses,
    results: Pauses,
    /// Number of the oldest bag in flight, and of the next to open.
    pub head: u64,
    pub tail: u64,
    /// First cycle in which the next header can be on offer.
    next_offer: u64,
    /// First cycle in which the oldest bag can retire, as far as the one before is concerned.
    next_retire: u64,
    levels: u32,
    /// Stages of the adder tree that hold a bag, stage `levels` the result.
    tree: u32,
    /// Next cycle of the adder tree.
    clock: u64,
    /// Results given.
    given: u64,
    window_full: u64,
    result_stall: u64,
    tree_words: u64,
    tree_adds: u64,
}

impl Window {
    pub fn new(resolved: &Resolved) -> Self {
        let simulation = &resolved.config.simulation;
        Window {
            places: vec![Place::default(); resolved.config.engine.window as usize],
            headers: Pauses::new(simulation, 0),
            results: Pauses::new(simulation, 1),
            head: 0,
            tail: 0,
            next_offer: 0,
            next_retire: 0,
            levels: Params::new(resolved).levels,
            tree: 0,
            clock: 0,
            given: 0,
            window_full: 0,
            result_stall: 0,
            tree_words: 0,
            tree_adds: 0,
        }
    }

    /// Whether another bag fits in.
    pub fn has_room(&self) -> bool {
        self.tail - self.head < self.places.len() as u64
    }

    /// Place of bag `bag`.
    pub fn place_of(&self, bag: u64) -> usize {
        bag as usize & (self.places.len() - 1)
    }

    /// Takes the next bag's header; there is room. Tells the bag's place.
    pub fn open(&mut self, lanes: u64) -> usize {
        let offered = self.headers.next_move(self.next_offer);
        let at = self.place_of(self.tail);
        let before = self.places[at];
        let opened = offered.max(before.free);
        self.window_full += opened - offered;
        self.next_offer = opened + 1;
        self.places[at] = Place {
            bag: self.tail,
            lanes,
            offered,
            opened,
            blocker_done: before.ready,
            ..Place::default()
        };
        self.tail += 1;
        self.count_tree(lanes);
        at
    }

    /// Vectors and additions of a bag in the adder tree.
    fn count_tree(&mut self, lanes: u64) {
        self.tree_adds += u64::from(lanes.count_ones().saturating_sub(1));
        // Bit 2^s * v says whether a lane below vector v of stage s has a part.
        let mut parts = lanes;
        for (stage, vectors) in (0..=self.levels).zip(VECTORS) {
            if stage > 0 {
                parts = (parts | parts >> (1 << (stage - 1))) & vectors;
            }
            self.tree_words += u64::from(parts.count_ones());
        }
    }

    /// Retires the oldest bag, whose lanes were done in (that is, told so from) cycle `done` on.
    pub fn retire(&mut self, done: u64, retired: &mut dyn FnMut(u64, u64)) -> u64 {
        let at = self.place_of(self.head);
        let ready = done.max(self.places[at].opened + 1).max(self.next_retire);
        if self.tree == 0 {
            // An empty tree moves on by itself.
            self.clock = self.clock.max(ready);
        }
        loop {
            let now = self.clock;
            if self.step(now >= ready, retired) && now >= ready {
                self.next_retire = now + 1;
                self.head += 1;
                let place = &mut self.places[at];
                place.ready = ready;
                place.free = now + 1;
                return now;
            }
            if self.tree == 0 {
                self.clock = self.clock.max(ready);
            }
        }
    }

    /// One cycle of the adder tree; `enter`: a bag is ready to go in. Whether the tree moved.
    fn step(&mut self, enter: bool, retired: &mut dyn FnMut(u64, u64)) -> bool {
        let now = self.clock;
        self.clock += 1;
        let result = 1 << self.levels;
        if self.tree & result != 0 {
            if !self.results.may_move(now) {
                self.result_stall += 1;
                return false;
            }
            self.tree &= !result;
            retired(self.given, now);
            self.given += 1;
        }
        self.tree = self.tree << 1 | u32::from(enter);
        true
    }

    /// Lets the last results out and tells the run's cycles: up to and with the last result.
    pub fn finish(&mut self, retired: &mut dyn FnMut(u64, u64)) -> u64 {
        while self.tree != 0 {
            self.step(false, retired);
        }
        self.clock
    }

    pub fn counters(&self, cycles: u64) -> EngineCounters {
        EngineCounters {
            cycles,
            retired: self.given,
            window_full: self.window_full,
            result_stall: self.result_stall,
            tree_words: self.tree_words,
            tree_adds: self.tree_adds,
        }
    }
}
