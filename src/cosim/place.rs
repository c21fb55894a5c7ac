//! The place of a row in the hardware.

use crate::config::Resolved;
use crate::error::{Error, Result};
use crate::mapping::contents::Contents;
use std::fmt;
use std::str::FromStr;

/// A row of a crossbar. It is written as `LANE:BANK:CROSSBAR:ROW`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowPlace {
    /// The lane.
    pub lane: u32,
    /// The bank in the lane.
    pub bank: u32,
    /// The crossbar in the bank.
    pub slot: u32,
    /// The row in the crossbar.
    pub row: u32,
}

impl fmt::Display for RowPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RowPlace {
            lane,
            bank,
            slot,
            row,
        } = self;
        write!(f, "{lane}:{bank}:{slot}:{row}")
    }
}

impl FromStr for RowPlace {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let numbers: Option<Vec<u32>> = text.split(':').map(|n| n.parse().ok()).collect();
        match numbers.as_deref() {
            Some(&[lane, bank, slot, row]) => Ok(RowPlace {
                lane,
                bank,
                slot,
                row,
            }),
            _ => Err(
                "expected lane, bank, crossbar and row: four whole numbers with `:` between \
                      them, as in `0:1:0:5`"
                    .to_owned(),
            ),
        }
    }
}

impl RowPlace {
    /// The plus arguments that make the model of the macro fail writes of this row.
    pub(super) fn plusargs(self) -> [String; 4] {
        [
            ("lane", self.lane),
            ("bank", self.bank),
            ("slot", self.slot),
            ("row", self.row),
        ]
        .map(|(name, number)| format!("+recross_fail_{name}={number}"))
    }

    /// Refuses a row that the configuration does not have.
    ///
    /// # Errors
    /// [`Error::Argument`].
    pub(crate) fn check(self, resolved: &Resolved) -> Result<()> {
        let engine = &resolved.config.engine;
        for (name, number, count) in [
            ("lane", self.lane, engine.lanes),
            ("bank", self.bank, engine.banks_per_lane),
            ("crossbar", self.slot, engine.crossbars_per_bank),
            ("row", self.row, resolved.config.crossbar.rows),
        ] {
            if number >= count {
                return Err(Error::argument(
                    "--fail-write",
                    format!("{name} {number} in `{self}`"),
                    format!("a {name} from 0 to {}", count - 1),
                    "",
                ));
            }
        }
        Ok(())
    }

    /// Refuses a row that `contents` do not write.
    ///
    /// # Errors
    /// [`Error::Argument`].
    pub(crate) fn check_written(self, contents: &Contents<'_>) -> Result<()> {
        let rows = contents.rows_of(self.lane, self.bank, self.slot);
        if self.row >= rows {
            return Err(Error::argument(
                "--fail-write",
                format!("row `{self}`, which this run does not write"),
                match rows {
                    0 => "a crossbar that the driven bags use".to_owned(),
                    _ => format!("row 0 to {} of this crossbar", rows - 1),
                },
                "rows without an embedding, and crossbars that no driven bag uses, are not written",
            ));
        }
        Ok(())
    }
}
