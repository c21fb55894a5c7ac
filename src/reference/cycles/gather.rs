//! A lane's gather store (`rtl/recross_gather.v`): collects the rows of a bag that lie in one group,
//! and makes them one command.

use super::beat::bits;
use crate::config::MAX_IDS_PER_BEAT;

/// Most entries.
const MOST: usize = 64;

/// The key of an entry that takes no more rows.
const SHUT: u32 = u32::MAX;

/// Ids of one crossbar that were picked in the cycle before.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Step {
    pub slot: u32,
    /// The first `ids` ones are rows, ascending.
    pub rows: [u16; MAX_IDS_PER_BEAT],
    pub ids: u8,
    /// The bag has no more ids of the crossbar.
    pub last: bool,
    pub port: u8,
    pub pool: u8,
    pub bank: u8,
}

/// What an entry is, but for its rows.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Entry {
    pub slot: u32,
    pub rows: u16,
    pub port: u8,
    pub pool: u8,
    pub bank: u8,
}

/// Entries of a lane.
#[derive(Debug, Clone)]
pub(super) struct Gather {
    size: usize,
    /// Words of a mask.
    words: usize,
    /// Port, bank and slot of open entries.
    keys: [u32; MOST],
    entries: [Entry; MOST],
    masks: Vec<u64>,
    len: usize,
    /// Places from the turn on, as a mask.
    from: u64,
    /// Entries by place, as masks.
    valid: u64,
    shut: u64,
    /// The place that an entry left in this cycle: no other is made there before the next.
    left: u64,
}

impl Gather {
    pub fn new(size: u32, rows: u32) -> Self {
        let words = rows.div_ceil(64) as usize;
        Gather {
            size: size as usize,
            words,
            keys: [SHUT; MOST],
            entries: [Entry::default(); MOST],
            masks: vec![0; words * size as usize],
            len: 0,
            from: u64::MAX,
            valid: 0,
            shut: 0,
            left: 0,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Begins a cycle.
    #[inline(always)]
    pub fn begin(&mut self) {
        self.left = 0;
    }

    /// Entries that are free.
    #[inline(always)]
    pub fn free(&self) -> usize {
        self.size - self.len
    }

    /// Whether an entry leaves as soon as its bank has room.
    #[inline(always)]
    pub fn due(&self) -> bool {
        self.shut != 0 || (self.free() < 2 && self.len > 0)
    }

    /// The place of the entry that leaves, if one does; `ready` tells whether a bank has room. Places
    /// take turns, and entries that are shut go first.
    #[inline(always)]
    pub fn leaving(&self, mut ready: impl FnMut(u8) -> bool) -> Option<usize> {
        let mut first = |mask: u64| {
            let [high, low] = [mask & self.from, mask & !self.from];
            let mut places = bits(high).chain(bits(low));
            places.find(|&at| ready(self.entries[at].bank))
        };
        match first(self.shut) {
            None if self.free() < 2 => first(self.valid),
            found => found,
        }
    }

    /// Removes the entry at a place; the next place has the turn. Its mask stays where
    /// [`Gather::mask`] finds it until the next [`Gather::put`].
    #[inline(always)]
    pub fn remove(&mut self, at: usize) -> Entry {
        self.len -= 1;
        self.valid &= !(1 << at);
        self.shut &= !(1 << at);
        self.left = 1 << at;
        self.keys[at] = SHUT;
        self.from = match at + 1 == self.size {
            true => u64::MAX,
            false => u64::MAX << (at + 1),
        };
        self.entries[at]
    }

    /// The rows of the entry at a place.
    pub fn mask(&self, at: usize) -> &[u64] {
        &self.masks[at * self.words..(at + 1) * self.words]
    }

    /// Places for the entries that the first and the second step of a cycle make.
    #[inline(always)]
    pub fn fresh(&self) -> [usize; 2] {
        let free = !(self.valid | self.left);
        [free, free & free.wrapping_sub(1)].map(|f| f.trailing_zeros() as usize)
    }

    /// Takes the rows of a step, which make an entry at a place if they have to. Returns whether they
    /// do.
    #[inline(always)]
    pub fn put(&mut self, step: Step, at: usize, slot_bits: u32) -> bool {
        let key = u32::from(step.port) << 22 | u32::from(step.bank) << slot_bits | step.slot;
        let rows = &step.rows[..step.ids as usize];
        if let Some(at) = self.keys[..self.size].iter().position(|&k| k == key) {
            let mask = &mut self.masks[at * self.words..(at + 1) * self.words];
            let is_set = |&row: &u16| mask[row as usize / 64] >> (row % 64) & 1 == 1;
            if !rows.iter().any(is_set) {
                set(mask, rows);
                self.entries[at].rows += u16::from(step.ids);
                if step.last {
                    self.shut(at);
                }
                return false;
            }
            // A crossbar's row is read once in a command.
            self.shut(at);
        }
        debug_assert!(at < self.size, "picked without room");
        self.valid |= 1 << at;
        self.keys[at] = key;
        self.entries[at] = Entry {
            slot: step.slot,
            rows: step.ids.into(),
            port: step.port,
            pool: step.pool,
            bank: step.bank,
        };
        let mask = &mut self.masks[at * self.words..(at + 1) * self.words];
        mask.fill(0);
        set(mask, rows);
        self.len += 1;
        if step.last {
            self.shut(at);
        }
        true
    }

    #[inline(always)]
    fn shut(&mut self, at: usize) {
        self.keys[at] = SHUT;
        self.shut |= 1 << at;
    }

    /// Shuts all entries of the ports in a mask.
    #[inline(always)]
    pub fn close(&mut self, ports: u8) {
        for at in bits(self.valid & !self.shut) {
            if ports >> self.entries[at].port & 1 == 1 {
                self.shut(at);
            }
        }
    }
}

/// Sets the bits of rows in a mask.
#[inline(always)]
fn set(mask: &mut [u64], rows: &[u16]) {
    for row in rows {
        mask[*row as usize / 64] |= 1 << (row % 64);
    }
}
