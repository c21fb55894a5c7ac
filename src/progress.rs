//! Progress reports of long work, and how to stop it.

use crate::error::Result;

/// Receives progress reports of long work. `()` ignores them and never stops the work.
pub trait Progress {
    /// Called when step `what` has done `done` of `total` units. Called often, so implementations
    /// should limit how often they draw.
    ///
    /// # Errors
    /// Returning an error ([`crate::Error::Interrupted`]) ends the work with that error.
    fn step(&self, what: &'static str, done: u64, total: u64) -> Result<()>;

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
