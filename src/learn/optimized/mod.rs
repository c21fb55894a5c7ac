//! The `optimized` grouping: several ways to start, exact annealing on top, and a part of the
//! history that is held out to judge which of them holds for bags that were not seen.

mod anneal;
mod bisect;
mod choice;
mod counts;
mod graph;
mod greedy;
mod heat;
mod layout;
mod options;
mod portfolio;
mod price;
mod starts;

#[cfg(test)]
mod tests;

pub use options::{Options, Report, Start};
pub use portfolio::{Grouping, group};
