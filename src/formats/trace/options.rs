//! Options for reading a trace.

use super::{Format, MemoryBound};

/// What a trace file alone does not determine.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// The format; by default from the file's name.
    pub format: Option<Format>,
    /// `.npz`: number of tables of a table-batched trace (`tables * bags + 1` offsets,
    /// table-major); 0 or 1: one table, with the offsets of `EmbeddingBag`.
    pub tables: usize,
    /// `.npz` of one table: whether the last offset is the end of the last bag. By default it is if
    /// it equals the number of indices.
    pub include_last_offset: Option<bool>,
    /// Memory that the trace may take; a larger trace is sampled.
    pub memory: Option<MemoryBound>,
}
