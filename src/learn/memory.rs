//! Memory that learning needs.

use crate::config::Resolved;
use crate::formats::trace::MemoryBound;

/// Bytes for the program itself, its buffers and threads.
const FIXED: u64 = 40 << 20;
/// Bytes per lookup, per bag and per row while a mapping is learned, the trace itself included.
/// Upper bounds of measurements with up to 16 threads (`docs/mapping.md`).
const PER_LOOKUP: u64 = 36;
const PER_BAG: u64 = 48;
const PER_ROW: u64 = 72;

/// The memory that `mapping.memory_mib` leaves for the trace and everything computed from it;
/// `None` if the configuration sets no bound.
pub fn memory_bound(resolved: &Resolved) -> Option<MemoryBound> {
    let mapping = &resolved.config.mapping;
    (mapping.memory_mib > 0).then(|| MemoryBound {
        bytes: (u64::from(mapping.memory_mib) << 20).saturating_sub(FIXED),
        per_lookup: PER_LOOKUP,
        per_bag: PER_BAG,
        per_row: PER_ROW,
        seed: mapping.seed,
    })
}

/// The smallest `mapping.memory_mib`, in MiB, that leaves `bytes` bytes.
pub fn memory_mib(bytes: u64) -> u64 {
    bytes.saturating_add(FIXED).div_ceil(1 << 20)
}
