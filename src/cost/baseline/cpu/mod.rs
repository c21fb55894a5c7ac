//! The CPU: modelled from the technology file, and measured on this machine.

mod kernel;
mod measure;
mod table;

pub use measure::{MeasureOptions, Measured, measure};
pub use table::Precision;

use super::model::{Machine, Modelled, Workload, modelled};
use crate::error::Result;
use crate::formats::table::IntTable;
use crate::formats::trace::Bags;
use crate::technology::Technology;
use table::Packed;

/// Time and energy of a workload on the technology file's CPU.
pub fn model(workload: Workload, technology: &Technology) -> Modelled {
    let c = &technology.cpu;
    let machine = Machine {
        memory: c.memory,
        line: &c.line,
        bandwidth: &c.bandwidth,
        efficiency: &c.efficiency,
        latency: &c.latency,
        cores: &c.cores,
        parallelism: &c.parallelism,
        launch: None,
        power: (&c.core_power, true),
    };
    modelled(&machine, workload, technology)
}

/// Sums the vectors of each bag with the measured integer kernel: `bags * dim` elements, bag-major.
///
/// # Errors
/// [`crate::Error::Argument`] for an id beyond the table, or a bag that could overflow 32 bits.
pub fn reduce(bags: &Bags, table: &IntTable) -> Result<Vec<i32>> {
    table::check(bags, table)?;
    Ok(match Precision::of(table) {
        Precision::Int8 => all(bags, &Packed::new(table, |v| v as i8)),
        Precision::Int16 | Precision::Fp32 => all(bags, &Packed::new(table, |v| v)),
    })
}

fn all<E: kernel::Element>(bags: &Bags, table: &Packed<E>) -> Vec<E::Sum> {
    let mut out = vec![E::Sum::default(); bags.len() * table.dim];
    kernel::pool(bags, 0..bags.len(), table, &mut out);
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::cost::baseline::Bound;
    use crate::reference::golden::reduce_exact;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn a_gather_by_hand() {
        let text = "[cpu]\nmemory = \"lpddr4\"\nbandwidth = 100\nefficiency = 0.8\nlatency = 100\n\
                    cores = 10\nparallelism = 10\ncore_power = 5\n";
        let t = Technology::from_toml(text, "test").unwrap();
        let w = Workload {
            lookups: 1_000_000,
            bags: 1000,
            batch: 256,
            dim: 16,
            element_bits: 32,
        };
        // One line per lookup: 64 MB at 80 GB/s take 0.8 ms; 1e6 * 100 ns / 100 is 1 ms.
        let m = model(w, &t);
        assert_eq!((m.moved_bytes, m.bound), (64_000_000, Bound::Latency));
        assert!((m.seconds - 1e-3).abs() < 1e-12);
        assert!((m.memory_pj_per_lookup.unwrap() - 512.0 * 8.0).abs() < 1e-9);
        assert!((m.package_pj_per_lookup.unwrap() - 50_000.0).abs() < 1e-6);
        let none = model(
            Workload {
                lookups: 0,
                bags: 0,
                ..w
            },
            &t,
        );
        assert_eq!((none.seconds, none.lookups_per_second), (0.0, 0.0));
        assert_eq!(
            (none.seconds_per_batch, none.memory_pj_per_lookup),
            (None, None)
        );
    }

    fn random(dim: u32, value_bits: u32, rng: &mut ChaCha8Rng) -> (Bags, IntTable) {
        let rows = rng.random_range(1..200u32);
        let half = 1i32 << (value_bits - 1);
        let values = (0..rows * dim).map(|_| rng.random_range(-half..half) as i16);
        let data = values.collect();
        let lists: Vec<Vec<u32>> = (0..rng.random_range(0..60u32))
            .map(|_| {
                let n = [0, 1, 5, 90][rng.random_range(0..4usize)];
                (0..n).map(|_| rng.random_range(0..rows)).collect()
            })
            .collect();
        let table = IntTable::new(dim, value_bits, data);
        (Bags::from_lists(rows, &lists).unwrap(), table)
    }

    /// Compares every specialised width, widths between them, and both element sizes with the
    /// golden reducer.
    #[test]
    fn the_kernel_gives_the_golden_sums() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        for dim in [1, 3, 8, 16, 17, 32, 64, 100, 128, 256] {
            for value_bits in [2, 8, 9, 16] {
                let (bags, table) = random(dim, value_bits, &mut rng);
                let golden = reduce_exact(&bags, &table).unwrap();
                let sums = reduce(&bags, &table).unwrap();
                let sums: Vec<i64> = sums.into_iter().map(i64::from).collect();
                assert_eq!(sums, golden, "{dim} x {value_bits} bit");
            }
        }
    }

    #[test]
    fn a_measurement_counts_what_it_pooled() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let (bags, table) = loop {
            let (bags, table) = random(16, 8, &mut rng);
            if bags.lookups() > 100 {
                break (bags, table);
            }
        };
        let t = Technology::built_in().unwrap();
        let options = MeasureOptions {
            batch: 10,
            seconds: 0.02,
        };
        let all = measure(&bags, &table, &t, &options).unwrap();
        assert_eq!(all.len(), 2);
        assert_eq!(
            (all[0].precision, all[1].precision),
            (Precision::Int8, Precision::Fp32)
        );
        for m in &all {
            let w = m.workload;
            assert_eq!((w.lookups, w.bags), (bags.lookups(), bags.len() as u64));
            assert!(m.batch_seconds > 0.0 && m.batch_seconds_min <= m.batch_seconds);
            assert!(m.lookups_per_second > 0.0);
            let bytes = m.lookups_per_second * w.row_bytes() as f64;
            assert!((m.gathered_gb_per_second * 1e9 / bytes - 1.0).abs() < 1e-9);
            // One line of 64 bytes per lookup, 20 pJ per bit.
            assert_eq!(m.memory_pj_per_lookup, 64.0 * 8.0 * 20.0);
            let power = m.package_pj_per_lookup * m.lookups_per_second * 1e-12;
            assert!((power / (5.0 * m.threads as f64) - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn workloads_that_cannot_be_measured_are_rejected() {
        let t = Technology::built_in().unwrap();
        let table = IntTable::new(2, 8, vec![0; 8]);
        let refused = |bags: &Bags, table: &IntTable, batch: usize, seconds: f64| {
            let options = MeasureOptions { batch, seconds };
            measure(bags, table, &t, &options).unwrap_err().to_string()
        };
        let bags = |n: u32, list: Vec<u32>| Bags::from_lists(n, &[list]).unwrap();
        let good = bags(4, vec![1, 2]);
        assert!(refused(&good, &table, 0, 1.0).contains("batch"));
        assert!(refused(&good, &table, 1, f64::NAN).contains("seconds"));
        assert!(refused(&good, &table, 1, -1.0).contains("seconds"));
        assert!(refused(&bags(4, Vec::new()), &table, 1, 1.0).contains("no lookups"));
        assert!(refused(&bags(9, vec![8]), &table, 1, 1.0).contains("4 vectors"));
        let wide = IntTable::new(2, 16, vec![0; 8]);
        assert!(refused(&bags(4, vec![1; 70_000]), &wide, 1, 1.0).contains("70000 lookups"));
    }
}
