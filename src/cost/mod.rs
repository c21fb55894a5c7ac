//! Energy and area of a design: energy is computed from counted events, area from the geometry.
//!
//! Every number comes from a [`Technology`](crate::technology::Technology) file, which gives its source; results list the inferred
//! numbers that they depend on. [`energy()`] is a pure function of configuration, technology and
//! event counters, so it does not matter whether the counters come from the RTL or the cycle model.
//! [`area()`] depends on configuration and technology; the gates of the digital part are counted by
//! Yosys if it is installed ([`count_gates`]), else estimated ([`estimate_gates`]).

mod adc;
mod area;
pub mod baseline;
mod command;
mod energy;
mod events;
mod gates;
mod moved;
#[cfg(test)]
mod tests;
mod writing;
mod yosys;

pub use area::{Area, AreaParts, area};
pub use command::command_energy;
pub use energy::{Energy, EnergyParts, energy, energy_by_model, energy_with};
pub use gates::{GateCount, GateSource, Gates, estimate_gates};
pub use writing::{Writing, writing};
pub use yosys::{BankCount, count_bank, count_gates, count_lane_front};
