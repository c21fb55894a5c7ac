//! Where RTL and cycle model part: the run again, every cycle's visible state beside the model's.

use super::divergence::Divergence;
use super::harness::{BUSY, HEAD, TAIL, WAIT};
use super::{RunSpec, Simulator, Stimulus, Verdict, failure};
use crate::error::Result;
use crate::host::Lowered;
use crate::mapping::contents::Contents;
use crate::reference::cycles::{Model, Watch};
use std::ops::ControlFlow;

/// What happened in the model, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    cycle: u64,
    what: What,
    bag: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Left,
    /// With these lanes.
    Opened(u64),
    /// Lane, and bank inside it.
    Merged(u32, u32),
    Added(u32, u32),
    Sent(u32, u32),
}

/// Keeps the model's events up to a cycle.
struct Recorder {
    events: Vec<Event>,
    until: u64,
}

impl Recorder {
    fn keep(&mut self, what: What, bag: u64, cycle: u64) {
        if cycle <= self.until {
            self.events.push(Event { cycle, what, bag });
        }
    }
}

impl Watch for Recorder {
    fn opened(&mut self, bag: u64, lanes: u64, cycle: u64) {
        self.keep(What::Opened(lanes), bag, cycle);
    }
    fn sent(&mut self, lane: u32, bank: u32, bag: u64, cycle: u64) {
        self.keep(What::Sent(lane, bank), bag, cycle);
    }
    fn merged(&mut self, lane: u32, bank: u32, bag: u64, cycle: u64) {
        self.keep(What::Merged(lane, bank), bag, cycle);
    }
    fn added(&mut self, lane: u32, bank: u32, bag: u64, cycle: u64) {
        self.keep(What::Added(lane, bank), bag, cycle);
    }
    fn left(&mut self, bag: u64, cycle: u64) {
        self.keep(What::Left, bag, cycle);
    }
}

/// A bank in the model.
#[derive(Debug, Clone, Copy, Default)]
struct Bank {
    /// Commands sent and not yet merged.
    load: u64,
    /// Bag and cycle of the last command sent, and of the last one merged.
    sent: Option<(u64, u64)>,
    merged: Option<(u64, u64)>,
}

/// The model's state, as far as the RTL's status ports show it.
struct View {
    banks: Vec<Bank>,
    banks_per_lane: u32,
    /// Bags opened, of each retirement port.
    opened: Vec<u64>,
    left: u64,
    tags: u64,
    /// Lanes that are not done with each bag in the window, by place.
    waits: Vec<u64>,
    /// Bank with the last result of the bag and its cycle, by lane and place.
    added: Vec<(u32, u64)>,
}

/// The RTL's status ports in a cycle.
struct Ports {
    head: u64,
    /// Of each retirement port.
    tails: Vec<u64>,
    wait: u64,
    busy: Vec<u32>,
}

impl Ports {
    fn read(model: &verilated::Model, ports: u32, tag_bits: u32) -> Result<Self, verilated::Error> {
        let number = |name: &str| -> Result<u64, verilated::Error> {
            let words = model.probe(name)?;
            let high = words.get(1).copied().unwrap_or(0);
            Ok(u64::from(words.first().copied().unwrap_or(0)) | u64::from(high) << 32)
        };
        Ok(Ports {
            head: number(HEAD)?,
            tails: fields(&model.probe(TAIL)?, ports, tag_bits),
            wait: number(WAIT)?,
            busy: model.probe(BUSY)?,
        })
    }
}

/// `count` numbers of `width` bits out of 32-bit words.
fn fields(words: &[u32], count: u32, width: u32) -> Vec<u64> {
    let bit = |at: u32| words.get(at as usize / 32).copied().unwrap_or(0) >> (at % 32) & 1;
    let field = |n| (0..width).fold(0, |v, b| v | u64::from(bit(n * width + b)) << b);
    (0..count).map(field).collect()
}

impl View {
    fn bank(&self, lane: u32, bank: u32) -> usize {
        (lane * self.banks_per_lane + bank) as usize
    }

    fn place(&self, bag: u64) -> usize {
        bag as usize & (self.waits.len() - 1)
    }

    fn apply(&mut self, event: &Event) {
        match event.what {
            What::Left => self.left += 1,
            What::Opened(lanes) => {
                let ports = self.opened.len();
                self.opened[event.bag as usize % ports] += 1;
                let place = self.place(event.bag);
                self.waits[place] = lanes;
            }
            What::Added(lane, bank) => {
                let place = self.place(event.bag);
                self.waits[place] &= !(1 << lane);
                let at = lane as usize * self.waits.len() + place;
                self.added[at] = (bank, event.cycle);
            }
            What::Sent(lane, bank) => {
                let at = self.bank(lane, bank);
                self.banks[at].load += 1;
                self.banks[at].sent = Some((event.bag, event.cycle));
            }
            What::Merged(lane, bank) => {
                let at = self.bank(lane, bank);
                self.banks[at].load -= 1;
                self.banks[at].merged = Some((event.bag, event.cycle));
            }
        }
    }

    /// The first difference from the status ports in a cycle.
    fn compare(&self, cycle: u64, rtl: &Ports) -> Option<Divergence> {
        self.compare_banks(cycle, &rtl.busy)
            .or_else(|| self.compare_lanes(cycle, rtl))
            .or_else(|| self.compare_window(cycle, rtl))
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

    /// Lanes that the oldest bag waits for, as long as both sides agree which bag that is.
    fn compare_lanes(&self, cycle: u64, rtl: &Ports) -> Option<Divergence> {
        if self.left & self.tags != rtl.head {
            return None;
        }
        let (bag, place) = (self.left, self.place(self.left));
        let ports = self.opened.len();
        let opened = self.opened[self.left as usize % ports];
        let waits = if self.left / (ports as u64) < opened {
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
        let oldest = ("the oldest bag in flight", self.left, rtl.head);
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

impl Simulator {
    /// Adds to a verdict on a run that took another time than predicted where it went apart; see
    /// [`Simulator::locate`].
    ///
    /// # Errors
    /// As [`Simulator::locate`].
    pub fn explain(
        &self,
        verdict: &mut Verdict,
        contents: &Contents<'_>,
        lowered: &Lowered,
        spec: &RunSpec,
        model: &Model,
    ) -> Result<()> {
        if !verdict.timing.is_exact() {
            let first = verdict.timing.first_bag.map(|b| b.model.min(b.rtl));
            let until = first.unwrap_or(verdict.timing.rtl_cycles);
            verdict.timing.divergence = self.locate(contents, lowered, spec, model, until)?;
        }
        Ok(())
    }

    /// Drives the bags again and looks for the first cycle up to `until` in which the banks at work, the
    /// oldest bag, the lanes that it waits for, or the next bag to open are not what the model says. `None`: there is none, so that only
    /// counters or the way of results out of the window differ.
    ///
    /// # Errors
    /// As [`Simulator::run`].
    pub fn locate(
        &self,
        contents: &Contents<'_>,
        lowered: &Lowered,
        spec: &RunSpec,
        model: &Model,
        until: u64,
    ) -> Result<Option<Divergence>> {
        let mut recorder = Recorder {
            events: Vec::new(),
            until,
        };
        model.run_watched(lowered, &mut |_, _| {}, &mut recorder)?;
        let mut events = recorder.events;
        events.sort_unstable();
        let engine = &self.resolved.config.engine;
        let mut view = View {
            banks: vec![Bank::default(); self.resolved.banks as usize],
            banks_per_lane: engine.banks_per_lane,
            opened: vec![0; engine.retire_ports as usize],
            left: 0,
            tags: (1 << self.resolved.tag_bits) - 1,
            waits: vec![0; engine.window as usize],
            added: vec![(0, 0); (engine.window * engine.lanes) as usize],
        };
        let context = failure::Context::default();
        let spec = RunSpec {
            waves: None,
            ..spec.clone()
        };
        let go_on = &mut |_| ControlFlow::Continue(());
        let (mut loaded, _images) = self.loaded(contents, &spec, go_on)?;
        let stimulus = Stimulus::new(lowered, &self.resolved);
        let request = self.request(&stimulus).chunk(1);
        let mut rest = events.as_slice();
        let mut found = Ok(None);
        let ran = loaded.model.run_watched(&request, &mut |model, progress| {
            // Registers show the cycle after the one that was just run.
            let now = progress.cycles;
            while let Some((event, later)) = rest.split_first()
                && event.cycle < now
            {
                view.apply(event);
                rest = later;
            }
            let ports = Ports::read(model, engine.retire_ports, self.resolved.tag_bits);
            found = ports.map(|ports| view.compare(now, &ports));
            match found {
                Ok(None) if now <= until => ControlFlow::Continue(()),
                _ => ControlFlow::Break(()),
            }
        });
        match ran {
            Ok(_) | Err(verilated::Error::Interrupted { .. }) => {}
            Err(e) => return Err(context.error(e)),
        }
        found.map_err(|e| context.error(e))
    }
}
