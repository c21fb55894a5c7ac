//! `make test`: the command line, emitted files, and bit-exactness of small designs.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../common/cli/mod.rs"]
mod cli;
#[path = "../common/cosim/mod.rs"]
mod cosim;

mod bit_exact;
mod cli_bad_input;
mod cli_bad_tools;
mod cli_compare;
mod cli_flow;
mod cli_mapping;
mod cli_package;
mod cli_sweep;
mod cli_technology;
mod icarus;
mod layers;
mod parameters;
mod prefixes;
/// The test file of an example crate; the slow tests build the crate itself.
#[allow(clippy::result_large_err)] // the example shows a plain `recross::Result`
#[path = "../../examples/snapshot_tests/tests/hardware.rs"]
mod snapshot_example;
mod snapshots;
