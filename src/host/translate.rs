//! Translation of bags of ids to the words that the ports take.

use super::beats::Translated;
use super::load::Load;
use super::spread::Spread;
use crate::config::Resolved;
use crate::error::{Error, Result};
use crate::formats::trace::Bags;
use crate::ids::{EmbeddingId, GroupId};
use crate::mapping::places::{KEY_BITS, Layout, split_key};
use crate::mapping::{Crossbar, Mapping, WordFormat};
use crate::progress::Progress;
use std::collections::BTreeSet;

/// The order in which bags are given to the ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BagOrder {
    /// That of the trace.
    Trace,
    /// The longest bags of each batch of so many bags first, so that no port is left with a long bag
    /// at a batch's end.
    LongestFirst(usize),
}

impl BagOrder {
    /// The order for a configuration: longest first within each batch.
    pub fn of(resolved: &Resolved) -> Self {
        BagOrder::LongestFirst(resolved.config.mapping.batch as usize)
    }

    /// Bags that must be known before the first can be given.
    pub(crate) fn batch(self) -> usize {
        match self {
            BagOrder::Trace => 1,
            BagOrder::LongestFirst(batch) => batch.max(1),
        }
    }
}

/// Translation for one mapping on one configuration.
///
/// An id becomes the word of a row of a crossbar ([`WordFormat`]). Each bag has one copy of each group
/// that it touches, the one whose lane and bank are free first by a running estimate of their load. An id
/// that is alone in its group and bag may go to a row copy instead. Further occurrences of an id in a
/// bag are commands of their own, and their copy is chosen anew. Groups without a choice enter the
/// estimate before those with one.
///
/// A bag goes to the port that is free next. The result depends only on the mapping, the
/// configuration and the bags so far.
#[derive(Debug, Clone)]
pub struct Translator {
    layout: Layout,
    format: WordFormat,
    load: Load,
    lanes: u32,
    ports: u32,
    ids_per_beat: u32,
    result_beats: u32,
    max_bag: u32,
}

/// Bags between two reports.
const REPORTED: u64 = 1024;

impl Translator {
    /// Prepares translation.
    ///
    /// # Errors
    /// As [`Layout::new`], if the mapping does not fit the configuration.
    pub fn new(mapping: &Mapping, resolved: &Resolved) -> Result<Self> {
        let frontend = &resolved.config.frontend;
        Ok(Translator {
            layout: Layout::new(mapping, resolved)?,
            format: WordFormat::new(resolved),
            load: Load::new(resolved),
            lanes: resolved.config.engine.lanes,
            ports: frontend.ports,
            ids_per_beat: frontend.ids_per_beat,
            result_beats: resolved.result_beats,
            max_bag: resolved.config.embedding.max_bag,
        })
    }

    /// The mapping's places.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The format of the words.
    pub fn format(&self) -> WordFormat {
        self.format
    }

    /// The crossbars that bags use.
    pub fn crossbars_of(&self, translated: &Translated) -> BTreeSet<Crossbar> {
        let words = translated.ports.iter().flat_map(|port| port.words());
        let places = words.filter_map(|&word| self.format.place(word));
        places.map(|(crossbar, _)| crossbar).collect()
    }

    /// No bags for as many ports as the configuration has.
    pub fn buffer(&self) -> Translated {
        Translated::new(self.ports)
    }

    /// Translates a whole trace; its first bag has number 0.
    ///
    /// # Errors
    /// As [`Translation::push`].
    pub fn translate(&self, bags: &Bags, order: BagOrder) -> Result<Translated> {
        self.translate_reporting(bags, order, &())
    }

    /// As [`Translator::translate`], with reports.
    ///
    /// # Errors
    /// As [`Translation::push`], and what `progress` returns.
    pub fn translate_reporting(
        &self,
        bags: &Bags,
        order: BagOrder,
        progress: &dyn Progress,
    ) -> Result<Translated> {
        let mut stream = self.stream(order);
        let mut out = self.buffer();
        for (done, bag) in (0..).zip(bags.iter()) {
            if done % REPORTED == 0 {
                progress.step("translating", done, bags.len() as u64)?;
            }
            stream.push(bag, &mut out)?;
        }
        stream.finish(&mut out)?;
        Ok(out)
    }

    /// Starts translation bag by bag; numbers start at 0.
    pub fn stream(&self, order: BagOrder) -> Translation<'_> {
        Translation {
            translator: self,
            order,
            load: self.load.clone(),
            busy: vec![0; self.ports as usize],
            next: 0,
            ids: Vec::new(),
            ends: Vec::new(),
            sorted: Vec::new(),
            keys: Vec::new(),
            commands: Vec::new(),
            words: Vec::new(),
            order_in_bag: Spread::new(self.format, self.lanes, self.ports, self.ids_per_beat),
        }
    }
}

/// A command whose crossbar may not be chosen yet: ids of one group and round.
#[derive(Debug, Clone, Copy)]
struct Pending {
    group: GroupId,
    /// The lowest row.
    row: u32,
    /// Its ids in the sorted keys.
    start: usize,
    end: usize,
    /// Whether several crossbars could serve it.
    choice: bool,
}

/// Translates one bag after another, keeping the estimate of load.
#[derive(Debug, Clone)]
pub struct Translation<'a> {
    translator: &'a Translator,
    order: BagOrder,
    load: Load,
    /// Cycles for which each port is busy with its bags.
    busy: Vec<u64>,
    next: u32,
    /// Bags of the batch that is not complete: ids, and the end of each bag's.
    ids: Vec<EmbeddingId>,
    ends: Vec<usize>,
    sorted: Vec<u32>,
    /// `round, group, row` and position in the bag.
    keys: Vec<(u64, u32)>,
    commands: Vec<Pending>,
    words: Vec<u32>,
    order_in_bag: Spread,
}

impl Translation<'_> {
    /// Number of bags so far.
    pub fn bags(&self) -> u32 {
        self.next
    }

    /// Takes the next bag, and appends to `out`, which must come from [`Translator::buffer`], the bags
    /// that can be given: in [`BagOrder::LongestFirst`] none, or a whole batch.
    ///
    /// # Errors
    /// [`Error::Argument`] for an id that is not in the mapping, a bag of more than
    /// `embedding.max_bag` lookups, or more than 2^32 - 1 bags.
    pub fn push(&mut self, bag: &[EmbeddingId], out: &mut Translated) -> Result<()> {
        self.check(bag)?;
        self.ids.extend_from_slice(bag);
        self.ends.push(self.ids.len());
        self.next += 1;
        match self.ends.len() == self.order.batch() {
            true => self.finish(out),
            false => Ok(()),
        }
    }

    /// Appends the bags of a batch that is not complete.
    ///
    /// # Errors
    /// None for bags that [`Translation::push`] took.
    pub fn finish(&mut self, out: &mut Translated) -> Result<()> {
        let ends = std::mem::take(&mut self.ends);
        let ids = std::mem::take(&mut self.ids);
        let first = self.next - ends.len() as u32;
        let bag = |i: u32| {
            let start = i.checked_sub(1).map_or(0, |before| ends[before as usize]);
            &ids[start..ends[i as usize]]
        };
        let mut sorted = std::mem::take(&mut self.sorted);
        sorted.clear();
        sorted.extend(0..ends.len() as u32);
        // Stable: bags of equal length stay in order.
        sorted.sort_by_key(|&i| std::cmp::Reverse(bag(i).len()));
        for &i in &sorted {
            self.translate(first + i, bag(i))?;
            let translator = self.translator;
            let beats = (bag(i).len() as u64).div_ceil(translator.ids_per_beat.into());
            let cycles = beats.max(1).max(translator.result_beats.into());
            // The port that is free first; the first of equal ones.
            let free = (0..self.busy.len())
                .min_by_key(|&p| self.busy[p])
                .unwrap_or(0);
            self.busy[free] += cycles;
            let order = self.order_in_bag.of(free as u32, &self.words);
            out.ports[free].push(first + i, order.iter().copied());
        }
        self.sorted = sorted;
        (self.ids, self.ends) = (ids, ends);
        self.ids.clear();
        self.ends.clear();
        Ok(())
    }

    fn check(&self, bag: &[EmbeddingId]) -> Result<()> {
        let most = self.translator.max_bag;
        if bag.len() > most as usize {
            return Err(Error::argument(
                "bags",
                format!("{} lookups in bag {}", bag.len(), self.next),
                format!("at most embedding.max_bag ({most})"),
                "raise embedding.max_bag (it sizes the accumulators), or split the bag",
            ));
        }
        let embeddings = self.translator.layout.embeddings();
        if let Some(id) = bag.iter().find(|id| id.0 >= embeddings) {
            return Err(self.unknown(*id, self.next));
        }
        if self.next == u32::MAX {
            return Err(Error::argument(
                "bags",
                "more than 4294967295 bags",
                "at most 4294967295 per run",
                "split the trace",
            ));
        }
        Ok(())
    }

    fn unknown(&self, id: EmbeddingId, bag: u32) -> Error {
        Error::argument(
            "bags",
            format!("id {id} in bag {bag}"),
            format!("ids below {}", self.translator.layout.embeddings()),
            "learn the mapping for all embeddings of the trace",
        )
    }

    /// Fills `words` with the words of a bag, in the order of its ids.
    fn translate(&mut self, number: u32, bag: &[EmbeddingId]) -> Result<()> {
        self.sort_keys(number, bag)?;
        self.load.bag(bag.len());
        self.words.clear();
        self.words.resize(bag.len(), 0);
        let translator = self.translator;
        let layout = &translator.layout;
        self.commands.clear();
        let command = |key: u64| (key >> KEY_BITS, split_key(key & ((1 << KEY_BITS) - 1)).0);
        let mut start = 0;
        for run in self.keys.chunk_by(|a, b| command(a.0) == command(b.0)) {
            let end = start + run.len();
            let (group, row) = split_key(run[0].0 & ((1 << KEY_BITS) - 1));
            let second = match run {
                [_] => layout.second_places(group, row),
                _ => &[],
            };
            self.commands.push(Pending {
                group,
                row,
                start,
                end,
                choice: layout.copies(group).len() > 1 || !second.is_empty(),
            });
            start = end;
        }
        for choice in [false, true] {
            for i in 0..self.commands.len() {
                let pending = self.commands[i];
                if pending.choice == choice {
                    self.choose(pending, layout);
                }
            }
        }
        Ok(())
    }

    /// Chooses the crossbar of a command.
    fn choose(&mut self, pending: Pending, layout: &Layout) {
        let copies = layout.copies(pending.group);
        if let (&[only], false) = (copies, pending.choice) {
            return self.serve(pending, only, None);
        }
        let second = match pending.end - pending.start {
            1 => layout.second_places(pending.group, pending.row),
            _ => &[],
        };
        let second = second.iter().flat_map(|at| {
            let crossbars = layout.copies(at.group).iter();
            crossbars.map(|&crossbar| (crossbar, Some(at.row)))
        });
        let homes = copies.iter().map(|&crossbar| (crossbar, None));
        // A group of a checked layout has a crossbar.
        if let Some((crossbar, row)) = self.load.best(homes.chain(second)) {
            self.serve(pending, crossbar, row);
        }
    }

    /// Names the crossbar of a command's ids; `row` is that of a row copy.
    fn serve(&mut self, pending: Pending, crossbar: Crossbar, row: Option<u32>) {
        let base = self.translator.format.first_row(crossbar);
        let keys = &self.keys[pending.start..pending.end];
        self.load.add(crossbar, keys.len() as u32);
        for &(key, position) in keys {
            let own = split_key(key & ((1 << KEY_BITS) - 1)).1;
            self.words[position as usize] = base + row.unwrap_or(own);
        }
    }

    /// Fills `keys`, ascending.
    fn sort_keys(&mut self, number: u32, bag: &[EmbeddingId]) -> Result<()> {
        self.keys.clear();
        for (&id, position) in bag.iter().zip(0..) {
            let key = self.translator.layout.key(id);
            let key = key.ok_or_else(|| self.unknown(id, number))?;
            self.keys.push((key, position));
        }
        self.keys.sort_unstable();
        let (mut previous, mut round, mut repeats) = (u64::MAX, 0, false);
        for (key, _) in &mut self.keys {
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
}
