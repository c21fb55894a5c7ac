//! What all reports have.

use serde::Serialize;

use crate::error::{Error, Result};

/// Version of the report's format; changes when a field changes its meaning or goes away.
pub const FORMAT: u32 = 2;

/// What stands at the head of every report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Head {
    /// Version of the format, [`FORMAT`].
    pub format: u32,
    /// The command that made it.
    pub command: &'static str,
    /// The program's version.
    pub recross: &'static str,
}

impl Head {
    /// The head of a command's report.
    pub fn new(command: &'static str) -> Self {
        Head {
            format: FORMAT,
            command,
            recross: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// A report as JSON text, without a line end at its end.
///
/// # Errors
/// [`Error::Check`] for what has no JSON, which is a defect of recross.
pub fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string_pretty(value).map_err(|e| Error::Check {
        what: format!("a report could not be written as JSON: {e}"),
        help: "this is a defect of recross; please report it".to_owned(),
    })
}

/// `a / b`; 0 for `b` = 0.
pub(super) fn ratio(a: u64, b: u64) -> f64 {
    if b == 0 { 0.0 } else { a as f64 / b as f64 }
}
