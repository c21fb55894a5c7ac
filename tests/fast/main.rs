//! `make test`: the command line, with co-simulations of small designs, emitted files and layers.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../common/cli/mod.rs"]
mod cli;

mod cli_bad_input;
mod cli_bad_tools;
mod cli_compare;
mod cli_counters;
mod cli_data;
mod cli_fit;
mod cli_flow;
mod cli_macros;
mod cli_mapping;
mod cli_package;
mod cli_places;
mod cli_renumber;
mod cli_sweep;
mod cli_technology;
mod control;
mod layers;
mod parameters;
mod prefixes;
mod refusals;
/// The test file of an example crate; the slow tests build the crate itself.
#[allow(clippy::result_large_err)] // the example shows a plain `recross::Result`
#[path = "../../examples/snapshot_tests/tests/hardware.rs"]
mod snapshot_example;
mod snapshots;
