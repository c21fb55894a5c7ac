//! The commands that an engine's gather stores send to the banks: what the cycle model tells, and what
//! the model of the hardware path reduces.

use crate::hardware::RowMask;

/// A command on its way into a bank's queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Command<'a> {
    /// Number of its bag.
    pub bag: u64,
    /// The lane.
    pub lane: u32,
    /// The bank in the lane.
    pub bank: u32,
    /// The crossbar in the bank.
    pub slot: u32,
    /// The rows to sum.
    pub mask: RowMask<'a>,
}

/// Commands in the order in which they are sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Commands {
    bags: Vec<u64>,
    /// Lane, bank and crossbar.
    places: Vec<[u32; 3]>,
    mask_words: usize,
    masks: Vec<u64>,
}

impl Commands {
    /// Adds a command. All commands have masks of one length.
    pub fn push(&mut self, command: &Command<'_>) {
        self.bags.push(command.bag);
        self.places.push([command.lane, command.bank, command.slot]);
        self.mask_words = command.mask.0.len();
        self.masks.extend_from_slice(command.mask.0);
    }

    /// Number of commands.
    pub fn len(&self) -> usize {
        self.bags.len()
    }

    /// Whether there is no command.
    pub fn is_empty(&self) -> bool {
        self.bags.is_empty()
    }

    /// The commands.
    pub fn iter(&self) -> impl Iterator<Item = Command<'_>> {
        let masks = self.masks.chunks(self.mask_words.max(1));
        let places = self.bags.iter().zip(&self.places);
        places.zip(masks).map(|((&bag, &place), mask)| Command {
            bag,
            lane: place[0],
            bank: place[1],
            slot: place[2],
            mask: RowMask(mask),
        })
    }
}
