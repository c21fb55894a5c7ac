//! What the cycle model says of a co-simulated run: whether it agrees, and where the cycles went.

use serde::Serialize;

use super::grouped;
use super::simulation::ratio;
use crate::cosim::Prediction;
use crate::cosim::timing::TimingVerdict;
use crate::model::{Attribution, Limit, Parts};

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

    /// For people: whether it agrees.
    pub(super) fn agreement(&self) -> String {
        let cycles = grouped(self.cycles);
        match self.agrees {
            true => {
                format!("{cycles} cycles, as the RTL; every bag's cycle and every counter agree")
            }
            false => format!(
                "{cycles} cycles, the RTL {}; {} bags' cycles and {} counters DIFFER",
                grouped(self.check.rtl_cycles),
                grouped(self.check.differing_bags),
                grouped(self.check.differing_counters)
            ),
        }
    }

    /// For people: where the cycles went.
    pub(super) fn spent(&self) -> String {
        let limit = &self.limit;
        format!(
            "set by: {} ({:.3} x)\nbanks: {}\nlanes: {}\nbusiest bank: lane {} bank {}, {}",
            limit.by,
            limit.ratio,
            listed(&self.banks),
            listed(&self.lanes),
            limit.lane,
            limit.bank,
            listed(&self.busiest_bank)
        )
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

/// Shares of at least half a tenth of a percent, in percent.
fn listed(shares: &[Share]) -> String {
    let shown = shares.iter().filter(|s| s.share >= 0.0005);
    let texts = shown.map(|s| format!("{:.1} % {}", 100.0 * s.share, s.part));
    texts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_sorted_and_small_ones_left_out() {
        let parts = Parts {
            busy: 250,
            commands: 9750,
            merge: 2,
            ..Parts::default()
        };
        assert_eq!(
            listed(&shares(&parts)),
            "97.5 % waiting for commands, 2.5 % busy"
        );
        assert_eq!(listed(&shares(&Parts::default())), "");
    }
}
