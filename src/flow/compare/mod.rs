//! Architectures side by side on the same held-out bags: time, energy and area of each.
//!
//! [`run()`] goes through the area budgets. For each it sizes one engine for all rows
//! ([`fit_engine`]), lays the groups out ([`Layouts`]), lets the cycle model run the bags
//! ([`measure`]) and prices the events ([`Figures`]). [`machines`] adds CPU and GPU, [`verify`] drives the
//! emitted RTL with a part of the bags. Ratios are against one row that the caller names.

pub mod architectures;
mod figures;
mod layouts;
pub mod machines;
pub mod measure;
mod rows;
mod run;
mod spec;
pub mod verify;

pub use super::fit::{Capacity, Grow, fit_engine};
pub use figures::{ByModel, Cost, EnergyFigures, Figures, MachineFigures, Ratios};
pub use layouts::{Design, Layouts};
pub use rows::{Block, Kind, Row};
pub use run::{row_names, run};
pub use spec::{Cut, DEFAULT_BASELINE, Inputs, Spec, Verify};
pub use verify::Verified;
