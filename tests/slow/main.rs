//! `make test-slow`: bit-exactness of many designs, random designs, broken designs, a second
//! simulator, and throughput.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../common/cli/mod.rs"]
mod cli;
#[path = "../common/cosim/mod.rs"]
mod cosim;

mod assertions;
mod bit_exact;
mod cache;
mod comparators;
mod counting;
mod cycle_model;
mod disturbed;
mod driver;
mod gates;
mod icarus;
mod interrupted;
mod macros;
mod mutants;
mod mutations;
mod pins;
mod random_cosim;
mod snapshot_crate;
mod soak;
mod throughput;
mod writing;
