//! Wordline masks, and the bank's rule for splitting them into activations.

use crate::config::Resolved;

/// Words of the largest mask: 512 wordlines.
const MAX_WORDS: usize = 8;

/// Mask of the wordlines of one command: bit `r % 64` of word `r / 64` is row `r`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowMask<'a>(pub &'a [u64]);

impl<'a> RowMask<'a> {
    /// Number of active rows.
    pub fn count(self) -> u32 {
        self.0.iter().map(|w| w.count_ones()).sum()
    }

    /// The active rows, ascending.
    pub fn rows(self) -> Rows<'a> {
        Rows {
            words: self.0,
            index: 0,
            word: self.0.first().copied().unwrap_or(0),
        }
    }
}

/// Iterator over the active rows of a mask, ascending.
#[derive(Debug, Clone)]
pub struct Rows<'a> {
    words: &'a [u64],
    index: usize,
    word: u64,
}

impl Iterator for Rows<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        while self.word == 0 {
            self.index += 1;
            self.word = *self.words.get(self.index)?;
        }
        let row = self.index as u32 * 64 + self.word.trailing_zeros();
        self.word &= self.word - 1;
        Some(row)
    }
}

/// One sensing of a crossbar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activation {
    words: [u64; MAX_WORDS],
    active_rows: u32,
}

impl Activation {
    /// Number of rows sensed together; at least 1.
    pub fn active_rows(&self) -> u32 {
        self.active_rows
    }

    /// The rows as a mask of 512 bits.
    pub fn mask(&self) -> RowMask<'_> {
        RowMask(&self.words)
    }

    /// The rows, ascending.
    pub fn rows(&self) -> Rows<'_> {
        self.mask().rows()
    }
}

/// Splits a command's mask as a bank does: chunks of `max_active_rows` rows, lowest rows first; a
/// chunk of 2..=`read_split_max` rows becomes single-row reads, lowest row first.
///
/// Rows from 512 on are ignored; an empty mask gives no activation.
pub fn activations(mask: RowMask<'_>, resolved: &Resolved) -> Activations {
    let mut left = [0; MAX_WORDS];
    for (to, from) in left.iter_mut().zip(mask.0) {
        *to = *from;
    }
    Activations {
        sizes: activation_sizes(RowMask(&left).count(), resolved),
        left,
    }
}

/// Row counts of the activations for a mask of `rows` rows, in the order of [`activations`].
pub fn activation_sizes(rows: u32, resolved: &Resolved) -> ActivationSizes {
    ActivationSizes {
        rows_left: rows,
        reads_left: 0,
        max_active_rows: resolved.max_active_rows.max(1),
        read_split_max: resolved.read_split_max,
    }
}

/// Iterator over the row counts of one command's activations, in the order in which the bank does
/// them.
#[derive(Debug, Clone)]
pub struct ActivationSizes {
    rows_left: u32,
    /// Remaining single-row reads of the current split chunk.
    reads_left: u32,
    max_active_rows: u32,
    read_split_max: u32,
}

impl Iterator for ActivationSizes {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        if self.rows_left == 0 {
            return None;
        }
        let mut size = 1;
        if self.reads_left == 0 {
            let chunk = self.rows_left.min(self.max_active_rows);
            if chunk <= self.read_split_max {
                self.reads_left = chunk;
            } else {
                size = chunk;
            }
        }
        self.reads_left = self.reads_left.saturating_sub(1);
        self.rows_left -= size;
        Some(size)
    }
}

/// Iterator over the activations of one command, in the order in which the bank does them.
#[derive(Debug, Clone)]
pub struct Activations {
    left: [u64; MAX_WORDS],
    sizes: ActivationSizes,
}

impl Activations {
    /// Removes the `count` lowest rows.
    fn take_lowest(&mut self, count: u32) -> Activation {
        let mut words = [0; MAX_WORDS];
        let mut wanted = count;
        for (left, out) in self.left.iter_mut().zip(&mut words) {
            let here = left.count_ones().min(wanted);
            let mut rest = *left;
            if here == left.count_ones() {
                rest = 0;
            } else {
                for _ in 0..here {
                    rest &= rest - 1;
                }
            }
            *out = *left & !rest;
            *left = rest;
            wanted -= here;
            if wanted == 0 {
                break;
            }
        }
        Activation {
            words,
            active_rows: count,
        }
    }
}

impl Iterator for Activations {
    type Item = Activation;

    fn next(&mut self) -> Option<Activation> {
        let size = self.sizes.next()?;
        Some(self.take_lowest(size))
    }
}
