//! A lane's gather store (`rtl/recross_gather.v`): collects the rows of a bag that lie in one group,
//! and makes them one command.

use super::beat::bits;

/// Most entries.
const MOST: usize = 64;

/// The key of an entry that takes no more rows.
const SHUT: u32 = u32::MAX;

/// An id that was picked in the cycle before.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Step {
    pub slot: u32,
    pub row: u16,
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
    /// Places of entries, from the oldest to the youngest.
    order: [u8; MOST],
    len: usize,
    /// Entries by place, as masks.
    valid: u64,
    shut: u64,
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
            order: [0; MOST],
            len: 0,
            valid: 0,
            shut: 0,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
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

    /// The position in `order` of the entry that leaves, if one does; `ready` tells whether a bank has
    /// room.
    #[inline(always)]
    pub fn leaving(&self, mut ready: impl FnMut(u8) -> bool) -> Option<usize> {
        let order = &self.order[..self.len];
        if self.shut != 0 {
            let first = order
                .iter()
                .position(|&at| self.shut >> at & 1 == 1 && ready(self.entries[at as usize].bank));
            if first.is_some() {
                return first;
            }
        }
        match self.free() < 2 {
            true => order
                .iter()
                .position(|&at| ready(self.entries[at as usize].bank)),
            false => None,
        }
    }

    /// Removes the entry at a position in `order`. Its mask stays where [`Gather::mask`] finds it
    /// until the next [`Gather::put`].
    #[inline(always)]
    pub fn remove(&mut self, position: usize) -> (Entry, usize) {
        let at = self.order[position] as usize;
        self.order.copy_within(position + 1..self.len, position);
        self.len -= 1;
        self.valid &= !(1 << at);
        self.shut &= !(1 << at);
        self.keys[at] = SHUT;
        (self.entries[at], at)
    }

    /// The rows of the entry at a place.
    pub fn mask(&self, at: usize) -> &[u64] {
        &self.masks[at * self.words..(at + 1) * self.words]
    }

    /// Takes an id. Returns whether it makes a new entry.
    #[inline(always)]
    pub fn put(&mut self, id: Step, slot_bits: u32) -> bool {
        let key = u32::from(id.port) << 22 | u32::from(id.bank) << slot_bits | id.slot;
        let (word, bit) = (id.row as usize / 64, 1u64 << (id.row % 64));
        if let Some(at) = self.keys[..self.size].iter().position(|&k| k == key) {
            let mask = &mut self.masks[at * self.words + word];
            if *mask & bit == 0 {
                *mask |= bit;
                self.entries[at].rows += 1;
                return false;
            }
            // A crossbar's row is read once in a command.
            self.keys[at] = SHUT;
            self.shut |= 1 << at;
        }
        let at = (!self.valid).trailing_zeros() as usize;
        debug_assert!(at < self.size, "picked without room");
        self.valid |= 1 << at;
        self.keys[at] = key;
        self.entries[at] = Entry {
            slot: id.slot,
            rows: 1,
            port: id.port,
            pool: id.pool,
            bank: id.bank,
        };
        let mask = &mut self.masks[at * self.words..(at + 1) * self.words];
        mask.fill(0);
        mask[word] = bit;
        self.order[self.len] = at as u8;
        self.len += 1;
        true
    }

    /// Shuts all entries of the ports in a mask.
    #[inline(always)]
    pub fn close(&mut self, ports: u8) {
        for at in bits(self.valid & !self.shut) {
            if ports >> self.entries[at].port & 1 == 1 {
                self.keys[at] = SHUT;
                self.shut |= 1 << at;
            }
        }
    }
}
