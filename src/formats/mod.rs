//! File formats: lookup traces, embedding tables, NumPy arrays.

pub(crate) mod input;
pub mod npy;
pub(crate) mod npz;
pub mod table;
pub mod trace;
