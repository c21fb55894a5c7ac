//! Whole jobs, one file each: what the command of the same name does between its arguments and what
//! it prints. `folder` has what a run and a mapping write beside their results.

pub(super) mod compare;
pub(super) mod export;
mod folder;
pub(super) mod generate;
pub(super) mod init;
pub(super) mod map;
pub(super) mod run;
pub(super) mod sweep;
