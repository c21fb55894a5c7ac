//! Time and energy of a gather, computed from bandwidth and latency.

use serde::Serialize;

use crate::formats::trace::Bags;
use crate::technology::{MemoryKind, Number, Provenance, Technology};

/// The lookups and bags that are pooled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Workload {
    /// Number of lookups, over all bags.
    pub lookups: u64,
    /// Number of bags.
    pub bags: u64,
    /// Bags issued together, at least 1.
    pub batch: u64,
    /// Elements of a vector.
    pub dim: u32,
    /// Bits of an element in memory.
    pub element_bits: u32,
}

impl Workload {
    /// The bags of a trace, issued `batch` at a time (at least 1).
    pub fn new(bags: &Bags, batch: u64, dim: u32, element_bits: u32) -> Self {
        Workload {
            lookups: bags.lookups(),
            bags: bags.len() as u64,
            batch: batch.max(1),
            dim,
            element_bits,
        }
    }

    /// Number of batches; the last one may be smaller.
    pub fn batches(&self) -> u64 {
        self.bags.div_ceil(self.batch.max(1))
    }

    /// Bytes of one vector.
    pub fn row_bytes(&self) -> u64 {
        (u64::from(self.dim) * u64::from(self.element_bits)).div_ceil(8)
    }

    /// Bytes that memory moves if every lookup misses every cache and a transfer has `line` bytes.
    pub fn moved_bytes(&self, line: u64) -> u64 {
        let line = line.max(1);
        self.lookups * self.row_bytes().div_ceil(line) * line
    }
}

/// The larger of the two bounds on a gather's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// Bytes over bandwidth.
    Bandwidth,
    /// Lookups in flight over latency.
    Latency,
}

/// Modelled time and energy of a workload.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Modelled {
    /// The workload.
    pub workload: Workload,
    /// Bytes moved; no cache is modelled.
    pub moved_bytes: u64,
    /// The bound that sets the time.
    pub bound: Bound,
    /// Time of all batches, one after the other, s.
    pub seconds: f64,
    /// Time of a mean batch, s; `None` without bags.
    pub seconds_per_batch: Option<f64>,
    /// Lookups per second.
    pub lookups_per_second: f64,
    /// Energy of the memory's accesses, pJ.
    pub memory_pj: f64,
    /// Energy of the package, without memory, over that time, pJ.
    pub package_pj: f64,
    /// Energy of the memory per lookup, pJ; `None` without lookups.
    pub memory_pj_per_lookup: Option<f64>,
    /// Energy of the package per lookup, pJ; `None` without lookups.
    pub package_pj_per_lookup: Option<f64>,
    /// Numbers used that are not published.
    pub provenance: Provenance,
}

/// A machine's numbers in the technology file.
pub(super) struct Machine<'a> {
    pub memory: MemoryKind,
    pub line: &'a Number,
    pub bandwidth: &'a Number,
    pub efficiency: &'a Number,
    pub latency: &'a Number,
    pub cores: &'a Number,
    pub parallelism: &'a Number,
    /// Time to start a batch, us.
    pub launch: Option<&'a Number>,
    /// Power, W, and whether it is per core.
    pub power: (&'a Number, bool),
}

/// Computes `T = max(bytes / (efficiency * bandwidth), lookups * latency / (cores * parallelism)) +
/// batches * launch`, and the energy over that time.
pub(super) fn modelled(machine: &Machine<'_>, workload: Workload, t: &Technology) -> Modelled {
    let mut used = Provenance::default();
    let m = machine;
    let moved_bytes = workload.moved_bytes(used.take(m.line).round() as u64);
    let cores = used.take(m.cores);
    // Bandwidth is in GB/s, latency in ns.
    let by_bandwidth =
        moved_bytes as f64 / (used.take(m.efficiency) * used.take(m.bandwidth) * 1e9);
    let by_latency =
        workload.lookups as f64 * used.take(m.latency) * 1e-9 / (cores * used.take(m.parallelism));
    let bound = match by_latency > by_bandwidth {
        true => Bound::Latency,
        false => Bound::Bandwidth,
    };
    let batches = workload.batches();
    let launch = m.launch.map_or(0.0, |n| used.take(n) * 1e-6);
    let seconds = by_bandwidth.max(by_latency) + batches as f64 * launch;
    let bit = used.take(t.memory.of(m.memory));
    let memory_pj = 8.0 * moved_bytes as f64 * bit;
    let (power, per_core) = m.power;
    let power = used.take(power) * if per_core { cores } else { 1.0 };
    let package_pj = power * seconds * 1e12;
    let per = |x: f64| (workload.lookups > 0).then(|| x / workload.lookups as f64);
    Modelled {
        workload,
        moved_bytes,
        bound,
        seconds,
        seconds_per_batch: (batches > 0).then(|| seconds / batches as f64),
        lookups_per_second: if seconds > 0.0 {
            workload.lookups as f64 / seconds
        } else {
            0.0
        },
        memory_pj,
        package_pj,
        memory_pj_per_lookup: per(memory_pj),
        package_pj_per_lookup: per(package_pj),
        provenance: used,
    }
}
