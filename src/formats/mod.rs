//! File formats: lookup traces, embedding tables, NumPy arrays.

pub(crate) mod input;
pub mod npy;
pub mod table;
pub mod trace;
