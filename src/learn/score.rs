//! What a mapping costs on a trace.

use crate::config::Resolved;
use crate::error::{Error, Result};
use crate::formats::trace::Bags;
use crate::hardware::BankWork;
use crate::ids::{BankId, EmbeddingId, GroupId};
use crate::mapping::commands::{Scratch, commands};
use crate::mapping::{Directory, Location, Mapping, Placement, SecondHomes};
use rayon::prelude::*;
use serde::Serialize;

/// Mean and maximum over all batches of the busiest bank's load in a batch.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Makespan {
    /// Mean over the batches; 0 without any.
    pub mean: f64,
    /// The worst batch.
    pub max: u64,
}

/// The bank with the most busy cycles over the whole trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BusyBank {
    /// The bank; the lowest on a tie.
    pub bank: BankId,
    /// Its busy cycles, summed over all batches.
    pub cycles: u64,
}

/// Cost of a mapping on a trace, by counting. Co-simulation gives the exact cycles.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    /// Bags, empty ones included.
    pub bags: u64,
    /// Ids looked up, repeats included.
    pub lookups: u64,
    /// Groups touched, summed over the bags: the objective of the mapping.
    pub groups_touched: u64,
    /// Commands: one per group that a bag touches, and more where a bag repeats an id.
    pub commands: u64,
    /// Sensings of crossbars: commands after the banks split them by `max_active_rows` and
    /// `read_split_max`.
    pub activations: u64,
    /// `activations / bags`; 0 without bags.
    pub activations_per_bag: f64,
    /// `groups_touched / bags`; 0 without bags.
    pub groups_touched_per_bag: f64,
    /// Share of the commands with exactly one active row; 0 without commands.
    pub single_row_share: f64,
    /// Mean number of active rows of a command: `lookups / commands`; 0 without commands.
    pub mean_active_rows: f64,
    /// Bags per batch.
    pub batch: u32,
    /// Number of batches; the last may be shorter.
    pub batches: u64,
    /// Most activations of one bank in a batch.
    pub makespan_activations: Makespan,
    /// Most busy cycles of one bank in a batch.
    pub makespan_cycles: Makespan,
    /// The bank that is busy longest; `None` without commands.
    pub busiest_bank: Option<BusyBank>,
}

/// Sums and maxima over batches, in integers: the order of addition does not matter.
#[derive(Default, Clone)]
struct Totals {
    groups_touched: u64,
    commands: u64,
    single_row: u64,
    activations: u64,
    sum_activations: u64,
    max_activations: u64,
    sum_cycles: u64,
    max_cycles: u64,
    bank_cycles: Vec<u64>,
}

impl Totals {
    fn add(mut self, other: Totals) -> Totals {
        self.groups_touched += other.groups_touched;
        self.commands += other.commands;
        self.single_row += other.single_row;
        self.activations += other.activations;
        self.sum_activations += other.sum_activations;
        self.max_activations = self.max_activations.max(other.max_activations);
        self.sum_cycles += other.sum_cycles;
        self.max_cycles = self.max_cycles.max(other.max_cycles);
        if self.bank_cycles.is_empty() {
            self.bank_cycles = other.bank_cycles;
        } else {
            for (a, b) in self.bank_cycles.iter_mut().zip(other.bank_cycles) {
                *a += b;
            }
        }
        self
    }
}

/// Counts the cost of `mapping` on `bags`, in batches of the configuration's `mapping.batch` bags.
///
/// Commands are taken in the order of bags, then groups. Each goes to the replica whose bank has
/// the least load in the batch so far; a command of a single row may also go to a copy of that row.
/// Ties go to the first placement. This is done twice, with loads in activations and in cycles.
///
/// # Errors
/// [`Error::Argument`] if the mapping does not hold exactly the ids of `bags`, or does not fit the
/// configuration ([`Mapping::validate`] gives the details).
pub fn score(mapping: &Mapping, bags: &Bags, resolved: &Resolved) -> Result<Score> {
    let (directory, rest) = check(mapping, bags, resolved)?;
    let costs = BankWork::by_rows(resolved);
    let scorer = Scorer {
        mapping,
        second: mapping.second_homes(&directory),
        directory,
        rest,
        costs: &costs,
        banks: resolved.banks as usize,
    };
    let batch = resolved.config.mapping.batch.max(1);
    let ranges = bags.batches(batch as usize);
    let batches = ranges.len();
    let t = ranges
        .into_par_iter()
        .fold(Totals::default, |sum, range| {
            sum.add(scorer.batch(range.map(|b| bags.bag(b))))
        })
        .reduce(Totals::default, Totals::add);

    let ratio = |a: u64, b: u64| if b == 0 { 0.0 } else { a as f64 / b as f64 };
    let busiest_bank = (0..)
        .zip(&t.bank_cycles)
        .filter(|&(_, &cycles)| cycles > 0)
        .max_by_key(|&(bank, &cycles)| (cycles, std::cmp::Reverse(bank)))
        .map(|(bank, &cycles)| BusyBank {
            bank: BankId(bank),
            cycles,
        });
    Ok(Score {
        bags: bags.len() as u64,
        lookups: bags.lookups(),
        groups_touched: t.groups_touched,
        commands: t.commands,
        activations: t.activations,
        groups_touched_per_bag: ratio(t.groups_touched, bags.len() as u64),
        activations_per_bag: ratio(t.activations, bags.len() as u64),
        single_row_share: ratio(t.single_row, t.commands),
        mean_active_rows: ratio(bags.lookups(), t.commands),
        batch,
        batches: batches as u64,
        makespan_activations: Makespan {
            mean: ratio(t.sum_activations, batches as u64),
            max: t.max_activations,
        },
        makespan_cycles: Makespan {
            mean: ratio(t.sum_cycles, batches as u64),
            max: t.max_cycles,
        },
        busiest_bank,
    })
}

/// Checks the mapping; returns the places of ids, and of the groups that a rule forms.
fn check(
    mapping: &Mapping,
    bags: &Bags,
    resolved: &Resolved,
) -> Result<(Directory, Vec<Placement>)> {
    let wrong = |found: String, expected: String| {
        Err(Error::argument(
            "mapping",
            found,
            expected,
            "use a mapping that was learned for this configuration and these tables",
        ))
    };
    if mapping.embeddings != bags.embeddings() {
        return wrong(
            format!("a mapping of {} embeddings", mapping.embeddings),
            format!("{}, as the trace has", bags.embeddings()),
        );
    }
    let rows = resolved.config.crossbar.rows as usize;
    for (g, group) in mapping.arrays().enumerate() {
        let places = &group.placements;
        if group.ids.len() > rows
            || places.is_empty()
            || places.iter().any(|p| p.0.0 >= resolved.banks)
        {
            return wrong(
                format!(
                    "groups[{g}] (ids: {}, placements: {})",
                    group.ids.len(),
                    places.len()
                ),
                format!(
                    "at most {rows} ids, and at least one placement, in banks 0..={}",
                    resolved.banks - 1
                ),
            );
        }
    }
    let rest = mapping.rest_places(resolved);
    match Directory::new(mapping).zip(rest) {
        Some(found) => Ok(found),
        None => wrong(
            "an id that is not in exactly one group".to_owned(),
            "each id once".to_owned(),
        ),
    }
}

/// The inputs of scoring that are the same for every batch.
struct Scorer<'a> {
    mapping: &'a Mapping,
    directory: Directory,
    second: SecondHomes,
    /// Places of the groups that a rule forms.
    rest: Vec<Placement>,
    costs: &'a [BankWork],
    banks: usize,
}

impl Scorer<'_> {
    /// The places of an array's replicas.
    fn places(&self, array: GroupId) -> &[Placement] {
        match self.mapping.array(array) {
            Some(listing) => &listing.placements,
            None => {
                let at = array.index() - self.mapping.arrays().count();
                self.rest.get(at..=at).unwrap_or_default()
            }
        }
    }

    fn batch<'b>(&self, bags: impl Iterator<Item = &'b [EmbeddingId]>) -> Totals {
        let mut t = Totals {
            bank_cycles: vec![0; self.banks],
            ..Totals::default()
        };
        let mut bank_activations = vec![0u64; self.banks];
        let mut scratch = Scratch::default();
        // Every id of the bags is below the mapping's number of embeddings, and so has a place.
        let nowhere = Location {
            group: GroupId(0),
            row: 0,
        };
        for bag in bags {
            commands(
                bag,
                |id| self.directory.location(id).unwrap_or(nowhere),
                &mut scratch,
                |group, n, active, row| {
                    let cost = self.costs[active as usize];
                    let second = match active {
                        1 => self.second.of(group, row),
                        _ => &[],
                    };
                    let copies = second.iter().flat_map(|s| self.places(s.group));
                    t.groups_touched += u64::from(n == 0);
                    t.commands += 1;
                    t.single_row += u64::from(active == 1);
                    t.activations += cost.activations();
                    for (load, add) in [
                        (&mut bank_activations, cost.activations()),
                        (&mut t.bank_cycles, cost.cycles()),
                    ] {
                        let places = self.places(group).iter().chain(copies.clone());
                        let banks = places.map(|p| p.0.index());
                        if let Some(bank) = banks.min_by_key(|&b| load[b]) {
                            load[bank] += add;
                        }
                    }
                },
            );
        }
        t.max_activations = bank_activations.iter().copied().max().unwrap_or(0);
        t.max_cycles = t.bank_cycles.iter().copied().max().unwrap_or(0);
        (t.sum_activations, t.sum_cycles) = (t.max_activations, t.max_cycles);
        t
    }
}
