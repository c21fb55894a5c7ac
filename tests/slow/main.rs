//! `make test-slow`: random designs, broken designs, and throughput.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../common/cosim/mod.rs"]
mod cosim;

mod cycle_model;
mod mutations;
mod random_cosim;
mod snapshot_crate;
mod throughput;
