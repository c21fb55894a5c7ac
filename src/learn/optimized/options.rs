//! Options and report of the `optimized` grouping.

use super::price;
use crate::config::{Effort, Objective, Resolved};
use crate::cost::command_energy;
use crate::error::Result;
use crate::technology::Technology;
use serde::Serialize;

/// The objective and the effort.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Most ids of a group; at least 1.
    pub(super) rows: usize,
    /// Seed of every random choice.
    pub seed: u64,
    /// Amount of work.
    pub effort: Effort,
    /// Total run time of effort `high`, in seconds.
    pub time_budget_s: f64,
    /// Number of exchanges that the final annealing proposes; `None`: set by the effort. A number
    /// makes `high` reproducible, because the clock then has no influence;
    /// [`GroupingReport::proposals`] holds the number of an earlier run.
    pub proposals: Option<u64>,
    /// Whether groups that are busier than others in a stretch of the history are penalised.
    pub balance_load: bool,
    /// Whether groups get copies; used only with `balance_load`.
    pub copies: bool,
    /// `costs[n]`: cost of `n` ids of one bag in one group, for `n` in 0..=rows.
    pub(super) costs: Vec<f64>,
}

impl Options {
    /// Minimises groups touched, with balanced effort.
    pub fn new(rows: u32, seed: u64) -> Self {
        let rows = rows.max(1) as usize;
        Options {
            rows,
            seed,
            effort: Effort::Balanced,
            time_budget_s: 60.0,
            proposals: None,
            balance_load: false,
            copies: false,
            costs: price::groups_touched(rows),
        }
    }

    /// The options of the configuration's `mapping` section.
    ///
    /// # Errors
    /// With objective `energy`, those of [`Technology::of`].
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
                options.balance_load = true;
                options.copies = mapping.copies();
            }
            Objective::Energy => {
                options.costs = command_energy(resolved, &Technology::of(resolved)?);
            }
        }
        Ok(options)
    }

    /// The same options with `share` of the time budget and of the number of exchanges.
    pub(in crate::learn) fn scaled(mut self, share: f64) -> Self {
        self.time_budget_s *= share;
        self.proposals = self.proposals.map(|n| ((n as f64 * share) as u64).max(1));
        self
    }

    /// Whether a user who has waited enough gets the best grouping so far: only `high` runs until a
    /// clock ends it.
    pub(super) fn may_end_early(&self) -> bool {
        self.effort == Effort::High
    }

    pub(super) fn costs(&self) -> &[f64] {
        &self.costs
    }
}

/// The grouping that annealing starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// Recursive bisection by logarithmic gaps.
    Bisection,
    /// Greedy by saved groups touched over the square root of the id's bags.
    ExactGain,
    /// Greedy by co-occurrence: method `recross`.
    Cooccurrence,
    /// Method `frequency`.
    Frequency,
    /// Method `id_order`.
    IdOrder,
}

/// How a grouping was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupingReport {
    /// The start that did best on the held-out bags.
    pub start: Start,
    /// Probability with which the annealing assumed each id of a bag to occur again; 1 takes the
    /// history as it is. `None`: no annealing, because it did not help on the held-out bags.
    pub keep: Option<f64>,
    /// Bags of the history that were held out to choose `start` and `keep`; 0: nothing was chosen.
    pub judged_on: u64,
    /// Exchanges that the final annealing proposed.
    pub proposals: u64,
    /// Exchanges that it made.
    pub exchanges: u64,
    /// Whether the user ended the search early.
    pub interrupted: bool,
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn energy_costs_come_from_the_technology_file() {
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
