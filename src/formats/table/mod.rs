//! Embedding tables as integers: read from files or generated at random, checked, quantised and
//! stacked.

mod choose;
mod floats;
mod gather;
mod head;
mod index;
mod int_table;
mod listed;
mod load;
mod meter;
mod npy_table;
mod pooling;
mod quantise;
mod random;
mod raw;
mod room;
mod safetensors_table;
mod set;
mod spec;

pub use crate::formats::npy::{read_npy_i64, write_npy_i64};
pub use head::{TableHead, head};
pub use int_table::IntTable;
pub use listed::listed_head;
pub use load::{MAX_DIM, check_count, faults, load, load_listed};
pub use pooling::{Differences, PoolingError};
pub use quantise::QuantReport;
pub use random::random_row;
pub use set::{TableReport, TableSet, TableShape};
pub use spec::TableSpec;

#[cfg(test)]
mod tests;
