//! Memory images for `$readmemh`, a word on each line. Crossbars that are not loaded are left out: `@`
//! and an address go before each stretch of an array's image then, which also tells simulators that
//! words may be missing.

use super::Contents;
use super::planes::ArrayWords;
use crate::mapping::places::Occupant;
use std::io::{self, Write};

impl Contents<'_> {
    /// Writes the image of a bank's array: a line of `ceil(array_bits / 4)` hexadecimal digits for
    /// each of the `column_blocks * cols` bitlines of a slot, in the order of the slots. Where slots
    /// are not loaded, a line `@ADDRESS` (hexadecimal) precedes what follows them.
    ///
    /// # Errors
    /// Those of `out`; [`io::ErrorKind::InvalidInput`] for a `lane` or `bank` that does not exist.
    pub fn write_array_image(
        &self,
        lane: u32,
        bank: u32,
        out: &mut (impl Write + ?Sized),
    ) -> io::Result<()> {
        let engine = &self.resolved.config.engine;
        if lane >= engine.lanes || bank >= engine.banks_per_lane {
            return Err(missing(format!("lane {lane}, bank {bank}")));
        }
        let digits = self.resolved.array_bits.div_ceil(4) as usize;
        let mut words = ArrayWords::new(self.resolved);
        let of_bank = |o: &Occupant| (o.lane, o.bank).cmp(&(lane, bank));
        let start = self.loaded.partition_point(|o| of_bank(o).is_lt());
        let end = self.loaded.partition_point(|o| of_bank(o).is_le());
        let used = &self.loaded[start..end];
        let mut next = match used.len() == engine.crossbars_per_bank as usize {
            true => Some(0),
            false => None,
        };
        if used.is_empty() {
            out.write_all(b"@0\n")?;
        }
        let mut text = String::new();
        for o in used {
            text.clear();
            if next != Some(o.slot) {
                let address = o.slot as usize * words.columns();
                text = format!("@{address:x}\n");
            }
            next = Some(o.slot + 1);
            words.fill(&self.members(*o), self.table, self.resolved);
            for data in words.iter() {
                push_hex(&mut text, data, digits);
            }
            out.write_all(text.as_bytes())?;
        }
        Ok(())
    }
}

fn missing(what: String) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidInput,
        format!("{what} is not in the configuration"),
    )
}

/// Appends a line of `digits` hexadecimal digits, most significant first.
fn push_hex(text: &mut String, words: &[u32], digits: usize) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for digit in (0..digits).rev() {
        let word = words.get(digit / 8).copied().unwrap_or(0);
        let nibble = word >> (4 * (digit % 8)) & 0xf;
        text.push(char::from(DIGITS[nibble as usize]));
    }
    text.push('\n');
}
