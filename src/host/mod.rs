//! What host software does: from bags of embedding ids to the commands that the lanes take.
//!
//! A [`Lowering`] is built once for a mapping and a configuration. It turns any number of bags into
//! a header for each bag and one command for each group that a bag touches.

mod choice;
mod commands;
mod stream;

pub use commands::{Command, LaneCommands, Lowered};
pub use stream::{Lowering, LoweringStream};

#[cfg(test)]
mod tests;
