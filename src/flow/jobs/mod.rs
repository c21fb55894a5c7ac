//! Whole jobs, one file each: what the command of the same name does between its arguments and what
//! it prints.

pub(super) mod compare;
pub(super) mod export;
pub(super) mod generate;
pub(super) mod init;
pub(super) mod map;
pub(super) mod run;
pub(super) mod sweep;
