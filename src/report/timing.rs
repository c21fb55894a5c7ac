//! What the cycle model says of a co-simulated run: whether it agrees, and where the cycles went.

use serde::Serialize;

use super::grouped;
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
    /// Cycles of all lanes together.
    pub all_lanes: Parts,
    /// Cycles of all banks together.
    pub all_banks: Parts,
    /// Each lane's and each bank's cycles.
    pub attribution: Attribution,
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
            all_lanes: timing.attribution.all_lanes(),
            all_banks: timing.attribution.all_banks(),
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
            shares(&self.all_banks),
            shares(&self.all_lanes),
            limit.lane,
            limit.bank,
            shares(&limit.busiest)
        )
    }
}

/// Parts of at least half a tenth of a percent, in percent, the largest first.
fn shares(parts: &Parts) -> String {
    let total = parts.total().max(1) as f64;
    let mut named = parts.named();
    named.sort_by_key(|&(_, cycles)| std::cmp::Reverse(cycles));
    let texts = named
        .iter()
        .map(|&(name, cycles)| (name, 100.0 * cycles as f64 / total))
        .filter(|&(_, share)| share >= 0.05)
        .map(|(name, share)| format!("{share:.1} % {name}"));
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
        assert_eq!(shares(&parts), "97.5 % waiting for commands, 2.5 % busy");
        assert_eq!(shares(&Parts::default()), "");
    }
}
