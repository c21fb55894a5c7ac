//! The first difference between RTL and cycle model.

use serde::Serialize;
use std::fmt;

/// The first cycle in which the RTL's visible state is not the model's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Divergence {
    /// The cycle, counted from the first offer.
    pub cycle: u64,
    /// The lane, where it is in a lane.
    pub lane: Option<u32>,
    /// The bank inside the lane, where it is in a bank.
    pub bank: Option<u32>,
    /// The bag that is concerned, counted from the first driven.
    pub bag: Option<u64>,
    /// What the model says.
    pub model: String,
    /// What the RTL shows.
    pub rtl: String,
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cycle {}", self.cycle)?;
        for (name, number) in [
            ("lane", self.lane.map(u64::from)),
            ("bank", self.bank.map(u64::from)),
            ("bag", self.bag),
        ] {
            if let Some(number) = number {
                write!(f, ", {name} {number}")?;
            }
        }
        write!(f, ": cycle model: {}; RTL: {}", self.model, self.rtl)
    }
}
