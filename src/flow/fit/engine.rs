//! An engine with room for a budget of copies, and no more.

use serde::{Deserialize, Serialize};

use crate::config::{Config, EngineSize, Resolved, most};
use crate::error::{Error, Result};
use crate::learn::replication::extra_crossbars;
use crate::mapping::Classes;

/// What of the engine follows the number of crossbars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[cfg_attr(feature = "cli", value(rename_all = "snake_case"))]
pub enum Grow {
    /// `engine.crossbars_per_bank`: converters and controllers stay as many as they are, unless a bank
    /// would get larger than it may.
    #[cfg_attr(feature = "cli", value(alias = "crossbars"))]
    CrossbarsPerBank,
    /// `engine.banks_per_lane`: each crossbar keeps its share of a bank.
    #[cfg_attr(feature = "cli", value(alias = "banks"))]
    BanksPerLane,
}

/// How an engine was sized.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Capacity {
    /// Crossbars that the embeddings need.
    pub groups: u64,
    /// Crossbars that the budget allows: `groups + floor(budget * groups)`.
    pub crossbars: u64,
    /// Lanes.
    pub lanes: u32,
    /// Banks of a lane.
    pub banks_per_lane: u32,
    /// Crossbars of a bank.
    pub crossbars_per_bank: u32,
    /// What was changed of the configuration's engine, in words; empty if nothing was.
    pub changed: String,
}

/// `resolved` with `budget`, its engine resized so that it has room for that budget and, but for
/// rounding to whole banks or lanes, for no more.
///
/// # Errors
/// [`Error::Argument`] if `Grow::BanksPerLane` needs more than 64 banks a lane, or if no engine has so
/// many crossbars.
pub fn fit_engine(
    resolved: &Resolved,
    embeddings: u32,
    budget: f64,
    grow: Grow,
) -> Result<(Resolved, Capacity)> {
    let classes = Classes::of(resolved, embeddings);
    let groups = classes.groups(resolved.config.crossbar.rows).max(1);
    let crossbars = groups + extra_crossbars(groups, budget);
    let mut config = resolved.config.clone();
    config.mapping.budget = budget;
    let before = config.engine.clone();
    let size = match grow {
        Grow::CrossbarsPerBank => EngineSize::for_crossbars(&config, crossbars),
        Grow::BanksPerLane => Some(more_banks(&config, crossbars)?),
    };
    let Some(size) = size else {
        return Err(too_many(&resolved.config, crossbars));
    };
    size.apply(&mut config);
    let engine = &config.engine;
    let mut changed = Vec::new();
    for (key, from, to) in [
        ("lanes", before.lanes, engine.lanes),
        (
            "banks_per_lane",
            before.banks_per_lane,
            engine.banks_per_lane,
        ),
        (
            "crossbars_per_bank",
            before.crossbars_per_bank,
            engine.crossbars_per_bank,
        ),
    ] {
        if from != to {
            changed.push(format!("engine.{key} {to} instead of {from}"));
        }
    }
    let capacity = Capacity {
        groups,
        crossbars,
        lanes: engine.lanes,
        banks_per_lane: engine.banks_per_lane,
        crossbars_per_bank: engine.crossbars_per_bank,
        changed: changed.join(", "),
    };
    let resized = resolved.with("resized for the budget", |c| *c = config)?;
    Ok((resized, capacity))
}

/// So many banks that each crossbar keeps its share of one.
fn more_banks(config: &Config, crossbars: u64) -> Result<EngineSize> {
    let mut size = EngineSize::of(config);
    let (lanes, most) = (u64::from(size.lanes), most("engine.banks_per_lane"));
    let banks = crossbars.div_ceil(lanes * u64::from(size.crossbars_per_bank));
    match u32::try_from(banks).ok().filter(|&n| n <= most) {
        Some(banks) => {
            size.banks_per_lane = banks;
            Ok(size)
        }
        None => Err(Error::argument(
            "--grow",
            format!("{crossbars} crossbars: {banks} banks in each of {lanes} lanes"),
            format!("at most {most} banks a lane"),
            "configure more engine.lanes or engine.crossbars_per_bank, or let the latter grow",
        )),
    }
}

fn too_many(config: &Config, crossbars: u64) -> Error {
    Error::argument(
        "engine.crossbars_per_bank",
        format!(
            "{crossbars} crossbars of {} embeddings",
            config.crossbar.rows
        ),
        "as many as an engine can have: 16777216, or fewer if vectors are wide",
        "use more crossbar.rows, or fewer ids",
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    fn fit(embeddings: u32, budget: f64, grow: Grow) -> Result<(Resolved, Capacity)> {
        let resolved = Config::default().resolve("test").unwrap();
        fit_engine(&resolved, embeddings, budget, grow)
    }

    /// The demo: 4 lanes of 4 banks of 32 crossbars of 64 rows.
    #[test]
    fn the_engine_has_room_for_the_budget_and_no_more() {
        // 100 groups, 120 crossbars: 8 for each of 16 banks.
        let (r, c) = fit(6400, 0.2, Grow::CrossbarsPerBank).unwrap();
        assert_eq!((c.groups, c.crossbars), (100, 120));
        assert_eq!((r.banks, r.config.engine.crossbars_per_bank), (16, 8));
        assert_eq!(r.config.mapping.budget, 0.2);
        insta::assert_snapshot!(c.changed, @"engine.crossbars_per_bank 8 instead of 32");
        // 6401 ids are 101 groups, and 0.05 of them are 5.
        let (r, c) = fit(6401, 0.05, Grow::CrossbarsPerBank).unwrap();
        assert_eq!((c.crossbars, r.config.engine.crossbars_per_bank), (106, 7));
        // 1000 groups twice: 63 banks of 32 in 4 lanes.
        let (r, _) = fit(64_000, 1.0, Grow::BanksPerLane).unwrap();
        assert_eq!((r.config.engine.banks_per_lane, r.banks), (16, 64));
        assert_eq!(r.config.engine.crossbars_per_bank, 32);
        // One group needs one bank a lane.
        let (r, c) = fit(10, 0.0, Grow::BanksPerLane).unwrap();
        assert_eq!(r.banks, 4);
        insta::assert_snapshot!(c.changed, @"engine.banks_per_lane 1 instead of 4");
        // 512 crossbars are what there is.
        assert_eq!(
            fit(512 * 64, 0.0, Grow::BanksPerLane).unwrap().1.changed,
            ""
        );
    }

    #[test]
    fn what_no_engine_has_is_refused() {
        let error = fit(1_000_000, 0.2, Grow::BanksPerLane).unwrap_err();
        insta::assert_snapshot!(error, @"argument --grow: found 18750 crossbars: 147 banks in each of 4 lanes, expected at most 64 banks a lane");
        let error = fit(4_000_000_000, 0.0, Grow::CrossbarsPerBank).unwrap_err();
        insta::assert_snapshot!(error, @"argument engine.crossbars_per_bank: found 62500000 crossbars of 64 embeddings, expected as many as an engine can have: 16777216, or fewer if vectors are wide");
        // 1,250,000 crossbars: more than 16 banks can have.
        let (_, c) = fit(80_000_000, 0.0, Grow::CrossbarsPerBank).unwrap();
        insta::assert_snapshot!(c.changed, @"engine.banks_per_lane 5 instead of 4, engine.crossbars_per_bank 62500 instead of 32");
    }
}
