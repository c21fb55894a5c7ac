//! The error of integer pooling relative to float pooling.

use rayon::prelude::*;
use serde::Serialize;

use super::floats::KeptFloats;
use super::set::TableSet;
use crate::formats::trace::Bags;
use crate::ids::{EmbeddingId, TableId};

/// Differences between `scale * integer sum` and float pooling, over all elements of all bags'
/// results.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PoolingError {
    /// Over all bags.
    #[serde(flatten)]
    pub all: Differences,
    /// Over the bags of each table, in the order of the tables.
    pub tables: Vec<Differences>,
}

/// Differences over some bags. Elements that pad a narrow table count too; they are 0.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Differences {
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
    /// `mean_abs_fp32` as a percentage of `mean_magnitude`; 0 where the latter is 0.
    pub mean_percent: f64,
}

impl Differences {
    /// Adds differences whose means are still sums.
    fn add(&mut self, other: &Differences) {
        self.bags += other.bags;
        self.max_abs_fp32 = self.max_abs_fp32.max(other.max_abs_fp32);
        self.mean_abs_fp32 += other.mean_abs_fp32;
        self.max_abs_fp64 = self.max_abs_fp64.max(other.max_abs_fp64);
        self.mean_abs_fp64 += other.mean_abs_fp64;
        self.mean_magnitude += other.mean_magnitude;
    }

    /// Turns sums over the elements of all bags into means.
    fn divide(mut self, dim: u32) -> Self {
        let count = (self.bags * u64::from(dim)).max(1) as f64;
        self.mean_abs_fp32 /= count;
        self.mean_abs_fp64 /= count;
        self.mean_magnitude /= count;
        if self.mean_magnitude > 0.0 {
            self.mean_percent = 100.0 * self.mean_abs_fp32 / self.mean_magnitude;
        }
        self
    }
}

/// One element's sums over a bag.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    /// Of the quantised values, without the scale.
    int: f64,
    single: f32,
    double: f64,
}

/// Bags per task; fixed, so that rounding does not depend on the number of threads.
const CHUNK: usize = 1024;

impl TableSet {
    /// Compares integer pooling with float pooling on `bags` (flat ids over these tables).
    /// `table_of` gives the table of a bag by its number.
    ///
    /// `None` if the floats of a row that is looked up were not kept, if no table holds floats, or if the bags have another
    /// number of embeddings.
    pub fn pooling_error(
        &self,
        bags: &Bags,
        table_of: &(dyn Fn(usize) -> TableId + Sync),
    ) -> Option<PoolingError> {
        let floats = self.floats.as_ref()?;
        if bags.embeddings() != self.int.embeddings() {
            return None;
        }
        let scales: Vec<f64> = self.scales().iter().map(|s| s.unwrap_or(1.0)).collect();
        let chunks = bags.len().div_ceil(CHUNK);
        let parts = (0..chunks)
            .into_par_iter()
            .map(|chunk| {
                let mut tables = vec![Differences::default(); scales.len()];
                let mut sums = Vec::new();
                for i in chunk * CHUNK..bags.len().min((chunk + 1) * CHUNK) {
                    let table = table_of(i).index();
                    if let (Some(to), Some(&scale)) = (tables.get_mut(table), scales.get(table)) {
                        to.add(&self.differences(bags.bag(i), floats, scale, &mut sums)?);
                    }
                }
                Some(tables)
            })
            .collect::<Option<Vec<Vec<Differences>>>>()?;
        let mut tables = vec![Differences::default(); scales.len()];
        let mut all = Differences::default();
        for part in &parts {
            for (to, table) in tables.iter_mut().zip(part) {
                to.add(table);
                all.add(table);
            }
        }
        let dim = self.int.dim;
        Some(PoolingError {
            all: all.divide(dim),
            tables: tables.into_iter().map(|t| t.divide(dim)).collect(),
        })
    }

    /// The differences of one bag, summed over its elements; `None` if a float is missing. `sums` is
    /// scratch.
    fn differences(
        &self,
        bag: &[EmbeddingId],
        floats: &KeptFloats,
        scale: f64,
        sums: &mut Vec<Sums>,
    ) -> Option<Differences> {
        let dim = self.int.dim as usize;
        let mut sum = Differences {
            bags: 1,
            ..Differences::default()
        };
        sums.clear();
        sums.resize(dim, Sums::default());
        for &id in bag {
            let row = floats.row(id)?;
            for ((s, &q), &v) in sums.iter_mut().zip(self.int.row(id).iter()).zip(row) {
                // Exact, as the integers stay far below 2^53.
                s.int += f64::from(q);
                s.single += v;
                s.double += f64::from(v);
            }
        }
        for &Sums {
            int,
            single,
            double,
        } in sums.iter()
        {
            let ours = scale * int;
            let from_single = (ours - f64::from(single)).abs();
            let from_double = (ours - double).abs();
            sum.max_abs_fp32 = sum.max_abs_fp32.max(from_single);
            sum.mean_abs_fp32 += from_single;
            sum.max_abs_fp64 = sum.max_abs_fp64.max(from_double);
            sum.mean_abs_fp64 += from_double;
            sum.mean_magnitude += double.abs();
        }
        Some(sum)
    }
}
