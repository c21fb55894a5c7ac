//! Measures the time of pooling on this machine.

use rayon::prelude::*;
use serde::Serialize;
use std::hint::black_box;
use std::ops::Range;
use std::time::{Duration, Instant};

use super::kernel::{self, Element};
use super::table::{self, Packed, Precision};
use crate::cost::baseline::Workload;
use crate::error::{Error, Result};
use crate::formats::table::IntTable;
use crate::formats::trace::Bags;
use crate::technology::{Provenance, Technology};

/// Options of a measurement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeasureOptions {
    /// Bags issued together, at least 1.
    pub batch: usize,
    /// Seconds per precision: half for single batches and half for throughput. Each is measured at
    /// least once.
    pub seconds: f64,
}

impl Default for MeasureOptions {
    fn default() -> Self {
        MeasureOptions {
            batch: 256,
            seconds: 1.0,
        }
    }
}

/// Results of a measurement with one precision.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measured {
    /// Type of the elements in memory.
    pub precision: Precision,
    /// The workload.
    pub workload: Workload,
    /// Number of threads: all of the pool.
    pub threads: usize,
    /// Bytes of the table. (A table that fits in a cache is read from there.)
    pub table_bytes: u64,
    /// Median time of one full batch alone on all threads, s.
    pub batch_seconds: f64,
    /// The shortest such time, s.
    pub batch_seconds_min: f64,
    /// Sustained lookups per second with many batches in flight, in the fastest pass.
    pub lookups_per_second: f64,
    /// Sustained bags per second.
    pub bags_per_second: f64,
    /// Row bytes gathered per second, sustained, 1e9 B/s.
    pub gathered_gb_per_second: f64,
    /// Energy of the memory per lookup if every lookup misses every cache (an upper bound), pJ.
    pub memory_pj_per_lookup: f64,
    /// Energy of the threads' cores per lookup at the sustained rate, without memory, pJ. The power
    /// is from the technology file, not measured.
    pub package_pj_per_lookup: f64,
    /// Numbers used that are not published.
    pub provenance: Provenance,
}

/// Measures pooling of the bags on all threads, with the table's integers and then with 32-bit
/// floats.
///
/// # Errors
/// [`Error::Argument`] for options out of range, a trace without lookups, ids beyond the table, or
/// bags whose sums may overflow 32 bits.
pub fn measure(
    bags: &Bags,
    table: &IntTable,
    technology: &Technology,
    options: &MeasureOptions,
) -> Result<[Measured; 2]> {
    if options.batch == 0 {
        return Err(Error::argument("batch", "0", "at least 1 bag", ""));
    }
    if !(0.0..=3600.0).contains(&options.seconds) {
        let found = options.seconds.to_string();
        return Err(Error::argument(
            "seconds",
            found,
            "a number from 0 to 3600",
            "",
        ));
    }
    if bags.lookups() == 0 {
        let help = "name a trace with ids in its bags";
        return Err(Error::argument("bags", "no lookups", "at least one", help));
    }
    table::check(bags, table)?;
    let integers = Precision::of(table);
    let run = Run {
        bags,
        technology,
        options,
    };
    let first = match integers {
        Precision::Int8 => run.measured(integers, &Packed::new(table, |v| v as i8)),
        Precision::Int16 | Precision::Fp32 => run.measured(integers, &Packed::new(table, |v| v)),
    };
    let floats = run.measured(Precision::Fp32, &Packed::new(table, f32::from));
    Ok([first, floats])
}

struct Run<'a> {
    bags: &'a Bags,
    technology: &'a Technology,
    options: &'a MeasureOptions,
}

impl Run<'_> {
    fn measured<E: Element>(&self, precision: Precision, table: &Packed<E>) -> Measured {
        let mut used = Provenance::default();
        let workload = Workload::new(
            self.bags,
            self.options.batch as u64,
            table.dim as u32,
            precision.bits(),
        );
        let mut out = vec![E::Sum::default(); self.bags.len() * table.dim];
        // The first pass warms pages and caches. Other load can only slow a pass, so the shortest
        // counts.
        let once = self.pass(table, &mut out);
        let seconds = self.shortest(once, || self.pass(table, &mut out));
        let mut single = self.single_batches(table, &mut out);
        single.sort_by(f64::total_cmp);
        let threads = rayon::current_num_threads();
        let lookups_per_second = workload.lookups as f64 / seconds;
        let cpu = &self.technology.cpu;
        let moved = workload.moved_bytes(used.take(&cpu.line).round() as u64);
        let bit = used.take(self.technology.memory.of(cpu.memory));
        let power = used.take(&cpu.core_power) * threads as f64;
        used.note(
            "memory energy assumes that every lookup misses every cache; power is not measured",
        );
        Measured {
            precision,
            workload,
            threads,
            table_bytes: std::mem::size_of_val(table.elements()) as u64,
            batch_seconds: single[single.len() / 2],
            batch_seconds_min: single[0],
            lookups_per_second,
            bags_per_second: workload.bags as f64 / seconds,
            gathered_gb_per_second: lookups_per_second * workload.row_bytes() as f64 * 1e-9,
            memory_pj_per_lookup: 8.0 * moved as f64 * bit / workload.lookups as f64,
            package_pj_per_lookup: power * 1e12 / lookups_per_second,
            provenance: used,
        }
    }

    fn batches(&self) -> Vec<Range<usize>> {
        let n = self.options.batch;
        (0..self.bags.len())
            .step_by(n)
            .map(|first| first..(first + n).min(self.bags.len()))
            .collect()
    }

    /// Runs all batches, each on one thread, as many at a time as there are threads; returns the
    /// seconds.
    fn pass<E: Element>(&self, table: &Packed<E>, out: &mut [E::Sum]) -> f64 {
        let start = Instant::now();
        out.par_chunks_mut(self.options.batch * table.dim)
            .zip(self.batches())
            .for_each(|(out, batch)| kernel::pool(self.bags, batch, table, out));
        black_box(out);
        start.elapsed().as_secs_f64()
    }

    /// The shortest of `first` and the times of `what`, which is repeated until half the time is
    /// over.
    fn shortest(&self, first: f64, mut what: impl FnMut() -> f64) -> f64 {
        let limit = Duration::from_secs_f64(self.options.seconds / 2.0);
        let start = Instant::now();
        let mut seconds = first;
        while start.elapsed() < limit {
            seconds = seconds.min(what());
        }
        seconds
    }

    /// Runs batches one after the other, each on all threads; returns the seconds of each. A
    /// smaller last batch counts only if it is the only one.
    fn single_batches<E: Element>(&self, table: &Packed<E>, out: &mut [E::Sum]) -> Vec<f64> {
        let mut batches = self.batches();
        if batches.len() > 1 && !self.bags.len().is_multiple_of(self.options.batch) {
            batches.pop();
        }
        let parts: Vec<Vec<Range<usize>>> = batches.iter().map(|b| self.parts(b)).collect();
        let limit = Duration::from_secs_f64(self.options.seconds / 2.0);
        let start = Instant::now();
        let mut seconds = Vec::new();
        'time: loop {
            for parts in &parts {
                let mut rest = &mut *out;
                let mut tasks = Vec::with_capacity(parts.len());
                for part in parts {
                    let (now, later) = rest.split_at_mut(part.len() * table.dim);
                    rest = later;
                    tasks.push((part.clone(), now));
                }
                let begin = Instant::now();
                tasks
                    .into_par_iter()
                    .with_max_len(1)
                    .for_each(|(part, out)| kernel::pool(self.bags, part, table, out));
                seconds.push(begin.elapsed().as_secs_f64());
                if start.elapsed() >= limit {
                    break 'time;
                }
            }
        }
        black_box(out);
        seconds
    }

    /// Divides a batch among the threads, with about the same number of lookups each.
    fn parts(&self, batch: &Range<usize>) -> Vec<Range<usize>> {
        let threads = rayon::current_num_threads() as u64;
        let offsets = self.bags.offsets();
        let (first, last) = (offsets[batch.start], offsets[batch.end]);
        let mut parts = Vec::new();
        let mut from = batch.start;
        for part in 1..=threads {
            let share = first + (last - first) * part / threads;
            let to = match part == threads {
                true => batch.end,
                false => {
                    batch.start + offsets[batch.start..batch.end].partition_point(|&o| o < share)
                }
            };
            let to = to.max(from);
            parts.push(from..to);
            from = to;
        }
        parts
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::reference::golden::reduce_exact;

    /// The timed work is complete: both ways of dividing it give the golden sums.
    #[test]
    fn batches_and_their_parts_cover_every_bag_once() {
        let lists: Vec<Vec<u32>> = (0..103u32)
            .map(|b| (0..b * 7 % 23).map(|i| (b + i * i) % 50).collect())
            .collect();
        let bags = Bags::from_lists(50, &lists).unwrap();
        let data = (0..50 * 5).map(|v| (v * 37 % 251 - 125) as i16);
        let table = IntTable::new(5, 8, data.collect());
        let golden = reduce_exact(&bags, &table).unwrap();
        let technology = Technology::built_in().unwrap();
        let packed = Packed::new(&table, |v| v as i8);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build();
        pool.unwrap().install(|| {
            for batch in [1, 10, 103, 500] {
                let options = MeasureOptions {
                    batch,
                    seconds: 0.0,
                };
                let run = Run {
                    bags: &bags,
                    technology: &technology,
                    options: &options,
                };
                for range in run.batches() {
                    let parts = run.parts(&range);
                    assert_eq!(parts.len(), 3);
                    let cut: Vec<usize> = parts.into_iter().flatten().collect();
                    assert_eq!(cut, range.collect::<Vec<_>>());
                }
                let same = |out: &[i32]| out.iter().zip(&golden).all(|(&a, &b)| i64::from(a) == b);
                let mut out = vec![i32::MAX; golden.len()];
                run.pass(&packed, &mut out);
                assert!(same(&out), "{batch}");
                if batch >= bags.len() {
                    let mut out = vec![i32::MAX; golden.len()];
                    run.single_batches(&packed, &mut out);
                    assert!(same(&out), "{batch}");
                }
            }
        });
    }
}
