//! Symmetric quantisation with one scale per table, and what it costs in accuracy.

use rayon::prelude::*;
use serde::Serialize;

use super::TableSet;
use crate::formats::trace::{Bags, TableLayout};

/// How a float table became integers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct QuantReport {
    /// value = scale * integer; the largest magnitude over 2^(value_bits-1) - 1, or 1 for a table
    /// of zeros.
    pub scale: f64,
    /// Largest magnitude of the table.
    pub max_abs: f64,
    /// Largest difference of an element and its quantised value.
    pub error_max: f64,
    /// Root of the mean square of that difference.
    pub error_rms: f64,
}

/// Rounds to the nearest step, ties to even. All values are finite.
pub(super) fn quantise(values: &[f32], value_bits: u32) -> (Vec<i16>, QuantReport) {
    let steps = f64::from((1i32 << (value_bits - 1)) - 1);
    let max_abs = values.iter().fold(0.0f32, |m, v| m.max(v.abs()));
    let scale = match max_abs {
        0.0 => 1.0,
        m => f64::from(m) / steps,
    };
    let (mut error_max, mut squares) = (0.0f64, 0.0f64);
    let ints = values
        .iter()
        .map(|&v| {
            let step = (f64::from(v) / scale)
                .round_ties_even()
                .clamp(-steps, steps);
            let error = (step * scale - f64::from(v)).abs();
            error_max = error_max.max(error);
            squares += error * error;
            step as i16
        })
        .collect();
    let report = QuantReport {
        scale,
        max_abs: f64::from(max_abs),
        error_max,
        error_rms: (squares / values.len().max(1) as f64).sqrt(),
    };
    (ints, report)
}

/// How far scale * integer sum is from float pooling, over all elements of all bags' results.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct PoolingError {
    /// Bags compared.
    pub bags: u64,
    /// Largest difference from a float32 sum in the order of the bag, as PyTorch computes it.
    pub max_abs_fp32: f64,
    /// Mean difference from that sum.
    pub mean_abs_fp32: f64,
    /// Largest difference from the float64 sum.
    pub max_abs_fp64: f64,
    /// Mean difference from that sum.
    pub mean_abs_fp64: f64,
    /// Mean magnitude of the float64 sum, to judge the differences by.
    pub mean_magnitude: f64,
}

/// Bags summed by one task; fixed, so that rounding does not depend on the number of threads.
const CHUNK: usize = 1024;

impl TableSet {
    /// Compares integer pooling with float pooling on some bags (flat ids over these tables).
    ///
    /// `None` if the floats were not kept, no table is a float table, or the bags are over another
    /// number of embeddings.
    pub fn pooling_error(&self, bags: &Bags) -> Option<PoolingError> {
        let floats = self.floats.as_ref()?;
        let layout = TableLayout::new(&self.rows).ok()?;
        if bags.embeddings() != self.int.embeddings() {
            return None;
        }
        let scales: Vec<f64> = self.scales().iter().map(|s| s.unwrap_or(1.0)).collect();
        let chunks = bags.len().div_ceil(CHUNK);
        let parts: Vec<PoolingError> = (0..chunks)
            .into_par_iter()
            .map(|chunk| {
                let range = chunk * CHUNK..bags.len().min((chunk + 1) * CHUNK);
                self.sum_errors(bags, range, floats, &layout, &scales)
            })
            .collect();
        let mut all = parts
            .iter()
            .fold(PoolingError::default(), |a, b| PoolingError {
                bags: a.bags + b.bags,
                max_abs_fp32: a.max_abs_fp32.max(b.max_abs_fp32),
                mean_abs_fp32: a.mean_abs_fp32 + b.mean_abs_fp32,
                max_abs_fp64: a.max_abs_fp64.max(b.max_abs_fp64),
                mean_abs_fp64: a.mean_abs_fp64 + b.mean_abs_fp64,
                mean_magnitude: a.mean_magnitude + b.mean_magnitude,
            });
        let count = (all.bags * u64::from(self.int.dim)).max(1) as f64;
        all.mean_abs_fp32 /= count;
        all.mean_abs_fp64 /= count;
        all.mean_magnitude /= count;
        Some(all)
    }

    /// As [`PoolingError`], with sums in place of the means.
    fn sum_errors(
        &self,
        bags: &Bags,
        range: std::ops::Range<usize>,
        floats: &[f32],
        layout: &TableLayout,
        scales: &[f64],
    ) -> PoolingError {
        let dim = self.int.dim as usize;
        let mut total = PoolingError {
            bags: range.len() as u64,
            ..PoolingError::default()
        };
        let (mut ints, mut singles, mut doubles) =
            (vec![0.0; dim], vec![0.0f32; dim], vec![0.0; dim]);
        for bag in range.map(|i| bags.bag(i)) {
            ints.fill(0.0f64);
            singles.fill(0.0);
            doubles.fill(0.0f64);
            // A bag belongs to one table.
            let table = bag.first().and_then(|&id| layout.local(id));
            let scale = table.map_or(1.0, |(t, _)| scales[t.index()]);
            for &id in bag {
                let row = &floats[id.index() * dim..][..dim];
                for (d, (&q, &v)) in self.int.row(id).iter().zip(row).enumerate() {
                    // Exact: integers far below 2^53.
                    ints[d] += f64::from(q);
                    singles[d] += v;
                    doubles[d] += f64::from(v);
                }
            }
            for d in 0..dim {
                let ours = scale * ints[d];
                let from_single = (ours - f64::from(singles[d])).abs();
                let from_double = (ours - doubles[d]).abs();
                total.max_abs_fp32 = total.max_abs_fp32.max(from_single);
                total.mean_abs_fp32 += from_single;
                total.max_abs_fp64 = total.max_abs_fp64.max(from_double);
                total.mean_abs_fp64 += from_double;
                total.mean_magnitude += doubles[d].abs();
            }
        }
        total
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_go_to_the_nearest_step() {
        // Steps of 0.5: the largest magnitude 3.5 is 7 steps of 4-bit values.
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
