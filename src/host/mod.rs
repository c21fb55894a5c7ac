//! The work of the host software: lowering bags of embedding ids to the commands of the lanes.
//!
//! A [`Lowering`] is built once for a mapping and a configuration. It lowers any number of bags to
//! one header per bag and one command per group that a bag touches (more if ids repeat).

mod choice;
mod commands;
mod stream;

pub use commands::{Command, LaneCommands, Lowered};
pub use stream::{Lowering, LoweringStream};

#[cfg(test)]
mod tests;
