//! Checks of a run's results, events and cycles.
//!
//! Every value is compared with the hardware golden model, which clips like the RTL. In a lossless
//! configuration it must also equal the result of the exact golden reducer, which uses nothing of
//! the hardware path.

use super::timing::{Prediction, TimingVerdict};
use super::{Counts, Outcome, StatusDifference};
use crate::config::Resolved;
use crate::error::{Error, Result};
use crate::reference::golden::{self, Comparison, HardwareCounters, HardwareResult};
use serde::Serialize;
use std::fmt::Write as _;

/// Results of the checks.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// RTL against the hardware golden model: must be exact.
    pub hardware: Comparison,
    /// RTL against the exact golden reducer: must be exact unless the configuration is lossy.
    pub exact: Comparison,
    /// Whether converters can clip, because the configuration sets `adc_bits` below the lossless
    /// width.
    pub lossy: bool,
    /// Full counts of the run: the RTL's where it has counters for them, else the cycle model's.
    pub counts: Counts,
    /// Counts that differ from those that the commands imply.
    pub events: Vec<EventDifference>,
    /// Status outputs that are wrong after the run.
    pub status: Vec<StatusDifference>,
    /// RTL against the cycle model: must be exact.
    pub timing: TimingVerdict,
}

/// A count that differs from the one that the commands imply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventDifference {
    /// Name of the counter.
    pub name: &'static str,
    /// The count that the commands imply.
    pub expected: u64,
    /// The count in the RTL, or in the cycle model if the RTL does not have it.
    pub counted: u64,
}

/// Compares a run with both golden results and the cycle model.
///
/// # Errors
/// [`Error::Check`] if the numbers of results differ.
pub fn verify(
    outcome: &Outcome,
    exact: &[i64],
    hardware: &HardwareResult,
    predicted: &Prediction,
    resolved: &Resolved,
) -> Result<Verdict> {
    let dim = resolved.config.embedding.dim;
    let model = &predicted.timing.counters;
    let counts = outcome.counters.completed(model, resolved);
    Ok(Verdict {
        hardware: golden::compare(&hardware.values, &outcome.values, dim, 8)?,
        exact: golden::compare(exact, &outcome.values, dim, 8)?,
        lossy: !resolved.is_lossless(),
        events: events(
            &counts,
            &hardware.counters,
            exact.len() / dim as usize,
            resolved,
        ),
        counts,
        status: outcome.status.clone(),
        timing: TimingVerdict::new(outcome, predicted, resolved),
    })
}

fn events(
    counts: &Counts,
    implied: &HardwareCounters,
    bags: usize,
    resolved: &Resolved,
) -> Vec<EventDifference> {
    let banks = &counts.bank_total;
    let lanes = counts.counters.lane_total();
    let converters = u64::from(resolved.config.crossbar.adcs) * u64::from(resolved.column_blocks);
    let read = implied.conversions_read(resolved);
    [
        ("bank commands", implied.commands, banks.commands),
        ("lane commands", implied.commands, lanes.commands),
        (
            "commands of one row",
            implied.row_commands,
            banks.row_commands,
        ),
        ("results added", implied.adds, lanes.adds),
        ("activations", implied.activations, banks.activations),
        (
            "single-row activations",
            implied.single_row_activations,
            banks.single_row,
        ),
        ("active rows", implied.active_rows, banks.active_rows),
        (
            "read-mode conversions",
            read,
            banks.read_phases * converters,
        ),
        (
            "MAC-mode conversions",
            implied.conversions_total() - read,
            banks.mac_phases * converters,
        ),
        (
            "enabled thresholds",
            implied.comparators,
            banks.thresholds * converters,
        ),
        (
            "busy cycles without merge stalls",
            busy_cycles(implied, resolved),
            banks.busy.wrapping_sub(banks.merge_stall),
        ),
        ("bags retired", bags as u64, counts.counters.engine.retired),
    ]
    .into_iter()
    .filter(|(_, expected, counted)| expected != counted)
    .map(|(name, expected, counted)| EventDifference {
        name,
        expected,
        counted,
    })
    .collect()
}

/// Cycles for which all activations occupy their sensing stages, without stalls by the merge.
fn busy_cycles(implied: &HardwareCounters, resolved: &Resolved) -> u64 {
    let conversions = u64::from(resolved.config.crossbar.cols * resolved.column_blocks);
    let levels = implied.conversions.iter().zip(&resolved.adc_levels);
    levels
        .map(|(n, l)| n / conversions * u64::from(resolved.activation_cycles(l.max_rows)))
        .sum()
}

impl Verdict {
    /// Whether every check passed.
    pub fn passed(&self) -> bool {
        self.hardware.is_exact()
            && (self.lossy || self.exact.is_exact())
            && self.events.is_empty()
            && self.status.is_empty()
            && self.timing.is_exact()
    }

    /// The comparison that decides for this configuration: [`Verdict::hardware`] if it is lossy,
    /// else [`Verdict::exact`].
    pub fn deciding(&self) -> &Comparison {
        if self.lossy {
            &self.hardware
        } else {
            &self.exact
        }
    }

    /// Returns the verdict if every check passed.
    ///
    /// # Errors
    /// [`Error::Check`] with the first differences.
    pub fn into_result(self) -> Result<Self> {
        if self.passed() {
            return Ok(self);
        }
        let mut what = String::new();
        for (name, comparison, counts) in [
            ("hardware golden model", &self.hardware, true),
            ("exact golden reducer", &self.exact, !self.lossy),
        ] {
            if counts && !comparison.is_exact() {
                let _ = write!(
                    what,
                    "{} of {} bags differ from the {name}",
                    comparison.wrong_bags, comparison.bags
                );
                for m in &comparison.first {
                    let _ = write!(
                        what,
                        "\n  bag {} element {}: found {}, expected {}",
                        m.bag, m.element, m.got, m.expected
                    );
                }
                what.push('\n');
            }
        }
        for e in &self.events {
            let _ = writeln!(
                what,
                "{}: found {}, expected {} from the commands",
                e.name, e.counted, e.expected
            );
        }
        for s in &self.status {
            let _ = writeln!(
                what,
                "{} after the run: found {}, expected {}",
                s.name, s.found, s.expected
            );
        }
        what.push_str(&self.timing.to_string());
        Err(Error::Check {
            what: what.trim_end().to_owned(),
            help: "the RTL computes wrong results; if the package was edited, compare it with \
                   the one from `recross gen`"
                .to_owned(),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::cosim::Counted;
    use crate::host::{BagOrder, Translator};
    use crate::reference::cycles::Model;
    use crate::test_support::{random_case, tiny_config};

    /// Without counters, the commands' events are compared with the cycle model's, which reports take.
    #[test]
    fn a_wrong_model_is_found_without_counters() {
        let mut config = tiny_config(1, 3, 3);
        config.embedding.max_bag = 64;
        let case = (0..)
            .map(|seed| random_case(config.clone().resolve("test").unwrap(), seed))
            .find(|case| case.bags.len() > 10)
            .unwrap();
        let r = &case.resolved;
        let translator = Translator::new(&case.mapping, r).unwrap();
        let translated = translator.translate(&case.bags, BagOrder::of(r)).unwrap();
        let model = Model::new(r, &case.mapping).unwrap();
        let predicted = Prediction::new(&model, &translated).unwrap();
        let (commands, bags) = (&predicted.commands, case.bags.len());
        let golden =
            golden::reduce_hardware(commands, bags, &case.mapping, &case.table, r).unwrap();
        let found = |change: fn(&mut crate::hardware::Counters)| {
            let mut counters = predicted.timing.counters.clone();
            change(&mut counters);
            let counts = Counted::default().completed(&counters, r);
            let events = events(&counts, &golden.counters, case.bags.len(), r);
            events.iter().map(|e| e.name).collect::<Vec<_>>()
        };
        assert!(found(|_| ()).is_empty());
        assert_eq!(found(|c| c.banks[0].activations += 1), ["activations"]);
        assert_eq!(found(|c| c.lanes[0].adds += 1), ["results added"]);
        assert_eq!(found(|c| c.engine.retired += 1), ["bags retired"]);
    }
}
