//! What the cycle model says of a co-simulated run: whether it agrees, and where the cycles went.

use serde::Serialize;

use super::head::ratio;
use crate::cosim::Prediction;
use crate::cosim::timing::TimingVerdict;
use crate::reference::cycles::{Attribution, Limit, Parts};

/// The cycle model beside the RTL.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TimingReport {
    /// The model's cycles from the first offer to the last result.
    pub cycles: u64,
    /// Whether the RTL's cycles, each bag's cycle and each counter are the model's.
    pub agrees: bool,
    /// Both sides' cycles, and what differs.
    pub check: TimingVerdict,
    /// What set the total.
    pub limit: Limit,
    /// Shares of all lanes' cycles, the largest first.
    pub lanes: Vec<Share>,
    /// Shares of all banks' cycles.
    pub banks: Vec<Share>,
    /// Shares of the busiest bank's cycles.
    pub busiest_bank: Vec<Share>,
    /// Each lane's and each bank's cycles.
    pub attribution: Attribution,
}

/// A part of the cycles.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Share {
    /// What they were spent on.
    pub part: &'static str,
    /// As a fraction.
    pub share: f64,
}

impl TimingReport {
    /// Of a prediction and its check.
    pub fn new(predicted: &Prediction, check: &TimingVerdict) -> Self {
        let timing = &predicted.timing;
        TimingReport {
            cycles: timing.cycles,
            agrees: check.is_exact(),
            check: check.clone(),
            limit: timing.limit(),
            lanes: shares(&timing.attribution.all_lanes()),
            banks: shares(&timing.attribution.all_banks()),
            busiest_bank: shares(&timing.limit().busiest),
            attribution: timing.attribution.clone(),
        }
    }
}

/// Every part's share, the largest first.
fn shares(parts: &Parts) -> Vec<Share> {
    let total = parts.total();
    let mut named = parts.named();
    named.sort_by_key(|&(_, cycles)| std::cmp::Reverse(cycles));
    let share = |(part, cycles)| Share {
        part,
        share: ratio(cycles, total),
    };
    named.into_iter().map(share).collect()
}
