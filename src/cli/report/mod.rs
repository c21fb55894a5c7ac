//! Reports as text for people.
//!
//! The text is made from the same struct that `--json` prints, so every number in it is in the JSON.

mod mapping;
mod simulation;
mod sweep;
mod timing;

use serde::Serialize;

use crate::flow::report::CompareReport;
pub(super) use crate::flow::report::text::{Lines, grouped, table};

/// Something that can be shown as text and as JSON.
pub(super) trait Show: Serialize {
    /// The text for people, without a line end at its end.
    fn text(&self) -> String;
}

impl Show for CompareReport {
    fn text(&self) -> String {
        CompareReport::text(self)
    }
}
