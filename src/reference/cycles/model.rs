//! The model of the whole engine: it turns beats of ids into the cycles of their vectors.

use super::attribution::{Attribution, Cause, Limit, Tally};
use super::beat::{Beat, Decoder, bits};
use super::lane::{Lane, Surroundings};
use super::port::{Event, Plan, Port};
use super::watch::{Status, Watch};
use super::work::WorkTable;
use crate::config::Resolved;
use crate::error::{Error, Result};
use crate::hardware::{Bounds, Counters, EngineCounters};
use crate::host::{BagOrder, PortBags, Translated, Translation, Translator};
use crate::ids::EmbeddingId;
use crate::mapping::Mapping;

/// Cycles and events of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timing {
    /// Cycles from the first offer to the last beat of the last vector, both included; 0 without a bag.
    pub cycles: u64,
    /// Events counted in these cycles.
    pub counters: Counters,
    /// The cycles of each lane and bank, by what they were spent on.
    pub attribution: Attribution,
    /// The bounds of the throughput contract.
    pub bounds: Bounds,
}

impl Timing {
    /// What limited the run: the largest bound if `cycles` is within 10 % of it, else the largest
    /// wait of the busiest bank.
    pub fn limit(&self) -> Limit {
        let banks = &self.attribution.banks;
        let most = banks.iter().map(|b| b.busy).max().unwrap_or(0);
        let at = banks.iter().position(|b| b.busy == most).unwrap_or(0);
        let busiest = banks.get(at).copied().unwrap_or_default();
        let ratio = self.bounds.ratio(self.cycles);
        let per_lane = (banks.len() / self.attribution.lanes.len().max(1)).max(1);
        Limit {
            by: match ratio <= 1.1 {
                true => self.bounds.largest().0,
                false => busiest.largest_wait().0,
            },
            ratio,
            lane: (at / per_lane) as u32,
            bank: (at % per_lane) as u32,
            busiest,
        }
    }
}

/// The cycle model of a configuration with a mapping. Each run starts with an empty pipeline.
#[derive(Debug, Clone)]
pub struct Model {
    resolved: Resolved,
    translator: Translator,
    work: WorkTable,
}

/// Where bags come from, and which of their beats is next.
struct Source<'a, I> {
    decoder: Decoder,
    translated: std::borrow::Cow<'a, Translated>,
    /// By port: the bag that is being given, and words of it that were given.
    next: Vec<(usize, usize)>,
    /// By port: beats given.
    beats: Vec<u64>,
    more: Option<(Translation<'a>, I)>,
}

impl<'b, I: Iterator<Item = &'b [EmbeddingId]>> Source<'_, I> {
    fn bags(&self, port: usize) -> &PortBags {
        &self.translated.ports[port]
    }

    /// Whether a port has another beat. Takes bags from the trace until it has one.
    #[inline(always)]
    fn has_beat(&mut self, port: usize) -> Result<bool> {
        if self.next[port].0 < self.bags(port).len() {
            return Ok(true);
        }
        if self.more.is_none() {
            return Ok(false);
        }
        self.refill(port)
    }

    #[cold]
    fn refill(&mut self, port: usize) -> Result<bool> {
        let Some((translation, bags)) = &mut self.more else {
            return Ok(false);
        };
        let buffer = self.translated.to_mut();
        for (bags, next) in buffer.ports.iter_mut().zip(&mut self.next) {
            bags.drop_first(std::mem::take(&mut next.0));
        }
        while buffer.ports[port].is_empty() {
            match bags.next() {
                Some(bag) => translation.push(bag, buffer)?,
                None => {
                    translation.finish(buffer)?;
                    self.more = None;
                    break;
                }
            }
        }
        Ok(!self.bags(port).is_empty())
    }

    /// The next beat of a port, which must have one.
    #[inline(always)]
    fn beat(&mut self, port: usize) -> Beat {
        let (bag, start) = self.next[port];
        let bags = &self.translated.ports[port];
        let words = bags.of(bag);
        let end = words.len().min(start + self.decoder.ids_per_beat);
        let last = end == words.len();
        let number = bags.bags()[bag];
        let beat = self.decoder.beat(&words[start..end], number, last);
        self.next[port] = if last { (bag + 1, 0) } else { (bag, end) };
        self.beats[port] += 1;
        beat
    }
}

/// No bags beside those that were translated.
type Nothing = std::iter::Empty<&'static [EmbeddingId]>;

/// State of a run.
struct Run<'m> {
    lanes: Vec<Lane<'m>>,
    ports: Vec<Port>,
    /// What the ports waited for so far.
    waited: Tally,
    now: u64,
    /// The last cycle in which a port took ids or gave a vector.
    moved: u64,
}

/// Cycles without a movement at the ports after which the model counts as hung.
const HUNG: u64 = 1 << 24;

impl Model {
    /// Prepares the model.
    ///
    /// # Errors
    /// [`Error::Argument`] if the mapping does not fit the configuration.
    pub fn new(resolved: &Resolved, mapping: &Mapping) -> Result<Self> {
        Ok(Model {
            translator: Translator::new(mapping, resolved)?,
            work: WorkTable::new(resolved),
            resolved: resolved.clone(),
        })
    }

    /// The model's configuration.
    pub fn resolved(&self) -> &Resolved {
        &self.resolved
    }

    /// The translation for the model's mapping.
    pub fn translator(&self) -> &Translator {
        &self.translator
    }

    /// Predicts the run of `bags`, all offered from cycle 0 on, in an order. The memory it needs does
    /// not grow with their number. `given` is called with the number of each bag and the cycle of its
    /// vector's last beat, in the order of these cycles.
    ///
    /// # Errors
    /// As [`Translation::push`]; `given` may have been called for bags before the bad one.
    pub fn run<'b>(
        &self,
        bags: impl Iterator<Item = &'b [EmbeddingId]>,
        order: BagOrder,
        given: &mut dyn FnMut(u32, u64),
    ) -> Result<Timing> {
        let more = Some((self.translator.stream(order), bags));
        let buffer = std::borrow::Cow::Owned(self.translator.buffer());
        self.run_source(self.source(buffer, more), given, &mut ())
    }

    /// As [`Model::run`], for bags that have been translated.
    ///
    /// # Errors
    /// [`Error::Argument`] if the bags were translated for another number of ports.
    pub fn run_translated(
        &self,
        translated: &Translated,
        given: &mut dyn FnMut(u32, u64),
    ) -> Result<Timing> {
        self.run_watched(translated, given, &mut ())
    }

    pub(crate) fn run_watched(
        &self,
        translated: &Translated,
        given: &mut dyn FnMut(u32, u64),
        watch: &mut impl Watch,
    ) -> Result<Timing> {
        let ports = self.resolved.config.frontend.ports as usize;
        if translated.ports.len() != ports {
            return Err(Error::argument(
                "bags",
                format!("bags for {} ports", translated.ports.len()),
                format!("bags for {ports}"),
                "translate the bags with the model's own configuration",
            ));
        }
        let more: Option<(Translation<'_>, Nothing)> = None;
        let translated = std::borrow::Cow::Borrowed(translated);
        self.run_source(self.source(translated, more), given, watch)
    }

    fn source<'a, I>(
        &self,
        translated: std::borrow::Cow<'a, Translated>,
        more: Option<(Translation<'a>, I)>,
    ) -> Source<'a, I> {
        let ports = translated.ports.len();
        Source {
            decoder: Decoder::new(&self.resolved),
            translated,
            next: vec![(0, 0); ports],
            beats: vec![0; ports],
            more,
        }
    }

    fn run_source<'b, I: Iterator<Item = &'b [EmbeddingId]>>(
        &self,
        mut source: Source<'_, I>,
        given: &mut dyn FnMut(u32, u64),
        watch: &mut impl Watch,
    ) -> Result<Timing> {
        let (engine, frontend) = (&self.resolved.config.engine, &self.resolved.config.frontend);
        let mut run = Run {
            lanes: (0..engine.lanes)
                .map(|l| Lane::new(l, &self.resolved, &self.work))
                .collect(),
            ports: (0..frontend.ports)
                .map(|p| Port::new(p, &self.resolved))
                .collect(),
            waited: Tally::default(),
            now: 0,
            moved: 0,
        };
        let hop_lanes = self.resolved.hop_lanes as usize;
        let mut cycles = 0;
        while run.cycle(&mut source, hop_lanes, &mut cycles, given, watch)? {
            if run.now - run.moved > HUNG {
                return Err(Error::Check {
                    what: format!("cycle model: nothing moves after cycle {}", run.moved),
                    help: "this is a defect of recross; please report it".to_owned(),
                });
            }
        }
        run.finish(cycles, &source.beats, &self.resolved)
    }
}

impl Run<'_> {
    /// Runs one cycle. Returns whether there is something left to do.
    #[inline(always)]
    fn cycle<'b, I: Iterator<Item = &'b [EmbeddingId]>, W: Watch>(
        &mut self,
        source: &mut Source<'_, I>,
        hop_lanes: usize,
        cycles: &mut u64,
        given: &mut dyn FnMut(u32, u64),
        watch: &mut W,
    ) -> Result<bool> {
        let now = self.now;
        let mut plans = [Plan::default(); 8];
        let mut cause = Cause::Drain;
        let mut status = watch.wants_status(now).then(|| self.status());
        for (p, (port, plan)) in self.ports.iter_mut().zip(&mut plans).enumerate() {
            let more = source.has_beat(p)?;
            *plan = port.plan(more);
            // A port that takes ids decides: lanes wait for the streams.
            match port.cause(plan, more) {
                Some(of_port) if cause != Cause::Ids => cause = of_port,
                Some(_) | None => {}
            }
            if plan.moves() {
                self.moved = now;
            }
            if let Some(bag) = plan.given {
                given(bag, now);
                *cycles = now + 1;
            }
            // Before the lanes: a vector is read while the one before it leaves its register.
            if let Some(place) = plan.retires {
                bits(port.parts[place]).for_each(|l| self.lanes[l].retire(p as u32));
                watch.retired(p as u32, port.bag(place), now);
            }
        }
        let before = self.waited;
        self.waited.add(cause, 1);
        let mut around = Surroundings {
            now,
            ports: &mut self.ports,
            before: &before,
            after: &self.waited,
            cause,
        };
        for (l, lane) in self.lanes.iter_mut().enumerate() {
            if lane.has_work(now) {
                lane.cycle(&mut around, watch);
                if let Some(status) = &mut status {
                    status.wait_place |= u64::from(lane.status.wait_place) << l;
                    status.wait_room |= u64::from(lane.status.wait_room) << l;
                    status.queue |= u64::from(lane.status.queue) << l;
                }
            }
        }
        if let Some(status) = status {
            watch.status(now, &status);
        }
        let lanes = &mut self.lanes;
        for (p, (port, plan)) in self.ports.iter_mut().zip(&plans).enumerate() {
            let next = || source.beat(p);
            port.advance(plan, next, |event| match event {
                Event::Closed(hop) => {
                    let of_hop = lanes.iter_mut().skip(hop * hop_lanes).take(hop_lanes);
                    of_hop.for_each(|lane| lane.close(p as u32));
                }
                Event::Offered(lane, k) => lanes[lane as usize].offer(p as u32, k),
            });
        }
        self.now += 1;
        Ok(cause != Cause::Drain || self.ports.iter().any(|p| !p.is_idle()))
    }

    fn status(&self) -> Status {
        let ports = &self.ports;
        Status {
            head: ports.iter().map(|p| p.head).collect(),
            closed: ports.iter().map(|p| p.closed).collect(),
            tail: ports.iter().map(|p| p.tail).collect(),
            waits: ports.iter().map(Port::head_waits).collect(),
            busy: self.lanes.iter().map(Lane::busy).collect(),
            idle: ports.iter().all(Port::is_idle),
            ..Status::default()
        }
    }

    fn finish(self, cycles: u64, beats: &[u64], resolved: &Resolved) -> Result<Timing> {
        let sum = |of: fn(&Port) -> u64| self.ports.iter().map(of).sum();
        let mut counters = Counters {
            engine: EngineCounters {
                cycles,
                retired: sum(|p| p.retired),
                ids_wait: sum(|p| p.ids_wait),
                results_wait: sum(|p| p.results_wait),
                tree_words: sum(|p| p.tree_words),
                tree_adds: sum(|p| p.tree_adds),
            },
            ..Counters::default()
        };
        let bags = self.ports.iter().map(|p| p.retired).max().unwrap_or(0);
        let mut attribution = Attribution::default();
        for lane in self.lanes {
            let lane = lane.finish(cycles, &self.waited);
            counters.lanes.push(lane.counters);
            counters.banks.extend(lane.banks);
            attribution.lanes.push(lane.parts);
            attribution.banks.extend(lane.bank_parts);
        }
        let beats = beats.iter().copied().max().unwrap_or(0);
        Ok(Timing {
            cycles,
            bounds: Bounds::new(&counters, beats, bags, resolved),
            counters,
            attribution,
        })
    }
}
