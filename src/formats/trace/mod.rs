//! Lookup traces: reading, writing, looking at and making them.
//!
//! A [`Trace`] is what a file says: bags of table-local ids. [`Trace::flatten`] turns it into
//! [`Bags`] over one flat id space, which is what every later step works on.

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

pub use bags::Bags;
pub use content::{MAX_ID, Trace};
pub use format::{Compression, Form, Format};
pub use layout::TableLayout;
pub use options::ReadOptions;
pub use read::read;
pub use sample::{MemoryBound, Sample};
pub use stats::{TableStats, TraceStats, stats};
pub use synth::{BagSizes, SynthOptions, synth};
pub use write::write;
