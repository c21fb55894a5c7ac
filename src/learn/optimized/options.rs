//! What can be asked of the `optimized` grouping, and what it tells.

use super::price;
use crate::config::{Effort, Objective, Resolved};
use crate::cost::{Technology, command_energy};
use crate::error::Result;
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
    /// Whether hot groups get copies, which matters where heat is weighed.
    pub copies: bool,
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
            copies: false,
            costs: price::activations(rows),
        }
    }

    /// As the configuration's `mapping` section says.
    ///
    /// # Errors
    /// With objective `energy`, as [`Technology::of`].
    pub fn of(resolved: &Resolved) -> Result<Self> {
        let mapping = &resolved.config.mapping;
        let mut options = Options {
            effort: mapping.effort,
            time_budget_s: mapping.time_budget_s,
            proposals: (mapping.proposals > 0).then_some(mapping.proposals),
            ..Options::new(resolved.config.crossbar.rows, mapping.seed)
        };
        match mapping.objective {
            Objective::Activations => (),
            Objective::Makespan => {
                options.weigh_heat = true;
                options.copies = mapping.copies();
            }
            Objective::Energy => {
                options.costs = command_energy(resolved, &Technology::of(resolved)?);
            }
        }
        Ok(options)
    }

    /// The same with `share` of the time and of the given number of exchanges.
    pub(in crate::learn) fn scaled(mut self, share: f64) -> Self {
        self.time_budget_s *= share;
        self.proposals = self.proposals.map(|n| ((n as f64 * share) as u64).max(1));
        self
    }

    pub(super) fn costs(&self) -> &[f64] {
        &self.costs
    }
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
    use crate::config::Config;

    #[test]
    fn energy_is_that_of_the_technology_file() {
        let folder = tempfile::tempdir().unwrap();
        let costs = |technology: &str| {
            std::fs::write(folder.path().join("t.toml"), technology).unwrap();
            let mut config = Config::default();
            config.mapping.objective = Objective::Energy;
            config.technology.file = "t.toml".to_owned();
            let mut resolved = config.resolve("test").unwrap();
            resolved.folder = folder.path().to_owned();
            let costs = Options::of(&resolved).map(|o| o.costs);
            (costs, resolved)
        };
        let (built_in, resolved) = costs("");
        let technology = Technology::built_in().unwrap();
        assert_eq!(built_in.unwrap(), command_energy(&resolved, &technology));
        let (dear, _) = costs("[array]\nwordline = 2000000\n");
        let dear = dear.unwrap();
        assert!(dear[64] > 60.0 * dear[1], "{} {}", dear[1], dear[64]);
        assert!(costs("[array]\nwordline = -1\n").0.is_err());
    }
}
