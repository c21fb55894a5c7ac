//! The work of the host software: translating ids to places, and giving bags to ports.
//!
//! A [`Translator`] is built once for a mapping and a configuration. It turns any number of bags into
//! the words that the ports take, one for each id.

mod beats;
mod load;
mod spread;
mod translate;

pub use beats::{PortBags, Translated};
pub use translate::{BagOrder, Translation, Translator};

#[cfg(test)]
mod tests;
