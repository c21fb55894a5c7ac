//! Reports as text for people.
//!
//! The text is made from the same struct that `--json` prints, so every number in it is in the JSON.

mod compare;
mod mapping;
mod sheet;
mod simulation;
mod sweep;
mod text;
mod timing;

pub(super) use text::{Lines, grouped, table};

use serde::Serialize;

/// Something that can be shown as text and as JSON.
pub(super) trait Show: Serialize {
    /// The text for people, without a line end at its end.
    fn text(&self) -> String;
}
