//! The window of bags in flight: headers in, retirement in order, the adder tree, results out.

use super::pause::{Pauses, Stream};
use crate::config::Resolved;
use crate::hardware::{EngineCounters, Params};

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

/// Every 2^s-th bit, for the s-th halving of the vectors in the adder tree.
const VECTORS: [u64; 7] = [
    u64::MAX,
    0x5555_5555_5555_5555,
    0x1111_1111_1111_1111,
    0x0101_0101_0101_0101,
    0x0001_0001_0001_0001,
    0x0000_0001_0000_0001,
    1,
];

/// `recross_retire`: one port's adder tree, and the streams at its ends.
#[derive(Debug, Clone)]
struct Port {
    headers: Pauses,
    results: Pauses,
    /// First cycle in which the next header can be on offer.
    next_offer: u64,
    /// First cycle in which the port's next bag can retire, as far as its bag before is concerned.
    next_retire: u64,
    levels: u32,
    /// Stages of the adder tree that hold a bag, stage `levels` the result.
    tree: u32,
    /// Next cycle of the adder tree.
    clock: u64,
    /// Number of the bag whose result comes next.
    next_result: u64,
    result_stall: u64,
}

/// The window with its ports, and the order of retirement over them (`recross_order`).
#[derive(Debug, Clone)]
pub(super) struct Window {
    pub places: Vec<Place>,
    ports: Vec<Port>,
    results: InOrder,
    /// Number of the oldest bag in flight, and of the next to open.
    pub head: u64,
    pub tail: u64,
    /// Cycle in which the last bag retired.
    last_retire: u64,
    window_full: u64,
    levels: u32,
    /// Halvings of the vectors in a stage of the adder tree.
    halvings: u32,
    tree_words: u64,
    tree_adds: u64,
}

/// Cycles of results by bag, told in bag order: a port's results may come, or only become known, after
/// those of later bags in other ports.
#[derive(Debug, Clone)]
struct InOrder {
    /// Cycle of each result that is known and not told; 0: not known. (No result comes in cycle 0.)
    at: Vec<u64>,
    /// Bags told.
    told: u64,
}

impl InOrder {
    fn new(ports: u32, levels: u32) -> Self {
        // A port has a bag in each stage of its tree at most, and a bag further ahead than those of all
        // trees has not retired.
        let most = (ports * (levels + 2)).next_power_of_two();
        InOrder {
            at: vec![0; most as usize],
            told: 0,
        }
    }

    fn result(&mut self, bag: u64, cycle: u64, retired: &mut dyn FnMut(u64, u64)) {
        let places = self.at.len() - 1;
        if bag != self.told {
            self.at[bag as usize & places] = cycle;
            return;
        }
        retired(bag, cycle);
        self.told += 1;
        loop {
            let next = &mut self.at[self.told as usize & places];
            if *next == 0 {
                return;
            }
            retired(self.told, std::mem::take(next));
            self.told += 1;
        }
    }
}

impl Port {
    /// One cycle of the adder tree; `enter`: a bag goes in. Tells whether the tree moved, and the result
    /// that left it.
    fn step(&mut self, enter: bool, ports: u64) -> (bool, Option<(u64, u64)>) {
        let now = self.clock;
        self.clock += 1;
        let result = 1 << self.levels;
        let mut out = None;
        if self.tree & result != 0 {
            if !self.results.may_move(now) {
                self.result_stall += 1;
                return (false, None);
            }
            self.tree &= !result;
            out = Some((self.next_result, now));
            self.next_result += ports;
        }
        self.tree = self.tree << 1 | u32::from(enter);
        (true, out)
    }
}

impl Window {
    pub fn new(resolved: &Resolved) -> Self {
        let simulation = &resolved.config.simulation;
        let (engine, levels) = (&resolved.config.engine, Params::new(resolved).levels);
        let port = |number: u32| Port {
            headers: Pauses::new(simulation, Stream::Headers(number)),
            results: Pauses::new(simulation, Stream::Results(number)),
            next_offer: 0,
            next_retire: 0,
            levels,
            tree: 0,
            clock: 0,
            next_result: u64::from(number),
            result_stall: 0,
        };
        Window {
            places: vec![Place::default(); engine.window as usize],
            ports: (0..engine.retire_ports).map(port).collect(),
            results: InOrder::new(engine.retire_ports, levels),
            head: 0,
            tail: 0,
            last_retire: 0,
            window_full: 0,
            levels,
            halvings: engine.tree_fan_in.ilog2(),
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

    /// Port of bag `bag`.
    fn port_of(&self, bag: u64) -> usize {
        bag as usize & (self.ports.len() - 1)
    }

    /// Takes the next bag's header; there is room. Tells the bag's place.
    pub fn open(&mut self, lanes: u64) -> usize {
        let (at, port) = (self.place_of(self.tail), self.port_of(self.tail));
        let port = &mut self.ports[port];
        let offered = port.headers.next_move(port.next_offer);
        // The bag that had the place before is of the same port.
        let before = self.places[at];
        let opened = offered.max(before.free);
        self.window_full += opened - offered;
        port.next_offer = opened + 1;
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
        // After s halvings, bit 2^s * v says whether a lane below vector v has a part.
        let mut parts = lanes;
        self.tree_words += u64::from(parts.count_ones());
        for stage in 0..self.levels {
            for halving in stage * self.halvings..(stage + 1) * self.halvings {
                parts = (parts | parts >> (1 << halving)) & VECTORS[halving as usize + 1];
            }
            self.tree_words += u64::from(parts.count_ones());
        }
    }

    /// Retires the oldest bag, whose lanes were done in (that is, told so from) cycle `done` on.
    pub fn retire(&mut self, done: u64, retired: &mut dyn FnMut(u64, u64)) -> u64 {
        let (at, port) = (self.place_of(self.head), self.port_of(self.head));
        let ports = self.ports.len() as u64;
        let port = &mut self.ports[port];
        let place = &mut self.places[at];
        // Not before the bag before, which may have another port.
        let ready = done
            .max(place.opened + 1)
            .max(port.next_retire)
            .max(self.last_retire);
        loop {
            if port.tree == 0 {
                // An empty tree moves on by itself.
                port.clock = port.clock.max(ready);
            }
            let now = port.clock;
            let (moved, result) = port.step(now >= ready, ports);
            if let Some((bag, cycle)) = result {
                self.results.result(bag, cycle, retired);
            }
            if moved && now >= ready {
                port.next_retire = now + 1;
                self.last_retire = now;
                self.head += 1;
                place.ready = ready;
                place.free = now + 1;
                return now;
            }
        }
    }

    /// Lets the last results out and tells the run's cycles: up to and with the last result.
    pub fn finish(&mut self, retired: &mut dyn FnMut(u64, u64)) -> u64 {
        let ports = self.ports.len() as u64;
        for port in &mut self.ports {
            while port.tree != 0 {
                if let (_, Some((bag, cycle))) = port.step(false, ports) {
                    self.results.result(bag, cycle, retired);
                }
            }
        }
        self.ports.iter().map(|p| p.clock).max().unwrap_or(0)
    }

    pub fn counters(&self, cycles: u64) -> EngineCounters {
        EngineCounters {
            cycles,
            retired: self.results.told,
            window_full: self.window_full,
            result_stall: self.ports.iter().map(|p| p.result_stall).sum(),
            tree_words: self.tree_words,
            tree_adds: self.tree_adds,
        }
    }
}
