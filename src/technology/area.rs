//! Area of the analog macro from the geometry.

use serde::{Deserialize, Serialize};

use super::file::Technology;
use super::number::Provenance;
use crate::config::{Converter, Resolved};

/// Square micrometres per square nanometre.
const NM2: f64 = 1e-6;

/// Area of one bank's analog macro, um^2.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MacroArea {
    /// Cells of all crossbars, in all column blocks.
    pub cells: f64,
    /// Wordline drivers, switch matrices, column multiplexers; each crossbar has its own.
    pub drivers: f64,
    /// Converters, which the crossbars of a bank share.
    pub converters: f64,
}

impl MacroArea {
    /// Of a configuration, with the technology's model of the converters.
    pub fn new(r: &Resolved, t: &Technology, used: &mut Provenance) -> Self {
        let x = &r.config.crossbar;
        let (rows, cols) = (f64::from(x.rows), f64::from(x.cols));
        let arrays = f64::from(r.config.engine.crossbars_per_bank * r.column_blocks);
        let feature = used.take(&t.array.feature);
        let cell = used.take(&t.array.cell_area) * feature * feature * NM2;
        let driver = used.take(&t.drivers.row_area) * rows + used.take(&t.drivers.col_area) * cols;
        MacroArea {
            cells: arrays * rows * cols * cell,
            drivers: arrays * driver,
            converters: f64::from(x.adcs * r.column_blocks) * converter(r, t, used),
        }
    }

    /// The sum of all parts.
    pub fn total(&self) -> f64 {
        self.cells + self.drivers + self.converters
    }
}

/// One converter, um^2.
fn converter(r: &Resolved, t: &Technology, used: &mut Provenance) -> f64 {
    let bits = r.adc_bits;
    let bit_by_bit = |used: &mut Provenance| f64::from(bits) * used.take(&t.adc.sar.bit_area);
    match t.adc_model(r) {
        Converter::Flash => f64::from((1u32 << bits) - 1) * used.take(&t.adc.flash.comparator_area),
        Converter::Sar => bit_by_bit(used),
        Converter::Murmann => {
            used.note("the Murmann fit has no area: that of the SAR converter is used");
            bit_by_bit(used)
        }
    }
}
