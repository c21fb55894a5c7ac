//! Symmetric quantisation with one scale per table, and its error.

use serde::Serialize;

/// The quantisation of a float table.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct QuantReport {
    /// Scale `s` in `value = s * integer`: `max_abs / (2^(value_bits-1) - 1)`, or 1 for a table of
    /// zeros.
    pub scale: f64,
    /// Largest magnitude of the table.
    pub max_abs: f64,
    /// Largest difference between an element and its quantised value.
    pub error_max: f64,
    /// Root mean square of this difference.
    pub error_rms: f64,
}

/// Quantises the values of one table and sums up the error.
#[derive(Debug)]
pub(super) struct Quantiser {
    steps: f64,
    scale: f64,
    max_abs: f64,
    errors: Errors,
}

/// Errors of some values.
#[derive(Debug, Default)]
pub(super) struct Errors {
    count: usize,
    max: f64,
    squares: f64,
}

/// Added to a number of at most 2^51 and taken away again, it rounds to the nearest integer, ties to
/// even.
const ROUNDING: f64 = 3.0 * (1u64 << 51) as f64;

impl Quantiser {
    /// For finite values of at most `max_abs`.
    pub(super) fn new(max_abs: f32, value_bits: u32) -> Self {
        let steps = f64::from((1i32 << (value_bits - 1)) - 1);
        let max_abs = f64::from(max_abs);
        Quantiser {
            steps,
            scale: if max_abs == 0.0 { 1.0 } else { max_abs / steps },
            max_abs,
            errors: Errors::default(),
        }
    }

    /// Rounds each value to the nearest multiple of the scale, ties to even.
    pub(super) fn quantise(&self, values: &[f32]) -> (Vec<i16>, Errors) {
        let mut errors = Errors {
            count: values.len(),
            ..Errors::default()
        };
        // Sums in several parts, which the processor adds up at the same time.
        const PARTS: usize = 8;
        let (mut most, mut squares) = ([0.0f64; PARTS], [0.0; PARTS]);
        let mut ints = Vec::with_capacity(values.len());
        for part in values.chunks(PARTS) {
            ints.extend(part.iter().enumerate().map(|(n, &v)| {
                let value = f64::from(v);
                let step = (value / self.scale).clamp(-self.steps, self.steps);
                let step = (step + ROUNDING) - ROUNDING;
                let error = (step * self.scale - value).abs();
                most[n] = most[n].max(error);
                squares[n] += error * error;
                step as i16
            }));
        }
        errors.max = most.into_iter().fold(0.0, f64::max);
        errors.squares = squares.iter().sum();
        (ints, errors)
    }

    /// Adds the errors of some values. The order decides about the last digits of the report.
    pub(super) fn add(&mut self, errors: &Errors) {
        self.errors.count += errors.count;
        self.errors.max = self.errors.max.max(errors.max);
        self.errors.squares += errors.squares;
    }

    /// The quantisation of all values that were added.
    pub(super) fn report(&self) -> QuantReport {
        QuantReport {
            scale: self.scale,
            max_abs: self.max_abs,
            error_max: self.errors.max,
            error_rms: (self.errors.squares / self.errors.count.max(1) as f64).sqrt(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quantise(values: &[f32], value_bits: u32) -> (Vec<i16>, QuantReport) {
        let max_abs = values.iter().fold(0.0f32, |m, v| m.max(v.abs()));
        let mut quantiser = Quantiser::new(max_abs, value_bits);
        let (ints, errors) = quantiser.quantise(values);
        quantiser.add(&errors);
        (ints, quantiser.report())
    }

    #[test]
    fn values_go_to_the_nearest_step() {
        // The scale is 0.5: the largest magnitude 3.5 is 7, the largest 4-bit value.
        let (ints, report) = quantise(&[3.5, -3.5, 0.0, 0.25, 0.75, -1.1], 4);
        assert_eq!(ints, [7, -7, 0, 0, 2, -2]);
        assert_eq!(
            (report.scale, report.max_abs, report.error_max),
            (0.5, 3.5, 0.25)
        );
        let rms = ((0.0625 + 0.0625 + 0.01f64) / 6.0).sqrt();
        assert!((report.error_rms - rms).abs() < 1e-7);
        assert_eq!(quantise(&[0.0, -0.0], 8).1.scale, 1.0);
        assert_eq!(quantise(&[1e-45, -1e-45], 16).0, [32767, -32767]);
        assert_eq!(quantise(&[f32::MAX, f32::MIN], 2).0, [1, -1]);
    }

    proptest! {
        #[test]
        fn no_value_moves_by_more_than_half_a_step(
            values in prop::collection::vec(-1e6f32..1e6, 1..50),
            bits in 2u32..=16,
        ) {
            let (ints, report) = quantise(&values, bits);
            let limit = (1i32 << (bits - 1)) - 1;
            prop_assert!(ints.iter().any(|&q| i32::from(q).abs() == limit) || report.max_abs == 0.0);
            for (&q, &v) in ints.iter().zip(&values) {
                prop_assert!(i32::from(q).abs() <= limit);
                let off = (f64::from(q) * report.scale - f64::from(v)).abs();
                prop_assert!(off <= report.scale * 0.500_000_1);
                prop_assert!(off <= report.error_max);
            }
        }
    }
}
