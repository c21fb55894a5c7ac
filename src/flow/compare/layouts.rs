//! Layouts of many designs, each grouping learned once.

use std::collections::BTreeMap;

use crate::config::{Method, Objective, Replication, Resolved};
use crate::cosim::Cache;
use crate::error::{Error, Result};
use crate::flow::compare::architectures::Spare;
use crate::flow::learn_or_recall;
use crate::formats::trace::Bags;
use crate::ids::EmbeddingId;
use crate::learn;
use crate::learn::Grouping;
use crate::learn::optimized::Options;
use crate::learn::replication::{Copies, extra_crossbars};
use crate::mapping::{Classes, Mapping};
use crate::progress::Progress;

/// A configuration and the mapping that it was given.
#[derive(Debug, Clone, PartialEq)]
pub struct Design {
    /// The configuration.
    pub resolved: Resolved,
    /// Its mapping.
    pub mapping: Mapping,
    /// Copies, and what bounded them.
    pub copies: Copies,
}

/// Lets no search end early: a design that was searched for a shorter time than the others would be
/// compared with them.
struct Whole<'a>(&'a dyn Progress);

impl Progress for Whole<'_> {
    fn step(&self, what: &'static str, done: u64, total: u64) -> Result<()> {
        self.0.step(what, done, total)
    }

    fn check(&self) -> Result<()> {
        self.0.check()
    }

    fn note(&self, text: &str) {
        self.0.note(text);
    }

    fn detail(&self, text: &str) {
        self.0.detail(text);
    }

    fn quality(&self, groups_touched_per_bag: f64) {
        self.0.quality(groups_touched_per_bag);
    }
}

/// Groups that were learned from one history, by what they depend on.
#[derive(Debug)]
pub struct Layouts<'a> {
    history: &'a Bags,
    cache: &'a Cache,
    learned: BTreeMap<String, Grouping>,
}

impl<'a> Layouts<'a> {
    /// Nothing learned yet; what takes long is left in `cache` for later runs.
    pub fn new(history: &'a Bags, cache: &'a Cache) -> Self {
        Layouts {
            history,
            cache,
            learned: BTreeMap::new(),
        }
    }

    /// Groups, copies and places for a configuration, as its `mapping` section says. With
    /// [`Spare::Spread`] ids lie on as many crossbars as the budget allows, in the method's order.
    ///
    /// # Errors
    /// As [`mapping::learn`] and [`learn_or_recall`].
    pub fn design(
        &mut self,
        resolved: Resolved,
        spare: Spare,
        progress: &dyn Progress,
    ) -> Result<Design> {
        self.learn_for(&resolved, progress)?;
        self.lay_out(resolved, spare, progress)
    }

    /// Learns a configuration's groups, unless they are known.
    ///
    /// # Errors
    /// As [`Layouts::design`].
    pub fn learn_for(&mut self, resolved: &Resolved, progress: &dyn Progress) -> Result<()> {
        let key = Self::key(resolved);
        if !self.learned.contains_key(&key) {
            let groups = self.learn(resolved, progress)?;
            self.learned.insert(key, groups);
        }
        Ok(())
    }

    /// As [`Layouts::design`] with groups that are known.
    ///
    /// # Errors
    /// As [`mapping::lay_out`]; [`Error::Argument`] if [`Layouts::learn_for`] was not called for
    /// these groups.
    pub fn lay_out(
        &self,
        resolved: Resolved,
        spare: Spare,
        progress: &dyn Progress,
    ) -> Result<Design> {
        let Some(groups) = self.learned.get(&Self::key(&resolved)) else {
            let expected = "groups that were learned for it";
            return Err(Error::argument("resolved", "another one", expected, ""));
        };
        let groups = match spare {
            // Tables of different width keep to their own crossbars: there is no one order to cut.
            Spare::Spread if Classes::of(&resolved, self.history.embeddings()).is_one() => {
                spread(groups, &resolved)
            }
            Spare::Spread => groups.clone(),
            Spare::Idle | Spare::Copies(_) => groups.clone(),
        };
        let mut without = resolved.clone();
        if spare == Spare::Idle {
            without.config.mapping.replication = Replication::None;
        }
        let (mapping, copies) = learn::lay_out(&without, groups, self.history, progress)?;
        Ok(Design {
            resolved,
            mapping,
            copies,
        })
    }

    /// What the groups of a configuration depend on, besides the history.
    pub fn key(resolved: &Resolved) -> String {
        let (m, rows) = (&resolved.config.mapping, resolved.config.crossbar.rows);
        match m.method {
            Method::Optimized => format!("{:?}", Options::of(resolved)),
            method => format!("{method:?} {rows} {}", m.seed),
        }
    }

    fn learn(&self, resolved: &Resolved, progress: &dyn Progress) -> Result<Grouping> {
        let options = &resolved.config.mapping;
        if options.method != Method::Optimized {
            return Ok(learn::group(resolved, self.history, progress)?.0);
        }
        let resolved = grouping_only(resolved, self.history.embeddings())?;
        let whole = Whole(progress);
        let found = learn_or_recall(&resolved, self.history, self.cache, &whole)?;
        Ok(Grouping::of(found.mapping))
    }
}

/// The configuration without what its groups do not depend on, so that they are found again under
/// another budget, engine or converter.
fn grouping_only(resolved: &Resolved, embeddings: u32) -> Result<Resolved> {
    let mut config = crate::config::Config {
        crossbar: resolved.config.crossbar.clone(),
        embedding: resolved.config.embedding.clone(),
        mapping: resolved.config.mapping.clone(),
        ..Default::default()
    };
    // Whether there will be copies at all matters to objective `makespan`; here none fit in.
    (config.mapping.replication, config.mapping.budget) = match resolved.config.mapping.copies() {
        true => (Replication::Log, f64::MIN_POSITIVE),
        false => (Replication::None, 0.0),
    };
    let groups = Classes::of(resolved, embeddings).groups(config.crossbar.rows);
    let banks = u64::from(config.engine.lanes * config.engine.banks_per_lane);
    let each = groups.div_ceil(banks).max(1);
    config.engine.crossbars_per_bank = u32::try_from(each).unwrap_or(u32::MAX);
    if config.mapping.objective == Objective::Energy {
        config.adc = resolved.config.adc.clone();
    }
    resolved.with("to learn groups", |c| *c = config)
}

/// Crossbars that a budget allows.
fn crossbars(groups: usize, resolved: &Resolved) -> usize {
    let extra = extra_crossbars(groups as u64, resolved.config.mapping.budget);
    (groups + extra as usize).min(resolved.slots as usize)
}

/// The groups with their ids dealt out over as many crossbars as the budget allows. Ids without a
/// group of their own stay where the rule puts them, with their share of the budget unused.
fn spread(grouping: &Grouping, resolved: &Resolved) -> Grouping {
    let listed = grouping.groups.len();
    let all = listed + grouping.rest_groups() as usize;
    let share = crossbars(all, resolved) * listed / all.max(1);
    Grouping {
        groups: deal(&grouping.groups, share),
        rest: grouping.rest.clone(),
    }
}

/// The ids in the order of their groups, dealt out evenly over `crossbars` runs.
fn deal(groups: &[Vec<EmbeddingId>], crossbars: usize) -> Vec<Vec<EmbeddingId>> {
    let ids: Vec<EmbeddingId> = groups.concat();
    let crossbars = crossbars.min(ids.len()).max(1);
    (0..crossbars)
        .map(|c| ids[c * ids.len() / crossbars..(c + 1) * ids.len() / crossbars].to_vec())
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn history() -> Bags {
        let lists: Vec<Vec<u32>> = (0..60u32)
            .map(|i| vec![i % 7 * 30, i % 11 * 17, i])
            .collect();
        Bags::from_lists(200, &lists).unwrap()
    }

    fn resolved(method: Method, budget: f64) -> Resolved {
        let mut config = Config::default();
        config.crossbar.rows = 16;
        config.mapping.method = method;
        config.mapping.budget = budget;
        config.mapping.replication = Replication::None;
        config.resolve("test").unwrap()
    }

    #[test]
    fn spreading_takes_every_crossbar_and_keeps_the_order() {
        let groups: Vec<Vec<EmbeddingId>> = (0..3)
            .map(|g| (0..4).map(|i| EmbeddingId(g * 4 + i)).collect())
            .collect();
        let dealt = deal(&groups, 5);
        let sizes: Vec<usize> = dealt.iter().map(Vec::len).collect();
        assert_eq!(sizes, [2, 2, 3, 2, 3]);
        assert_eq!(dealt.concat(), groups.concat());
        assert_eq!(deal(&groups, 3), groups);
        assert_eq!(deal(&groups, 100).len(), 12);
    }

    #[test]
    fn spare_crossbars_are_used_as_asked() {
        let (history, folder) = (history(), tempfile::tempdir().unwrap());
        let cache = Cache::new(folder.path());
        let mut layouts = Layouts::new(&history, &cache);
        // 200 ids of 16: 13 crossbars, and 6 more.
        let r = resolved(Method::IdOrder, 0.5);
        let mut crossbars = |spare| {
            let design = layouts.design(r.clone(), spare, &()).unwrap();
            design.mapping.crossbars()
        };
        assert_eq!((crossbars(Spare::Spread), crossbars(Spare::Idle)), (19, 13));
        assert_eq!(layouts.learned.len(), 1);
    }

    /// Groups learned once serve every budget and converter; the layout is what `learn` gives.
    #[test]
    fn groups_are_learned_once_for_all_budgets() {
        let (history, folder) = (history(), tempfile::tempdir().unwrap());
        let cache = Cache::new(folder.path());
        let mut layouts = Layouts::new(&history, &cache);
        for budget in [0.0, 0.5] {
            for switch in [
                crate::config::AdcSwitch::Off,
                crate::config::AdcSwitch::Graded,
            ] {
                let mut config = resolved(Method::Optimized, budget).config;
                config.adc.switch = switch;
                config.mapping.replication = Replication::Optimized;
                let r = config.resolve("test").unwrap();
                let spare = Spare::Copies(Replication::Optimized);
                let design = layouts.design(r.clone(), spare, &()).unwrap();
                let learned = learn::learn(&r, &history, &()).unwrap();
                assert_eq!(design.mapping, learned);
            }
        }
        assert_eq!(layouts.learned.len(), 1);
        let files = std::fs::read_dir(folder.path().join("mappings")).unwrap();
        assert_eq!(files.count(), 1);
    }
}
