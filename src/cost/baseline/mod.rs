//! The machines that designs are compared with: a CPU, measured and modelled, and a modelled GPU.
//!
//! All pool the same bags of the same table. The energies of memory and package are separate, and
//! every figure comes with the precision of its elements.

pub mod cpu;
pub mod gpu;
mod model;

pub use model::{Bound, Modelled, Workload};
