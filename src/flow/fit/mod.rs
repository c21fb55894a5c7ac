//! Whether a configuration has room for traces and tables, and one that has.
//!
//! [`check`] finds everything that does not fit, before anything expensive begins. [`fit`] changes a
//! configuration so that all of it fits. [`fit_engine`] sizes the engine alone.

mod check;
mod choose;
mod data;
mod engine;

pub(crate) use check::fit_and_check;
pub use check::{Scope, check};
pub use choose::{Chosen, fit};
pub use data::Data;
pub use engine::{Capacity, Grow, fit_engine};
