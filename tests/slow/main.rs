//! `make test-slow`: bit-exactness of many designs, random designs, broken designs, a second
//! simulator, and throughput.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../common/cosim/mod.rs"]
mod cosim;

mod bit_exact;
mod cache;
mod cycle_model;
mod icarus;
mod mutations;
mod random_cosim;
mod snapshot_crate;
mod throughput;
