//! The work of the host software: lowering bags of embedding ids to the commands of the lanes.
//!
//! A [`Lowering`] is built once for a mapping and a configuration. It lowers any number of bags to
//! one header per bag and one command per group that a bag touches (more if ids repeat).

mod beats;
mod choice;
mod commands;
mod load;
mod stream;
mod translate;

pub use beats::{PortBags, Translated};
pub use commands::{Command, LaneCommands, Lowered};
pub use stream::{Lowering, LoweringStream};

pub use translate::{BagOrder, Translation, Translator};

#[cfg(test)]
mod tests;
