//! Progress reports of long work, notes for the user, and how to stop the work.

use crate::error::Result;

/// Receives the reports of a job. `()` ignores them and never stops the job.
pub trait Progress {
    /// Called when step `what` has done `done` of `total` units. Called often, so implementations
    /// should limit how often they draw.
    ///
    /// # Errors
    /// Returning an error ([`crate::Error::Interrupted`]) ends the work with that error.
    fn step(&self, what: &'static str, done: u64, total: u64) -> Result<()>;

    /// Called regularly where there is no progress to report; an error stops the job.
    ///
    /// # Errors
    /// Those of [`Progress::step`].
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Called with a message for the user.
    fn note(&self, text: &str) {
        let _ = text;
    }

    /// Called with a message for users who want details.
    fn detail(&self, text: &str) {
        let _ = text;
    }

    /// Called with the mean number of groups that a bag of the history touches under the grouping
    /// found so far.
    fn quality(&self, groups_touched_per_bag: f64) {
        let _ = groups_touched_per_bag;
    }
}

impl Progress for () {
    fn step(&self, _what: &'static str, _done: u64, _total: u64) -> Result<()> {
        Ok(())
    }
}
