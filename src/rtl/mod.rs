//! RTL emission: from a resolved configuration to a stand-alone Verilog package.
//!
//! Hand-written leaf modules come from `rtl/` as they are; what depends on the configuration comes
//! from `templates/`. The same configuration gives the same bytes, and so do two configurations that
//! differ only in keys that do not reach the hardware or the views of its analog macro: the package's `config.json` ([`Record`]) says
//! what does. Names begin with the configuration's `rtl.prefix`.

mod diagram;
mod leaves;
mod manifest;
mod package;
mod prefix;
mod record;
mod registers;
mod text;
mod views;

pub use manifest::Edited;
pub use package::{Package, TOP, top};
pub use prefix::DEFAULT_PREFIX;
pub(crate) use prefix::{put, take_back};
pub use record::{MANIFEST, RECORD, Record, RecordedClock, RecordedKeys, file_list, sources_of};
pub use views::RecordedMacro;
