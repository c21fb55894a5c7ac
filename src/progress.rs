//! How long work says how far it is and what the user should know, and how it is stopped.

use crate::error::Result;

/// Follows a job. `()` hears nothing and never stops anything.
pub trait Progress {
    /// `what` is at `done` of `total`. Called often: throttle drawing.
    ///
    /// # Errors
    /// Returning an error ([`crate::Error::Interrupted`]) ends the work with that error.
    fn step(&self, what: &'static str, done: u64, total: u64) -> Result<()>;

    /// Whether to go on, where there is no progress to show.
    ///
    /// # Errors
    /// As [`Progress::step`].
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Something that the user should know.
    fn note(&self, text: &str) {
        let _ = text;
    }

    /// Something for a user who asked for details.
    fn detail(&self, text: &str) {
        let _ = text;
    }

    /// Mean number of groups that a bag of the history touches under the layout found so far.
    fn quality(&self, groups_touched_per_bag: f64) {
        let _ = groups_touched_per_bag;
    }
}

impl Progress for () {
    fn step(&self, _what: &'static str, _done: u64, _total: u64) -> Result<()> {
        Ok(())
    }
}
