//! Kinds of converter.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A kind of analog-to-digital converter: what is built (`adc.kind`), and what its energy is taken
/// from (`adc.model` of the technology file).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[cfg_attr(feature = "cli", value(rename_all = "snake_case"))]
pub enum Converter {
    /// One comparator for each threshold, all at once. The latency of each mode is in section
    /// `technology`.
    Flash,
    /// Successive approximation: one cycle for each bit that is resolved.
    Sar,
    /// An energy model only: the fit over Murmann's survey of converters, nearly flat at low
    /// resolutions.
    Murmann,
}

/// How long a column phase takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PhaseTime {
    /// A latency in nanoseconds for each mode.
    PerMode,
    /// One cycle for each resolved bit.
    CyclePerBit,
}

impl Converter {
    /// Its name in tables that are printed.
    pub fn label(self) -> &'static str {
        match self {
            Converter::Flash => "flash",
            Converter::Sar => "SAR",
            Converter::Murmann => "Murmann",
        }
    }

    /// How long a column phase takes.
    pub(crate) fn phase_time(self) -> PhaseTime {
        match self {
            Converter::Sar => PhaseTime::CyclePerBit,
            // No configuration has an energy model as its converter.
            Converter::Flash | Converter::Murmann => PhaseTime::PerMode,
        }
    }
}
