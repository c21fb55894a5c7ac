//! Memory that learning needs.

use crate::config::Resolved;
use crate::formats::trace::MemoryBound;

/// Bytes for the program itself, its buffers and threads.
const FIXED: u64 = 40 << 20;
/// Bytes per lookup, per bag and per row while a mapping is learned, the trace itself included.
/// Upper bounds of measurements with up to 16 threads (`docs/performance.md`).
const PER_LOOKUP: u64 = 36;
const PER_BAG: u64 = 48;
const PER_ROW: u64 = 72;
/// Bytes per lookup of a trace that has been read, and bytes per row that is left to a rule.
const READ: u64 = 4;
const PER_ROW_BY_RULE: u64 = 1;

/// The memory that `mapping.memory_mib` leaves for the trace and everything computed from it;
/// `None` if the configuration sets no bound.
pub fn memory_bound(resolved: &Resolved) -> Option<MemoryBound> {
    let mapping = &resolved.config.mapping;
    (mapping.memory_mib > 0).then(|| MemoryBound {
        bytes: (u64::from(mapping.memory_mib) << 20).saturating_sub(FIXED),
        seed: mapping.seed,
        ..UNBOUNDED
    })
}

/// What each lookup, bag and row takes.
const UNBOUNDED: MemoryBound = MemoryBound {
    bytes: u64::MAX,
    per_lookup: PER_LOOKUP,
    per_bag: PER_BAG,
    per_row: PER_ROW,
    per_row_by_rule: PER_ROW_BY_RULE,
    seed: 0,
};

/// Bytes that learning from a trace of `bags` bags and `lookups` lookups over `rows` rows takes
/// beyond the trace, at most.
pub fn learning_needs(rows: u64, bags: u64, lookups: u64) -> u64 {
    let all = UNBOUNDED.needed(rows, bags, lookups).saturating_add(FIXED);
    all.saturating_sub(lookups.saturating_mul(READ))
}

/// The smallest `mapping.memory_mib`, in MiB, that leaves `bytes` bytes.
pub fn memory_mib(bytes: u64) -> u64 {
    bytes.saturating_add(FIXED).div_ceil(1 << 20)
}
