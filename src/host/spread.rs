//! The order of a bag's words, which the engine's speed depends on, and its results do not.

use crate::config::MAX_IDS_PER_BEAT;
use crate::mapping::WordFormat;

/// Beats that may be open at a time.
const OPEN: usize = 4;

/// Puts the words of bags into an order that suits the engine.
///
/// A lane takes few ids a cycle, but those of one crossbar together, if they are in one beat and their
/// rows ascend ([`WordFormat::joins`]), and sends a command at its last id
/// ([`WordFormat::last_of_crossbar`]). So beats are filled with words of one crossbar as far as there
/// are enough, and otherwise with those of few crossbars. Each lane's beats are spread evenly over the
/// bag. Within a lane, those of a crossbar follow each other, so that few commands are collected at a
/// time. Ports begin with different lanes. What an id repeats comes behind its first occurrences.
#[derive(Debug, Clone)]
pub(super) struct Spread {
    format: WordFormat,
    lanes: u32,
    ports: u32,
    ids_per_beat: usize,
    /// Lane from the port's first on, round of repetition, and word.
    items: Vec<(u32, u32, u32)>,
    runs: Vec<Run>,
    /// Beats that are not full.
    open: Vec<Part>,
    words: Vec<u32>,
}

/// Words of `items` that should share a beat.
#[derive(Debug, Clone)]
struct Run {
    /// When, from the start of the bag on.
    at: u64,
    lane: u32,
    items: std::ops::Range<usize>,
    /// Whether they are the last ones of their crossbar. What an id repeats is a command of its own.
    last: bool,
}

/// A beat, or a part of one.
#[derive(Debug, Clone, Copy, Default)]
struct Part {
    words: [u32; MAX_IDS_PER_BEAT],
    len: usize,
}

impl Spread {
    pub fn new(format: WordFormat, lanes: u32, ports: u32, ids_per_beat: u32) -> Self {
        Spread {
            format,
            lanes,
            ports,
            ids_per_beat: ids_per_beat as usize,
            items: Vec::new(),
            runs: Vec::new(),
            open: Vec::new(),
            words: Vec::new(),
        }
    }

    /// The order for the words of a bag on a port.
    pub fn of(&mut self, port: u32, words: &[u32]) -> &[u32] {
        let (format, lanes) = (self.format, self.lanes);
        let first = port * lanes / self.ports;
        let from_first = |word| (format.lane(word) + lanes - first) % lanes;
        self.items.clear();
        let items = words.iter().map(|&word| (from_first(word), 0, word));
        self.items.extend(items);
        self.items.sort_unstable();
        let mut repeats = false;
        for at in 1..self.items.len() {
            let before = self.items[at - 1];
            if before.2 == self.items[at].2 {
                self.items[at].1 = before.1 + 1;
                repeats = true;
            }
        }
        if repeats {
            self.items.sort_unstable();
        }
        self.find_runs();
        self.words.clear();
        for at in 0..self.runs.len() {
            let run = &self.runs[at];
            let items = &self.items[run.items.clone()];
            let mut part = Part {
                len: items.len(),
                ..Part::default()
            };
            let words = part.words.iter_mut().zip(items);
            words.for_each(|(word, item)| *word = item.2);
            if run.last {
                part.words[items.len() - 1] |= self.format.last_of_crossbar();
            }
            self.put(part);
        }
        // The fullest first, so that the bag's end breaks few runs.
        self.open.sort_by_key(|beat| std::cmp::Reverse(beat.len));
        for beat in self.open.drain(..) {
            self.words.extend(beat.words());
        }
        &self.words
    }

    fn find_runs(&mut self) {
        let by_lane = self.items.chunk_by(|a, b| a.0 == b.0);
        let most = by_lane.clone().map(<[_]>::len).max().unwrap_or(0) as u64;
        self.runs.clear();
        let mut start = 0;
        for of_lane in by_lane {
            let first = start;
            let together = |a: &(_, _, u32), b: &(_, _, u32)| self.format.joins(a.2, b.2);
            for crossbar in of_lane.chunk_by(together) {
                let end = start + crossbar.len();
                for run in crossbar.chunks(self.ids_per_beat) {
                    let items = start..start + run.len();
                    self.runs.push(Run {
                        at: (start - first) as u64 * most / of_lane.len() as u64,
                        lane: run[0].0,
                        last: items.end == end,
                        items,
                    });
                    start += run.len();
                }
            }
        }
        // Stable: a lane's runs stay in order.
        self.runs.sort_by_key(|run| (run.at, run.lane));
    }

    /// Appends words, fewer than a beat has or as many, to the beats.
    fn put(&mut self, part: Part) {
        let size = self.ids_per_beat;
        let fits = self.open.iter().enumerate();
        let fits = fits.filter(|(_, beat)| beat.len + part.len <= size);
        let best = fits.max_by_key(|&(at, beat)| (beat.len, std::cmp::Reverse(at)));
        let beat = match best {
            _ if part.len == size => part,
            Some((at, _)) => self.open.remove(at).with(part.words()),
            None => part,
        };
        if beat.len == size {
            self.words.extend(beat.words());
            return;
        }
        self.open.push(beat);
        if self.open.len() > OPEN {
            // No two of them fit into one beat, so that two fill one.
            let second = self.open.remove(1);
            let (fill, rest) = second.words().split_at(size - self.open[0].len);
            let full = self.open.remove(0).with(fill);
            self.words.extend(full.words());
            self.put(Part::default().with(rest));
        }
    }
}

impl Part {
    fn words(&self) -> &[u32] {
        &self.words[..self.len]
    }

    /// These words, and `more` behind them.
    fn with(mut self, more: &[u32]) -> Self {
        self.words[self.len..self.len + more.len()].copy_from_slice(more);
        self.len += more.len();
        self
    }
}
