//! The machines that designs are compared with: a CPU, measured and modelled, and a modelled GPU.
//!
//! All pool the same bags of the same table. Energy of the memory and of the whole package are told
//! apart, and every figure says which precision it is for.

pub mod cpu;
pub mod gpu;
mod model;

pub use model::{Bound, Modelled, Workload};
