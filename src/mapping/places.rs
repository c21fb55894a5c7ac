//! A mapping as the hardware uses it: the place of each id and the crossbars of each group.

use crate::config::Resolved;
use crate::error::{Error, Result};
use crate::formats::table::IntTable;
use crate::ids::{EmbeddingId, GroupId, SlotId};
use crate::mapping::{Crossbar, Directory, Location, Mapping, Placement, SecondHomes};
use std::collections::{BTreeMap, BTreeSet};

/// A crossbar in use, and the array (group or row copies) that it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Occupant {
    pub lane: u32,
    pub bank: u32,
    pub slot: u32,
    pub group: u32,
}

impl Occupant {
    pub fn crossbar(self) -> Crossbar {
        Crossbar {
            lane: self.lane,
            bank: self.bank,
            slot: SlotId(self.slot),
        }
    }
}

/// Bits of a row number.
const ROW_BITS: u32 = 9;

/// A mapping that was checked against a configuration, indexed for translation and programming.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    directory: Directory,
    occupants: Vec<Occupant>,
    /// The crossbars of each array, ascending, and where those of an array start.
    copies: Vec<Crossbar>,
    copy_offsets: Vec<u32>,
    second: SecondHomes,
}

fn bad(found: String, expected: String) -> Error {
    Error::argument(
        "mapping",
        found,
        expected,
        "learn the mapping again with this configuration, or use the configuration that it was \
         learned for",
    )
}

impl Layout {
    /// Indexes a mapping.
    ///
    /// # Errors
    /// [`Error::Argument`] if the mapping does not fit the configuration: another number of rows, a
    /// group that is empty or too large, an id that is missing, out of range, in two groups, or
    /// twice in one crossbar of row copies, or a place that does not exist or is used twice.
    pub fn new(mapping: &Mapping, resolved: &Resolved) -> Result<Self> {
        let directory = directory(mapping, resolved)?;
        let occupants = occupants(mapping, resolved)?;
        let arrays = mapping.arrays().count() + mapping.rest_groups() as usize;
        let mut by_array: Vec<_> = occupants.iter().map(|o| (o.group, o.crossbar())).collect();
        by_array.sort_unstable();
        let mut copy_offsets = vec![0; arrays + 1];
        for (array, _) in &by_array {
            copy_offsets[*array as usize + 1] += 1;
        }
        for i in 0..arrays {
            copy_offsets[i + 1] += copy_offsets[i];
        }
        Ok(Layout {
            copies: by_array.into_iter().map(|(_, crossbar)| crossbar).collect(),
            copy_offsets,
            second: mapping.second_homes(&directory),
            directory,
            occupants,
        })
    }

    /// Number of embeddings.
    pub fn embeddings(&self) -> u32 {
        self.directory.embeddings()
    }

    /// Group and row of an embedding; `None` if the mapping does not contain it.
    pub fn home(&self, id: EmbeddingId) -> Option<(GroupId, u32)> {
        let home = self.directory.location(id)?;
        Some((home.group, home.row))
    }

    /// The crossbars that hold a group or an array of row copies, ascending.
    #[inline]
    pub fn copies(&self, array: GroupId) -> &[Crossbar] {
        let at = array.index();
        &self.copies[self.copy_offsets[at] as usize..self.copy_offsets[at + 1] as usize]
    }

    /// The row copies of a row of a group. They serve commands of this row alone.
    #[inline]
    pub fn second_places(&self, group: GroupId, row: u32) -> &[Location] {
        self.second.of(group, row)
    }

    /// Which ids each crossbar holds.
    pub(crate) fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Crossbars in use, ascending by lane, bank and slot.
    pub(crate) fn occupants(&self) -> &[Occupant] {
        &self.occupants
    }

    /// Sort key of an embedding's place: groups ascending, then rows; see [`split_key`].
    pub(crate) fn key(&self, id: EmbeddingId) -> Option<u64> {
        let home = self.directory.location(id)?;
        Some(u64::from(home.group.0) << ROW_BITS | u64::from(home.row))
    }
}

/// Bits of a place's sort key.
pub(crate) const KEY_BITS: u32 = 32 + ROW_BITS;

/// Group and row of a sort key.
pub(crate) fn split_key(key: u64) -> (GroupId, u32) {
    (
        GroupId((key >> ROW_BITS) as u32),
        (key & ((1 << ROW_BITS) - 1)) as u32,
    )
}

fn directory(mapping: &Mapping, resolved: &Resolved) -> Result<Directory> {
    let rows = resolved.config.crossbar.rows;
    if mapping.rows != rows {
        return Err(bad(
            format!("a mapping for crossbars of {} rows", mapping.rows),
            format!("crossbar.rows = {rows}"),
        ));
    }
    for (g, group) in mapping.groups.iter().enumerate() {
        if group.ids.is_empty() || group.ids.len() > rows as usize {
            return Err(bad(
                format!("{} ids in group {g}", group.ids.len()),
                format!("1 to {rows} ids"),
            ));
        }
    }
    let directory = match Directory::try_new(mapping) {
        Ok(Some(directory)) => directory,
        Ok(None) => return Err(misplaced(mapping)),
        Err(fault) => {
            let found = format!("{} ({})", fault.found, fault.key);
            return Err(bad(found, fault.expected));
        }
    };
    for (c, copy) in mapping.row_copies.iter().enumerate() {
        let listed = |home: Location| home.group.index() < mapping.groups.len();
        let known = copy
            .ids
            .iter()
            .all(|&id| directory.location(id).is_some_and(listed));
        let once = copy.ids.iter().collect::<BTreeSet<_>>().len() == copy.ids.len();
        if !known || !once || !(1..=rows as usize).contains(&copy.ids.len()) {
            return Err(bad(
                format!("row_copies[{c}] with ids {:?}", numbers(&copy.ids)),
                format!("1 to {rows} ids of the groups, each once"),
            ));
        }
    }
    Ok(directory)
}

/// What is wrong with the ids of a mapping that has no directory.
fn misplaced(mapping: &Mapping) -> Error {
    let members: usize = mapping.groups.iter().map(|g| g.ids.len()).sum();
    if mapping.rest.is_none() && members != mapping.embeddings as usize {
        return bad(
            format!("{members} ids in all groups"),
            format!("each of the {} embeddings once", mapping.embeddings),
        );
    }
    let mut holder = BTreeMap::new();
    for (g, group) in mapping.groups.iter().enumerate() {
        for &id in &group.ids {
            if id.0 >= mapping.embeddings {
                return bad(
                    format!("id {id} in group {g}"),
                    format!("ids below {}", mapping.embeddings),
                );
            }
            if let Some(first) = holder.insert(id, g) {
                return bad(
                    format!("id {id} in groups {first} and {g}"),
                    "each id once".to_owned(),
                );
            }
        }
    }
    bad(
        "ids in no group".to_owned(),
        format!("each of the {} embeddings once", mapping.embeddings),
    )
}

fn numbers(ids: &[EmbeddingId]) -> Vec<u32> {
    ids.iter().map(|id| id.0).collect()
}

fn occupants(mapping: &Mapping, resolved: &Resolved) -> Result<Vec<Occupant>> {
    let engine = &resolved.config.engine;
    let Some(rest) = mapping.rest_places(resolved) else {
        return Err(bad(
            format!("{} groups of unlisted ids", mapping.rest_groups()),
            "a free place for each".to_owned(),
        ));
    };
    let mut out = Vec::new();
    let arrays = mapping.arrays().map(|g| g.placements.as_slice());
    let of_rule = rest.iter().map(std::slice::from_ref);
    for (g, placements) in arrays.chain(of_rule).enumerate() {
        if placements.is_empty() {
            return Err(bad(
                format!("no placement of group {g}"),
                "at least one replica of each group".to_owned(),
            ));
        }
        for &Placement(bank, slot) in placements {
            let (bank, slot) = (bank.0, slot.0);
            if bank >= resolved.banks || slot >= engine.crossbars_per_bank {
                return Err(bad(
                    format!("group {g} at bank {bank}, slot {slot}"),
                    format!(
                        "banks below {} and slots below {}",
                        resolved.banks, engine.crossbars_per_bank
                    ),
                ));
            }
            out.push(Occupant {
                lane: bank / engine.banks_per_lane,
                bank: bank % engine.banks_per_lane,
                slot,
                group: g as u32,
            });
        }
    }
    out.sort_unstable();
    let same = |a: &Occupant, b: &Occupant| (a.lane, a.bank, a.slot) == (b.lane, b.bank, b.slot);
    if let Some(pair) = out.windows(2).find(|p| same(&p[0], &p[1])) {
        return Err(bad(
            format!(
                "groups {} and {} both at bank {}, slot {}",
                pair[0].group,
                pair[1].group,
                resolved.bank(pair[0].lane, pair[0].bank),
                pair[0].slot
            ),
            "one group per slot".to_owned(),
        ));
    }
    Ok(out)
}

/// Checks that a table has the configuration's width and value range, and a vector for each mapped
/// embedding.
///
/// # Errors
/// [`Error::Argument`] naming what differs.
pub(crate) fn check_table(table: &IntTable, mapping: &Mapping, resolved: &Resolved) -> Result<()> {
    let e = &resolved.config.embedding;
    let help = "use the table and the mapping that belong together, or change the configuration";
    let fail = |found: String, expected: String| Error::argument("table", found, expected, help);
    if table.dim != e.dim || table.value_bits != e.value_bits {
        return Err(fail(
            format!("{} elements of {} bits", table.dim, table.value_bits),
            format!(
                "embedding.dim = {} elements of embedding.value_bits = {} bits",
                e.dim, e.value_bits
            ),
        ));
    }
    if table.embeddings() < mapping.embeddings {
        return Err(fail(
            format!("{} vectors", table.embeddings()),
            format!("at least {}, one per mapped embedding", mapping.embeddings),
        ));
    }
    let half = 1i32 << (e.value_bits - 1);
    let wrong = |&v: &i16| !(-half..half).contains(&i32::from(v));
    let stored = table.stored().unwrap_or(&[]);
    if let Some(at) = stored.iter().position(wrong) {
        return Err(fail(
            format!(
                "value {} of embedding {}, element {}",
                stored[at],
                at / e.dim as usize,
                at % e.dim as usize
            ),
            format!("{} to {} (signed {} bits)", -half, half - 1, e.value_bits),
        ));
    }
    Ok(())
}
