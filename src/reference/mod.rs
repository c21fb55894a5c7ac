//! What the RTL is checked against: golden values and exact cycles.

pub mod cycles;
pub mod golden;
