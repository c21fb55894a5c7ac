//! The text of the cycle model's verdict.

use super::grouped;
use crate::flow::report::{Share, TimingReport};

impl TimingReport {
    /// For people: whether it agrees.
    pub(super) fn agreement(&self) -> String {
        let cycles = grouped(self.cycles);
        match self.agrees {
            true if self.check.compared_counters == 0 => {
                format!("{cycles} cycles, as the RTL; every bag's cycle agrees")
            }
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
            "set by: {}\nbanks: {}\nlanes: {}\nbusiest bank: lane {} bank {}, {}",
            limit.by,
            listed(&self.banks),
            listed(&self.lanes),
            limit.lane,
            limit.bank,
            listed(&self.busiest_bank)
        )
    }
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
    fn small_shares_are_left_out() {
        let shares = [
            ("waiting for commands", 0.975),
            ("busy", 0.025),
            ("drain", 0.0002),
        ]
        .map(|(part, share)| Share { part, share });
        assert_eq!(listed(&shares), "97.5 % waiting for commands, 2.5 % busy");
        assert_eq!(listed(&[]), "");
    }
}
