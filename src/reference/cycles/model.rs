//! The model of the whole engine: it turns lowered bags into the cycles of their results.

use super::attribution::{Attribution, Limit};
use super::lane::{Command, Lane, ReplicaTable};
use super::watch::Watch;
use super::window::Window;
use super::work::WorkTable;
use crate::config::Resolved;
use crate::error::{Error, Result};
use crate::hardware::{Bounds, Counters};
use crate::host::{Lowered, Lowering};
use crate::ids::EmbeddingId;
use crate::mapping::Mapping;

/// Cycles and events of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timing {
    /// Cycles from the first offer to the last result, both included; 0 without a bag.
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

/// Predicts the run of a trace's bags, all offered from cycle 0 on. The memory it needs does not
/// grow with their number. `retired` is called in bag order with each bag's number, from 0, and the
/// cycle of its result.
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

/// The cycle model of a configuration with a mapping. Each run starts with an empty pipeline.
#[derive(Debug, Clone)]
pub struct Model {
    resolved: Resolved,
    lowering: Lowering,
    tables: Vec<ReplicaTable>,
    work: WorkTable,
}

/// Number of bags lowered at a time.
const CHUNK: usize = 64;

/// Position in a sequence of lowered bags.
struct Cursor<'l> {
    /// Index of the next header.
    header: usize,
    /// Index of the next command of each lane.
    next: &'l mut [usize],
}

impl Cursor<'_> {
    fn restart(&mut self) {
        self.header = 0;
        self.next.fill(0);
    }
}

/// State of a run.
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
            tables: lowering
                .layout()
                .lanes()
                .iter()
                .map(ReplicaTable::new)
                .collect(),
            work: WorkTable::new(resolved),
            lowering,
            resolved: resolved.clone(),
        })
    }

    /// The lowering for the model's mapping.
    pub fn lowering(&self) -> &Lowering {
        &self.lowering
    }

    /// Predicts the run of `bags`. `retired` is called in bag order with each bag's number, from 0,
    /// and the cycle of its result.
    ///
    /// # Errors
    /// As [`crate::host::LoweringStream::push`]; `retired` may have been called for bags before the
    /// bad one.
    pub fn run<'b>(
        &self,
        mut bags: impl Iterator<Item = &'b [EmbeddingId]>,
        retired: &mut dyn FnMut(u64, u64),
    ) -> Result<Timing> {
        let mut run = self.start();
        let mut stream = self.lowering.stream();
        let mut lowered = self.lowering.buffer();
        let mut next = vec![0; run.lanes.len()];
        let mut cursor = Cursor {
            header: 0,
            next: &mut next,
        };
        loop {
            if cursor.header == lowered.headers.len() {
                lowered.restart(stream.next_bag());
                cursor.restart();
                for bag in bags.by_ref().take(CHUNK) {
                    stream.push(bag, &mut lowered)?;
                }
                if lowered.headers.is_empty() {
                    return run.finish(self, retired);
                }
            }
            run.open_next(&lowered, &mut cursor, retired, &mut ())?;
        }
    }

    /// As [`Model::run`], for bags that have been lowered.
    ///
    /// # Errors
    /// [`Error::Argument`] if the bags were lowered for another configuration or mapping.
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
        let mut cursor = Cursor {
            header: 0,
            next: &mut next,
        };
        while cursor.header < lowered.headers.len() {
            run.open_next(lowered, &mut cursor, retired, watch)?;
        }
        while run.window.head < run.window.tail {
            run.retire_oldest(retired, watch)?;
        }
        run.finish(self, retired)
    }

    /// Rejects commands that would index beyond the model's tables.
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
                "commands lowered for another configuration or mapping",
                "commands lowered for this one",
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

/// Numbers of the set bits, ascending.
fn bits(mut mask: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = mask.trailing_zeros() as usize;
        mask &= mask.wrapping_sub(1);
        (bit < 64).then_some(bit)
    })
}

impl Run<'_> {
    /// Opens the next lowered bag; if the window is full, retires the oldest bag first.
    fn open_next(
        &mut self,
        lowered: &Lowered,
        cursor: &mut Cursor<'_>,
        retired: &mut dyn FnMut(u64, u64),
        watch: &mut impl Watch,
    ) -> Result<()> {
        if !self.window.has_room() {
            self.retire_oldest(retired, watch)?;
        }
        let lanes = lowered.headers[cursor.header];
        cursor.header += 1;
        let place = self.window.open(lanes);
        let opened = &self.window.places[place];
        watch.opened(opened.bag, lanes, opened.opened);
        for l in bits(lanes) {
            let (commands, next) = (&lowered.lanes[l], &mut cursor.next[l]);
            loop {
                let last = commands.last[*next];
                self.lanes[l].add_command(Command {
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
            self.lanes[l].commands_added(&self.window.places, watch);
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
                what: format!("cycle model: bag {head} never finishes in lane {l}"),
                help: "this is a defect of recross; please report it".to_owned(),
            })?);
        }
        let cycle = window.retire(done, retired);
        watch.retired(head, cycle);
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
