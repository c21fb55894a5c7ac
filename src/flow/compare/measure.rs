//! How long a design takes, both ways: batches alone, and back to back.

use rayon::prelude::*;

use super::Design;
use crate::error::{Error, Result};
use crate::formats::trace::Bags;
use crate::host::BagOrder;
use crate::progress::Count;
use crate::reference::cycles::{Model, Timing};

/// Cycles and events of a design.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// Bags.
    pub bags: u64,
    /// All bags back to back.
    pub together: Timing,
    /// Cycles of each batch, issued alone into the empty engine.
    pub alone: Vec<u64>,
}

/// Times `bags` in batches of the configuration's `mapping.batch`.
///
/// # Errors
/// As [`Model::new`] and [`Model::run`]; [`Error::Check`] if the counters do not hold every lookup and bag once.
pub fn design(design: &Design, bags: &Bags) -> Result<Measured> {
    counted_design(design, bags, &Count::default())
}

/// As [`design`], and counts every bag twice, as it is timed both ways.
///
/// # Errors
/// As [`design`]. What it returns after the count was stopped means nothing.
pub fn counted_design(design: &Design, bags: &Bags, count: &Count) -> Result<Measured> {
    let Design {
        resolved, mapping, ..
    } = design;
    let batch = resolved.config.mapping.batch as usize;
    let model = Model::new(resolved, mapping)?;
    let order = BagOrder::of(resolved);
    let run = |bags: &Bags| {
        let counted = bags.iter().take_while(|_| count.one());
        model.run(counted, order, &mut |_, _| ())
    };
    let (together, alone) = rayon::join(
        || run(bags),
        || {
            bags.batches(batch)
                .into_par_iter()
                .map(|range| run(&bags.slice(range)).map(|t| t.cycles))
                .collect::<Result<Vec<u64>>>()
        },
    );
    let (together, alone) = (together?, alone?);
    let counted = (
        together.counters.bank_total().active_rows,
        together.counters.engine.retired,
    );
    let wanted = (bags.lookups(), bags.len() as u64);
    if counted != wanted {
        return Err(Error::Check {
            what: format!("{counted:?} lookups and bags were counted of {wanted:?}"),
            help: "this is a defect of recross; please report it".to_owned(),
        });
    }
    Ok(Measured {
        bags: wanted.1,
        together,
        alone,
    })
}
