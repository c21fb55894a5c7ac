//! The mapping: which embedding lies on which crossbar, and where the copies of each crossbar are.
//!
//! [`Mapping::read`] and [`Mapping::write`] handle the file, [`Mapping::validate`] checks it.
//! [`Layout`] is a mapping that was checked against a configuration and indexed.
//! [`contents`] computes the bits that the crossbars hold under a mapping.

mod check;
mod classes;
pub(crate) mod commands;
pub mod contents;
mod directory;
mod id_set;
mod json;
pub(crate) mod places;
mod rest;
mod second;
mod types;
mod untyped;
mod word;

pub use classes::Classes;
pub use directory::Directory;
pub use id_set::IdSet;
pub use places::Layout;
pub use second::SecondHomes;
pub use types::{Group, Location, Mapping, Placement, Rest, RestOrder, RestPart, Training};
pub use word::{Crossbar, WordFormat};

pub(crate) use json::{FORMAT, FORMAT_WITH_REST};
