//! The modelled GPU.
//!
//! It reads sectors of 32 bytes and has no cache. The bandwidth term is a lower bound on a real
//! GPU's time; `examples/gpu` measures a real GPU.

use super::model::{Machine, Modelled, Workload, modelled};
use crate::technology::Technology;

/// Time and energy of a workload on the technology file's GPU.
pub fn model(workload: Workload, technology: &Technology) -> Modelled {
    let g = &technology.gpu;
    let machine = Machine {
        memory: g.memory,
        line: &g.line,
        bandwidth: &g.bandwidth,
        efficiency: &g.efficiency,
        latency: &g.latency,
        cores: &g.cores,
        parallelism: &g.parallelism,
        launch: Some(&g.launch),
        power: (&g.package_power, false),
    };
    modelled(&machine, workload, technology)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::cost::baseline::Bound;

    fn near(found: f64, wanted: f64) {
        assert!(
            (found / wanted - 1.0).abs() < 1e-9,
            "{found} is not {wanted}"
        );
    }

    #[test]
    fn a_gather_by_hand() {
        let text = "[gpu]\nbandwidth = 1000\nefficiency = 0.5\nlatency = 400\ncores = 100\n\
                    parallelism = 40\nlaunch = 5\npackage_power = 300\n";
        let t = Technology::from_toml(text, "test").unwrap();
        let mut w = Workload {
            lookups: 1_000_000,
            bags: 600,
            batch: 256,
            dim: 65,
            element_bits: 8,
        };
        // 65 bytes are three sectors: 96 MB at 500 GB/s take 192 us; 1e6 * 400 ns / 4000 is 100 us.
        let m = model(w, &t);
        assert_eq!((m.moved_bytes, m.bound), (96_000_000, Bound::Bandwidth));
        near(m.seconds, 192e-6 + 3.0 * 5e-6);
        near(m.seconds_per_batch.unwrap(), 69e-6);
        near(m.memory_pj, 8.0 * 96e6 * 3.9);
        near(m.package_pj, 300.0 * 207e-6 * 1e12);
        near(m.package_pj_per_lookup.unwrap(), 300.0 * 207.0);
        // With rows of one sector, latency is the larger bound.
        w.dim = 16;
        let m = model(w, &t);
        assert_eq!((m.moved_bytes, m.bound), (32_000_000, Bound::Latency));
        near(m.seconds, 100e-6 + 15e-6);
        assert!(m.provenance.user.contains("gpu.launch"));
    }
}
