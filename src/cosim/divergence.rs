//! The first difference between the RTL and the cycle model.

use serde::Serialize;
use std::fmt;

/// The first cycle in which the RTL's visible state differs from the model's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Divergence {
    /// The cycle, counted from the first offer.
    pub cycle: u64,
    /// The lane, if the difference is in a lane.
    pub lane: Option<u32>,
    /// The bank inside the lane, if the difference is in a bank.
    pub bank: Option<u32>,
    /// The bag concerned, counted from the first one driven.
    pub bag: Option<u64>,
    /// The model's state, in words.
    pub model: String,
    /// The RTL's state, in words.
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
