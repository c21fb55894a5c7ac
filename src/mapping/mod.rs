//! The mapping: which embedding lies on which crossbar, and where the copies of each crossbar are.
//!
//! [`Mapping::read`] and [`Mapping::write`] handle the file, [`Mapping::validate`] checks it.
//! [`Layout`] is a mapping that was checked against a configuration and indexed by lane.
//! [`contents`] computes the bits that the crossbars hold under a mapping.

mod check;
mod classes;
pub(crate) mod commands;
pub mod contents;
mod json;
pub(crate) mod places;
mod types;

pub use classes::Classes;
pub use places::{LaneGroup, LaneLayout, Layout, Replica};
pub use types::{Group, Location, Mapping, Placement, SecondHomes, Training};

pub(crate) use json::FORMAT;
