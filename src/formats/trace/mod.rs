//! Lookup traces: reading, writing, analysing and synthesising them.
//!
//! A [`Trace`] holds the contents of a file: bags of table-local ids. [`Trace::flatten`] converts
//! it to [`Bags`] over one flat id space, the input of every later step.

mod bags;
mod builder;
mod columns;
mod content;
mod csv;
mod format;
mod id_lists;
mod ids;
mod interner;
mod jsonl;
mod layout;
mod lines;
mod meter;
mod npz;
mod numbering;
#[cfg(test)]
mod numbering_tests;
mod options;
mod pairs;
#[cfg(feature = "parquet")]
mod parquet;
mod raw_id;
mod read;
mod sample;
mod sparse;
mod stats;
mod synth;
mod text;
mod write;
mod zipf;

pub use bags::{Bags, history_of};
pub use content::{MAX_BAG, Trace};
pub use format::{Compression, Form, Format};
pub use layout::TableLayout;
pub use numbering::{ListHash, Numbering, Renumber, TableIds};
pub use options::{Layout, ReadOptions};
pub use raw_id::MAX_ID;
pub use read::{read, read_with};
pub use sample::{MemoryBound, Sample};
pub use sparse::with_advice;
pub use stats::{TableStats, TraceStats, stats};
pub use synth::{BagSizes, SynthOptions, synth, synth_reporting};
pub use write::{write, write_counted};
