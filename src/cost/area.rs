//! Area of a design from its geometry.

use serde::Serialize;

use super::gates::{GateCount, GateSource, Gates, estimate_gates};
use crate::config::{Converter, Resolved};
use crate::technology::{MacroArea, Provenance, Technology};

/// Area of one bank, or of all of them, um^2.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct AreaParts {
    /// Cells of all crossbars, in all column blocks.
    pub cells: f64,
    /// Wordline drivers, switch matrices, column multiplexers; each crossbar has its own.
    pub drivers: f64,
    /// Converters, which the crossbars of a bank share.
    pub converters: f64,
    /// Logic of the converters: encoders of flash converters, controllers of SAR ones.
    pub converter_logic: f64,
    /// Other digital logic and its memories.
    pub digital: f64,
}

impl AreaParts {
    /// The sum of all parts.
    pub fn total(&self) -> f64 {
        self.cells + self.drivers + self.converters + self.converter_logic + self.digital
    }
}

/// Area of a design, without wiring, pads and power supply.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Area {
    /// Area model of the converters.
    pub adc_model: Converter,
    /// Source of the digital part's gate count.
    pub gates_from: GateSource,
    /// One bank, um^2.
    pub bank_um2: AreaParts,
    /// Sum of one bank, um^2.
    pub bank_total_um2: f64,
    /// A lane without its banks, um^2.
    pub lane_um2: f64,
    /// Of it, what makes commands of ids, knows what is outstanding, and holds vectors until they
    /// retire, um^2.
    pub lane_front_um2: f64,
    /// What is around the lanes (ports with their chains and adder trees, control), um^2.
    pub engine_um2: f64,
    /// All banks; `digital` includes lanes and engine; um^2.
    pub parts_um2: AreaParts,
    /// The whole design, mm^2.
    pub total_mm2: f64,
    /// Numbers used that are not published, and notes.
    pub provenance: Provenance,
}

/// Area of a configuration's design. `gates` is the count by Yosys ([`super::count_gates`]); `None`
/// uses the estimate.
pub fn area(resolved: &Resolved, technology: &Technology, gates: Option<&GateCount>) -> Area {
    let mut used = Provenance::default();
    let estimate = estimate_gates(resolved);
    let gates = gates.unwrap_or(&estimate);
    let mut of = |g: Gates| {
        let d = &technology.digital;
        g.gates * used.take(&d.gate_area) + g.memory_bits * used.take(&d.memory_bit_area)
    };
    let (lane_um2, lane_front_um2) = (of(gates.lane), of(gates.lane_front));
    let engine_um2 = of(gates.engine);
    let (digital, converter_logic) = (of(gates.bank), of(gates.converters));
    let analog = MacroArea::new(resolved, technology, &mut used);
    let bank_um2 = AreaParts {
        cells: analog.cells,
        drivers: analog.drivers,
        converters: analog.converters,
        converter_logic,
        digital,
    };
    let (banks, lanes) = (
        f64::from(resolved.banks),
        f64::from(resolved.config.engine.lanes),
    );
    let parts_um2 = AreaParts {
        cells: bank_um2.cells * banks,
        drivers: bank_um2.drivers * banks,
        converters: bank_um2.converters * banks,
        converter_logic: bank_um2.converter_logic * banks,
        digital: bank_um2.digital * banks + lane_um2 * lanes + engine_um2,
    };
    Area {
        adc_model: technology.adc_model(resolved),
        gates_from: gates.source,
        bank_total_um2: bank_um2.total(),
        bank_um2,
        lane_um2,
        lane_front_um2,
        engine_um2,
        total_mm2: parts_um2.total() * 1e-6,
        parts_um2,
        provenance: used,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::config::{Config, Converter};

    fn near(found: f64, wanted: f64, within: f64) {
        assert!(
            (found / wanted - 1.0).abs() <= within,
            "{found} is not {wanted}"
        );
    }

    /// The demo: 32 crossbars of 64 x 64 cells and 8 converters of 8 bits per bank; 16 banks in 4
    /// lanes.
    #[test]
    fn analog_parts_by_hand() {
        let r = Config::default().resolve("test").unwrap();
        let t = Technology::built_in().unwrap();
        let gates = GateCount {
            source: GateSource::Yosys,
            converters: Gates {
                gates: 400.0,
                memory_bits: 0.0,
            },
            bank: Gates {
                gates: 1000.0,
                memory_bits: 100.0,
            },
            lane: Gates {
                gates: 100.0,
                memory_bits: 0.0,
            },
            lane_front: Gates {
                gates: 60.0,
                memory_bits: 0.0,
            },
            engine: Gates {
                gates: 0.0,
                memory_bits: 10.0,
            },
        };
        let a = area(&r, &t, Some(&gates));
        // 48 * (22 nm)^2 = 0.023232 um^2.
        near(a.bank_um2.cells, 32.0 * 4096.0 * 0.023232, 1e-12);
        near(a.bank_um2.drivers, 32.0 * (64.0 * 1.5 + 64.0 * 0.3), 1e-12);
        near(a.bank_um2.converters, 8.0 * 255.0, 1e-12);
        near(a.bank_um2.digital, 250.0, 1e-12);
        near(a.bank_um2.converter_logic, 80.0, 1e-12);
        near(a.parts_um2.converter_logic, 16.0 * 80.0, 1e-12);
        near(a.lane_um2, 20.0, 1e-12);
        near(a.lane_front_um2, 12.0, 1e-12);
        near(a.parts_um2.digital, 16.0 * 250.0 + 4.0 * 20.0 + 5.0, 1e-12);
        near(a.total_mm2, (16.0 * a.bank_total_um2 + 85.0) * 1e-6, 1e-12);
        assert_eq!(a.gates_from, GateSource::Yosys);
        assert!(a.provenance.inferred.contains("digital.gate_area"));
        assert!(!a.provenance.inferred.contains("array.cell_area"));
        let mut config = r.config.clone();
        config.adc.kind = Converter::Sar;
        let sar = area(&config.resolve("test").unwrap(), &t, None);
        near(sar.bank_um2.converters, 8.0 * 8.0 * 150.0, 1e-12);
        assert_eq!(sar.gates_from, GateSource::Estimate);
    }
}
