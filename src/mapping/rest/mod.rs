//! The rule for the ids that no group lists: their groups, rows and places follow from a few
//! numbers, so that neither the file nor the memory grows with them.
//!
//! The unlisted ids of a part are numbered in ascending order. Number `k` of `n` groups lies in row
//! `k / n` of group `k % n` ([`RestOrder::Dealt`]), since ids with neighbouring numbers are often
//! looked up at the same time; or in row `k % rows` of group `k / rows` ([`RestOrder::InOrder`]).
//! The groups of all parts, in order, take the free places: bank after bank, each bank's lowest
//! free slot, in rounds until all groups have one. Consecutive banks of a round are in consecutive
//! lanes.

use super::id_set::IdSet;
use super::types::{Location, Mapping, Placement, Rest, RestOrder};
use crate::config::Resolved;
use crate::ids::{BankId, EmbeddingId, GroupId, SlotId};

/// Banks beyond those of any engine: a wrong number in a file does not allocate memory.
const MOST_BANKS: u32 = 1 << 20;

/// What is wrong with a rule: the key in the file, what was found and what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub key: String,
    pub found: String,
    pub expected: String,
}

fn fault<T>(key: String, found: String, expected: String) -> Result<T, Fault> {
    Err(Fault {
        key,
        found,
        expected,
    })
}

impl Rest {
    /// The place of each group, if the arrays of `mapping` leave that many free; else the number of
    /// places that are free.
    pub(crate) fn places(&self, mapping: &Mapping) -> Result<Vec<Placement>, u64> {
        if self.lanes == 0 || self.banks > MOST_BANKS {
            return Err(0);
        }
        let mut taken: Vec<Vec<u32>> = vec![Vec::new(); self.banks as usize];
        for place in mapping.arrays().flat_map(|g| &g.placements) {
            if let Some(bank) = taken.get_mut(place.0.index())
                && place.1.0 < self.slots
            {
                bank.push(place.1.0);
            }
        }
        let mut free = u64::from(self.banks) * u64::from(self.slots);
        for bank in &mut taken {
            bank.sort_unstable();
            bank.dedup();
            free -= bank.len() as u64;
        }
        if self.groups() > free {
            return Err(free);
        }
        let per_lane = self.banks / self.lanes;
        // Bank, next slot to look at, and taken slots below it.
        let mut open: Vec<(u32, u32, usize)> = (0..self.banks)
            .map(|i| (i % self.lanes * per_lane + i / self.lanes, 0, 0))
            .collect();
        let groups = self.groups() as usize;
        let mut places = Vec::with_capacity(groups);
        while places.len() < groups {
            open.retain_mut(|(bank, slot, passed)| {
                let taken = &taken[*bank as usize];
                while taken.get(*passed) == Some(slot) {
                    (*slot, *passed) = (*slot + 1, *passed + 1);
                }
                if *slot >= self.slots {
                    return false;
                }
                if places.len() < groups {
                    places.push(Placement(BankId(*bank), SlotId(*slot)));
                    *slot += 1;
                }
                true
            });
        }
        Ok(places)
    }
}

/// A rule that was checked, for locating ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RestIndex {
    /// Ranges of all parts, ascending.
    ranges: Vec<RangeIndex>,
    parts: Vec<PartIndex>,
    rows: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct RangeIndex {
    first: u32,
    end: u32,
    part: usize,
    /// Position in the part's list.
    at: usize,
    /// Unlisted ids of the part in its earlier ranges.
    before: u32,
    /// Unlisted ids below `first`, of any part or none.
    absent: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct PartIndex {
    /// Number of the part's first group in the sequence of all arrays.
    first: u32,
    groups: u32,
    order: RestOrder,
    unlisted: u32,
}

impl RestIndex {
    /// Checks the rule of a mapping whose groups list the ids of `listed`; all but the places.
    pub(super) fn new(rest: &Rest, mapping: &Mapping, listed: &IdSet) -> Result<Self, Fault> {
        if rest.lanes == 0 || rest.banks == 0 || !rest.banks.is_multiple_of(rest.lanes) {
            return fault(
                "rest.banks".to_owned(),
                format!("{} banks in {} lanes", rest.banks, rest.lanes),
                "at least one lane, and equally many banks in each".to_owned(),
            );
        }
        let mut index = RestIndex {
            ranges: ranges(rest, mapping.embeddings, listed)?,
            parts: Vec::new(),
            rows: mapping.rows,
        };
        let mut first = mapping.arrays().count() as u64;
        let mut held = u64::from(listed.len());
        for (p, part) in rest.parts.iter().enumerate() {
            let of_part = |r: &&RangeIndex| r.part == p;
            let last = index.ranges.iter().rfind(of_part);
            let unlisted = last.map_or(0, |r| r.before + listed.absent_below(r.end) - r.absent);
            let fewest = unlisted.div_ceil(mapping.rows.max(1));
            let most = match part.order {
                RestOrder::Dealt => unlisted,
                RestOrder::InOrder => fewest,
            };
            if unlisted == 0 || !(fewest..=most).contains(&part.groups) {
                return fault(
                    format!("rest.parts[{p}].groups"),
                    part.groups.to_string(),
                    match unlisted {
                        0 => "a range with ids that no group lists".to_owned(),
                        _ => format!("{fewest} to {most} groups for {unlisted} ids"),
                    },
                );
            }
            index.parts.push(PartIndex {
                first: first as u32,
                groups: part.groups,
                order: part.order,
                unlisted,
            });
            first += u64::from(part.groups);
            held += u64::from(unlisted);
        }
        let missing = u64::from(mapping.embeddings).saturating_sub(held);
        if rest.parts.is_empty() || missing > 0 || first > u64::from(u32::MAX) {
            return fault(
                "rest.parts".to_owned(),
                format!("{missing} ids in no group and no part"),
                "each id once".to_owned(),
            );
        }
        Ok(index)
    }

    /// The place of an unlisted id.
    pub(super) fn location(&self, id: u32, listed: &IdSet) -> Option<Location> {
        let at = self.ranges.partition_point(|r| r.end <= id);
        let range = self.ranges.get(at).filter(|r| r.first <= id)?;
        let number = range.before + listed.absent_below(id) - range.absent;
        let part = &self.parts[range.part];
        let (group, row) = match part.order {
            RestOrder::Dealt => (number % part.groups, number / part.groups),
            RestOrder::InOrder => (number / self.rows, number % self.rows),
        };
        Some(Location {
            group: GroupId(part.first + group),
            row,
        })
    }

    /// The unlisted id at a place; `None` if the row is empty or the group lists its ids.
    pub(super) fn id_at(&self, at: Location, listed: &IdSet) -> Option<EmbeddingId> {
        let p = self.parts.partition_point(|p| p.first <= at.group.0);
        let p = p.checked_sub(1)?;
        let part = &self.parts[p];
        let group = u64::from(at.group.0 - part.first);
        if group >= u64::from(part.groups) || at.row >= self.rows {
            return None;
        }
        let number = match part.order {
            RestOrder::Dealt => u64::from(at.row) * u64::from(part.groups) + group,
            RestOrder::InOrder => group * u64::from(self.rows) + u64::from(at.row),
        };
        let number = u32::try_from(number).ok().filter(|&n| n < part.unlisted)?;
        let of_part = self.ranges.iter().filter(|r| r.part == p);
        let range = of_part.rev().find(|r| r.before <= number)?;
        listed.nth_absent(range.absent + number - range.before)
    }
}

/// The ranges of all parts, ascending.
fn ranges(rest: &Rest, embeddings: u32, listed: &IdSet) -> Result<Vec<RangeIndex>, Fault> {
    let mut ranges = Vec::new();
    for (p, part) in rest.parts.iter().enumerate() {
        let (mut low, mut before) = (0, 0);
        for (at, &(first, end)) in part.ids.iter().enumerate() {
            if first < low || end <= first || end > embeddings {
                return fault(
                    format!("rest.parts[{p}].ids[{at}]"),
                    format!("[{first}, {end}]"),
                    format!("[first, end) with {low} <= first < end <= {embeddings}"),
                );
            }
            let absent = listed.absent_below(first);
            ranges.push(RangeIndex {
                first,
                end,
                part: p,
                at,
                before,
                absent,
            });
            before += listed.absent_below(end) - absent;
            low = end;
        }
    }
    ranges.sort_by_key(|r| r.first);
    if let Some(pair) = ranges.windows(2).find(|w| w[1].first < w[0].end) {
        let (one, two) = (pair[0], pair[1]);
        return fault(
            format!("rest.parts[{}].ids[{}]", two.part, two.at),
            format!(
                "[{}, {}], which overlaps rest.parts[{}].ids[{}]",
                two.first, two.end, one.part, one.at
            ),
            "each id once".to_owned(),
        );
    }
    Ok(ranges)
}

impl Mapping {
    /// The places of the rule's groups, in order; empty without a rule. `None` if the rule is for a
    /// larger engine, or there is not enough room.
    pub fn rest_places(&self, resolved: &Resolved) -> Option<Vec<Placement>> {
        let slots = resolved.config.engine.crossbars_per_bank;
        match &self.rest {
            None => Some(Vec::new()),
            Some(rest) if rest.banks > resolved.banks || rest.slots > slots => None,
            Some(rest) => rest.places(self).ok(),
        }
    }
}

#[cfg(test)]
mod tests;
