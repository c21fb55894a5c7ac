//! The state that the RTL's status ports show, as the cycle model has it, and how the two are compared.

use super::divergence::Divergence;
use super::harness::{BUSY, ERROR, HEAD, IDLE, QUEUE, TAIL, WAIT, WINDOW};
use crate::config::Resolved;
use crate::reference::cycles::{Taken, Watch};

/// An event of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Event {
    cycle: u64,
    kind: EventKind,
    bag: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum EventKind {
    Retired,
    /// The bag's lanes, as a mask.
    Opened(u64),
    /// Lane, and bank inside it; likewise below.
    Merged(u32, u32),
    Added(u32, u32),
    Sent(u32, u32),
    /// The lane's command waits for its bag's header from the next cycle on, or no longer does.
    /// In one cycle the end of a wait comes before the beginning of the next.
    AtWindow(u32, bool),
    /// The lane's command waits for room in the bank's queue from the next cycle on, or is sent in it.
    AtQueue(u32, u32, bool),
    /// The bag's result is taken.
    Given,
}

/// Records the model's events up to cycle `until`.
pub(super) struct Recorder {
    events: Vec<Event>,
    until: u64,
    /// Cycle in which each lane's dispatcher took the command that it holds.
    held: Vec<u64>,
}

impl Recorder {
    pub(super) fn new(until: u64) -> Self {
        Recorder {
            events: Vec::new(),
            until,
            held: Vec::new(),
        }
    }

    /// The events in the order of their cycles, with those of the bags' results, which come in the
    /// cycles `results`.
    pub(super) fn into_events(mut self, results: &[u64]) -> Vec<Event> {
        for (bag, &cycle) in (0..).zip(results) {
            self.keep(EventKind::Given, bag, cycle);
        }
        self.events.sort_unstable();
        self.events
    }

    fn keep(&mut self, kind: EventKind, bag: u64, cycle: u64) {
        if cycle <= self.until {
            self.events.push(Event { cycle, kind, bag });
        }
    }
}

impl Watch for Recorder {
    fn opened(&mut self, bag: u64, lanes: u64, cycle: u64) {
        self.keep(EventKind::Opened(lanes), bag, cycle);
    }
    /// The ports are read behind a clock edge, while the stream still offers the command that the
    /// dispatcher took before it. That command seems to wait if it is its bag's last one, because its
    /// bag then expects no more.
    fn taken(&mut self, lane: u32, command: Taken) {
        let Taken {
            bag,
            offered,
            opened,
            taken,
            last,
        } = command;
        let waits = (offered < opened).then_some((offered, opened));
        for (from, to) in waits.into_iter().chain(last.then_some((taken, taken + 1))) {
            self.keep(EventKind::AtWindow(lane, true), bag, from);
            self.keep(EventKind::AtWindow(lane, false), bag, to);
        }
        let lane = lane as usize;
        self.held.resize(self.held.len().max(lane + 1), 0);
        self.held[lane] = taken;
    }
    fn sent(&mut self, lane: u32, bank: u32, bag: u64, cycle: u64) {
        // A command is sent in the cycle after it is taken, or waits from then on.
        let (taken, before) = (self.held[lane as usize], cycle - 1);
        if taken < before {
            self.keep(EventKind::AtQueue(lane, bank, true), bag, taken);
        }
        self.keep(EventKind::AtQueue(lane, bank, false), bag, before);
        self.keep(EventKind::Sent(lane, bank), bag, cycle);
    }
    fn merged(&mut self, lane: u32, bank: u32, bag: u64, cycle: u64) {
        self.keep(EventKind::Merged(lane, bank), bag, cycle);
    }
    fn added(&mut self, lane: u32, bank: u32, bag: u64, cycle: u64) {
        self.keep(EventKind::Added(lane, bank), bag, cycle);
    }
    fn retired(&mut self, bag: u64, cycle: u64) {
        self.keep(EventKind::Retired, bag, cycle);
    }
}

/// State of a bank in the model.
#[derive(Debug, Clone, Copy, Default)]
struct BankView {
    /// Commands sent and not yet merged.
    load: u64,
    /// Bag and cycle of the last command sent.
    sent: Option<(u64, u64)>,
    /// Bag and cycle of the last command merged.
    merged: Option<(u64, u64)>,
}

/// State of a lane's front end in the model.
#[derive(Debug, Clone, Copy, Default)]
struct FrontView {
    /// The bag for whose header the lane's command waits.
    window: Option<u64>,
    /// Bag and bank of the command that waits for room in a queue, or was sent last.
    command: Option<(u64, u32)>,
    /// Whether it waits.
    queue: bool,
}

/// The part of the model's state that the RTL's status ports show.
pub(super) struct View {
    banks: Vec<BankView>,
    banks_per_lane: u32,
    /// Number of bags opened, by retirement port.
    opened: Vec<u64>,
    /// Number of bags retired.
    retired: u64,
    /// Number of results taken.
    given: u64,
    /// By lane.
    fronts: Vec<FrontView>,
    /// Mask of a tag's bits.
    tags: u64,
    /// Lanes that are not done with each bag in the window, as a mask, by place.
    waits: Vec<u64>,
    /// BankView that gave the bag's last result, and the cycle of its addition, by lane and place.
    added: Vec<(u32, u64)>,
}

/// Values of the RTL's status ports in a cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ports {
    head: u64,
    /// By retirement port.
    tails: Vec<u64>,
    wait: u64,
    window: u64,
    queue: u64,
    busy: Vec<u32>,
    idle: bool,
    error: u64,
}

impl Ports {
    pub(super) fn read(
        model: &verilated::Model,
        resolved: &Resolved,
    ) -> Result<Self, verilated::Error> {
        let number = |name: &str| -> Result<u64, verilated::Error> {
            let words = model.probe(name)?;
            let high = words.get(1).copied().unwrap_or(0);
            Ok(u64::from(words.first().copied().unwrap_or(0)) | u64::from(high) << 32)
        };
        Ok(Ports {
            head: number(HEAD)?,
            tails: fields(
                &model.probe(TAIL)?,
                resolved.config.frontend.ports,
                resolved.bag_bits(),
            ),
            wait: number(WAIT)?,
            window: number(WINDOW)?,
            queue: number(QUEUE)?,
            busy: model.probe(BUSY)?,
            idle: number(IDLE)? != 0,
            error: number(ERROR)?,
        })
    }
}

/// Extracts `count` numbers of `width` bits from 32-bit words.
fn fields(words: &[u32], count: u32, width: u32) -> Vec<u64> {
    let bit = |at: u32| words.get(at as usize / 32).copied().unwrap_or(0) >> (at % 32) & 1;
    let field = |n| (0..width).fold(0, |v, b| v | u64::from(bit(n * width + b)) << b);
    (0..count).map(field).collect()
}

impl View {
    /// The state before the first cycle.
    pub(super) fn new(resolved: &Resolved) -> Self {
        let engine = &resolved.config.engine;
        View {
            banks: vec![BankView::default(); resolved.banks as usize],
            banks_per_lane: engine.banks_per_lane,
            opened: vec![0; resolved.config.frontend.ports as usize],
            retired: 0,
            given: 0,
            fronts: vec![FrontView::default(); engine.lanes as usize],
            tags: (1 << resolved.bag_bits()) - 1,
            waits: vec![0; resolved.window_of_all() as usize],
            added: vec![(0, 0); (resolved.window_of_all() * engine.lanes) as usize],
        }
    }

    /// Applies the events before cycle `now`, and returns the later ones.
    pub(super) fn advance<'e>(&mut self, events: &'e [Event], now: u64) -> &'e [Event] {
        let (past, later) = events.split_at(events.partition_point(|e| e.cycle < now));
        past.iter().for_each(|event| self.apply(event));
        later
    }

    fn bank(&self, lane: u32, bank: u32) -> usize {
        (lane * self.banks_per_lane + bank) as usize
    }

    fn place(&self, bag: u64) -> usize {
        bag as usize & (self.waits.len() - 1)
    }

    fn apply(&mut self, event: &Event) {
        match event.kind {
            EventKind::Retired => self.retired += 1,
            EventKind::Opened(lanes) => {
                let ports = self.opened.len();
                self.opened[event.bag as usize % ports] += 1;
                let place = self.place(event.bag);
                self.waits[place] = lanes;
            }
            EventKind::Added(lane, bank) => {
                let place = self.place(event.bag);
                self.waits[place] &= !(1 << lane);
                let at = lane as usize * self.waits.len() + place;
                self.added[at] = (bank, event.cycle);
            }
            EventKind::Sent(lane, bank) => {
                let at = self.bank(lane, bank);
                self.banks[at].load += 1;
                self.banks[at].sent = Some((event.bag, event.cycle));
            }
            EventKind::Merged(lane, bank) => {
                let at = self.bank(lane, bank);
                self.banks[at].load -= 1;
                self.banks[at].merged = Some((event.bag, event.cycle));
            }
            EventKind::AtWindow(lane, waits) => {
                self.fronts[lane as usize].window = waits.then_some(event.bag);
            }
            EventKind::AtQueue(lane, bank, waits) => {
                let front = &mut self.fronts[lane as usize];
                front.command = Some((event.bag, bank));
                front.queue = waits;
            }
            EventKind::Given => self.given += 1,
        }
    }

    /// The first difference from the status ports in a cycle.
    pub(super) fn compare(&self, cycle: u64, rtl: &Ports) -> Option<Divergence> {
        self.compare_banks(cycle, &rtl.busy)
            .or_else(|| self.compare_lanes(cycle, rtl))
            .or_else(|| self.compare_window(cycle, rtl))
            .or_else(|| self.compare_fronts(cycle, rtl))
            .or_else(|| self.compare_idle(cycle, rtl))
    }

    /// While a bag is in flight, from its header to its result, the engine is not idle. No bank has an
    /// error.
    fn compare_idle(&self, cycle: u64, rtl: &Ports) -> Option<Divergence> {
        let in_flight = self.opened.iter().sum::<u64>() - self.given;
        let (model, found) = if rtl.error != 0 {
            ("no bank has an error".to_owned(), "a bank has an error")
        } else if rtl.idle != (in_flight == 0) {
            let found = match rtl.idle {
                true => "the engine is idle",
                false => "the engine is not idle",
            };
            (format!("{in_flight} bags are in flight"), found)
        } else {
            return None;
        };
        Some(Divergence {
            cycle,
            lane: None,
            bank: None,
            bag: Some(self.given),
            model,
            rtl: found.to_owned(),
        })
    }

    /// Compares the lanes whose command waits for its bag's header or for room in a queue.
    fn compare_fronts(&self, cycle: u64, rtl: &Ports) -> Option<Divergence> {
        for (lane, front) in (0..).zip(&self.fronts) {
            let (bag, bank) = front.command.unzip();
            for (what, model, rtl, bag, bank) in [
                ("room in a queue", front.queue, rtl.queue, bag, bank),
                (
                    "its bag's header",
                    front.window.is_some(),
                    rtl.window,
                    front.window,
                    None,
                ),
            ] {
                if model == (rtl >> lane & 1 == 1) {
                    continue;
                }
                let told = |waits: bool| match waits {
                    true => format!("a command waits for {what}"),
                    false => format!("no command waits for {what}"),
                };
                return Some(Divergence {
                    cycle,
                    lane: Some(lane),
                    bank,
                    bag,
                    model: told(model),
                    rtl: told(!model),
                });
            }
        }
        None
    }

    fn compare_banks(&self, cycle: u64, busy: &[u32]) -> Option<Divergence> {
        for (at, bank) in self.banks.iter().enumerate() {
            let rtl = busy.get(at / 32).copied().unwrap_or(0) >> (at % 32) & 1 == 1;
            if rtl == (bank.load > 0) {
                continue;
            }
            let last = |what: &str, event: Option<(u64, u64)>| match event {
                Some((bag, cycle)) => format!("{what} of bag {bag} in cycle {cycle}"),
                None => format!("{what} none yet"),
            };
            let (sent, merged) = (
                last("sent last", bank.sent),
                last("merged last", bank.merged),
            );
            let word = |busy: bool| if busy { "at work" } else { "idle" };
            return Some(Divergence {
                cycle,
                lane: Some(at as u32 / self.banks_per_lane),
                bank: Some(at as u32 % self.banks_per_lane),
                bag: bank.sent.map(|(bag, _)| bag),
                model: format!("the bank is {} ({sent}, {merged})", word(!rtl)),
                rtl: format!("the bank is {}", word(rtl)),
            });
        }
        None
    }

    /// Compares the lanes that the oldest bag waits for, if both sides agree which bag is the
    /// oldest.
    fn compare_lanes(&self, cycle: u64, rtl: &Ports) -> Option<Divergence> {
        if self.retired & self.tags != rtl.head {
            return None;
        }
        let (bag, place) = (self.retired, self.place(self.retired));
        let ports = self.opened.len();
        let opened = self.opened[self.retired as usize % ports];
        let waits = if self.retired / (ports as u64) < opened {
            self.waits[place]
        } else {
            0
        };
        let differs = waits ^ rtl.wait;
        if differs == 0 {
            return None;
        }
        let lane = differs.trailing_zeros();
        let (bank, added) = self.added[lane as usize * self.waits.len() + place];
        let done = waits >> lane & 1 == 0;
        let word = |done: bool| {
            if done {
                "is done with"
            } else {
                "is not done with"
            }
        };
        let how = match done {
            true => format!(" (bank {bank}'s result, its last, was added in cycle {added})"),
            false => String::new(),
        };
        Some(Divergence {
            cycle,
            lane: Some(lane),
            bank: done.then_some(bank),
            bag: Some(bag),
            model: format!("the lane {} the oldest bag{how}", word(done)),
            rtl: format!("the lane {} it", word(!done)),
        })
    }

    fn compare_window(&self, cycle: u64, rtl: &Ports) -> Option<Divergence> {
        let ports = self.opened.len() as u64;
        let tails = self.opened.iter().zip(0..).zip(&rtl.tails);
        let tails = tails.map(|((n, port), tag)| (n * ports + port, *tag));
        let oldest = ("the oldest bag in flight", self.retired, rtl.head);
        let next = |(bag, tag)| ("the next bag to open", bag, tag);
        for (what, model, rtl) in std::iter::once(oldest).chain(tails.map(next)) {
            if model & self.tags != rtl {
                return Some(Divergence {
                    cycle,
                    lane: None,
                    bank: None,
                    bag: Some(model),
                    model: format!("{what} is {model} (tag {})", model & self.tags),
                    rtl: format!("{what} has tag {rtl}"),
                });
            }
        }
        None
    }
}
