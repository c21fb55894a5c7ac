//! What can be asked of the `optimized` grouping, and what it tells.

use super::price;
use crate::config::{Effort, Objective, Resolved};
use serde::Serialize;

/// What to optimise and how hard.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Ids of a group, at least 1.
    pub(super) rows: usize,
    /// Seed of every random choice.
    pub seed: u64,
    /// How much work is done.
    pub effort: Effort,
    /// Seconds that `high` takes, all in all.
    pub time_budget_s: f64,
    /// Exchanges that the last annealing proposes; `None`: as the effort says. A number makes
    /// `high` reproducible, as the clock no longer sets the pace; [`Report::proposals`] has how
    /// many an earlier run made.
    pub proposals: Option<u64>,
    /// Whether hot groups cost extra.
    pub weigh_heat: bool,
    /// Cost of 0..=rows ids of one bag in one group.
    pub(super) costs: Vec<f64>,
}

impl Options {
    /// Activations, with balanced effort.
    pub fn new(rows: u32, seed: u64) -> Self {
        let rows = rows.max(1) as usize;
        Options {
            rows,
            seed,
            effort: Effort::Balanced,
            time_budget_s: 60.0,
            proposals: None,
            weigh_heat: false,
            costs: price::activations(rows),
        }
    }

    /// As the configuration's `mapping` section says.
    pub fn of(resolved: &Resolved) -> Self {
        let mapping = &resolved.config.mapping;
        let mut options = Options {
            effort: mapping.effort,
            time_budget_s: mapping.time_budget_s,
            proposals: (mapping.proposals > 0).then_some(mapping.proposals),
            ..Options::new(resolved.config.crossbar.rows, mapping.seed)
        };
        match mapping.objective {
            Objective::Activations => (),
            Objective::Makespan => options.weigh_heat = true,
            Objective::Energy => {
                options.costs = (0..=resolved.config.crossbar.rows)
                    .map(|n| comparisons(resolved, n))
                    .collect();
            }
        }
        options
    }

    pub(super) fn costs(&self) -> &[f64] {
        &self.costs
    }
}

/// Comparator decisions that one bitline takes for a command of `rows` rows: the part of an
/// activation's energy that depends on the mode. A flash converter decides every enabled threshold
/// at once, a SAR one bit after bit.
fn comparisons(resolved: &Resolved, rows: u32) -> f64 {
    let one = |rows: u32| {
        let level = &resolved.adc_levels[resolved.adc_level(rows)];
        match resolved.config.adc.kind {
            crate::config::AdcKind::Flash => f64::from(level.limit),
            crate::config::AdcKind::Sar => f64::from(level.bits),
        }
    };
    let piece = |rows: u32| match rows {
        0 => 0.0,
        n if n <= resolved.read_split_max => f64::from(n) * one(1),
        n => one(n),
    };
    let most = resolved.max_active_rows.max(1);
    f64::from(rows / most) * piece(most) + piece(rows % most)
}

/// Where a layout starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// Recursive bisection by logarithmic gaps.
    Bisection,
    /// Greedy by exact gain over the root of the frequency.
    ExactGain,
    /// Greedy by co-occurrence, as method `recross`.
    Cooccurrence,
    /// As method `frequency`.
    Frequency,
    /// As method `id_order`.
    IdOrder,
}

/// How a grouping came about.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The start that did best on the held-out part of the history.
    pub start: Start,
    /// Share of the ids of a bag that the annealing counted on to come again: 1 is the history as
    /// it was. `None`: annealing was left out, as it did not hold on the held-out part.
    pub keep: Option<f64>,
    /// Bags of the history that were held out for these choices; 0: no choice was made.
    pub judged_on: u64,
    /// Exchanges that the last annealing proposed.
    pub proposals: u64,
    /// Exchanges that it made.
    pub exchanges: u64,
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::config::{AdcSwitch, Config};

    #[test]
    fn energy_follows_the_switch_and_the_splits() {
        let of = |change: &dyn Fn(&mut Config)| {
            let mut config = Config::default();
            config.mapping.objective = Objective::Energy;
            change(&mut config);
            Options::of(&config.resolve("test").unwrap()).costs
        };
        // 64 rows of 2-bit cells: 8 bits, 255 thresholds; one row has 3.
        let dynamic = of(&|_| ());
        assert_eq!(dynamic[..4], [0.0, 3.0, 255.0, 255.0]);
        let graded = of(&|c| c.adc.switch = AdcSwitch::Graded);
        assert_eq!(graded[..6], [0.0, 3.0, 6.0, 12.0, 12.0, 24.0]);
        let split = of(&|c| (c.adc.read_split_max, c.adc.max_active_rows) = (2, 8));
        assert_eq!(split[1..4], [3.0, 6.0, 31.0]);
        assert_eq!(split[8..11], [31.0, 34.0, 37.0]);
    }

    #[test]
    fn sar_converters_decide_bit_by_bit() {
        let mut config = Config::default();
        config.mapping.objective = Objective::Energy;
        config.adc.kind = crate::config::AdcKind::Sar;
        let costs = Options::of(&config.resolve("test").unwrap()).costs;
        assert_eq!(costs[..3], [0.0, 2.0, 8.0]);
    }
}
