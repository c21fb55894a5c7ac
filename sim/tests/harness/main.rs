//! The harness against real models: `make test-slow`, as nearly every test builds one.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

mod builds;
mod events;
mod memories;
mod requests;
mod streams;
mod tampered;
