//! Bags in, commands out.

use super::choice::{Choice, Estimate};
use super::commands::Lowered;
use crate::config::Resolved;
use crate::error::{Error, Result};
use crate::formats::trace::Bags;
use crate::ids::{EmbeddingId, GroupId};
use crate::mapping::Mapping;
use crate::mapping::places::{KEY_BITS, Layout, split_key};

/// Lowering for one mapping on one configuration.
///
/// A bag gives one command per group that it touches. An id that occurs `k` times needs `k`
/// commands on its group: the first has all distinct ids of the group, the second those that occur
/// at least twice, and so on. In a lane a bag's commands come in rounds (first commands, then
/// second commands...), ascending by group inside a round, so that repeats on one bank lie apart.
///
/// A command of one row may go to any crossbar that has a copy of the row. A group with replicas in
/// several lanes, or such a row, goes where it is done first by a running estimate of
/// lane and bank occupancy; commands without a choice are counted before those that have one.
/// Results depend on nothing but mapping, configuration and the bags so far.
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

    /// The mapping as the lanes see it.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Lowers a whole trace; its first bag has sequence number 0.
    ///
    /// # Errors
    /// As [`LoweringStream::push`].
    pub fn lower(&self, bags: &Bags) -> Result<Lowered> {
        let mut stream = self.stream();
        let mut out = self.buffer();
        out.headers.reserve(bags.len());
        for bag in bags.iter() {
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

/// A command whose lane may not be known yet.
#[derive(Debug, Clone, Copy)]
struct Pending {
    group: GroupId,
    /// The lowest row; of a command of one row, the row where it goes.
    row: u32,
    /// Range of its rows in the sorted keys.
    start: usize,
    end: usize,
    choice: Option<Choice>,
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

    /// Appends the commands of the next bag to `out`, which comes from [`Lowering::buffer`] and
    /// may be taken and restarted between bags ([`Lowered::restart`] with [`Self::next_bag`]).
    ///
    /// # Errors
    /// [`Error::Argument`] for an id that the mapping does not know, a bag of more than
    /// `embedding.max_bag` lookups, or more than 2^32 - 1 bags. Nothing is appended then.
    pub fn push(&mut self, bag: &[EmbeddingId], out: &mut Lowered) -> Result<()> {
        self.sort_rows(bag)?;
        let Some(next) = self.next.checked_add(1) else {
            return Err(Error::argument(
                "bags",
                "more than 4294967295 bags",
                "at most 4294967295 in one run",
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
                "raise embedding.max_bag, which sizes the accumulators",
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
                choice: None,
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
                p.choice = self.estimate.choose(options, layout, rows);
                for copy in copies {
                    let options = layout.options(copy.group);
                    let other = self.estimate.choose(options, layout, rows);
                    if let (Some(best), Some(other)) = (&p.choice, other)
                        && other.before(best)
                    {
                        (p.group, p.row, p.choice) = (copy.group, copy.row, Some(other));
                    }
                }
                if let Some(choice) = &p.choice {
                    self.estimate.commit(choice);
                }
            }
        }
    }

    fn emit(&self, out: &mut Lowered) {
        let mut header = 0u64;
        let words = out.mask_words;
        for p in &self.pending {
            // Each group of a checked layout has a replica, so a choice is always there.
            let Some(choice) = p.choice else { continue };
            header |= 1 << choice.lane;
            let to = &mut out.lanes[choice.lane as usize];
            to.bags.push(self.next);
            to.groups.push(choice.group);
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
