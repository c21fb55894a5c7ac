//! Lookup traces: reading, writing, analysing and synthesising them.
//!
//! A [`Trace`] holds the contents of a file: bags of table-local ids. [`Trace::flatten`] converts
//! it to [`Bags`] over one flat id space, the input of every later step.

mod bags;
mod builder;
mod content;
mod format;
mod jsonl;
mod layout;
mod lines;
mod npz;
mod options;
mod read;
mod sample;
mod stats;
mod synth;
mod text;
mod write;
mod zipf;

pub use bags::Bags;
pub use content::{MAX_BAG, MAX_ID, Trace};
pub use format::{Compression, Form, Format};
pub use layout::TableLayout;
pub use options::ReadOptions;
pub use read::read;
pub use sample::{MemoryBound, Sample};
pub use stats::{TableStats, TraceStats, stats};
pub use synth::{BagSizes, SynthOptions, synth};
pub use write::write;
