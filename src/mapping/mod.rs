//! The mapping: which embedding lies on which crossbar, and where the copies of each crossbar are.
//!
//! [`Mapping::read`], [`Mapping::write`] and [`Mapping::validate`] are the way in and out. [`Layout`]
//! is a mapping that was checked against a configuration and indexed by lane, and [`contents`] are
//! the bits that it puts into the crossbars.

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
