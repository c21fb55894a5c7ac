//! The technology file as types.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::Path;

use super::merge;
use super::number::{Curve, Number};
use crate::config::{Choice, Converter, Fault, Resolved, Shape, not_toml, place};
use crate::error::{Error, Result};

/// The built-in technology file, with comments.
pub const DEFAULT_TECHNOLOGY: &str = include_str!("../../templates/technology.toml");

/// All technology numbers. Fields are the keys of the file, whose comments explain each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Technology {
    /// Size of the array for which the array and driver numbers hold.
    pub reference: Reference,
    /// Cells and wordlines.
    pub array: Array,
    /// Wordline drivers, switch matrix, column multiplexer.
    pub drivers: Drivers,
    /// Converters.
    pub adc: Adc,
    /// Digital logic, buffers and wires.
    pub digital: Digital,
    /// Memories of the machines compared with.
    pub memory: Memory,
    /// The modelled CPU.
    pub cpu: Cpu,
    /// The modelled GPU.
    pub gpu: Gpu,
}

macro_rules! section {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        #[allow(missing_docs)] // each is the key of that name in templates/technology.toml
        pub struct $name { $(pub $field: $type),* }
    };
}

section!(
    /// `[reference]`
    Reference { rows: Number, cols: Number, phases: Number }
);
section!(
    /// `[array]`
    Array {
        wordline: Number, cell_read: Number, leakage: Number, write: Number, write_pulse: Number,
        endurance: Number, cell_area: Number, feature: Number,
    }
);
section!(
    /// `[drivers]`
    Drivers {
        active_row: Number, per_row: Number, per_cell: Number, row_area: Number, col_area: Number,
    }
);
section!(
    /// `[adc]`
    Adc { model: AdcModel, flash: Flash, sar: Sar, murmann: Murmann }
);
section!(
    /// `[adc.flash]`
    Flash {
        energy: Curve, rows: Curve, switching: Switching, ungated: Number, comparator_area: Number,
    }
);
section!(
    /// `[adc.sar]`
    Sar { energy: Curve, rows: Curve, bit_area: Number }
);
section!(
    /// `[adc.murmann]`
    Murmann {
        fom: Number, fom_rate: Number, fom_max: Curve, base: Number, base_node: Number,
        base_bits: Number, base_shift: Number, feature: Number,
    }
);
section!(
    /// `[digital]`
    Digital {
        adder: Number, register: Number, shift_add: Number, shift_add_bits: Number, memory: Number,
        bus: Number, population_count: Number, gate_area: Number, memory_bit_area: Number,
    }
);
section!(
    /// `[memory]`
    Memory { lpddr4: Number, ddr3: Number, ddr4: Number, gddr5: Number, hbm2: Number }
);
section!(
    /// `[cpu]`
    Cpu {
        memory: MemoryKind, line: Number, bandwidth: Number, efficiency: Number, latency: Number,
        cores: Number, parallelism: Number, core_power: Number,
    }
);
section!(
    /// `[gpu]`
    Gpu {
        memory: MemoryKind, line: Number, bandwidth: Number, efficiency: Number, latency: Number,
        cores: Number, parallelism: Number, launch: Number, package_power: Number,
    }
);

/// `adc.model`: the converter whose energy model is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum AdcModel {
    /// The configuration's `adc.kind`.
    AsConfigured(AsConfigured),
    /// This converter, for every configuration.
    Always(Converter),
}

/// The word `as_configured`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AsConfigured {
    /// The configuration's `adc.kind`.
    AsConfigured,
}

/// Energy of a flash converter below full resolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Switching {
    /// A full conversion's energy times the share of enabled thresholds.
    Gated,
    /// That of a converter built with that resolution: a best case.
    Resized,
}

/// A memory of `[memory]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the keys of [memory]
pub enum MemoryKind {
    Lpddr4,
    Ddr3,
    Ddr4,
    Gddr5,
    Hbm2,
}

impl Choice for AsConfigured {}
impl Choice for Switching {}
impl Choice for MemoryKind {}

impl Memory {
    /// Energy per bit accessed.
    pub fn of(&self, kind: MemoryKind) -> &Number {
        match kind {
            MemoryKind::Lpddr4 => &self.lpddr4,
            MemoryKind::Ddr3 => &self.ddr3,
            MemoryKind::Ddr4 => &self.ddr4,
            MemoryKind::Gddr5 => &self.gddr5,
            MemoryKind::Hbm2 => &self.hbm2,
        }
    }
}

impl Technology {
    /// The numbers of the built-in file.
    ///
    /// # Errors
    /// Only if the program was built with an invalid file.
    pub fn built_in() -> Result<Self> {
        Self::from_toml("", "<built-in>")
    }

    /// The built-in numbers, overridden by a TOML text; `origin` names it in messages.
    ///
    /// # Errors
    /// [`Error::Config`] with the key for an unknown key, a wrong type or unit, or a number that is
    /// negative, not finite, or zero where it must not be.
    pub fn from_toml(text: &str, origin: &str) -> Result<Self> {
        let table = |text: &str, origin| {
            let table = text.parse::<toml::Table>();
            table.map_err(|e| not_toml(&e, text, origin, merge::HELP))
        };
        let built_in = table(DEFAULT_TECHNOLOGY, "<built-in>")?;
        let shape = Shape::of::<Technology>();
        let merged = merge::merged(built_in, table(text, origin)?, origin, shape.as_ref());
        let checked = merged.and_then(Self::read);
        checked.map_err(|fault| {
            let origin = place(text, origin, &fault.path);
            fault.into_error(&origin, merge::HELP)
        })
    }

    fn read(table: toml::Table) -> std::result::Result<Self, Fault> {
        let read = toml::Value::Table(table).try_into::<Technology>();
        let technology = read.map_err(|e| {
            let found = e.message().replace('\n', " ");
            merge::fault("(file)", found, "the keys of the built-in file")
        })?;
        technology.check()?;
        Ok(technology)
    }

    /// The built-in numbers, overridden by a file.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read, else as [`Technology::from_toml`].
    pub fn load(path: &Path) -> Result<Self> {
        let origin = path.display().to_string();
        let bytes = std::fs::read(path).map_err(Error::io("read", path))?;
        let text = String::from_utf8(bytes).map_err(|_| {
            let fault = merge::fault("(file)", "bytes that are not UTF-8", "a TOML text");
            fault.into_error(&origin, merge::HELP)
        })?;
        Self::from_toml(&text, &origin)
    }

    /// The numbers for a configuration: those of its technology file, or the built-in ones.
    ///
    /// # Errors
    /// As [`Technology::load`].
    pub fn of(resolved: &Resolved) -> Result<Self> {
        match resolved.technology_file() {
            None => Self::built_in(),
            Some(path) => Self::load(&path),
        }
    }

    /// The converters' energy model for a configuration.
    pub fn adc_model(&self, resolved: &Resolved) -> Converter {
        match self.adc.model {
            AdcModel::AsConfigured(_) => resolved.config.adc.kind,
            AdcModel::Always(model) => model,
        }
    }

    /// Checks that divisors are not zero, shares are at most 1, and curves are positive and
    /// ascending.
    fn check(&self) -> std::result::Result<(), Fault> {
        let (c, g, r) = (&self.cpu, &self.gpu, &self.reference);
        let numbers = [
            &r.rows,
            &r.cols,
            &r.phases,
            &c.line,
            &c.bandwidth,
            &c.efficiency,
            &c.cores,
            &c.parallelism,
            &g.line,
            &g.bandwidth,
            &g.efficiency,
            &g.cores,
            &g.parallelism,
            &self.adc.murmann.feature,
            &self.digital.shift_add_bits,
        ];
        if let Some(n) = numbers.into_iter().find(|n| n.value == 0.0) {
            return Err(merge::fault(&n.key, "0", "more than 0"));
        }
        for n in [&c.efficiency, &g.efficiency, &self.adc.flash.ungated] {
            if n.value > 1.0 {
                return Err(merge::fault(
                    &n.key,
                    n.value.to_string(),
                    "a share, at most 1",
                ));
            }
        }
        let (f, s) = (&self.adc.flash, &self.adc.sar);
        for curve in [&f.energy, &f.rows, &s.energy, &s.rows] {
            if !curve.value.iter().all(|&v| v > 0.0) || !curve.value.is_sorted() {
                let found = format!("{:?}", curve.value);
                return Err(merge::fault(
                    &curve.key,
                    found,
                    "positive, ascending values",
                ));
            }
        }
        Ok(())
    }
}
