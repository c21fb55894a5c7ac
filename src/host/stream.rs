//! Lowering of bags to commands.

use super::choice::{Estimate, Target};
use super::commands::Lowered;
use crate::config::Resolved;
use crate::error::{Error, Result};
use crate::formats::trace::Bags;
use crate::ids::{EmbeddingId, GroupId};
use crate::mapping::Mapping;
use crate::mapping::places::{KEY_BITS, Layout, split_key};
use crate::progress::Progress;

/// Lowering for one mapping on one configuration.
///
/// A bag needs one command per group that it touches. If an id occurs `k` times, its group needs
/// `k` commands: the first has all distinct ids of the group, the second those that occur at least
/// twice, and so on. Within a lane, a bag's commands are ordered in rounds (all first commands,
/// then all second commands, ...) and by group inside a round, so that repeats on one bank are far
/// apart.
///
/// A command of one row may go to any crossbar that has a copy of the row. A command with several
/// possible lanes or copies goes where it finishes first according to a running estimate of lane
/// and bank occupancy; commands without a choice enter the estimate before those with one. The
/// result depends only on the mapping, the configuration and the bags so far.
#[derive(Debug, Clone)]
pub struct Lowering {
    layout: Layout,
    estimate: Estimate,
    rows: u32,
    lanes: u32,
    max_bag: u32,
}

impl Lowering {
    /// Prepares lowering.
    ///
    /// # Errors
    /// As [`Layout::new`], if the mapping does not fit the configuration.
    pub fn new(mapping: &Mapping, resolved: &Resolved) -> Result<Self> {
        Ok(Lowering {
            layout: Layout::new(mapping, resolved)?,
            estimate: Estimate::new(resolved),
            rows: resolved.config.crossbar.rows,
            lanes: resolved.config.engine.lanes,
            max_bag: resolved.config.embedding.max_bag,
        })
    }

    /// The mapping, indexed by lane.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Lowers a whole trace; its first bag has sequence number 0.
    ///
    /// # Errors
    /// As [`LoweringStream::push`].
    pub fn lower(&self, bags: &Bags) -> Result<Lowered> {
        self.lower_reporting(bags, &())
    }

    /// As [`Lowering::lower`], with reports.
    ///
    /// # Errors
    /// As [`Lowering::lower`], and what `progress` returns.
    pub fn lower_reporting(&self, bags: &Bags, progress: &dyn Progress) -> Result<Lowered> {
        let mut stream = self.stream();
        let mut out = self.buffer();
        out.headers.reserve(bags.len());
        for (done, bag) in (0..).zip(bags.iter()) {
            if done % REPORTED == 0 {
                progress.step("lowering", done, bags.len() as u64)?;
            }
            stream.push(bag, &mut out)?;
        }
        Ok(out)
    }

    /// Starts lowering bag by bag; sequence numbers start at 0.
    pub fn stream(&self) -> LoweringStream<'_> {
        LoweringStream {
            lowering: self,
            estimate: self.estimate.clone(),
            next: 0,
            keys: Vec::new(),
            pending: Vec::new(),
        }
    }

    /// An empty output of this configuration's shape, for [`LoweringStream::push`].
    pub fn buffer(&self) -> Lowered {
        Lowered::empty(0, self.rows, self.lanes)
    }
}

/// Bags between two reports.
const REPORTED: u64 = 1024;

/// A command whose lane may not be chosen yet.
#[derive(Debug, Clone, Copy)]
struct Pending {
    group: GroupId,
    /// The lowest row; for a command of one row, the row in the chosen array.
    row: u32,
    /// Range of the command's rows in the sorted keys.
    start: usize,
    end: usize,
    target: Option<Target>,
}

/// Lowers one bag after another, keeping the estimate of lane and bank load.
#[derive(Debug, Clone)]
pub struct LoweringStream<'a> {
    lowering: &'a Lowering,
    estimate: Estimate,
    next: u32,
    keys: Vec<u64>,
    pending: Vec<Pending>,
}

impl LoweringStream<'_> {
    /// Sequence number of the next bag.
    pub fn next_bag(&self) -> u32 {
        self.next
    }

    /// Appends the commands of the next bag to `out`, which must come from [`Lowering::buffer`].
    /// The caller may consume `out` between bags and restart it ([`Lowered::restart`] with
    /// [`Self::next_bag`]).
    ///
    /// # Errors
    /// [`Error::Argument`] for an id that is not in the mapping, a bag of more than
    /// `embedding.max_bag` lookups, or more than 2^32 - 1 bags. In these cases nothing is appended.
    pub fn push(&mut self, bag: &[EmbeddingId], out: &mut Lowered) -> Result<()> {
        self.sort_rows(bag)?;
        let Some(next) = self.next.checked_add(1) else {
            return Err(Error::argument(
                "bags",
                "more than 4294967295 bags",
                "at most 4294967295 per run",
                "split the trace",
            ));
        };
        self.estimate.begin_bag();
        self.assign_lanes();
        self.estimate.end_bag();
        self.emit(out);
        self.next = next;
        Ok(())
    }

    /// Fills `keys` with `round, group, row`, ascending.
    fn sort_rows(&mut self, bag: &[EmbeddingId]) -> Result<()> {
        let most = self.lowering.max_bag;
        if bag.len() > most as usize {
            return Err(Error::argument(
                "bags",
                format!("{} lookups in bag {}", bag.len(), self.next),
                format!("at most embedding.max_bag ({most})"),
                "raise embedding.max_bag (it sizes the accumulators), or split the bag",
            ));
        }
        self.keys.clear();
        for &id in bag {
            let key = self.lowering.layout.key(id).ok_or_else(|| {
                Error::argument(
                    "bags",
                    format!("id {id} in bag {}", self.next),
                    format!("ids below {}", self.lowering.layout.embeddings()),
                    "learn the mapping for all embeddings of the trace",
                )
            })?;
            self.keys.push(key);
        }
        self.keys.sort_unstable();
        let (mut previous, mut round, mut repeats) = (u64::MAX, 0, false);
        for key in &mut self.keys {
            round = if *key == previous { round + 1 } else { 0 };
            previous = *key;
            repeats |= round > 0;
            *key |= round << KEY_BITS;
        }
        if repeats {
            self.keys.sort_unstable();
        }
        Ok(())
    }

    fn assign_lanes(&mut self) {
        let layout = &self.lowering.layout;
        self.pending.clear();
        let mut start = 0;
        let command = |key: u64| (key >> KEY_BITS, split_key(key & ((1 << KEY_BITS) - 1)).0);
        for run in self.keys.chunk_by(|a, b| command(*a) == command(*b)) {
            let end = start + run.len();
            let (group, row) = split_key(run[0] & ((1 << KEY_BITS) - 1));
            self.pending.push(Pending {
                group,
                row,
                start,
                end,
                target: None,
            });
            start = end;
        }
        for free in [false, true] {
            for p in &mut self.pending {
                let options = layout.options(p.group);
                let rows = (p.end - p.start) as u32;
                let copies = match rows {
                    1 => layout.second_places(p.group, p.row),
                    _ => &[],
                };
                if (options.len() > 1 || !copies.is_empty()) != free {
                    continue;
                }
                p.target = self.estimate.choose(options, layout, rows);
                for copy in copies {
                    let options = layout.options(copy.group);
                    let other = self.estimate.choose(options, layout, rows);
                    if let (Some(best), Some(other)) = (&p.target, other)
                        && other.before(best)
                    {
                        (p.group, p.row, p.target) = (copy.group, copy.row, Some(other));
                    }
                }
                if let Some(target) = &p.target {
                    self.estimate.commit(target);
                }
            }
        }
    }

    fn emit(&self, out: &mut Lowered) {
        let mut header = 0u64;
        let words = out.mask_words;
        for p in &self.pending {
            // Always present, as each group of a checked layout has a replica.
            let Some(target) = p.target else { continue };
            header |= 1 << target.lane;
            let to = &mut out.lanes[target.lane as usize];
            to.bags.push(self.next);
            to.groups.push(target.group);
            to.global_groups.push(p.group);
            to.rows.push((p.end - p.start) as u16);
            to.last.push(false);
            let base = to.masks.len();
            to.masks.resize(base + words, 0);
            let mut mask = |row: u32| to.masks[base + row as usize / 64] |= 1 << (row % 64);
            match &self.keys[p.start..p.end] {
                [_] => mask(p.row),
                keys => keys.iter().for_each(|&key| mask(split_key(key).1)),
            }
        }
        out.headers.push(header);
        while header != 0 {
            let lane = header.trailing_zeros() as usize;
            if let Some(last) = out.lanes[lane].last.last_mut() {
                *last = true;
            }
            header &= header - 1;
        }
    }
}
