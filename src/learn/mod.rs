//! Learning a mapping from the history of lookups.
//!
//! [`learn()`] runs the steps in order: [`group()`] divides the ids into groups, [`replication`]
//! decides how many copies each group gets, and [`placement`] assigns them to banks. [`score()`]
//! counts what any mapping costs on any trace.

mod batches;
mod group;
mod loads;
mod memory;
mod merge;
mod methods;
mod occurring;
pub mod optimized;
pub mod placement;
pub mod replication;
mod row_copies;
mod score;
mod steps;

#[cfg(test)]
mod tests;

pub use group::{Grouping, group, group_by};
pub use memory::{learning_needs, memory_bound, memory_mib};
pub use score::{BusyBank, Makespan, Score, score};
pub use steps::{Learned, lay_out, learn, learn_with_report};
