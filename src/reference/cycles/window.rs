//! The window of bags in flight: it takes headers, retires bags in order, and delivers their
//! results through the adder trees.

use super::pause::{Pauses, Stream};
use crate::config::Resolved;
use crate::hardware::{EngineCounters, Params};

/// A bag at a place of the window, or the last one that was there.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    /// Number of the bag, from 0.
    pub bag: u64,
    /// Lanes with commands of the bag, as a mask.
    pub lanes: u64,
    /// First cycle in which its header was on offer.
    pub offered: u64,
    /// Cycle in which its header was taken.
    pub opened: u64,
    /// First cycle in which the previous bag at this place could retire.
    pub blocker_done: u64,
    /// First cycle in which this bag could retire; set when it retires.
    ready: u64,
    /// First cycle in which the next bag can be opened at this place.
    free: u64,
}

/// Entry s has every 2^s-th bit set: one bit per vector after s halvings in the adder tree.
const VECTORS: [u64; 7] = [
    u64::MAX,
    0x5555_5555_5555_5555,
    0x1111_1111_1111_1111,
    0x0101_0101_0101_0101,
    0x0001_0001_0001_0001,
    0x0000_0001_0000_0001,
    1,
];

/// One retirement port (`recross_retire`): its header stream, adder tree and result stream.
#[derive(Debug, Clone)]
struct Port {
    headers: Pauses,
    results: Pauses,
    /// First cycle in which the next header can be on offer.
    next_offer: u64,
    /// First cycle after the port's last retirement.
    next_retire: u64,
    /// Stages of the adder tree.
    levels: u32,
    /// Occupied stages of the adder tree, as a mask; bit `levels` is the result.
    tree: u32,
    /// Next cycle of the adder tree.
    clock: u64,
    /// Number of the bag whose result is next.
    next_result: u64,
    result_stall: u64,
}

/// The window with its ports, and the order of retirement across ports (`recross_order`).
#[derive(Debug, Clone)]
pub(super) struct Window {
    pub places: Vec<Place>,
    ports: Vec<Port>,
    results: ResultOrder,
    /// Number of the oldest bag in flight.
    pub head: u64,
    /// Number of the next bag to open.
    pub tail: u64,
    /// Cycle in which the last bag retired.
    last_retire: u64,
    window_full: u64,
    levels: u32,
    /// Base-2 logarithm of the adder tree's fan-in: a stage halves the number of vectors this
    /// often.
    halvings: u32,
    tree_words: u64,
    tree_adds: u64,
}

/// Reports the cycles of results in bag order. Ports are not synchronous: a result may come, or be
/// computed, after that of a later bag in another port.
#[derive(Debug, Clone)]
struct ResultOrder {
    /// Cycle of each result that is known but not reported; 0: not known. (No result comes in cycle
    /// 0.)
    pending: Vec<u64>,
    /// Number of bags reported.
    reported: u64,
}

impl ResultOrder {
    fn new(ports: u32, levels: u32) -> Self {
        // Each stage of a port's tree holds at most one bag; bags beyond those in all trees have
        // not retired.
        let most = (ports * (levels + 2)).next_power_of_two();
        ResultOrder {
            pending: vec![0; most as usize],
            reported: 0,
        }
    }

    fn result(&mut self, bag: u64, cycle: u64, retired: &mut dyn FnMut(u64, u64)) {
        let places = self.pending.len() - 1;
        if bag != self.reported {
            self.pending[bag as usize & places] = cycle;
            return;
        }
        retired(bag, cycle);
        self.reported += 1;
        loop {
            let next = &mut self.pending[self.reported as usize & places];
            if *next == 0 {
                return;
            }
            retired(self.reported, std::mem::take(next));
            self.reported += 1;
        }
    }
}

impl Port {
    /// Runs one cycle of the adder tree; `enter` says whether a bag enters it. Returns whether the
    /// tree moved, and the bag and cycle of the result that left it.
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
            places: vec![Place::default(); resolved.window_of_all() as usize],
            ports: (0..resolved.config.frontend.ports).map(port).collect(),
            results: ResultOrder::new(resolved.config.frontend.ports, levels),
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

    /// Whether the window has room for another bag.
    pub fn has_room(&self) -> bool {
        self.tail - self.head < self.places.len() as u64
    }

    /// Place of a bag.
    pub fn place_of(&self, bag: u64) -> usize {
        bag as usize & (self.places.len() - 1)
    }

    /// Port of a bag.
    fn port_of(&self, bag: u64) -> usize {
        bag as usize & (self.ports.len() - 1)
    }

    /// Takes the next bag's header and returns the bag's place. The window must have room.
    pub fn open(&mut self, lanes: u64) -> usize {
        let (at, port) = (self.place_of(self.tail), self.port_of(self.tail));
        let port = &mut self.ports[port];
        let offered = port.headers.next_move(port.next_offer);
        // The previous bag at this place used the same port.
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

    /// Counts a bag's vectors and additions in the adder tree.
    fn count_tree(&mut self, lanes: u64) {
        self.tree_adds += u64::from(lanes.count_ones().saturating_sub(1));
        // After s halvings, bit 2^s * v is set if a lane under vector v has commands of the bag.
        let mut parts = lanes;
        self.tree_words += u64::from(parts.count_ones());
        for stage in 0..self.levels {
            for halving in stage * self.halvings..(stage + 1) * self.halvings {
                parts = (parts | parts >> (1 << halving)) & VECTORS[halving as usize + 1];
            }
            self.tree_words += u64::from(parts.count_ones());
        }
    }

    /// Retires the oldest bag, which all its lanes report as done from cycle `done` on. Returns the
    /// cycle of retirement.
    pub fn retire(&mut self, done: u64, retired: &mut dyn FnMut(u64, u64)) -> u64 {
        let (at, port) = (self.place_of(self.head), self.port_of(self.head));
        let ports = self.ports.len() as u64;
        let port = &mut self.ports[port];
        let place = &mut self.places[at];
        // Not before the previous bag, which may use another port.
        let ready = done
            .max(place.opened + 1)
            .max(port.next_retire)
            .max(self.last_retire);
        loop {
            if port.tree == 0 {
                // Nothing happens in an empty tree.
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

    /// Delivers the remaining results. Returns the run's cycles, including that of the last result.
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
            retired: self.results.reported,
            ids_wait: self.window_full,
            results_wait: self.ports.iter().map(|p| p.result_stall).sum(),
            tree_words: self.tree_words,
            tree_adds: self.tree_adds,
        }
    }
}
