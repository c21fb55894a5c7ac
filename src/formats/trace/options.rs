//! What a trace file alone does not say.

use super::{Format, MemoryBound};

/// How to read a trace where the file alone does not say.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// The format; by default from the file's name.
    pub format: Option<Format>,
    /// `.npz`: tables of a table-batched trace (offsets of `tables * bags + 1`, table-major);
    /// 0 or 1: one table, as `EmbeddingBag` takes it.
    pub tables: usize,
    /// `.npz` of one table: whether the last offset is the end of the last bag. By default it is
    /// taken for that when it equals the number of indices.
    pub include_last_offset: Option<bool>,
    /// Memory that the trace may take; a larger one is sampled.
    pub memory: Option<MemoryBound>,
}
