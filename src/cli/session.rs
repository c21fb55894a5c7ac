//! What the commands share.

use std::path::PathBuf;

use super::output::Output;
use super::progress::Watch;

/// What every command works with.
pub(super) struct Session {
    pub output: Output,
    pub watch: Watch,
    pub seed: Option<u64>,
    pub cache: PathBuf,
}

/// What a command ends with when nothing failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    Well,
    /// The report said what is missing.
    ToolMissing,
}
