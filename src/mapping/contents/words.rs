//! Programming words in one flat buffer, which the harness feeds without converting each word.

use crate::config::Resolved;

/// One write on the programming port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProgramWord<'a> {
    /// The lane.
    pub lane: u32,
    /// Bank inside the lane.
    pub bank: u32,
    /// Slot, row and block in the bank's crossbars.
    pub addr: u32,
    /// Data, least significant word first, zero-extended to the port's `ceil(prog_bits / 32)`
    /// words.
    pub data: &'a [u32],
}

/// Programming words, back to back. Each takes [`ProgramWords::stride`] 32-bit words: lane, bank,
/// address, then the data, least significant word first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramWords {
    words: Vec<u32>,
    stride: usize,
}

/// Words in front of the data.
const FIELDS: usize = 3;

impl ProgramWords {
    pub(super) fn new(resolved: &Resolved) -> Self {
        ProgramWords {
            words: Vec::new(),
            stride: FIELDS + resolved.prog_bits.div_ceil(32) as usize,
        }
    }

    pub(super) fn reserve(&mut self, items: usize) {
        self.words.reserve(items * self.stride);
    }

    /// `data` is at most as long as the port's data.
    pub(super) fn push(&mut self, lane: u32, bank: u32, addr: u32, data: &[u32]) {
        self.words.extend([lane, bank, addr]);
        self.words.extend_from_slice(data);
        let padding = self.stride - FIELDS - data.len();
        self.words.extend(std::iter::repeat_n(0, padding));
    }

    /// All items as 32-bit words, in the layout described at [`ProgramWords`].
    pub fn as_words(&self) -> &[u32] {
        &self.words
    }

    /// [`ProgramWords::as_words`] without a copy.
    pub fn into_words(self) -> Vec<u32> {
        self.words
    }

    /// Number of 32-bit words per item.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// Number of items.
    pub fn len(&self) -> usize {
        self.words.len() / self.stride
    }

    /// Whether there is nothing to program.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The items in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = ProgramWord<'_>> {
        self.words
            .chunks_exact(self.stride)
            .map(|item| ProgramWord {
                lane: item[0],
                bank: item[1],
                addr: item[2],
                data: &item[FIELDS..],
            })
    }
}
