//! The 32-bit word that names a row of a crossbar: what the ports take for an id.

use crate::config::Resolved;
use crate::ids::SlotId;

/// A crossbar of the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Crossbar {
    /// The lane.
    pub lane: u32,
    /// Bank inside the lane.
    pub bank: u32,
    /// Slot inside the bank.
    pub slot: SlotId,
}

/// How the words of a configuration are made: lane, bank, slot and row, the row in the lowest bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WordFormat {
    lanes: u32,
    banks: u32,
    slots: u32,
    rows: u32,
    lane_bits: u32,
    bank_bits: u32,
    slot_bits: u32,
    row_bits: u32,
}

impl WordFormat {
    /// The format of a configuration's engine.
    pub fn new(resolved: &Resolved) -> Self {
        let engine = &resolved.config.engine;
        WordFormat {
            lanes: engine.lanes,
            banks: engine.banks_per_lane,
            slots: engine.crossbars_per_bank,
            rows: resolved.config.crossbar.rows,
            lane_bits: resolved.lane_bits,
            bank_bits: resolved.bank_bits,
            slot_bits: resolved.slot_bits,
            row_bits: resolved.row_number_bits,
        }
    }

    /// Bits of a word that name the row; of the others, only [`WordFormat::last_of_crossbar`] may be set.
    pub fn bits(&self) -> u32 {
        self.lane_bits + self.bank_bits + self.slot_bits + self.row_bits
    }

    /// The word of row 0 of a crossbar. A row is added to it.
    #[inline]
    pub fn first_row(&self, crossbar: Crossbar) -> u32 {
        let bank = u64::from(crossbar.lane) << self.bank_bits | u64::from(crossbar.bank);
        let slot = bank << self.slot_bits | u64::from(crossbar.slot.0);
        (slot << self.row_bits) as u32
    }

    /// The lane of a word.
    #[inline]
    pub fn lane(&self, word: u32) -> u32 {
        (word & !self.last_of_crossbar()) >> (self.bank_bits + self.slot_bits + self.row_bits)
    }

    /// The bit of a word that tells that its bag has no more ids of its crossbar, so that the command
    /// need not wait for any. 0 if all 32 bits name the row.
    #[inline]
    pub fn last_of_crossbar(&self) -> u32 {
        match self.bits() {
            32 => 0,
            _ => 1 << 31,
        }
    }

    /// Whether a lane takes a word of a beat together with the one before it: if they are rows of one
    /// crossbar, in ascending order.
    #[inline]
    pub fn joins(&self, before: u32, word: u32) -> bool {
        let [before, word] = [before, word].map(|word| word & !self.last_of_crossbar());
        before >> self.row_bits == word >> self.row_bits && before < word
    }

    /// Crossbar and row of a word; `None` if there is no such row.
    #[inline]
    pub fn place(&self, word: u32) -> Option<(Crossbar, u32)> {
        let mut rest = u64::from(word & !self.last_of_crossbar());
        let mut take = |bits: u32, count: u32| {
            let value = (rest & ((1 << bits) - 1)) as u32;
            rest >>= bits;
            (value < count).then_some(value)
        };
        let row = take(self.row_bits, self.rows)?;
        let slot = SlotId(take(self.slot_bits, self.slots)?);
        let bank = take(self.bank_bits, self.banks)?;
        let lane = take(self.lane_bits, self.lanes)?;
        (rest == 0).then_some((Crossbar { lane, bank, slot }, row))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn a_word_has_lane_bank_slot_and_row_by_hand() {
        let mut config = Config::default();
        let engine = &mut config.engine;
        (
            engine.lanes,
            engine.banks_per_lane,
            engine.crossbars_per_bank,
        ) = (5, 1, 6);
        config.crossbar.rows = 33;
        let format = WordFormat::new(&config.resolve("test").unwrap());
        assert_eq!(format.bits(), 3 + 1 + 3 + 6);
        let crossbar = Crossbar {
            lane: 4,
            bank: 0,
            slot: SlotId(5),
        };
        let word = format.first_row(crossbar) + 32;
        assert_eq!(word, 4 << 10 | 5 << 6 | 32);
        assert_eq!(format.place(word), Some((crossbar, 32)));
        // A row, slot, bank and lane that do not exist, and a bit that is not used.
        for wrong in [
            word + 1,
            word + (1 << 6),
            word | 1 << 9,
            word + (1 << 10),
            word | 1 << 13,
        ] {
            assert_eq!(format.place(wrong), None, "{wrong:#x}");
        }
    }

    #[test]
    fn words_of_a_full_engine_use_all_bits() {
        let mut config = Config::default();
        let engine = &mut config.engine;
        (
            engine.lanes,
            engine.banks_per_lane,
            engine.crossbars_per_bank,
        ) = (64, 64, 4096);
        config.crossbar.rows = 256;
        config.adc.kind = crate::config::Converter::Sar;
        let format = WordFormat::new(&config.resolve("test").unwrap());
        assert_eq!(format.bits(), 32);
        let crossbar = Crossbar {
            lane: 63,
            bank: 63,
            slot: SlotId(4095),
        };
        assert_eq!(format.first_row(crossbar), !0 << 8);
        assert_eq!(format.place(u32::MAX), Some((crossbar, 255)));
    }
}
