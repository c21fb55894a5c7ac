//! What is loaded into a built model at run time: the words of the arrays.
//!
//! The Verilog contains the geometry, not the contents. Contents are loaded through the programming
//! port, as [`ProgramWords`], or through memory images for `$readmemh`.
//!
//! - **Array** word of the port: one block of one row. The address is slot, row and block, the block
//!   lowest, in [`Resolved::slot_bits`], [`Resolved::row_number_bits`] and [`Resolved::block_bits`]
//!   bits. The data has [`Resolved::row_data_bits`] bits: the cell of bitline `c` from bit
//!   `c * cell_bits` on. Only rows of members are written, block after block.
//! - **Array** word of an image: one bitline, at `(slot * column_blocks + block) * cols + bitline`,
//!   [`Resolved::array_bits`] bits, plane-major: bit `plane * rows + row` is bit `plane` of the cell
//!   at that row. Rows beyond the group's members hold 0.
//! - The cell of slice `s` holds bits `cell_bits * s ..` of the element in offset binary. Bitlines
//!   without an element hold 0.

mod image;
mod names;
mod planes;
mod words;

pub(crate) use names::array_image;
pub use words::{ProgramWord, ProgramWords};

use crate::config::Resolved;
use crate::error::Result;
use crate::formats::table::IntTable;
use crate::ids::{EmbeddingId, GroupId};
use crate::mapping::places::{Layout, Occupant, check_table};
use crate::mapping::{Crossbar, Mapping};
use planes::ArrayWords;
use std::collections::BTreeSet;

/// The contents of all arrays, computed on demand, crossbar by crossbar.
#[derive(Debug, Clone)]
pub struct Contents<'a> {
    layout: Layout,
    /// Crossbars that are loaded, ascending by lane, bank and slot.
    loaded: Vec<Occupant>,
    mapping: &'a Mapping,
    table: &'a IntTable,
    resolved: &'a Resolved,
}

impl<'a> Contents<'a> {
    /// The contents for a mapping and the embedding table whose vectors it places.
    ///
    /// # Errors
    /// [`Error::Argument`](crate::Error::Argument) if the mapping does not fit the configuration
    /// ([`Layout::new`]), or the table has another width, too few vectors or a value out of range.
    pub fn new(mapping: &'a Mapping, table: &'a IntTable, resolved: &'a Resolved) -> Result<Self> {
        let layout = Layout::new(mapping, resolved)?;
        check_table(table, mapping, resolved)?;
        Ok(Contents {
            loaded: layout.occupants().to_vec(),
            layout,
            mapping,
            table,
            resolved,
        })
    }

    /// Loads the crossbars `used` only; all others hold 0.
    #[must_use]
    pub fn only(mut self, used: &BTreeSet<Crossbar>) -> Self {
        self.loaded.retain(|o| used.contains(&o.crossbar()));
        self
    }

    /// The ids whose vectors the loaded crossbars hold, ascending.
    pub fn ids(&self) -> Vec<EmbeddingId> {
        let held = self.loaded.iter().flat_map(|o| self.members(*o));
        let mut ids: Vec<EmbeddingId> = held.collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Every word for the programming port. Unused slots are left out, because no command uses them.
    pub fn program(&self) -> ProgramWords {
        let mut out = ProgramWords::new(self.resolved);
        out.reserve(self.program_len());
        for turn in self.turns() {
            self.push_crossbars(&turn, &mut out);
        }
        out
    }

    /// Number of words of [`Contents::program`].
    pub fn program_len(&self) -> usize {
        self.rows_written() * self.resolved.column_blocks as usize
    }

    /// Rows that [`Contents::program`] writes: as many answers the hardware gives.
    pub fn rows_written(&self) -> usize {
        self.loaded.iter().map(|o| self.members(*o).len()).sum()
    }

    /// Rows that [`Contents::program`] writes in a crossbar; 0 if it is not loaded or does not exist.
    pub fn rows_of(&self, lane: u32, bank: u32, slot: u32) -> u32 {
        let here = |o: &&Occupant| (o.lane, o.bank, o.slot) == (lane, bank, slot);
        let loaded = self.loaded.iter().find(here);
        loaded.map_or(0, |o| self.members(*o).len() as u32)
    }

    /// About how many cycles [`Contents::program`] takes in the hardware: banks write at the same time,
    /// and the engine asks each for its answer in turn, four cycles a bank.
    pub fn program_cycles(&self) -> u64 {
        let r = self.resolved;
        let row = u64::from(r.column_blocks) * u64::from(r.write_cycles) + 2 * u64::from(r.banks);
        let mut rows = std::collections::BTreeMap::new();
        for o in &self.loaded {
            *rows.entry((o.lane, o.bank)).or_insert(0) += self.members(*o).len() as u64;
        }
        let busiest = rows.into_values().max().unwrap_or(0);
        (busiest * row).max(self.program_len() as u64)
    }

    /// The words of [`Contents::program`], one crossbar a bank at a time, for contents too large
    /// to hold at once.
    pub fn chunks(&self) -> impl Iterator<Item = ProgramWords> + '_ {
        self.turns().into_iter().map(|turn| {
            let mut out = ProgramWords::new(self.resolved);
            self.push_crossbars(&turn, &mut out);
            out
        })
    }

    /// The loaded crossbars in turns of at most one a bank, since banks write at the same time.
    fn turns(&self) -> Vec<Vec<Occupant>> {
        let mut turns: Vec<Vec<Occupant>> = Vec::new();
        let (mut last, mut turn) = (None, 0);
        for o in &self.loaded {
            turn = if last == Some((o.lane, o.bank)) {
                turn + 1
            } else {
                0
            };
            last = Some((o.lane, o.bank));
            if turn == turns.len() {
                turns.push(Vec::new());
            }
            turns[turn].push(*o);
        }
        turns
    }

    /// The rows of crossbars of different banks, row by row.
    fn push_crossbars(&self, turn: &[Occupant], out: &mut ProgramWords) {
        let r = self.resolved;
        let crossbars: Vec<(Occupant, usize, ArrayWords)> = turn
            .iter()
            .map(|&o| {
                let mut words = ArrayWords::new(r);
                let members = self.members(o);
                words.fill(&members, self.table, r);
                (o, members.len(), words)
            })
            .collect();
        let mut data = vec![0; r.row_data_bits.div_ceil(32) as usize];
        for row in 0..r.config.crossbar.rows {
            for (o, members, words) in &crossbars {
                if row as usize >= *members {
                    continue;
                }
                for block in 0..r.column_blocks {
                    words.row(block, row, r, &mut data);
                    let at = (o.slot << r.row_number_bits | row) << r.block_bits | block;
                    out.push(o.lane, o.bank, at, &data);
                }
            }
        }
    }

    /// The ids of a crossbar in row order.
    fn members(&self, at: Occupant) -> Vec<EmbeddingId> {
        let directory = self.layout.directory();
        directory.members(self.mapping, GroupId(at.group))
    }
}

#[cfg(test)]
mod tests;
