//! Which embedding lies on which crossbar, and where the copies of each crossbar are.
//!
//! [`learn()`] goes through the steps in order: [`methods`] cuts the ids into groups, [`replication`]
//! decides how many copies each group gets, [`placement`] puts them on banks. [`score()`] judges any
//! mapping on any trace; [`Mapping::read`], [`Mapping::write`] and [`Mapping::validate`] are the
//! way in and out.

mod check;
mod classes;
mod commands;
mod json;
mod learn;
mod memory;
pub mod methods;
pub mod optimized;
pub mod placement;
mod progress;
pub mod replication;
mod rows;
mod score;
mod types;

#[cfg(test)]
mod tests;

pub use classes::Classes;
pub use commands::{CommandCost, command_cost};
pub use learn::{Learned, group, lay_out, learn, learn_with_report};
pub use memory::{memory_bound, memory_mib};
pub use progress::Progress;
pub use score::{BusyBank, Makespan, Score, score};
pub use types::{Group, Location, Mapping, Placement, SecondHomes, Training};
