//! Memory images for `$readmemh`: one word per line for every address, so that no simulator warns
//! about missing words.

use super::Contents;
use super::planes::ArrayWords;
use std::io::{self, Write};

impl Contents<'_> {
    /// Writes the image of a bank's array: `crossbars_per_bank * column_blocks * cols` lines of
    /// `ceil(array_bits / 4)` hexadecimal digits. Unused slots hold 0.
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
        let zeros = format!("{:0>digits$}\n", "").repeat(words.columns());
        let used = &self.loaded;
        let start = used.partition_point(|o| (o.lane, o.bank) < (lane, bank));
        let mut used = used[start..]
            .iter()
            .take_while(|o| (o.lane, o.bank) == (lane, bank))
            .peekable();
        let mut text = String::new();
        for slot in 0..engine.crossbars_per_bank {
            let Some(o) = used.next_if(|o| o.slot == slot) else {
                out.write_all(zeros.as_bytes())?;
                continue;
            };
            words.fill(&self.members(*o), self.table, self.resolved);
            text.clear();
            for data in words.iter() {
                push_hex(&mut text, data, digits);
            }
            out.write_all(text.as_bytes())?;
        }
        Ok(())
    }

    /// Writes the image of a lane's replica table: one line per crossbar of the lane
    /// ([`Resolved::lane_slots`](crate::config::Resolved::lane_slots)) of `ceil(table_bits / 4)`
    /// hexadecimal digits. Unused entries hold 0.
    ///
    /// # Errors
    /// Those of `out`; [`io::ErrorKind::InvalidInput`] for a `lane` that does not exist.
    pub fn write_table_image(&self, lane: u32, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        if lane >= self.resolved.config.engine.lanes {
            return Err(missing(format!("lane {lane}")));
        }
        let digits = self.resolved.table_bits.div_ceil(4) as usize;
        let groups = self.layout.lane(lane as usize).groups().len() as u32;
        let mut text = String::new();
        for group in 0..self.resolved.lane_slots {
            text.clear();
            if group < groups {
                push_hex(&mut text, &self.table_word(lane as usize, group), digits);
            } else {
                push_hex(&mut text, &[0], digits);
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
    for digit in (0..digits).rev() {
        let word = words.get(digit / 8).copied().unwrap_or(0);
        let nibble = word >> (4 * (digit % 8)) & 0xf;
        text.push(char::from_digit(nibble, 16).unwrap_or('0'));
    }
    text.push('\n');
}
