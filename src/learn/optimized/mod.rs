//! The `optimized` grouping: several starting groupings, each refined by simulated annealing with
//! exact cost changes. Part of the history is held out to choose the one that does best on bags
//! that it was not learned from.

mod anneal;
mod assignment;
mod bisect;
mod choice;
mod counts;
mod graph;
mod greedy;
mod load_penalty;
mod options;
mod portfolio;
mod price;
mod starts;

#[cfg(test)]
mod tests;

pub use options::{GroupingReport, Options, Start};
pub use portfolio::{GroupingResult, group};
