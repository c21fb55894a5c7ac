//! Lowering: from bags of embedding ids to the commands that the lanes take.
//!
//! This is host software. A [`Lowering`] is built once for a mapping and a configuration; it turns
//! any number of bags into a header per bag and one command per bag and group. [`activations`] is
//! the bank's own rule for splitting a command's mask, needed by everything that predicts hardware.

mod commands;
mod estimate;
mod layout;
mod mask;
mod stream;

pub use commands::{Command, LaneCommands, Lowered};
pub use layout::{LaneGroup, LaneLayout, Layout, Replica};
pub use mask::{Activation, Activations, RowMask, Rows, activation_sizes, activations};
pub use stream::{Lowering, LoweringStream};

pub(crate) use layout::{Occupant, check_table};

#[cfg(test)]
mod tests;
