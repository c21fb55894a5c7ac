//! Many configurations on the same trace: planned whole, worked off in parallel, never done twice.
//!
//! A [`Grid`] says which configurations; [`Plan::new`] checks every one of them before any work.
//! [`Plan::run`] works off the points on all cores; each finished one is left in a folder under the hash
//! of all that it depends on ([`Store`]), where an interrupted or a larger sweep finds it again.
//! [`front`] picks the points that no other beats.

mod claim;
mod grid;
mod pareto;
mod plan;
mod point;
mod store;

pub use claim::{check, claim};
pub use grid::{Axis, Grid, MAX_POINTS};
pub use pareto::front;
pub use plan::{Inputs, Plan, Resize};
pub use point::{Measures, Point};
pub use store::Store;
pub(super) use store::json_line;
