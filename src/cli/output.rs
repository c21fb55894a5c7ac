//! Data on stdout: text or JSON, from the same struct.

use std::io::{ErrorKind, Write};
use std::path::Path;

use serde::Serialize;

use super::report::Show;
use crate::error::{Error, Result};
use crate::flow::report::json;

/// Where reports go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Output {
    json: bool,
}

impl Output {
    /// Text, or JSON.
    pub(super) fn new(json: bool) -> Self {
        Output { json }
    }

    /// Shows a report.
    ///
    /// # Errors
    /// [`Error::Io`] if stdout cannot be written; a reader that went away is no error.
    pub(super) fn show(self, report: &impl Show) -> Result<()> {
        match self.json {
            true => self.write(&(json(report)? + "\n")),
            false => self.write(&(report.text() + "\n")),
        }
    }

    /// Shows a text as it is; with JSON, `value` instead.
    ///
    /// # Errors
    /// As [`Output::show`].
    pub(super) fn show_text(self, text: &str, value: &impl Serialize) -> Result<()> {
        match self.json {
            true => self.write(&(json(value)? + "\n")),
            false => self.write(text),
        }
    }

    fn write(self, text: &str) -> Result<()> {
        let mut out = std::io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(e) if e.kind() != ErrorKind::BrokenPipe => {
                Err(Error::io("write", Path::new("<stdout>"))(e))
            }
            _ => Ok(()),
        }
    }
}
