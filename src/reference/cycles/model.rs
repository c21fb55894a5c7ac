//! The model of the whole engine: bags in, cycles out.

use super::attribution::{Attribution, Limit};
use super::lane::{Command, Lane, Table};
use super::watch::Watch;
use super::window::Window;
use super::work::WorkTable;
use crate::config::Resolved;
use crate::error::{Error, Result};
use crate::hardware::{Bounds, Counters};
use crate::host::{Lowered, Lowering};
use crate::ids::EmbeddingId;
use crate::mapping::Mapping;

/// What a run takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timing {
    /// Cycles from the first offer to the last result; 0 without a bag.
    pub cycles: u64,
    /// Events in these cycles.
    pub counters: Counters,
    /// Where the cycles went.
    pub attribution: Attribution,
    /// The bounds of the throughput contract.
    pub bounds: Bounds,
}

impl Timing {
    /// What set the total: a bound, or what kept the busiest bank from work.
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

/// Times the bags of a trace, all offered from cycle 0 on, in memory that does not grow with them.
/// `retired` gets each bag's number, from 0, and the cycle of its result, in order.
///
/// # Errors
/// As [`Model::new`] and [`Model::run`].
pub fn run<'b>(
    resolved: &Resolved,
    mapping: &Mapping,
    bags: impl Iterator<Item = &'b [EmbeddingId]>,
    retired: &mut dyn FnMut(u64, u64),
) -> Result<Timing> {
    Model::new(resolved, mapping)?.run(bags, retired)
}

/// The cycle model of a configuration with a mapping. Each run starts from the empty pipeline.
#[derive(Debug, Clone)]
pub struct Model {
    resolved: Resolved,
    lowering: Lowering,
    tables: Vec<Table>,
    work: WorkTable,
}

/// Bags lowered ahead of their opening.
const CHUNK: usize = 64;

/// Where lowered bags come from.
struct Feed<'l> {
    /// Next header, and next command of each lane, of the lowered bags at hand.
    header: usize,
    next: &'l mut [usize],
}

impl Feed<'_> {
    fn restart(&mut self) {
        self.header = 0;
        self.next.fill(0);
    }
}

/// A run under way.
struct Run<'m> {
    lanes: Vec<Lane<'m>>,
    window: Window,
}

impl Model {
    /// Prepares the model.
    ///
    /// # Errors
    /// [`Error::Argument`] if the mapping does not fit the configuration.
    pub fn new(resolved: &Resolved, mapping: &Mapping) -> Result<Self> {
        let lowering = Lowering::new(mapping, resolved)?;
        Ok(Model {
            tables: lowering.layout().lanes().iter().map(Table::new).collect(),
            work: WorkTable::new(resolved),
            lowering,
            resolved: resolved.clone(),
        })
    }

    /// Lowering of the model's mapping.
    pub fn lowering(&self) -> &Lowering {
        &self.lowering
    }

    /// Times bags; `retired` gets each bag's number, from 0, and the cycle of its result, in order.
    ///
    /// # Errors
    /// As [`crate::host::LoweringStream::push`]; bags before a bad one may have been told as retired.
    pub fn run<'b>(
        &self,
        mut bags: impl Iterator<Item = &'b [EmbeddingId]>,
        retired: &mut dyn FnMut(u64, u64),
    ) -> Result<Timing> {
        let mut run = self.start();
        let mut stream = self.lowering.stream();
        let mut lowered = self.lowering.buffer();
        let mut next = vec![0; run.lanes.len()];
        let mut feed = Feed {
            header: 0,
            next: &mut next,
        };
        loop {
            if feed.header == lowered.headers.len() {
                lowered.restart(stream.next_bag());
                feed.restart();
                for bag in bags.by_ref().take(CHUNK) {
                    stream.push(bag, &mut lowered)?;
                }
                if lowered.headers.is_empty() {
                    return run.finish(self, retired);
                }
            }
            run.take(&lowered, &mut feed, retired, &mut ())?;
        }
    }

    /// As [`Model::run`], for bags that are lowered already.
    ///
    /// # Errors
    /// [`Error::Argument`] if the commands are of another configuration or mapping.
    pub fn run_lowered(
        &self,
        lowered: &Lowered,
        retired: &mut dyn FnMut(u64, u64),
    ) -> Result<Timing> {
        self.run_watched(lowered, retired, &mut ())
    }

    pub(crate) fn run_watched(
        &self,
        lowered: &Lowered,
        retired: &mut dyn FnMut(u64, u64),
        watch: &mut impl Watch,
    ) -> Result<Timing> {
        self.check(lowered)?;
        let mut run = self.start();
        let mut next = vec![0; run.lanes.len()];
        let mut feed = Feed {
            header: 0,
            next: &mut next,
        };
        while feed.header < lowered.headers.len() {
            run.take(lowered, &mut feed, retired, watch)?;
        }
        while run.window.head < run.window.tail {
            run.retire_oldest(retired, watch)?;
        }
        run.finish(self, retired)
    }

    /// Commands from elsewhere must fit, or the model would index out of its tables.
    fn check(&self, lowered: &Lowered) -> Result<()> {
        let rows = self.resolved.config.crossbar.rows;
        let layout = self.lowering.layout();
        let fits = lowered.lanes.len() == self.tables.len()
            && lowered.mask_words == rows.div_ceil(64) as usize
            && lowered.lanes.iter().zip(layout.lanes()).all(|(l, lane)| {
                let groups = lane.groups().len() as u32;
                l.groups.iter().all(|&g| g < groups)
            });
        match fits {
            true => Ok(()),
            false => Err(Error::argument(
                "commands",
                "commands of another configuration or mapping",
                "bags lowered for this one",
                "lower the bags with the model's own mapping and configuration",
            )),
        }
    }

    fn start(&self) -> Run<'_> {
        let lanes = self.tables.iter().zip(0..);
        Run {
            lanes: lanes
                .map(|(table, l)| Lane::new(l, &self.resolved, table, &self.work))
                .collect(),
            window: Window::new(&self.resolved),
        }
    }
}

/// Set bits, ascending.
fn bits(mut mask: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = mask.trailing_zeros() as usize;
        mask &= mask.wrapping_sub(1);
        (bit < 64).then_some(bit)
    })
}

impl Run<'_> {
    /// Opens the next lowered bag, after retiring as many as it takes to make room.
    fn take(
        &mut self,
        lowered: &Lowered,
        feed: &mut Feed<'_>,
        retired: &mut dyn FnMut(u64, u64),
        watch: &mut impl Watch,
    ) -> Result<()> {
        if !self.window.has_room() {
            self.retire_oldest(retired, watch)?;
        }
        let lanes = lowered.headers[feed.header];
        feed.header += 1;
        let place = self.window.open(lanes);
        let opened = &self.window.places[place];
        watch.opened(opened.bag, lanes, opened.opened);
        for l in bits(lanes) {
            let (commands, next) = (&lowered.lanes[l], &mut feed.next[l]);
            loop {
                let last = commands.last[*next];
                self.lanes[l].feed(Command {
                    group: commands.groups[*next],
                    place: place as u16,
                    rows: commands.rows[*next],
                    last,
                });
                *next += 1;
                if last {
                    break;
                }
            }
            self.lanes[l].fed(&self.window.places);
        }
        Ok(())
    }

    fn retire_oldest(
        &mut self,
        retired: &mut dyn FnMut(u64, u64),
        watch: &mut impl Watch,
    ) -> Result<()> {
        let window = &mut self.window;
        let head = window.head;
        let place = window.place_of(head);
        let mut done = 0;
        for l in bits(window.places[place].lanes) {
            let lane = self.lanes[l].run_until_done(place, &window.places, watch);
            done = done.max(lane.ok_or_else(|| Error::Check {
                what: format!("cycle model: bag {head} never gets done in lane {l}"),
                help: "this is a defect of recross; please report it".to_owned(),
            })?);
        }
        let cycle = window.retire(done, retired);
        watch.left(head, cycle);
        Ok(())
    }

    fn finish(mut self, model: &Model, retired: &mut dyn FnMut(u64, u64)) -> Result<Timing> {
        while self.window.head < self.window.tail {
            self.retire_oldest(retired, &mut ())?;
        }
        let cycles = self.window.finish(retired);
        let mut counters = Counters {
            engine: self.window.counters(cycles),
            ..Counters::default()
        };
        let mut attribution = Attribution::default();
        for lane in self.lanes {
            let lane = lane.finish(cycles);
            counters.lanes.push(lane.counters);
            counters.banks.extend(lane.banks);
            attribution.lanes.push(lane.parts);
            attribution.banks.extend(lane.bank_parts);
        }
        Ok(Timing {
            cycles,
            bounds: counters.bounds(&model.resolved),
            counters,
            attribution,
        })
    }
}
