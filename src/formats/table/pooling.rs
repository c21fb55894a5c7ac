//! The error of integer pooling relative to float pooling.

use rayon::prelude::*;
use serde::Serialize;

use super::set::TableSet;
use crate::formats::trace::{Bags, TableLayout};

/// Differences between `scale * integer sum` and float pooling, over all elements of all bags'
/// results.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct PoolingError {
    /// Bags compared.
    pub bags: u64,
    /// Largest absolute difference from a float32 sum in the order of the bag, as in PyTorch.
    pub max_abs_fp32: f64,
    /// Mean absolute difference from that sum.
    pub mean_abs_fp32: f64,
    /// Largest absolute difference from the float64 sum.
    pub max_abs_fp64: f64,
    /// Mean absolute difference from that sum.
    pub mean_abs_fp64: f64,
    /// Mean magnitude of the float64 sum, as a reference for the differences.
    pub mean_magnitude: f64,
}

/// Bags per task; fixed, so that rounding does not depend on the number of threads.
const CHUNK: usize = 1024;

impl TableSet {
    /// Compares integer pooling with float pooling on `bags` (flat ids over these tables).
    ///
    /// `None` if the floats were not kept, if no table holds floats, or if the bags have another
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

    /// The [`PoolingError`] of a range of bags, with sums in place of the means.
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
                    // Exact, as the integers stay far below 2^53.
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
