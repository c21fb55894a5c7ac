//! Sensing and conversion events, derived from the event counters.

use crate::config::{AdcSwitch, PhaseTime, Resolved};
use crate::hardware::Counters;

/// A class of conversions, with the means over its members.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Class {
    /// Number of conversions, over all converters.
    pub conversions: f64,
    /// Mean number of active rows.
    pub rows: f64,
    /// Mean number of enabled thresholds.
    pub thresholds: f64,
    /// Mean number of resolved bits.
    pub bits: f64,
}

/// Sensing and conversion events of all banks.
///
/// They follow from the counters at the end of a run, with one exception: the counters do not hold
/// the bits that a graded flash converter would have resolved if it were of another kind. In that
/// case `bits_bounded` is set, and `several.bits` is log2(mean threshold + 1). That is an upper
/// bound of the mean number of bits, because the logarithm is concave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Events {
    pub commands: f64,
    /// Commands of one row, given by its number; each is one activation.
    pub row_commands: f64,
    pub activations: f64,
    pub active_rows: f64,
    /// Conversions of activations of one row.
    pub single: Class,
    /// Conversions of all other activations.
    pub several: Class,
    /// Whether `several.bits` is only an upper bound.
    pub bits_bounded: bool,
}

/// `a / b`; 0 if `b` is 0.
fn mean(a: u64, b: u64) -> f64 {
    if b == 0 { 0.0 } else { a as f64 / b as f64 }
}

impl Events {
    pub fn new(r: &Resolved, counters: &Counters) -> Self {
        let c = counters.bank_total();
        let converters = u64::from(r.config.crossbar.adcs * r.column_blocks);
        let one = r.adc_levels[r.adc_level(1)];
        let single_phases = c.single_row * u64::from(r.phases);
        let phases = c.read_phases + c.mac_phases;
        let several_phases = phases.saturating_sub(single_phases);
        let thresholds = c
            .thresholds
            .saturating_sub(single_phases * u64::from(one.limit));
        let several_thresholds = mean(thresholds, several_phases);
        let graded = r.config.adc.switch == AdcSwitch::Graded;
        let (bits, bits_bounded) = match (graded, r.config.adc.kind.phase_time()) {
            // All activations of several rows use full resolution.
            (false, _) => (f64::from(r.adc_bits), false),
            // Each bit takes one cycle, so busy cycles count the bits.
            (true, PhaseTime::CyclePerBit) => {
                let sensing = c.busy.saturating_sub(c.merge_stall);
                let set_up = c.activations * u64::from(r.wordline_cycles);
                let single = single_phases * u64::from(one.phase_cycles);
                let bits = sensing.saturating_sub(set_up + single);
                (mean(bits, several_phases), false)
            }
            (true, PhaseTime::PerMode) => ((several_thresholds + 1.0).log2(), several_phases > 0),
        };
        Events {
            commands: c.commands as f64,
            row_commands: c.row_commands as f64,
            activations: c.activations as f64,
            active_rows: c.active_rows as f64,
            single: Class {
                conversions: (single_phases * converters) as f64,
                rows: 1.0,
                thresholds: f64::from(one.limit),
                bits: f64::from(one.bits),
            },
            several: Class {
                conversions: (several_phases * converters) as f64,
                rows: mean(
                    c.active_rows.saturating_sub(c.single_row),
                    c.activations.saturating_sub(c.single_row),
                ),
                thresholds: several_thresholds,
                bits,
            },
            bits_bounded,
        }
    }
}
