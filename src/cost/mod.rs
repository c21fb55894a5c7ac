//! What a design costs: energy from counted events, area from its geometry.
//!
//! Every number comes from a [`Technology`] file, which says where it is from; results list the
//! inferred numbers that they depend on. [`energy()`] is a pure function of configuration, technology
//! and event counters, so it is the same whether the counters come from the RTL or a model of it.
//! [`area()`] needs the configuration only; the digital part is counted by Yosys where it is there
//! ([`count_gates`]), else estimated.

mod adc;
mod area;
pub mod baseline;
mod command;
mod energy;
mod events;
mod gates;
mod merge;
mod number;
mod technology;
#[cfg(test)]
mod tests;
mod writing;
mod yosys;

pub use area::{Area, AreaParts, area};
pub use command::command_energy;
pub use energy::{Energy, EnergyParts, energy, energy_by_model, energy_with};
pub use gates::{GateCount, GateSource, Gates, estimate_gates};
pub use number::{Curve, Mark, Number, Provenance};
pub use technology::{
    Adc, AdcModel, Array, AsConfigured, Cpu, DEFAULT_TECHNOLOGY, Digital, Drivers, Flash, Gpu,
    Memory, MemoryKind, Murmann, Reference, Sar, Switching, Technology,
};
pub use writing::{Writing, writing};
pub use yosys::count_gates;
