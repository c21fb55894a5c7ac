//! Beats of ids as a port takes them, and where they come from.

use crate::config::{MAX_IDS_PER_BEAT, Resolved};
use crate::mapping::WordFormat;

/// What a lane needs to know of an id.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Body {
    pub slot: u32,
    pub row: u16,
    pub bank: u8,
    pub lane: u8,
    pub hop: u8,
}

/// A beat on its way through a port's chain.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Beat {
    pub bodies: [Body; MAX_IDS_PER_BEAT],
    /// Ids that exist, as a mask.
    pub enabled: u8,
    /// Ids that lanes take together with the one before, as a mask: those of the same crossbar, and of
    /// a higher row.
    pub joined: u8,
    /// Ids that are the last of their bag and crossbar, as a mask.
    pub last_of_crossbar: u8,
    /// Whether it is its bag's last.
    pub last: bool,
    /// The bag's place in the window of its port; valid once it has left the intake.
    pub place: u16,
    /// The bag's number in the trace.
    pub bag: u32,
}

/// Makes beats of words.
#[derive(Debug, Clone)]
pub(super) struct Decoder {
    format: WordFormat,
    hop_lanes: u32,
    pub ids_per_beat: usize,
}

impl Decoder {
    pub fn new(resolved: &Resolved) -> Self {
        Decoder {
            format: WordFormat::new(resolved),
            hop_lanes: resolved.hop_lanes,
            ids_per_beat: resolved.config.frontend.ids_per_beat as usize,
        }
    }

    /// The beat with these words. A word that names no row is dropped, as the intake drops it.
    pub fn beat(&self, words: &[u32], bag: u32, last: bool) -> Beat {
        let mut beat = Beat {
            last,
            bag,
            ..Beat::default()
        };
        for (k, (&word, body)) in words.iter().zip(&mut beat.bodies).enumerate() {
            if let Some((at, row)) = self.format.place(word) {
                beat.enabled |= 1 << k;
                *body = Body {
                    slot: at.slot.0,
                    row: row as u16,
                    bank: at.bank as u8,
                    lane: at.lane as u8,
                    hop: (at.lane / self.hop_lanes) as u8,
                };
                beat.last_of_crossbar |= u8::from(word & self.format.last_of_crossbar() != 0) << k;
                let before = k.checked_sub(1).map(|b| words[b]);
                if before.is_some_and(|before| self.format.joins(before, word)) {
                    beat.joined |= 1 << k;
                }
            }
        }
        beat
    }
}

/// Numbers of the set bits, ascending.
#[inline(always)]
pub(super) fn bits(mut mask: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = mask.trailing_zeros() as usize;
        mask &= mask.wrapping_sub(1);
        (bit < 64).then_some(bit)
    })
}

/// The lowest set bit of `mask` in `from`, or else the lowest at all; `mask` is not 0.
#[inline(always)]
pub(super) fn turn(mask: u64, from: u64) -> u32 {
    match mask & from {
        0 => mask,
        behind => behind,
    }
    .trailing_zeros()
}

/// The bits above `bit`.
#[inline(always)]
pub(super) fn above(bit: u32) -> u64 {
    !(1u64 << bit | ((1u64 << bit) - 1))
}
